"""Reads: the needs to rank, and what the ranking found."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from marketplace.matching.lots import LotFound
from marketplace.matching.tables import LotMatch, LotShortlist, Match, Shortlist
from marketplace.matching.what_if import CLOSE_KM
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Lot, Need


def open_needs(session: Session, now: datetime) -> Sequence[int]:
    """The ids of the needs that can still be answered."""
    return session.scalars(select(Need.id).where(is_open(now)).order_by(Need.id)).all()


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
