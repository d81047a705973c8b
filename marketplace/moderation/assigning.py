"""Who takes care of what waits on a desk."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.moderation.tables import DeskMember, QueueEntry


class TakenMeanwhile(Exception):
    """A colleague took or gave the entry while the page was being read."""

    def __init__(self, assignee: User | None) -> None:
        super().__init__("assigned meanwhile")
        self.assignee = assignee


class NotOfTheDesk(Exception):
    """Only those who work at the desk take care of what waits there."""


def assign(
    session: Session, entry_id: int, assignee_id: int | None, seen_id: int | None
) -> QueueEntry:
    """Take an entry, give it to a colleague, or leave it to everybody (None).

    `seen_id` is who had it when the page was shown. Raises NoResultFound, also once it is
    decided; TakenMeanwhile, unless it is whom this asks for; NotOfTheDesk.
    """
    waiting = select(QueueEntry).where(QueueEntry.id == entry_id, QueueEntry.decided_at.is_(None))
    locked = waiting.with_for_update(of=QueueEntry).execution_options(populate_existing=True)
    entry = session.scalars(locked).one()
    if entry.assignee_id == assignee_id:
        return entry
    if entry.assignee_id != seen_id:
        raise TakenMeanwhile(entry.assignee)
    if assignee_id is not None and not works_on(session, entry, assignee_id):
        raise NotOfTheDesk
    entry.assignee_id = assignee_id
    session.flush()
    session.expire(entry, ["assignee"])
    return entry


def works_on(session: Session, entry: QueueEntry, user_id: int) -> bool:
    """Whether a person works at the desk of an entry, or at one that it was escalated to."""
    seen_by = [entry.desk_id, *(escalation.desk_id for escalation in entry.escalations)]
    member = (
        select(DeskMember)
        .join(User)
        .where(DeskMember.desk_id.in_(seen_by), DeskMember.user_id == user_id, User.is_active)
    )
    return session.scalar(select(member.exists())) is True
