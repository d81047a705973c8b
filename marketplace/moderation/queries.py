"""Reads: what waits on a desk, first due first."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace.moderation.tables import Decision, Desk, QueueEntry
from marketplace.needs.tables import Need


def waiting_needs(session: Session, desk_ids: Collection[int]) -> Sequence[QueueEntry]:
    """The needs that wait for a decision of these desks, with their buyer, first due first."""
    waiting = (
        select(QueueEntry)
        .where(QueueEntry.desk_id.in_(desk_ids), QueueEntry.need_id.is_not(None))
        .where(QueueEntry.decided_at.is_(None))
        .options(joinedload(QueueEntry.desk))
        .options(joinedload(QueueEntry.need).joinedload(Need.organisation))
        .order_by(QueueEntry.due_at, QueueEntry.id)
    )
    return session.scalars(waiting).all()


def latest_decisions(session: Session, desk_ids: Collection[int], limit: int) -> list[Decision]:
    """What these desks last decided, newest first."""
    decided = (
        select(Decision)
        .where(Decision.desk_id.in_(desk_ids), Decision.need_id.is_not(None))
        .options(joinedload(Decision.need))
        .order_by(Decision.id.desc())
        .limit(limit)
    )
    return list(session.scalars(decided))


def desk_of_need(session: Session, need_id: int) -> Desk | None:
    """The desk that a need came to last."""
    entry = session.scalars(
        select(QueueEntry)
        .where(QueueEntry.need_id == need_id)
        .order_by(QueueEntry.id.desc())
        .limit(1)
    ).first()
    return entry.desk if entry else None
