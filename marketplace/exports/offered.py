"""The sheets that people may take, with their columns; each row is one that the person may see."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from marketplace.answers.lifecycle import AnswerStatus
from marketplace.answers.tables import Answer
from marketplace.guards.roles import Viewer
from marketplace.guards.scopes import bought_by, may_see_contact, visible_lists
from marketplace.lists.tables import Favourite, FavouriteList
from marketplace.needs import wording
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need
from marketplace.offers.narrowing import Face, asked_in, sector_names
from marketplace.offers.searching import Search, place_of, results, total_of
from marketplace.offers.spelling import read_words
from marketplace.siret import formatted
from marketplace.structures.labels import LABELS
from marketplace.structures.networks import NETWORKS
from marketplace.structures.tables import Structure
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.queries import gazetteer

READ_AT_ONCE = 500
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
    answer: Answer | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """`usual` are the columns of who never chose any."""

    title: str
    columns: Mapping[str, tuple[str, Callable[[Any], object]]]
    usual: tuple[str, ...]
    total: Callable[[Session, Viewer, Pairs], int]
    rows: Callable[[Session, Viewer, Pairs], Iterator[Told]]


def _search(session: Session, asked: Pairs) -> Search | None:
    """None when the place is none that we know: then nothing is found."""
    places = gazetteer(session)
    wanted = asked_in((name, value) for name, value in asked)
    code = naming.zone_named(places, wanted.where) if wanted.where else None
    if wanted.where and not code:
        return None
    place = place_of(places, code) if code else None
    return Search(Face.STRUCTURES, wanted, place, read_words(session, wanted.words))


def _structures_total(session: Session, viewer: Viewer, asked: Pairs) -> int:
    search = _search(session, asked)
    return total_of(session, search) if search else 0


def _structures(session: Session, viewer: Viewer, asked: Pairs) -> Iterator[Told]:
    search = _search(session, asked)
    if search is None:
        return
    for skipped in count(0, READ_AT_ONCE):
        found = results(session, search, READ_AT_ONCE, skipped)
        for one in found:
            sectors = sector_names(one.document.facets)
            yield Told(viewer, one.structure, sectors, one.distance_km)
        if len(found) < READ_AT_ONCE:
            return
        session.expunge_all()


def _favourites(viewer: Viewer, asked: Pairs) -> Select[Favourite]:
    number = next((value for name, value in asked if name == "liste"), "")
    wanted = int(number) if number.isdecimal() and len(number) < 10 else 0
    seen = visible_lists(viewer).where(FavouriteList.id == wanted)
    return select(Favourite).where(Favourite.list_id.in_(seen.with_only_columns(FavouriteList.id)))


def _kept(session: Session, viewer: Viewer, asked: Pairs) -> Iterator[Told]:
    wanted = _favourites(viewer, asked).options(joinedload(Favourite.structure))
    for kept in session.scalars(wanted.order_by(Favourite.added_at, Favourite.structure_id)):
        yield Told(viewer, kept.structure, kept=kept)


def _bought(viewer: Viewer) -> Select[Need]:
    return select(Need).where(bought_by(viewer))


def _needs(session: Session, viewer: Viewer, asked: Pairs) -> Iterator[Told]:
    places = gazetteer(session)
    for need in session.scalars(_bought(viewer).order_by(Need.id.desc())):
        yield Told(viewer, need=need, place=_place(need, places))


def _place(need: Need, places: Gazetteer) -> str:
    return wording.place(need, places) if need.place_type else ""


def _received(viewer: Viewer) -> Select[Answer]:
    sent = Answer.status == AnswerStatus.SENT
    return select(Answer).join(Need).where(bought_by(viewer), sent)


def _answers(session: Session, viewer: Viewer, asked: Pairs) -> Iterator[Told]:
    wanted = _received(viewer).options(joinedload(Answer.need), joinedload(Answer.structure))
    for answer in session.scalars(wanted.order_by(Answer.sent_at.desc(), Answer.id)):
        yield Told(viewer, answer.structure, need=answer.need, answer=answer)


def _counted(wanted: Callable[..., Select[Any]]) -> Callable[[Session, Viewer, Pairs], int]:
    def total(session: Session, viewer: Viewer, asked: Pairs) -> int:
        rows = wanted(viewer, asked) if wanted is _favourites else wanted(viewer)
        return session.scalar(select(func.count()).select_from(rows.subquery())) or 0

    return total


def _contact(told: Told, name: str) -> object:
    is_due = told.structure is not None and may_see_contact(told.viewer, told.structure)
    return getattr(told.structure, name) if is_due else None


STATUSES = {
    Status.DRAFT: "Brouillon",
    Status.SUBMITTED: "En relecture",
    Status.CHANGES_REQUESTED: "À modifier",
    Status.PUBLISHED: "Publié",
    Status.CLOSED: "Clos",
    Status.AWARDED: "Attribué",
    Status.UNSUCCESSFUL: "Infructueux",
    Status.ABANDONED: "Sans suite",
}

_STRUCTURE: dict[str, tuple[str, Callable[[Any], object]]] = {
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
_FOUND = _STRUCTURE | {
    "sectors": ("Secteurs", lambda told: ", ".join(told.sectors)),
    "distance": (
        "Distance (km)",
        lambda told: None if told.distance_km is None else round(told.distance_km, 1),
    ),
    "labels": (
        "Labels",
        lambda told: ", ".join(LABELS[c] for c in told.structure.labels if c in LABELS),
    ),
    "networks": (
        "Réseaux",
        lambda told: ", ".join(NETWORKS[c] for c in told.structure.networks if c in NETWORKS),
    ),
    "is_in_qpv": ("En quartier prioritaire", lambda told: told.structure.is_in_qpv),
    "team_insertion": ("Salariés en insertion", lambda told: told.structure.team_insertion),
    "updated": ("Mise à jour le", lambda told: told.structure.updated_at),
}
_NEED: dict[str, tuple[str, Callable[[Any], object]]] = {
    "title": ("Besoin", lambda told: told.need.title),
    "need_kind": ("Forme", lambda told: wording.KINDS[told.need.kind]),
    "status": ("État", lambda told: STATUSES.get(told.need.status, str(told.need.status))),
    "buyer": ("Organisme", lambda told: told.need.organisation.name),
    "need_sectors": ("Secteurs", lambda told: ", ".join(wording.sectors(told.need))),
    "place": ("Lieu", lambda told: told.place),
    "amount_min": ("Montant minimal (€ HT)", lambda told: told.need.amount_min),
    "amount_max": ("Montant maximal (€ HT)", lambda told: told.need.amount_max),
    "deadline": ("Réponses jusqu'au", lambda told: told.need.deadline_on),
    "published": ("Publié le", lambda told: told.need.published_at),
}
_ANSWER = {
    "title": _NEED["title"],
    **{name: _STRUCTURE[name] for name in ("name", "siret", "kind", "city", "email", "phone")},
    "sent": ("Reçue le", lambda told: told.answer.sent_at),
    "message": ("Message", lambda told: told.answer.message),
    "price_min": ("Prix minimal (€ HT)", lambda told: _prices(told.answer)[0]),
    "price_max": ("Prix maximal (€ HT)", lambda told: _prices(told.answer)[1]),
}


def _prices(answer: Answer) -> tuple[object, object]:
    """Of all lots together; none when one has none."""
    least = [part.price_min for part in answer.parts]
    most = [part.price_max for part in answer.parts]
    return (
        sum(p for p in least if p is not None) if least and None not in least else None,
        sum(p for p in most if p is not None) if most and None not in most else None,
    )


_IDENTITY = ("name", "siret", "kind", "city", "department")
SHEETS: Mapping[str, Sheet] = {
    "structures": Sheet(
        "Les structures trouvées",
        _FOUND,
        (*_IDENTITY, "email", "phone", "website", "sectors"),
        _structures_total,
        _structures,
    ),
    "liste": Sheet(
        "Les structures de la liste",
        _STRUCTURE
        | {
            "note": ("Note", lambda told: told.kept.note),
            "added": ("Ajoutée le", lambda told: told.kept.added_at),
        },
        (*_IDENTITY, "email", "phone", "note"),
        _counted(_favourites),
        _kept,
    ),
    "besoins": Sheet(
        "Vos besoins",
        _NEED,
        ("title", "need_kind", "status", "place", "deadline", "published"),
        _counted(_bought),
        _needs,
    ),
    "reponses": Sheet(
        "Les réponses à vos besoins",
        _ANSWER,
        ("title", "name", "siret", "city", "sent", "price_min", "price_max"),
        _counted(_received),
        _answers,
    ),
}
