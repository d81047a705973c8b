"""What ends by itself, each night: accounts that nobody uses, old sessions, links, mails."""

import logging
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, and_, delete, func, or_, select
from sqlalchemy.orm import Session

from marketplace import formats, mail
from marketplace.accounts.personal import is_last_administrator, lock_administrators
from marketplace.accounts.tables import AccountLink, Invitation, User, UserSession
from marketplace.audit import AuditEntry
from marketplace.config import Retention
from marketplace.db import Base
from marketplace.digests.tables import Notice
from marketplace.jobs import Job, enqueue
from marketplace.mail import MailState, OutgoingMail, Promise
from marketplace.retention.erasing import FAREWELL, erase_account

logger = logging.getLogger(__name__)

WARNED_A_NIGHT = 1000
"""The others are warned the next night: a job has a minute and a half."""


def warn_inactive(session: Session, now: datetime, periods: Retention) -> int:
    """Announce to people long away that their account is going to be erased. How many."""
    away_since = _before(now, periods.inactive_account - periods.warned_before)
    last_seen = _last_seen()
    to_warn = (
        select(User)
        .where(User.is_active, User.erased_at.is_(None), User.email_verified_at.is_not(None))
        .where(last_seen < away_since)
        .where(or_(User.warned_at.is_(None), User.warned_at < last_seen))
        .order_by(User.id)
        .limit(WARNED_A_NIGHT)
        .with_for_update(skip_locked=True)
    )
    warned = 0
    for user in session.scalars(to_warn).all():
        if is_last_administrator(session, user.id):
            continue
        user.warned_at = now
        mail.post(
            session,
            key=f"account_expiring:{user.id}:{formats.short_date(now)}",
            kind="retention/account_expiring",
            address=user.email,
            promise=Promise.AT_LEAST_ONCE,
            user_id=user.id,
            name=user.full_name,
            link="/connexion",
            day=formats.long_date(now + timedelta(days=periods.warned_before)),
        )
        warned += 1
    logger.info("warned %s inactive accounts", warned)
    return warned


def ask_for_expired(session: Session, now: datetime, periods: Retention) -> int:
    """Ask for the erasure of every account whose time is over, each in a job of its own."""
    expired = session.scalars(select(User.id).where(_is_over(now, periods))).all()
    for user_id in expired:
        enqueue(session, Job.EXPIRE_ACCOUNT, user_id=user_id)
    logger.info("%s accounts are to be erased", len(expired))
    return len(expired)


def expire_account(session: Session, user_id: int, now: datetime, periods: Retention) -> bool:
    """Erase an account if its time is still over: its owner may just have come back."""
    lock_administrators(session)
    still_over = select(User.id).where(User.id == user_id, _is_over(now, periods))
    is_over = session.scalar(still_over.with_for_update()) is not None
    if not is_over or is_last_administrator(session, user_id):
        return False
    erase_account(session, user_id, now, actor_id=None, why="unused")
    logger.info("erased the unused account %s", user_id)
    return True


def _is_over(now: datetime, periods: Retention) -> ColumnElement[bool]:
    """Away for the whole period and warned in time; who cannot come in is not warned; nor is
    who never confirmed the address, since it may be somebody else's."""
    last_seen = _last_seen()
    warned_in_time = and_(
        User.warned_at >= last_seen, User.warned_at <= _before(now, periods.warned_before)
    )
    away = and_(
        last_seen < _before(now, periods.inactive_account),
        or_(~User.is_active, warned_in_time),
    )
    unconfirmed = and_(
        User.email_verified_at.is_(None), last_seen < _before(now, periods.unconfirmed_account)
    )
    return and_(User.erased_at.is_(None), or_(away, unconfirmed))


def _last_seen() -> ColumnElement[datetime]:
    """When an account was last used, or else made."""
    seen = select(func.max(UserSession.last_seen_at)).where(UserSession.user_id == User.id)
    return func.greatest(User.created_at, User.last_sign_in_at, seen.scalar_subquery())


def forget_old_sessions(session: Session, now: datetime, periods: Retention) -> int:
    before = _before(now, periods.session)
    return _forget(
        session,
        UserSession,
        or_(UserSession.ended_at < before, UserSession.last_seen_at < before),
    )


def forget_old_links(session: Session, now: datetime, periods: Retention) -> int:
    """Links and invitations that have long expired, used or not."""
    before = _before(now, periods.link)
    links = _forget(session, AccountLink, AccountLink.expires_at < before)
    return links + _forget(session, Invitation, Invitation.expires_at < before)


def forget_old_mail(session: Session, now: datetime, periods: Retention) -> int:
    """Mails that are no longer under way, and notifications; the mail that says farewell, much
    sooner."""
    is_farewell = OutgoingMail.kind == FAREWELL
    _forget(session, Notice, Notice.created_at < _before(now, periods.mail))
    return _forget(
        session,
        OutgoingMail,
        OutgoingMail.state.not_in((MailState.PENDING, MailState.SENDING)),
        or_(
            OutgoingMail.created_at < _before(now, periods.mail),
            and_(is_farewell, OutgoingMail.created_at < _before(now, periods.farewell)),
        ),
    )


def forget_old_trail(session: Session, now: datetime, periods: Retention) -> int:
    return _forget(session, AuditEntry, AuditEntry.at < _before(now, periods.trail))


def _forget(session: Session, table: type[Base], *old: ColumnElement[bool]) -> int:
    deleted = session.execute(
        delete(table).where(*old).execution_options(synchronize_session=False)
    )
    forgotten = cast("CursorResult[Any]", deleted).rowcount
    logger.info("forgot %s rows of %s", forgotten, table.__tablename__)
    return forgotten


def _before(now: datetime, days: int) -> datetime:
    return now - timedelta(days=days)
