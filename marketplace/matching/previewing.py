"""Who could answer a need that is not published yet; nothing is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.matching.live_index import live_index
from marketplace.matching.queries import need_shape
from marketplace.matching.ranking import rank
from marketplace.matching.shapes import Need as NeedShape
from marketplace.matching.shapes import Ranked, Reason
from marketplace.matching.what_if import what_if
from marketplace.needs.tables import Need
from marketplace.structures.kinds import Kind
from marketplace.structures.tables import Structure
from marketplace.territories.coverage import Place
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.queries import gazetteer

NAMED = 200
"""How many structures a what-if names, the nearest first: more is read by nobody."""

Named = dict[Kind, dict[str, list[Structure]]]
"""Structures by kind, then by the name of their department, all in the order of names."""


@dataclass(frozen=True)
class Preview:
    """How many could answer, and the best of them with their structures by id."""

    eligible: int
    best: list[Ranked]
    structures: Mapping[str, Structure]


def preview(session: Session, need: Need, now: datetime, top: int) -> Preview:
    """The `top` best for a stored need, as approving it now would rank them."""
    return preview_of(session, need_shape(need), now, top)


def preview_of(session: Session, need: NeedShape, now: datetime, top: int) -> Preview:
    """The same for a need that no row holds, such as a search."""
    with live_index.reading(session, now) as index:
        ranking = rank(index, need, top)
    ids = [int(match.structure_id) for match in ranking.matches]
    found = session.scalars(select(Structure).where(Structure.id.in_(ids)))
    return Preview(ranking.eligible, ranking.matches, {str(row.id): row for row in found})


@dataclass(frozen=True)
class Targeted:
    """Who could answer a need as it stands, and the one loosening that adds most."""

    eligible: int
    close: int
    best: list[tuple[Ranked, Structure]]
    relaxation: Reason | None
    named: Named
    unnamed: int
    """How many more could answer, farther away than those named."""


def targeted(session: Session, need: Need, now: datetime, top: int) -> Targeted:
    """The what-if of a draft; while it has no place, of all of France."""
    places = gazetteer(session)
    shape = need_shape(need)
    if need.place_type is None:
        everywhere = tuple(region.code for region in places.regions)
        shape = replace(shape, place=Place("zones", codes=everywhere))
    with live_index.reading(session, now) as index:
        found = what_if(index, shape, top)
    nearest = sorted(found.distances, key=lambda id_: _nearness(id_, found.distances[id_]))[:NAMED]
    ids = {int(id_) for id_ in nearest} | {int(match.structure_id) for match in found.best}
    rows = session.scalars(select(Structure).where(Structure.id.in_(ids)))
    structures = {str(row.id): row for row in rows}
    return Targeted(
        eligible=found.eligible,
        close=found.close,
        best=[(match, structures[match.structure_id]) for match in found.best],
        relaxation=found.relaxation,
        named=_by_kind([structures[id_] for id_ in nearest], places),
        unnamed=found.eligible - len(nearest),
    )


def _nearness(structure_id: str, km: float | None) -> tuple[bool, float, int]:
    return km is None, km or 0.0, int(structure_id)


def _by_kind(structures: list[Structure], places: Gazetteer) -> Named:
    named: Named = {}
    ordered = sorted(structures, key=lambda s: (s.kind, s.department_code or "", s.sort_key, s.id))
    for one in ordered:
        department = places.name(one.department_code or "") or "Département inconnu"
        named.setdefault(Kind(one.kind), {}).setdefault(department, []).append(one)
    return named
