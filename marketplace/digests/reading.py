"""A person reads what it is told in the pages."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from marketplace.digests.tables import Notice


def read(session: Session, user_id: int, now: datetime, notice_id: int | None = None) -> None:
    """One notice of this person is read, or all. Those of others are not touched."""
    unread = update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None))
    if notice_id is not None:
        unread = unread.where(Notice.id == notice_id)
    session.execute(unread.values(read_at=now).execution_options(synchronize_session=False))
