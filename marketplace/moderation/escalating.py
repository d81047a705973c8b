"""What a desk leaves undecided after its time is shown to the region's desk, then the national."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.moderation.desks import (
    DUE_IN_WORKING_DAYS,
    desks_above,
)
from marketplace.moderation.tables import Escalation, QueueEntry
from marketplace.working_days import end_of_working_day_after


def escalate_overdue(session: Session, now: datetime) -> int:
    """Show what is late to the next wider desk too, one step for each delay that is over; the
    first desk keeps it. How many entries went up."""
    overdue = (
        select(QueueEntry)
        .where(QueueEntry.decided_at.is_(None), QueueEntry.due_at < now)
        .order_by(QueueEntry.id)
        .with_for_update(of=QueueEntry, skip_locked=True)
    )
    escalated = 0
    for entry in session.scalars(overdue).all():
        escalated += _escalate(session, entry, now)
    return escalated


def _escalate(session: Session, entry: QueueEntry, now: datetime) -> bool:
    last = session.scalar(
        select(func.max(Escalation.escalated_at)).where(Escalation.entry_id == entry.id)
    )
    if last is not None and end_of_working_day_after(last, DUE_IN_WORKING_DAYS) > now:
        return False
    known = {entry.desk_id, *(one.desk_id for one in entry.escalations)}
    above = next((desk for desk in desks_above(session, entry) if desk.id not in known), None)
    if above is None:
        return False
    entry.escalations.append(Escalation(desk_id=above.id, escalated_at=now))
    session.flush()
    return True
