"""What the sheets that people may take are made of: a row, and the columns that several share."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from marketplace.answers.consortium_tables import Consortium
from marketplace.answers.tables import Answer, AnswerPart, BuyerNote
from marketplace.guards.roles import Viewer
from marketplace.guards.scopes import may_see_contact
from marketplace.lists.tables import Favourite
from marketplace.matching.tables import Match
from marketplace.needs import wording
from marketplace.needs.tables import Need
from marketplace.offers.tables import Offer
from marketplace.siret import formatted
from marketplace.structures.tables import Structure

Pairs = Sequence[Sequence[str]]
"""The arguments of the page's address."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a row is made of."""

    viewer: Viewer
    structure: Structure | None = None
    sectors: Sequence[str] = ()
    distance_km: float | None = None
    kept: Favourite | None = None
    need: Need | None = None
    place: str = ""
    offer: Offer | None = None
    match: Match | None = None
    answer: Answer | None = None
    part: AnswerPart | None = None
    """Of the answer, when it speaks of a lot or of the whole need."""
    notes: Sequence[BuyerNote] = ()
    groups: Sequence[Consortium] = ()


Column = tuple[str, Callable[[Any], object]]
"""The name of a column, and what a row says in it."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """`usual` are the columns of who never chose any."""

    title: str
    columns: Mapping[str, Column]
    usual: tuple[str, ...]
    total: Callable[[Session, Viewer, Pairs], int]
    rows: Callable[[Session, Viewer, Pairs], Iterator[Told]]


def _contact(told: Told, name: str) -> object:
    is_due = told.structure is not None and may_see_contact(told.viewer, told.structure)
    return getattr(told.structure, name) if is_due else None


STRUCTURE: dict[str, Column] = {
    "name": ("Nom", lambda told: told.structure.display_name),
    "legal_name": ("Nom légal", lambda told: told.structure.name),
    "siret": ("SIRET", lambda told: formatted(told.structure.siret)),
    "kind": ("Type", lambda told: told.structure.kind.value),
    "address": ("Adresse", lambda told: told.structure.address),
    "postcode": ("Code postal", lambda told: told.structure.postcode),
    "city": ("Commune", lambda told: told.structure.city),
    "department": ("Département", lambda told: told.structure.department_code),
    "email": ("Courriel", lambda told: _contact(told, "email")),
    "phone": ("Téléphone", lambda told: _contact(told, "phone")),
    "website": ("Site", lambda told: told.structure.website),
}
NEED: dict[str, Column] = {
    "title": ("Besoin", lambda told: told.need.title),
    "need_kind": ("Forme", lambda told: wording.KINDS[told.need.kind]),
    "status": ("État", lambda told: wording.STATUSES[told.need.status]),
    "buyer": ("Organisme", lambda told: told.need.organisation.name),
    "need_sectors": ("Secteurs", lambda told: ", ".join(wording.sectors(told.need))),
    "place": ("Lieu", lambda told: told.place),
    "amount_min": ("Montant minimal (€ HT)", lambda told: told.need.amount_min),
    "amount_max": ("Montant maximal (€ HT)", lambda told: told.need.amount_max),
    "deadline": ("Réponses jusqu'au", lambda told: told.need.deadline_on),
    "published": ("Publié le", lambda told: told.need.published_at),
}
IDENTITY = ("name", "siret", "kind", "city", "department")
