"""What a profile holds, in French: the name of each field, and its values in words. Pure."""

from collections.abc import Mapping
from datetime import date

from marketplace import formats
from marketplace.sectors.aims import AIMS
from marketplace.structures.labels import LABELS
from marketplace.structures.networks import NETWORKS

FIELDS = {
    "brand": "Nom d'usage",
    "description": "Présentation",
    "website": "Site internet",
    "contact_name": "Personne à contacter",
    "email": "Adresse électronique",
    "phone": "Téléphone",
    "address": "Adresse",
    "postcode": "Code postal",
    "city": "Commune",
    "is_in_qpv": "Siège en quartier prioritaire (QPV)",
    "is_in_frr": "Siège en zone France ruralités revitalisation (FRR)",
    "team_insertion": "Personnes en parcours",
    "team_permanent": "Permanents",
    "turnover": "Chiffre d'affaires",
    "turnover_year": "Année du chiffre d'affaires",
    "labels": "Labels et certifications",
    "networks": "Réseaux",
    "environmental_tags": "Engagements environnementaux",
    "absent_until": "Complet jusqu'au",
    "sites": "Autres lieux",
    "references": "Références",
}
"""By the name of the column, or of what stands in a table of its own."""

_CODES: Mapping[str, Mapping[str, str]] = {
    "labels": LABELS,
    "networks": NETWORKS,
    "environmental_tags": {code: aim.label for code, aim in AIMS.items()},
}


def shown(field: str, value: object) -> str:
    """A value as the history tells it; nothing for what is not said."""
    said = "" if value is None else str(value)
    if isinstance(value, bool):
        said = "Oui" if value else "Non"
    elif isinstance(value, date):
        said = formats.short_date(value)
    elif isinstance(value, list | tuple):
        said = ", ".join(_CODES[field].get(code, code) for code in value)
    elif isinstance(value, int) and field == "turnover":
        said = formats.euros(value)
    elif isinstance(value, int) and field != "turnover_year":
        said = formats.number(value)
    return said
