"""What a need still lacks, and what would make it better answered. Pure but for its row."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal

from marketplace import formats, text
from marketplace.clock import PARIS
from marketplace.needs.tables import Lever, Need, NeedKind
from marketplace.needs.wording import RESERVATIONS
from marketplace.working_days import is_working_day

Step = Literal["what", "lots", "where", "how"]

SHORT = 80
"""Characters of a description under which structures ask for more."""
NEAR_DAYS = 7
"""The review takes two working days; what is left must allow an answer."""
ANSWER_DAYS = 6
"""R2132-6: in a formal procedure, answers to questions come that long before the deadline."""
_RESERVED_FOR = {
    Lever.RESERVED_HANDICAP: "handicap",
    Lever.RESERVED_INSERTION: "insertion",
    Lever.RESERVED_BOTH: "both",
}
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


NO_MANDATE = Remark(
    "no_mandate",
    "what",
    "L'organisme choisi ne vous donne plus mandat d'acheter pour lui\u00a0: choisissez-en un autre",
)


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
    elif need.starts_on is not None and need.starts_on <= need.deadline_on:
        yield Remark(
            "starts_early",
            "where",
            "Le travail commence avant la date limite des réponses\u00a0: changez l'une des deux",
        )
    if need.kind is NeedKind.TENDER and not need.response_url:
        yield Remark(
            "no_link",
            "how",
            "Donnez l'adresse de la consultation sur votre profil d'acheteur\u00a0: c'est là que "
            "l'on répond à un appel d'offres",
        )
    if need.asking_until and need.deadline_on and need.asking_until > need.deadline_on:
        yield Remark(
            "asking_late",
            "where",
            "Les questions s'arrêtent après la date limite des réponses\u00a0: changez l'une des "
            "deux",
        )


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
    yield from _amount_hints(need)
    yield from _reserved_hints(need)
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
    asked = need.asking_until if need.kind is NeedKind.TENDER else None
    if asked and 0 <= (need.deadline_on - asked).days < ANSWER_DAYS:
        yield Remark(
            "asking_near",
            "where",
            "Pour une procédure formalisée, les réponses aux questions sont données au moins "
            "six jours avant la date limite (R2132-6)\u00a0: arrêtez les questions plus tôt",
        )


def _amount_hints(need: Need) -> Iterator[Remark]:
    has_amount = need.amount_min is not None or need.amount_max is not None
    priced = [lot for lot in need.lots if lot.amount_min is not None or lot.amount_max is not None]
    if not has_amount and not priced:
        yield Remark(
            "no_amount",
            "what",
            "Sans ordre de grandeur du montant, les petites structures n'osent pas "
            "répondre\u00a0: une fourchette suffit",
        )
    if priced and len(priced) < len(need.lots):
        without = [str(lot.number) for lot in need.lots if lot not in priced]
        one = "Le lot" if len(without) == 1 else "Les lots"
        has = "n'a" if len(without) == 1 else "n'ont"
        yield Remark("lot_amount", "lots", f"{one} {_listed(without)} {has} pas de montant")
    if len(need.lots) == 1:
        yield Remark(
            "one_lot",
            "lots",
            "Il n'y a qu'un lot\u00a0: ajoutez-en un autre, ou retirez-le et décrivez tout dans le "
            "besoin",
        )
    if has_amount and priced:
        yield from _sum_hints(need)


def _sum_hints(need: Need) -> Iterator[Remark]:
    """What the lots come to lies outside what the need says, whatever the ranges turn out."""
    known = [
        (lot.amount_min or Decimal(0), lot.amount_max if lot.amount_max else lot.amount_min)
        for lot in need.lots
    ]
    least = sum((low for low, _ in known), Decimal(0))
    most = sum((high or Decimal(0) for _, high in known), Decimal(0))
    is_whole = all(high is not None for _, high in known)
    if need.amount_max is not None and least > need.amount_max:
        yield Remark(
            "sum_over",
            "lots",
            f"Les lots font ensemble {formats.euros(least)}, plus que le montant du besoin "
            f"({formats.euros(need.amount_max)})",
        )
    elif is_whole and need.amount_min is not None and most < need.amount_min:
        yield Remark(
            "sum_under",
            "lots",
            f"Les lots font ensemble {formats.euros(most)}, moins que le montant du besoin "
            f"({formats.euros(need.amount_min)})",
        )


def _reserved_hints(need: Need) -> Iterator[Remark]:
    """A contract that the law reserves, and structures that it leaves out."""
    family = _RESERVED_FOR.get(need.lever) if need.lever else None
    if family and frozenset(need.kinds) != RESERVATIONS[family][1]:
        yield Remark(
            "reserved",
            "how",
            "Vous réservez le marché, mais d'autres structures peuvent répondre ici\u00a0: "
            f"choisissez «\u00a0{RESERVATIONS[family][0]}\u00a0»",
        )


def _listed(words: list[str]) -> str:
    return " et ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
