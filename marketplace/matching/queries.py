"""Reads: the needs to rank, and what the ranking found."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from marketplace.matching.joint_cover import Candidate, joint_cover
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.lots import LotFound
from marketplace.matching.tables import LotMatch, LotShortlist, Match, Shortlist
from marketplace.matching.what_if import CLOSE_KM
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Lot, Need
from marketplace.structures.tables import Structure


@dataclass(frozen=True)
class JointMember:
    """One of a group, and the lots that it would take."""

    structure: Structure
    score: float
    lots: tuple[Lot, ...]


@dataclass(frozen=True)
class JointGroups:
    """Groups that cover all the lots that anybody covers, the smallest first, and the lots that
    nobody covers. A group of one covers them alone."""

    groups: tuple[tuple[JointMember, ...], ...]
    uncovered: tuple[Lot, ...]
    is_exact: bool
    """Whether no better group can exist."""


def open_needs(session: Session, now: datetime) -> Sequence[int]:
    """The ids of the needs that can still be answered."""
    return session.scalars(select(Need.id).where(is_open(now)).order_by(Need.id)).all()


def open_needs_in_full(session: Session, now: datetime) -> Sequence[Need]:
    """The same needs, with all that ranking reads of them."""
    lots = selectinload(Need.lots)
    return session.scalars(
        select(Need)
        .where(is_open(now))
        .order_by(Need.id)
        .options(
            selectinload(Need.sectors),
            selectinload(Need.zones),
            lots.selectinload(Lot.sectors),
            lots.selectinload(Lot.zones),
        )
    ).all()


def needs_without_shortlist(session: Session, now: datetime) -> Sequence[int]:
    """The ids of the open needs that were never ranked."""
    ranked = select(Shortlist).where(Shortlist.need_id == Need.id).exists()
    return session.scalars(select(Need.id).where(is_open(now), ~ranked)).all()


def open_needs_matching(session: Session, structure_id: int, now: datetime) -> set[int]:
    """The ids of the open needs on whose shortlist a structure stands."""
    stands = select(Match.need_id).join(Need).where(Match.structure_id == structure_id)
    return set(session.scalars(stands.where(is_open(now))))


def matches_of_need(need_id: int) -> Select[Match]:
    """A need's matches with their structures, best first."""
    return (
        select(Match)
        .where(Match.need_id == need_id)
        .options(joinedload(Match.structure), joinedload(Match.offer))
        .order_by(Match.rank)
    )


def lots_found(session: Session, need_id: int) -> list[LotFound]:
    """The ranked lots of a need, with how many structures could answer each."""
    is_close = LotMatch.distance_km < CLOSE_KM
    close = (
        select(func.count())
        .where(LotMatch.lot_id == Lot.id, func.cardinality(LotMatch.near) == 0, is_close)
        .scalar_subquery()
    )
    rows = (
        select(Lot.id, Lot.number, Lot.title, LotShortlist.eligible, close)
        .join(LotShortlist)
        .where(Lot.need_id == need_id)
        .order_by(Lot.number)
    )
    return [LotFound(*row) for row in session.execute(rows)]


def lot_matches_of(lot_id: int) -> Select[LotMatch]:
    """A lot's matches with their structures, best first."""
    return (
        select(LotMatch)
        .where(LotMatch.lot_id == lot_id)
        .options(joinedload(LotMatch.structure), joinedload(LotMatch.offer))
        .order_by(LotMatch.rank)
    )


def lots_of_structure(need_id: int, structure_id: int) -> Select[LotMatch]:
    """The lots of a need that a structure could answer, or nearly, with the lots."""
    return (
        select(LotMatch)
        .join(Lot)
        .where(Lot.need_id == need_id, LotMatch.structure_id == structure_id)
        .options(contains_eager(LotMatch.lot))
        .order_by(Lot.number)
    )


def matches_of_structures(structure_ids: Collection[int], now: datetime) -> Select[Match]:
    """The open needs that these structures could answer, most urgent first."""
    return (
        select(Match)
        .join(Need)
        .where(Match.structure_id.in_(structure_ids), is_open(now))
        .options(joinedload(Match.need).joinedload(Need.organisation))
        .options(joinedload(Match.structure))
        .order_by(func.cardinality(Match.near), Need.deadline_on, Match.rank, Match.id)
    )


def eligible_of(session: Session, need_ids: Collection[int]) -> dict[int, int]:
    """How many structures can answer each of these needs; the unranked are left out."""
    counted = select(Shortlist.need_id, Shortlist.eligible).where(Shortlist.need_id.in_(need_ids))
    return dict(session.execute(counted).all())


def joint_groups(session: Session, need: Need) -> JointGroups:
    """Who could answer all the lots of a need together, each covering the lots where it is
    eligible, which on a reserved lot its kind decides too. Who declined is left out."""
    refused = (MatchStatus.DECLINED, MatchStatus.NOT_RETAINED)
    able = (
        select(LotMatch.structure_id, LotMatch.lot_id, Match.score)
        .join(Lot)
        .join(
            Match,
            (Match.need_id == Lot.need_id) & (Match.structure_id == LotMatch.structure_id),
        )
        .where(
            Lot.need_id == need.id,
            func.cardinality(LotMatch.near) == 0,
            Match.status.not_in(refused),
        )
    )
    covers: dict[int, set[int]] = defaultdict(set)
    scores: dict[int, float] = {}
    for structure_id, lot_id, score in session.execute(able):
        covers[structure_id].add(lot_id)
        scores[structure_id] = score
    found = joint_cover(
        [lot.id for lot in need.lots],
        [Candidate(str(id_), scores[id_], frozenset(lots)) for id_, lots in covers.items()],
    )
    ids = {int(member.structure_id) for group in found.groups for member in group.members}
    rows = session.scalars(select(Structure).where(Structure.id.in_(ids)))
    structures = {str(row.id): row for row in rows}
    lots = {lot.id: lot for lot in need.lots}
    return JointGroups(
        groups=tuple(
            tuple(
                JointMember(
                    structures[member.structure_id],
                    member.score,
                    tuple(lots[lot_id] for lot_id in member.brings),
                )
                for member in group.members
            )
            for group in found.groups
        ),
        uncovered=tuple(lots[lot_id] for lot_id in found.uncovered),
        is_exact=found.is_exact,
    )
