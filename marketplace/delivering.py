"""Delivering the outbox: claim, wait for one's turn, stamp.

The worker claims rows for the time of a lease, sends them and stamps them. SMTP cannot
deliver exactly once: when a sender dies between sending and stamping, the promise of the
row says whether it is sent again or becomes uncertain, and a person decides.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, case, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.db import Base
from marketplace.mail import MailState, OutgoingMail, Promise

LEASE = timedelta(minutes=2)
"""Longer than a job may run, so that a lease ends after whoever held it."""

RETRY_AFTER = timedelta(minutes=5)
ATTEMPTS = 48
"""Four hours of trying, every five minutes, then a person looks at it."""

MINUTE = timedelta(minutes=1)
TURN_LASTS = 5 * MINUTE
"""A mail that missed its minute by more takes another one: workers that were away for an hour
do not then send an hour's mail at once."""
FARTHEST = timedelta(hours=6)
"""No turn is given later than this, whatever clock wrote down the one before."""

LONGEST_ERROR = 300


class MailPace(Base):
    """The latest minute in which mails leave to a domain, and how many have their turn in it."""

    __tablename__ = "mail_paces"

    domain: Mapped[str] = mapped_column(String(254), primary_key=True)
    """In lower case."""
    minute: Mapped[datetime]
    taken: Mapped[int]


def due(session: Session, now: datetime, limit: int) -> Sequence[int]:
    """The ids of the mails that can be claimed now, oldest first."""
    rows = select(OutgoingMail.id).where(_claimable(now)).order_by(OutgoingMail.id).limit(limit)
    return session.scalars(rows).all()


def claim(session: Session, mail_id: int, now: datetime) -> OutgoingMail | None:
    """Take a mail for the time of a lease, or None when it is another's, done or not due.

    Commit before sending: a claim that is not written down protects nothing.
    """
    row = session.scalar(
        select(OutgoingMail)
        .where(OutgoingMail.id == mail_id, _claimable(now))
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if row is not None:
        row.state = MailState.SENDING
        row.lease_until = now + LEASE
        row.attempts += 1
    return row


def _claimable(now: datetime) -> Any:
    fresh = (OutgoingMail.state == MailState.PENDING) & or_(
        OutgoingMail.not_before.is_(None), OutgoingMail.not_before <= now
    )
    abandoned = (
        (OutgoingMail.state == MailState.SENDING)
        & (OutgoingMail.promise == Promise.AT_LEAST_ONCE)
        & (OutgoingMail.attempts < ATTEMPTS)
        & (OutgoingMail.lease_until < now)
    )
    return or_(fresh, abandoned)


def must_wait(session: Session, mail: OutgoingMail, now: datetime, a_minute: int) -> bool:
    """Whether a claimed mail goes back to wait for its turn, as large providers ask of who
    sends much: only so many `a_minute` leave to one domain.

    Nothing that somebody waits for does: sign-in links and invitations leave at once.
    """
    had_its_turn = mail.not_before is not None and now - mail.not_before < TURN_LASTS
    if mail.promise is Promise.AT_LEAST_ONCE or had_its_turn:
        return False
    turn = _turn(session, mail.address, now, a_minute)
    if turn <= now:
        return False
    mail.state, mail.lease_until, mail.not_before = MailState.PENDING, None, turn
    mail.attempts -= 1
    return True


def _turn(session: Session, address: str, now: datetime, a_minute: int) -> datetime:
    """The first minute that has room for one more mail to this domain, which is now taken."""
    this_minute = now.replace(second=0, microsecond=0)
    is_past = MailPace.minute < this_minute
    is_astray = MailPace.minute > this_minute + FARTHEST
    is_full = MailPace.taken >= a_minute
    taken = insert(MailPace).values(
        domain=address.lower().rpartition("@")[2], minute=this_minute, taken=1
    )
    minute = session.scalar(
        taken.on_conflict_do_update(
            index_elements=["domain"],
            set_={
                "minute": case(
                    (or_(is_past, is_astray), this_minute),
                    (is_full, MailPace.minute + MINUTE),
                    else_=MailPace.minute,
                ),
                "taken": case(
                    (or_(is_past, is_astray, is_full), 1),
                    else_=MailPace.taken + 1,
                ),
            },
        ).returning(MailPace.minute)
    )
    assert minute is not None, "an upsert returns its row"  # noqa: S101
    return minute


def forget_paces(session: Session, now: datetime) -> None:
    """Domains that nothing waits for."""
    past = (
        select(MailPace.domain)
        .where(MailPace.minute < now - MINUTE)
        .with_for_update(skip_locked=True)
    )
    session.execute(
        delete(MailPace)
        .where(MailPace.domain.in_(past))
        .execution_options(synchronize_session=False)
    )


def doubt_abandoned(session: Session, now: datetime) -> int:
    """Mark as uncertain the mails whose sender never came back and that are not sent again."""
    abandoned = update(OutgoingMail).where(
        OutgoingMail.state == MailState.SENDING,
        or_(OutgoingMail.promise == Promise.AT_MOST_ONCE, OutgoingMail.attempts >= ATTEMPTS),
        OutgoingMail.lease_until < now,
    )
    marked = session.execute(
        abandoned.values(state=MailState.UNCERTAIN, lease_until=None).returning(OutgoingMail.id)
    )
    return len(marked.all())


def stamp_sent(mail: OutgoingMail, now: datetime) -> None:
    """Delivered to the relay. What only the reader should hold leaves the row."""
    mail.state, mail.sent_at, mail.lease_until, mail.last_error = MailState.SENT, now, None, ""
    if "link" in mail.context:
        mail.context = mail.context | {"link": ""}


def stamp_kept(mail: OutgoingMail) -> None:
    mail.state, mail.lease_until = MailState.KEPT, None


def stamp_not_taken(mail: OutgoingMail, now: datetime, error: str) -> None:
    """Try again later, a bounded number of times."""
    mail.last_error, mail.lease_until = error[:LONGEST_ERROR], None
    if mail.attempts >= ATTEMPTS:
        mail.state = MailState.FAILED
    else:
        mail.state, mail.not_before = MailState.PENDING, now + RETRY_AFTER


def stamp_maybe_taken(mail: OutgoingMail, now: datetime, error: str) -> None:
    """Send it again, or leave it to a person: as was promised."""
    if mail.promise is Promise.AT_LEAST_ONCE:
        stamp_not_taken(mail, now, error)
    else:
        mail.state, mail.lease_until = MailState.UNCERTAIN, None
        mail.last_error = error[:LONGEST_ERROR]


def stamp_cancelled(mail: OutgoingMail, why: str) -> None:
    """Nobody should read it any more, or its reader asked not to."""
    mail.state, mail.lease_until = MailState.CANCELLED, None
    mail.last_error = why[:LONGEST_ERROR]


def stamp_failed(mail: OutgoingMail, error: str) -> None:
    """No other attempt would do better."""
    mail.state, mail.lease_until = MailState.FAILED, None
    mail.last_error = error[:LONGEST_ERROR]
