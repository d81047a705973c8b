"""The sheets that people may take, with their columns; each row is one that the person may see."""

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from marketplace.exports import answered
from marketplace.exports.shapes import IDENTITY, NEED, STRUCTURE, Pairs, Sheet, Told
from marketplace.guards.roles import Viewer
from marketplace.guards.scopes import bought_by, visible_lists
from marketplace.lists.tables import Favourite, FavouriteList
from marketplace.needs import wording
from marketplace.needs.tables import Need
from marketplace.offers import wording as offer_wording
from marketplace.offers.narrowing import Face, asked_in, inferred_sector_names, sector_names
from marketplace.offers.searching import Search, place_of, results, total_of
from marketplace.offers.spelling import read_words
from marketplace.offers.tables import ServiceType
from marketplace.structures.labels import LABELS
from marketplace.structures.networks import NETWORKS
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.queries import gazetteer

READ_AT_ONCE = 500


def _search(session: Session, face: Face, asked: Pairs) -> Search | None:
    """None when the place is none that we know: then nothing is found."""
    places = gazetteer(session)
    wanted = asked_in((name, value) for name, value in asked)
    code = naming.zone_named(places, wanted.where) if wanted.where else None
    if wanted.where and not code:
        return None
    place = place_of(places, code) if code else None
    return Search(face, wanted, place, read_words(session, wanted.words))


def _total(session: Session, face: Face, asked: Pairs) -> int:
    search = _search(session, face, asked)
    return total_of(session, search) if search else 0


def _structures_total(session: Session, viewer: Viewer, asked: Pairs) -> int:
    return _total(session, Face.STRUCTURES, asked)


def _offers_total(session: Session, viewer: Viewer, asked: Pairs) -> int:
    return _total(session, Face.OFFERS, asked)


def _found(session: Session, face: Face, viewer: Viewer, asked: Pairs) -> Iterator[Told]:
    search = _search(session, face, asked)
    if search is None:
        return
    for skipped in count(0, READ_AT_ONCE):
        found = results(session, search, READ_AT_ONCE, skipped)
        for one in found:
            inferred = inferred_sector_names(one.document.facets)
            sectors = [*sector_names(one.document.facets), *(f"{s} (déduit)" for s in inferred)]
            yield Told(viewer, one.structure, sectors, one.distance_km, offer=one.offer)
        if len(found) < READ_AT_ONCE:
            return
        session.expunge_all()


def _structures(session: Session, viewer: Viewer, asked: Pairs) -> Iterator[Told]:
    return _found(session, Face.STRUCTURES, viewer, asked)


def _offers(session: Session, viewer: Viewer, asked: Pairs) -> Iterator[Told]:
    return _found(session, Face.OFFERS, viewer, asked)


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


def _counted(wanted: Callable[..., Select[Any]]) -> Callable[[Session, Viewer, Pairs], int]:
    def total(session: Session, viewer: Viewer, asked: Pairs) -> int:
        rows = wanted(viewer, asked) if wanted is _favourites else wanted(viewer)
        return session.scalar(select(func.count()).select_from(rows.subquery())) or 0

    return total


_FOUND = STRUCTURE | {
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
_OFFER = {
    "offer": ("Offre", lambda told: told.offer.title),
    "description": ("Description", lambda told: told.offer.description),
    "services": (
        "Prestations",
        lambda told: ", ".join(
            offer_wording.SERVICE_TYPES[ServiceType(code)] for code in told.offer.service_types
        ),
    ),
    **_FOUND,
}
SHEETS: Mapping[str, Sheet] = {
    "structures": Sheet(
        "Les structures trouvées",
        _FOUND,
        (*IDENTITY, "email", "phone", "website", "sectors"),
        _structures_total,
        _structures,
    ),
    "offres": Sheet(
        "Les offres trouvées",
        _OFFER,
        ("offer", *IDENTITY, "email", "phone", "sectors", "distance"),
        _offers_total,
        _offers,
    ),
    "liste": Sheet(
        "Les structures de la liste",
        STRUCTURE
        | {
            "note": ("Note", lambda told: told.kept.note),
            "added": ("Ajoutée le", lambda told: told.kept.added_at),
        },
        (*IDENTITY, "email", "phone", "note"),
        _counted(_favourites),
        _kept,
    ),
    "besoins": Sheet(
        "Vos besoins",
        NEED,
        ("title", "need_kind", "status", "place", "deadline", "published"),
        _counted(_bought),
        _needs,
    ),
    "reponses": answered.SHEET,
}
