"""A facilitator approves a need, sends it back or rejects it; its buyer is told."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.audit import Action
from marketplace.jobs import Job, enqueue
from marketplace.moderation import remarks as wording
from marketplace.moderation.tables import Decision, DecisionRemark, QueueEntry
from marketplace.moderation.telling_buyers import adjusted_before, tell_buyers
from marketplace.needs.lifecycle import Move
from marketplace.needs.posting import make_move, need_for_update


def approve(
    session: Session, need_id: int, moderator_id: int, now: datetime, ip: str = ""
) -> Decision:
    """Publish a submitted need and ask for its shortlist; what its desk adjusted is told.

    Raises NoResultFound; ForbiddenMove if the need is not waiting for a decision, which is
    also what the slower of two facilitators is told, since the row is locked.
    """
    adjusted = adjusted_before(session, need_id)
    decision = Decision(need_id=need_id, moderator_id=moderator_id, move=Move.APPROVE)
    _decide(session, decision, now, "\n".join(adjusted), ip)
    enqueue(session, Job.SHORTLIST_NEED, need_id=need_id)
    return decision


def request_changes(
    session: Session,
    need_id: int,
    moderator_id: int,
    now: datetime,
    reason: str,
    ip: str = "",
    remarks: Mapping[str, str] | None = None,
) -> Decision:
    """Send a need back to its buyer, with the reason and, by field (remarks.FIELDS), what to
    change. Raises as `approve`."""
    asked = remarks or {}
    decision = Decision(
        need_id=need_id,
        moderator_id=moderator_id,
        move=Move.REQUEST_CHANGES,
        reason=reason,
        remarks=[DecisionRemark(field=name, words=words) for name, words in asked.items()],
    )
    return _decide(session, decision, now, wording.in_words(reason, asked), ip)


def reject(
    session: Session,
    need_id: int,
    moderator_id: int,
    now: datetime,
    reason: str,
    ip: str = "",
    code: str = "other",
) -> Decision:
    """Do not publish a need on Tandem, for one of remarks.REJECTIONS. Raises as `approve`."""
    decision = Decision(
        need_id=need_id,
        moderator_id=moderator_id,
        move=Move.REJECT,
        reason=reason,
        reason_code=code,
    )
    return _decide(session, decision, now, wording.rejection_in_words(code, reason), ip)


def withdraw(session: Session, need_id: int, user_id: int, now: datetime, reason: str) -> None:
    """The buyer takes a need back; it leaves the queue. Raises as `approve`."""
    need = need_for_update(session, need_id)
    make_move(session, need, Move.WITHDRAW, user_id, now, reason)
    entry = waiting_entry(session, need_id)
    if entry is not None:
        entry.decided_at = now


def _decide(
    session: Session, decision: Decision, now: datetime, in_history: str, ip: str
) -> Decision:
    assert decision.need_id is not None, "only needs are decided here"  # noqa: S101
    need = need_for_update(session, decision.need_id)
    moderator_id, move = decision.moderator_id, decision.move
    make_move(session, need, move, moderator_id, now, in_history)
    entry = waiting_entry(session, need.id)
    assert entry is not None, "a submitted need always waits on a desk"  # noqa: S101
    entry.decided_at = now
    decision.desk_id = entry.desk_id
    decision.decided_at = now
    session.add(decision)
    session.flush()
    about = ("need", need.id)
    audit.note(session, Action.DECIDED, actor_id=moderator_id, about=about, ip=ip, move=move)
    tell_buyers(session, need, decision, entry)
    return decision


def waiting_entry(session: Session, need_id: int) -> QueueEntry | None:
    """Where a need waits for a decision."""
    waiting = select(QueueEntry).where(
        QueueEntry.need_id == need_id, QueueEntry.decided_at.is_(None)
    )
    return session.scalars(waiting).first()
