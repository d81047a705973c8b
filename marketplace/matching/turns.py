"""Reads: the order in which a kept list is shown, and who was told of needs lately."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVarTuple

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session, aliased

from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.rotation import BAND, LATELY_DAYS, PLACES, exposure_at, rotated
from marketplace.matching.shapes import Ranked
from marketplace.matching.tables import LotMatch, Match, MatchMove

Kept = type[Match] | type[LotMatch]
Told = TypeVarTuple("Told")


def in_turn(
    session: Session, table: Kept, of_list: ColumnElement[bool], until: datetime
) -> ColumnElement[int]:
    """What orders a list, before rank: 0 for those who stand in the first places.

    Only what was told before `until` counts. With the publication of the need, a list keeps
    its order under the eyes of who reads it. One query.
    """
    eligible = of_list & (func.cardinality(table.near) == 0)
    tenth = select(table.score).where(eligible, table.rank == PLACES).scalar_subquery()
    other = aliased(Match)
    told = _told(select(other.rank), other, until).where(other.structure_id == table.structure_id)
    rows = session.execute(
        select(table.structure_id, table.offer_id, table.score, func.array(told.scalar_subquery()))
        .where(eligible, table.score >= (1 - BAND) * tenth)  # nobody else is in a band of theirs
        .order_by(table.rank)
    ).all()
    near_equal = [Ranked(f"{who}", f"{offer}", score, {}, []) for who, offer, score, _ in rows]
    exposure = {f"{who}": sum(map(exposure_at, ranks)) for who, _, _, ranks in rows if ranks}
    first = [int(one.structure_id) for one in rotated(near_equal, exposure)[:PLACES]]
    return case((table.structure_id.in_(first), 0), else_=1)


def told_lately(
    session: Session, structure_ids: Sequence[int], until: datetime
) -> dict[str, float]:
    """How much these structures had been told at a time, as rotation counts what is shown."""
    moves = _told(select(Match.structure_id, Match.rank), Match, until)
    exposure: dict[str, float] = {}
    for structure_id, rank in session.execute(moves.where(Match.structure_id.in_(structure_ids))):
        key = f"{structure_id}"
        exposure[key] = exposure.get(key, 0.0) + exposure_at(rank)
    return exposure


def _told(what: Select[*Told], match: type[Match], until: datetime) -> Select[*Told]:
    """Of each time that a structure was told of a match, in the days before."""
    return (
        what.join(MatchMove, MatchMove.match_id == match.id)
        .where(MatchMove.status == MatchStatus.NOTIFIED)
        .where(MatchMove.moved_at > until - timedelta(days=LATELY_DAYS))
        .where(MatchMove.moved_at <= until)
    )
