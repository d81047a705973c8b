"""The environmental aims that an offer serves and that a buyer may value. Pure."""

from typing import NamedTuple


class Aim(NamedTuple):
    """An aim, in French: its name, and what it takes to say that one serves it."""

    label: str
    hint: str


AIMS = {
    "reemploi": Aim("Réemploi", "Des objets ou des matériaux reprennent du service."),
    "reparation": Aim("Réparation", "Ce qui est cassé est réparé plutôt que remplacé."),
    "recyclage": Aim("Tri et recyclage", "Les déchets sont triés et redeviennent des matières."),
    "bio_local": Aim("Bio et local", "Produits biologiques ou de saison, issus du territoire."),
    "anti_gaspillage": Aim("Lutte contre le gaspillage", "Les surplus sont évités ou donnés."),
    "mobilite_douce": Aim("Mobilité douce", "Déplacements à vélo, à pied ou électriques."),
    "economie_eau": Aim("Économie d'eau", "Arrosage, lavage ou entretien sobres en eau."),
    "economie_energie": Aim("Économie d'énergie", "Isolation, sobriété, énergies renouvelables."),
    "biodiversite": Aim("Biodiversité", "Entretien sans pesticide, haies, zones humides, ruches."),
    "eco_produits": Aim("Produits écolabellisés", "Produits d'entretien ou papiers écolabellisés."),
    "materiaux_sains": Aim("Matériaux biosourcés", "Bois, paille, chanvre, terre ou lin."),
}
"""By code, in the order in which they are proposed. A code, once written in a row, stays."""
