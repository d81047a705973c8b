"""A facilitator approves a need, sends it back or rejects it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.audit import Action
from marketplace.jobs import Job, enqueue
from marketplace.moderation.tables import Decision, QueueEntry
from marketplace.needs.lifecycle import Move
from marketplace.needs.posting import make_move, need_for_update


def approve(
    session: Session, need_id: int, moderator_id: int, now: datetime, ip: str = ""
) -> Decision:
    """Publish a submitted need and ask for its shortlist.

    Raises NoResultFound; ForbiddenMove if the need is not waiting for a decision, which is
    also what the slower of two facilitators is told, since the row is locked.
    """
    decision = _decide(session, need_id, moderator_id, Move.APPROVE, now, "", ip)
    enqueue(session, Job.SHORTLIST_NEED, need_id=need_id)
    return decision


def request_changes(
    session: Session,
    need_id: int,
    moderator_id: int,
    now: datetime,
    reason: str,
    ip: str = "",
) -> Decision:
    """Send a need back to its buyer, with the reason. Raises as `approve`."""
    return _decide(session, need_id, moderator_id, Move.REQUEST_CHANGES, now, reason, ip)


def reject(
    session: Session,
    need_id: int,
    moderator_id: int,
    now: datetime,
    reason: str,
    ip: str = "",
) -> Decision:
    """Refuse a need, with the reason. Raises as `approve`."""
    return _decide(session, need_id, moderator_id, Move.REJECT, now, reason, ip)


def withdraw(session: Session, need_id: int, user_id: int, now: datetime, reason: str) -> None:
    """The buyer takes a need back; it leaves the queue. Raises as `approve`."""
    need = need_for_update(session, need_id)
    make_move(session, need, Move.WITHDRAW, user_id, now, reason)
    entry = _waiting_entry(session, need_id)
    if entry is not None:
        entry.decided_at = now


def _decide(
    session: Session,
    need_id: int,
    moderator_id: int,
    move: Move,
    now: datetime,
    reason: str,
    ip: str,
) -> Decision:
    need = need_for_update(session, need_id)
    make_move(session, need, move, moderator_id, now, reason)
    entry = _waiting_entry(session, need_id)
    assert entry is not None, "a submitted need always waits on a desk"  # noqa: S101
    entry.decided_at = now
    decision = Decision(
        desk_id=entry.desk_id,
        need_id=need_id,
        moderator_id=moderator_id,
        move=move,
        reason=reason,
        decided_at=now,
    )
    session.add(decision)
    about = ("need", need_id)
    audit.note(session, Action.DECIDED, actor_id=moderator_id, about=about, ip=ip, move=move)
    return decision


def _waiting_entry(session: Session, need_id: int) -> QueueEntry | None:
    waiting = select(QueueEntry).where(
        QueueEntry.need_id == need_id, QueueEntry.decided_at.is_(None)
    )
    return session.scalars(waiting).first()
