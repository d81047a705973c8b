"""Who could answer a need that is not published yet; nothing is kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.matching.live_index import live_index
from marketplace.matching.lots import LotFound, best_of_lots, rank_lots
from marketplace.matching.ranking import nearly, rank
from marketplace.matching.shapes import Need as NeedShape
from marketplace.matching.shapes import Ranked, Ranking, Reason
from marketplace.matching.shaping import lot_needs, need_shape
from marketplace.matching.what_if import close_by, what_if, what_if_lots
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
    """How many could answer, and the best of them with their structures by id; how many each
    lot, for a need that has some."""

    eligible: int
    best: list[Ranked]
    structures: Mapping[str, Structure]
    lots: list[LotFound] = field(default_factory=list)


def preview(session: Session, need: Need, now: datetime, top: int) -> Preview:
    """The `top` best for a stored need, as approving it now would rank them."""
    lots = lot_needs(need, now)
    if not lots:
        return preview_of(session, need_shape(need, now), now, top)
    with live_index.reading(session, now) as index:
        ranked = rank_lots(index, lots, top)
    ranking = best_of_lots(ranked)
    del ranking.matches[top:]
    counts = [
        LotFound(lot.lot_id, lot.number, lot.title, len(one.able), close_by(one.able))
        for lot, one in zip(lots, ranked, strict=True)
    ]
    return replace(_with_structures(session, ranking), lots=counts)


def preview_of(session: Session, need: NeedShape, now: datetime, top: int) -> Preview:
    """The same for a need that no row holds, such as a search."""
    with live_index.reading(session, now) as index:
        ranking = rank(index, need, top)
    return _with_structures(session, ranking)


def _with_structures(session: Session, ranking: Ranking) -> Preview:
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
    lots: list[LotFound]
    """The same counts for each lot; none for a need without lots."""


def targeted(session: Session, need: Need, now: datetime, top: int) -> Targeted:
    """The what-if of a draft; while it has no place, of all of France. Of a need with lots,
    those who could answer one of them."""
    return _looked_at(session, need, now, top, 0, gazetteer(session)).targeted


@dataclass(frozen=True)
class Reviewed:
    """The same for who decides of a need: the best of each lot too, and who is near."""

    targeted: Targeted
    by_lot: list[tuple[LotFound, list[tuple[Ranked, Structure]]]]
    near: list[tuple[Ranked, Structure]]
    """Those that miss one criterion, of the need or, where it has some, of one of its lots."""
    near_lots: Mapping[str, LotFound] = field(default_factory=dict)
    """That lot, by the id of the structure."""


def reviewed(
    session: Session, need: Need, now: datetime, top: int, near: int, places: Gazetteer
) -> Reviewed:
    """The `top` best of the need or of each of its lots, and the `near` first that nearly are."""
    return _looked_at(session, need, now, top, near, places)


def _looked_at(
    session: Session, need: Need, now: datetime, top: int, near: int, places: Gazetteer
) -> Reviewed:
    everywhere = Place("zones", codes=tuple(region.code for region in places.regions))
    asked_lots = lot_needs(need, now, everywhere)
    lots: list[LotFound] = []
    by_lot: list[list[Ranked]] = []
    missing: list[Ranked] = []
    lot_of: dict[int, int] = {}
    with live_index.reading(session, now) as index:
        if asked_lots:
            found, lots = what_if_lots(index, asked_lots, top)
        else:
            found = what_if(index, need_shape(need, now, everywhere), top)
        if near:
            shapes = [lot.need for lot in asked_lots]
            by_lot = [_eligible(rank(index, shape, top)) for shape in shapes]
            for number, shape in enumerate(shapes or [need_shape(need, now, everywhere)]):
                of_one = nearly(index, shape, near)
                missing += of_one
                lot_of |= {id(match): number for match in of_one}
    missing = _once(missing, found.distances)[:near]
    near_lots = {match.structure_id: lots[lot_of[id(match)]] for match in missing if lots}
    nearest = sorted(found.distances, key=lambda id_: _nearness(id_, found.distances[id_]))[:NAMED]
    shown = [*found.best, *missing, *(match for ranked in by_lot for match in ranked)]
    ids = {int(id_) for id_ in nearest} | {int(match.structure_id) for match in shown}
    rows = session.scalars(select(Structure).where(Structure.id.in_(ids)))
    structures = {str(row.id): row for row in rows}

    def paired(ranked: list[Ranked]) -> list[tuple[Ranked, Structure]]:
        return [(match, structures[match.structure_id]) for match in ranked]

    targeted = Targeted(
        eligible=found.eligible,
        close=found.close,
        best=paired(found.best),
        relaxation=found.relaxation,
        named=_by_kind([structures[id_] for id_ in nearest], places),
        unnamed=found.eligible - len(nearest),
        lots=lots,
    )
    each = zip(lots, by_lot, strict=True) if by_lot else ()
    return Reviewed(
        targeted, [(lot, paired(ranked)) for lot, ranked in each], paired(missing), near_lots
    )


def _eligible(ranking: Ranking) -> list[Ranked]:
    return [match for match in ranking.matches if not match.near]


def _once(ranked: list[Ranked], able: Mapping[str, float | None]) -> list[Ranked]:
    """Each structure by its best rank, less those that could answer another lot."""
    best: dict[str, Ranked] = {}
    for match in sorted(ranked, key=lambda one: (-one.score, int(one.structure_id))):
        if match.structure_id not in able:
            best.setdefault(match.structure_id, match)
    return list(best.values())


def _nearness(structure_id: str, km: float | None) -> tuple[bool, float, int]:
    return km is None, km or 0.0, int(structure_id)


def _by_kind(structures: list[Structure], places: Gazetteer) -> Named:
    named: Named = {}
    ordered = sorted(structures, key=lambda s: (s.kind, s.department_code or "", s.sort_key, s.id))
    for one in ordered:
        department = places.name(one.department_code or "") or "Département inconnu"
        named.setdefault(Kind(one.kind), {}).setdefault(department, []).append(one)
    return named
