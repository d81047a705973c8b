"""What a need still lacks, and what would make it better answered. Pure but for its row."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Literal

from marketplace import text
from marketplace.clock import PARIS
from marketplace.needs.tables import Need
from marketplace.working_days import is_working_day

Step = Literal["what", "where", "how"]

SHORT = 80
"""Characters of a description under which structures ask for more."""
NEAR_DAYS = 7
"""The review takes two working days; what is left must allow an answer."""
_SAYS_NOTHING = frozenset(
    text.stems(
        "achat acquisition appel besoin commande consultation devis divers diverse entreprise "
        "fourniture lot marché mission offre prestataire prestation produit projet public "
        "recherche référence service sourcing structure test travail travaux"
    )
)


@dataclass(frozen=True)
class Remark:
    """`step` is where to change it."""

    code: str
    step: Step
    sentence: str


def missing(need: Need, today: date) -> list[Remark]:
    """What keeps a need from being sent."""
    return list(_missing(need, today))


def hints(need: Need, today: date) -> list[Remark]:
    """What a facilitator would ask for; nothing here keeps a need from being sent."""
    return list(_hints(need, today))


def _missing(need: Need, today: date) -> Iterator[Remark]:
    if need.place_type is None:
        yield Remark("no_place", "where", "Dites où a lieu le travail")
    if need.deadline_on is None:
        yield Remark("no_deadline", "where", "Donnez la date limite des réponses")
    elif need.deadline_on <= today:
        said = "La date limite est passée\u00a0: elle est au plus tôt demain"
        yield Remark("late", "where", said)


def _hints(need: Need, today: date) -> Iterator[Remark]:
    if all(stem in _SAYS_NOTHING or stem.isdigit() for stem in text.stems(need.title)):
        yield Remark(
            "vague",
            "what",
            "Le titre ne dit pas ce que vous cherchez\u00a0: nommez le travail, par exemple "
            "«\u00a0Tonte de trois stades\u00a0»",
        )
    if not need.description:
        yield Remark(
            "no_description",
            "what",
            "Sans description, les structures ne savent pas si elles peuvent répondre\u00a0: "
            "donnez au moins les quantités et la fréquence",
        )
    elif len(need.description) < SHORT:
        yield Remark(
            "short",
            "what",
            "La description est très courte\u00a0: surfaces, quantités, fréquence et contraintes "
            "aident à répondre juste",
        )
    if need.deadline_on is None or need.deadline_on <= today:
        return
    days = (need.deadline_on - today).days
    if days < NEAR_DAYS:
        left = "demain" if days == 1 else f"dans {days}\u00a0jours"
        yield Remark(
            "near",
            "where",
            f"La date limite est {left}, et la relecture peut prendre deux jours ouvrés\u00a0: "
            "peu de structures auront le temps de répondre",
        )
    if not is_working_day(datetime.combine(need.deadline_on, time(12), tzinfo=PARIS)):
        yield Remark(
            "not_working_day",
            "where",
            "La date limite tombe un week-end ou un jour férié\u00a0: personne ne sera là pour "
            "aider au dernier moment",
        )
