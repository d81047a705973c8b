"""The outbox: post, claim, stamp. It knows no person and no need.

A mail is a row first, written in the transaction of the event that it tells, under a key
that makes it unique. The worker claims rows for the time of a lease, sends them and
stamps them. SMTP cannot deliver exactly once, so a row says which promise it makes when
a sender dies between sending and stamping: at least once (it is sent again) or at most
once (it becomes uncertain, and a person decides).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import String, case, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.db import Base
from marketplace.jobs import Job, enqueue

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


class NoSuchMail(Exception):
    """No mail has this id and is in a state that allows this."""


class Promise(StrEnum):
    AT_LEAST_ONCE = "at_least_once"
    AT_MOST_ONCE = "at_most_once"


class MailState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    KEPT = "kept"
    """Not sent on purpose: no relay is configured, or the address cannot exist."""
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    CANCELLED = "cancelled"


SENT_AGAIN_BY_HAND = (MailState.UNCERTAIN, MailState.FAILED)


class OutgoingMail(Base):
    """A mail to one address. `kind` names its folder of templates, `context` fills them."""

    __tablename__ = "outgoing_mails"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[str] = mapped_column(String(60), index=True)
    promise: Mapped[Promise]
    topic: Mapped[str] = mapped_column(String(40), default="")
    address: Mapped[str] = mapped_column(String(254))
    user_id: Mapped[int | None] = mapped_column(index=True)
    context: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    state: Mapped[MailState] = mapped_column(default=MailState.PENDING, index=True)
    not_before: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    sent_at: Mapped[datetime | None]


class MailPace(Base):
    """The latest minute in which mails leave to a domain, and how many have their turn in it."""

    __tablename__ = "mail_paces"

    domain: Mapped[str] = mapped_column(String(254), primary_key=True)
    """In lower case."""
    minute: Mapped[datetime]
    taken: Mapped[int]


@dataclass(frozen=True)
class Draft:
    """A mail to be written down with many others."""

    key: str
    kind: str
    address: str
    promise: Promise
    user_id: int | None = None
    topic: str = ""
    context: dict[str, Any] = field(default_factory=dict)


def post(
    session: Session,
    *,
    key: str,
    kind: str,
    address: str,
    promise: Promise,
    user_id: int | None = None,
    topic: str = "",
    not_before: datetime | None = None,
    **context: Any,
) -> None:
    """Write a mail down, once a key, and ask the worker to send it after the commit."""
    row = insert(OutgoingMail).values(
        key=key,
        kind=kind,
        address=address,
        promise=promise,
        user_id=user_id,
        topic=topic,
        not_before=not_before,
        context=_storable(context),
    )
    written = session.scalar(
        row.on_conflict_do_nothing(index_elements=["key"]).returning(OutgoingMail.id)
    )
    if written is not None:
        enqueue(session, Job.SEND_MAIL, mail_id=written)


def post_many(session: Session, drafts: Sequence[Draft]) -> dict[str, int]:
    """Write many mails down at once: the ids of those whose key was not taken, by key."""
    if not drafts:
        return {}
    rows = [
        {
            "key": draft.key,
            "kind": draft.kind,
            "address": draft.address,
            "promise": draft.promise,
            "user_id": draft.user_id,
            "topic": draft.topic,
            "context": _storable(draft.context),
        }
        for draft in drafts
    ]
    written = session.execute(
        insert(OutgoingMail)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(OutgoingMail.key, OutgoingMail.id)
    ).all()
    for _, mail_id in written:
        enqueue(session, Job.SEND_MAIL, mail_id=mail_id)
    return dict(written)


def _storable(value: Any) -> Any:
    """Without the null bytes and lone surrogates that PostgreSQL refuses in JSON."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")
    if isinstance(value, dict):
        return {key: _storable(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(inner) for inner in value]
    return value


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


def for_update(session: Session, mail_id: int) -> OutgoingMail | None:
    """A mail as it now is, locked."""
    return session.get(OutgoingMail, mail_id, with_for_update=True, populate_existing=True)


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


def send_again(session: Session, mail_id: int) -> None:
    """A person asks for a mail that is uncertain or failed to be sent.

    Raises NoSuchMail, also to the slower of two persons who ask.
    """
    mail = for_update(session, mail_id)
    if mail is None or mail.state not in SENT_AGAIN_BY_HAND:
        raise NoSuchMail(mail_id)
    mail.state, mail.not_before, mail.attempts = MailState.PENDING, None, 0
    enqueue(session, Job.SEND_MAIL, mail_id=mail_id)


def cancel(session: Session, mail_id: int) -> None:
    """A person keeps a mail from leaving. Raises NoSuchMail once a sender has it."""
    mail = for_update(session, mail_id)
    if mail is None or mail.state is not MailState.PENDING:
        raise NoSuchMail(mail_id)
    stamp_cancelled(mail, "")


def leaves(address: str, smtp_url: str) -> bool:
    """Whether a mail to this address goes out at all."""
    return bool(smtp_url) and not address.lower().rstrip(".").endswith(".invalid")


def export_of(session: Session, user_id: int) -> dict[str, list[dict[str, object]]]:
    """The mails to this person, without the links that only their reader should hold."""
    mails = session.scalars(
        select(OutgoingMail).filter_by(user_id=user_id).order_by(OutgoingMail.id)
    )
    return {
        "courriels": [
            {
                "message": row.kind,
                "adresse": row.address,
                "contenu": {key: said for key, said in row.context.items() if key != "link"},
                "etat": row.state,
                "ecrit_le": row.created_at,
                "parti_le": row.sent_at,
            }
            for row in mails
        ]
    }


def erase(session: Session, user_id: int, address: str | None) -> None:
    """Forget the mails to a person and to its address; those not yet sent never leave."""
    to_them = OutgoingMail.user_id == user_id
    if address is not None:
        to_them |= func.lower(OutgoingMail.address) == address.lower()
    session.execute(delete(OutgoingMail).where(to_them))
