"""Where a buyer's need stands, and what there is to do next, in words."""

from datetime import datetime
from typing import NamedTuple

from marketplace.needs.amending import is_open_at
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need, NeedKind

ENOUGH = 3
"""Fewer structures than this: the buyer is told how to find more."""


class State(NamedTuple):
    """A group of statuses that a buyer looks for together."""

    label: str
    statuses: tuple[Status, ...]


STATES = {
    "brouillons": State("Brouillons", (Status.DRAFT,)),
    "a-modifier": State("À modifier", (Status.CHANGES_REQUESTED,)),
    "relecture": State("En relecture", (Status.SUBMITTED,)),
    "publies": State("Publiés", (Status.PUBLISHED,)),
    "clos": State("Clos", (Status.CLOSED,)),
    "termines": State(
        "Terminés",
        (
            Status.AWARDED,
            Status.UNSUCCESSFUL,
            Status.ABANDONED,
            Status.REJECTED,
            Status.WITHDRAWN,
        ),
    ),
}

_SAID = {
    Status.DRAFT: "Terminez-le, puis envoyez-le au facilitateur.",
    Status.SUBMITTED: "Le facilitateur le relit sous deux jours ouvrés.",
    Status.CHANGES_REQUESTED: "Le facilitateur attend vos précisions : modifiez-le et renvoyez-le.",
    Status.AWARDED: "Attribué. Suivez les heures d'insertion, et dites si Tandem vous a aidé.",
    Status.UNSUCCESSFUL: "Terminé. Dupliquez-le pour essayer autrement.",
    Status.ABANDONED: "Terminé. Dupliquez-le s'il revient.",
    Status.REJECTED: "Il n'est pas publié sur Tandem\u00a0: le motif est dans l'historique.",
    Status.WITHDRAWN: "Retiré. Dupliquez-le pour le publier de nouveau.",
}


def next_step(need: Need, eligible: int | None, answers: int, now: datetime) -> str:
    """What the buyer does now; `eligible` is None while the need is not ranked."""
    if need.kind is NeedKind.SOURCING and need.status is Status.AWARDED:
        return "Terminé. Le compte rendu du sourçage reste à votre disposition."
    if said := _SAID.get(need.status):
        return said
    if is_open_at(need, now):
        return _while_open(eligible, answers)
    if answers:
        return "Comparez les réponses, puis dites la suite donnée."
    return (
        "Personne n'a répondu\u00a0: rouvrez-le avec une nouvelle date, ou dites la suite donnée."
    )


def _while_open(eligible: int | None, answers: int) -> str:
    if answers:
        return "Lisez les réponses reçues\u00a0; d'autres peuvent arriver jusqu'à la date limite."
    if eligible is None:
        return "Nous cherchons qui peut répondre."
    if eligible < ENOUGH:
        return "Peu de structures peuvent répondre : élargissez le lieu ou les structures admises."
    return "Les structures sont prévenues\u00a0: leurs réponses arrivent jusqu'à la date limite."
