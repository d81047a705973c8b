"""Following one structure's offers in the lists of the open needs that they could serve."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ARRAY,
    Integer,
    TableValuedAlias,
    delete,
    func,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.orm import Session

from marketplace.jobs import Job, enqueue
from marketplace.matching import queries, shaping
from marketplace.matching.basis import basis_of
from marketplace.matching.could_reach import could_reach
from marketplace.matching.keeping import FOUND, Row, found_in, row_of, write
from marketplace.matching.kept import NEAR_KEPT, Moved, Standing, moved, standing
from marketplace.matching.lifecycle import UNTOUCHED
from marketplace.matching.live_index import live_index
from marketplace.matching.ranking import lists_anyone, rank_everyone
from marketplace.matching.shapes import Ranked
from marketplace.matching.tables import Match, Shortlist
from marketplace.needs.tables import Need
from marketplace.offers.tables import Offer

Found = dict[int, tuple[str, Ranked | None]]
"""By need: the basis of its list, and the structure's place there, if any."""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of a need's list: where its structures move, and the row of the one followed;
    None when it leaves, or is not kept."""

    need_id: int
    moved: Moved
    row: Row | None
    eligible: int
    listed: int


@dataclass(frozen=True, slots=True)
class End:
    """How a kept list was made, and who comes last; None when nobody, or more than one, does."""

    basis: str
    listed: int
    eligible: int
    last: Standing | None

    def may_hold(self, match: Ranked) -> bool:
        """Whether one not listed so far may come in."""
        is_full = self.listed - self.eligible >= NEAR_KEPT
        is_beyond = self.last is not None and standing(match) > self.last
        return not (match.near and is_full and is_beyond)


def shortlist_for_offer(session: Session, offer_id: int, now: datetime) -> list[int]:
    """Rank the structure of an offer again in each open need that it could serve, or served
    before it changed, and move it in the lists kept; the needs whose lists changed.

    In a list of the same basis nobody else moves. The others, those of needs with lots, and
    those where who comes next is not known, are asked for again whole.
    """
    structure_id = session.scalar(select(Offer.structure_id).where(Offer.id == offer_id))
    if structure_id is None:
        return []
    need_ids, with_lots = _concerned(session, structure_id, now)
    locked = (
        select(Need.id).where(shaping.among(Need.id, need_ids)).order_by(Need.id).with_for_update()
    )
    session.execute(locked)
    own = _own_rows(session, structure_id, need_ids)
    found = _found(session, structure_id, need_ids, own.keys(), now)
    changes, unknown = _changes(session, structure_id, found, own)
    _keep(session, structure_id, changes, now)
    for need_id in sorted(with_lots | unknown):
        enqueue(session, Job.SHORTLIST_NEED, need_id=need_id)
    return [change.need_id for change in changes]


def _concerned(session: Session, structure_id: int, now: datetime) -> tuple[set[int], set[int]]:
    """The open needs on whose lists a structure stands, or could stand; and of those with lots,
    where it would."""
    with live_index.reading(session, now) as index:
        alone = index.of_structure(str(structure_id))
    sites, with_lots = shaping.open_sites(session, now, alone)
    reached = zip(sites, could_reach(alone, list(sites.values())), strict=True)
    stands = queries.open_needs_matching(session, structure_id, now)
    lots = shaping.open_need_shapes(session, now, with_lots) if with_lots else {}
    would = {
        need_id for need_id, parts in lots.items() if any(lists_anyone(alone, p) for p in parts)
    }
    whole = {need_id for need_id, is_reached in reached if is_reached}
    return (whole | stands) - lots.keys(), would | (stands & lots.keys())


def _found(
    session: Session,
    structure_id: int,
    need_ids: Collection[int],
    stands: Collection[int],
    now: datetime,
) -> Found:
    """Of these needs, locked, those on whose lists the structure stands or should stand."""
    found: Found = {}
    needs = shaping.open_need_shapes(session, now, need_ids)
    with live_index.reading(session, now) as index:
        alone = index.of_structure(str(structure_id))
        for need_id, parts in needs.items():
            if len(parts) > 1:  # lots that it was given meanwhile, which are asked for elsewhere
                continue
            matches = rank_everyone(alone, parts[0], 1).matches
            if matches or need_id in stands:
                found[need_id] = basis_of(index, parts[0]), next(iter(matches), None)
    return found


def _own_rows(
    session: Session, structure_id: int, need_ids: Collection[int]
) -> dict[int, tuple[object, ...]]:
    columns = [getattr(Match, name) for name in FOUND]
    own = select(Match.need_id, *columns).where(
        Match.structure_id == structure_id, shaping.among(Match.need_id, need_ids)
    )
    return {row[0]: tuple(row[1:]) for row in session.execute(own)}


def _changes(
    session: Session,
    structure_id: int,
    found: Found,
    own: Mapping[int, tuple[object, ...]],
) -> tuple[list[Change], set[int]]:
    """What changes in the lists of the needs found, and the needs that must be ranked whole."""
    ends = _ends(session, found)
    unknown = {
        need for need, (basis, _) in found.items() if need not in ends or ends[need].basis != basis
    }
    touched = [
        need
        for need, (_, match) in found.items()
        if need not in unknown and (need in own or match is None or ends[need].may_hold(match))
    ]
    changes: list[Change] = []
    for need_id, listed in _kept_lists(session, touched).items():
        match, step = found[need_id][1], None
        # Another count is that of a list where somebody acted, and is found no longer.
        if len(listed) == ends[need_id].listed and listed == sorted(listed):
            step = moved(listed, str(structure_id), standing(match) if match else None)
        if step is None:
            unknown.add(need_id)
            continue
        row = row_of(match, step.rank) if match and step.rank else None
        if (row and found_in(row)) != own.get(need_id):
            changes.append(_change(need_id, step, row, listed, structure_id))
    return changes, unknown


def _change(
    need_id: int,
    step: Moved,
    row: Row | None,
    listed: Sequence[Standing],
    structure_id: int,
) -> Change:
    others = [one for one in listed if one[2] not in {str(structure_id), step.dropped}]
    eligible = sum(not is_near for is_near, *_ in others)
    if row is None:
        return Change(need_id, step, None, eligible, len(others))
    return Change(need_id, step, row, eligible + (not row["near"]), len(others) + 1)


def _ends(session: Session, need_ids: Collection[int]) -> dict[int, End]:
    """Of the needs that were ranked, how their lists end."""
    at_end = (Match.need_id == Shortlist.need_id) & (Match.rank == Shortlist.listed)
    rows = (
        select(
            Shortlist.need_id,
            Shortlist.basis,
            Shortlist.listed,
            Shortlist.eligible,
            *_STANDING,
        )
        .outerjoin(Match, at_end)
        .where(shaping.among(Shortlist.need_id, need_ids))
    )
    ends: dict[int, End] = {}
    for need_id, basis, listed, eligible, structure_id, score, is_near in session.execute(rows):
        is_one = structure_id is not None and need_id not in ends
        last = (is_near, -score, str(structure_id)) if is_one else None
        ends[need_id] = End(basis, listed, eligible, last)
    return ends


def _kept_lists(session: Session, need_ids: Collection[int]) -> dict[int, list[Standing]]:
    """The lists as they are kept, in their order."""
    rows = (
        select(Match.need_id, *_STANDING)
        .where(shaping.among(Match.need_id, need_ids))
        .order_by(Match.need_id, Match.rank)
    )
    lists: dict[int, list[Standing]] = {need_id: [] for need_id in need_ids}
    for need_id, structure_id, score, is_near in session.execute(rows):
        lists[need_id].append((is_near, -score, str(structure_id)))
    return lists


_STANDING = (Match.structure_id, Match.score, func.cardinality(Match.near) > 0)


def _keep(session: Session, structure_id: int, changes: Sequence[Change], now: datetime) -> None:
    if not changes:
        return
    leaving = [
        *((one.need_id, structure_id) for one in changes if one.row is None),
        *((one.need_id, int(one.moved.dropped)) for one in changes if one.moved.dropped),
    ]
    if leaving:
        named = tuple_(Match.need_id, Match.structure_id).in_(leaving)
        session.execute(delete(Match).where(named, Match.status.in_(UNTOUCHED)))
    steps = _table(
        need_id=[one.need_id for one in changes],
        first=[one.moved.first for one in changes],
        last=[one.moved.last for one in changes],
        by=[one.moved.by for one in changes],
        eligible=[one.eligible for one in changes],
        listed=[one.listed for one in changes],
    )
    session.execute(
        update(Match)
        .where(Match.need_id == steps.c.need_id, Match.structure_id != structure_id)
        .where(Match.rank.between(steps.c.first, steps.c.last))
        .values(rank=Match.rank + steps.c.by)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Shortlist)
        .where(Shortlist.need_id == steps.c.need_id)
        .values(eligible=steps.c.eligible, listed=steps.c.listed, ranked_at=now)
        .execution_options(synchronize_session=False)
    )
    rows = [
        {"need_id": one.need_id, "first_matched_at": now, **one.row} for one in changes if one.row
    ]
    write(session, Match.need_id, rows)


def _table(**columns: list[int]) -> TableValuedAlias:
    """Numbers as a table, to write many rows at once."""
    numbers = [literal(values, ARRAY(Integer)) for values in columns.values()]
    return func.unnest(*numbers).table_valued(*columns).render_derived(name="steps")
