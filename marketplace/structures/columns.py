"""Which column of a foreign register is which of ours, guessed from their names. Pure."""

from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz

from marketplace.text import plain

LABELS = {
    "siret": "SIRET",
    "kind": "Type de structure",
    "name": "Nom légal",
    "brand": "Nom d'usage",
    "legal_form": "Forme juridique",
    "address": "Adresse",
    "postcode": "Code postal",
    "city": "Commune",
    "department": "Département",
    "lon": "Longitude",
    "lat": "Latitude",
    "naf": "Code NAF",
    "website": "Site internet",
    "email": "Courriel",
    "phone": "Téléphone",
    "sectors": "Secteurs d'activité",
}
"""What an import takes, by the name of the column that structures.register reads."""

NOTED = LABELS | {"networks": "Réseaux", "kept": "Gardé"}
"""What the account of an import speaks of."""

INDISPENSABLE = ("siret", "name")
"""A register without them tells no structure apart; the kind may be told once for all."""

_NAMES = {
    "siret": "siret|numero siret|n siret|code siret",
    "kind": "kind|type de structure|type|categorie|type siae",
    "name": "name|raison sociale|nom|nom legal|denomination|denomination sociale|nom structure",
    "brand": "brand|enseigne|nom d usage|nom commercial|marque|nom usuel",
    "legal_form": "legal form|forme juridique|statut juridique|nature juridique",
    "address": "address|adresse|adresse postale|voie|rue|adresse ligne 1",
    "postcode": "postcode|code postal|cp|post code|zip",
    "city": "city|ville|commune|localite",
    "department": "department|departement|dept|code departement|numero de departement",
    "lon": "lon|longitude|lng|x",
    "lat": "lat|latitude|y",
    "naf": "naf|code naf|ape|code ape|naf ape",
    "website": "website|site|site internet|site web|url|websites|web",
    "email": "email|courriel|adresse e mail|mail|e mail|adresse mail|contact email",
    "phone": "phone|telephone|tel|numero de telephone|contact phone",
    "sectors": "sectors|secteurs|secteurs d activite|metiers proposes|metiers|activites|activite",
}
_SURE = 85
"""Out of 100, as rapidfuzz counts: a slip of the hand, not another word."""


def guessed(header: Sequence[str]) -> dict[str, int]:
    """The place of the column that each of ours most likely is, the surest first; a column is
    taken once, and what nothing resembles is left out."""
    said = [plain(name) for name in header]
    found = [
        (score, -place, field, place)
        for field, names in _NAMES.items()
        for place, name in enumerate(said)
        if name and (score := max(fuzz.ratio(name, known) for known in names.split("|"))) >= _SURE
    ]
    taken: dict[str, int] = {}
    for _, _, field, place in sorted(found, key=lambda one: one[:2], reverse=True):
        if field not in taken and place not in taken.values():
            taken[field] = place
    return taken


def cells_of(cells: Sequence[str], mapping: Mapping[str, int], kind: str) -> dict[str, str]:
    """A row by our columns; those that the register has not are empty."""
    told = {field: cells[mapping[field]] if field in mapping else "" for field in LABELS}
    return told | {"kind": told["kind"].strip() or kind}
