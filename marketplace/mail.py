"""The outbox: post, claim, send, stamp. It knows no person and no need.

A mail is a row first, written in the transaction of the event that it tells, under a key
that makes it unique. The worker claims rows for the time of a lease, sends them and
stamps them. SMTP cannot deliver exactly once, so a row says which promise it makes when
a sender dies between sending and stamping: at least once (it is sent again) or at most
once (it becomes uncertain, and a person decides).
"""

import smtplib
import ssl
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import String, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.db import Base
from marketplace.jobs import Job, enqueue

LEASE = timedelta(minutes=2)
"""Longer than a job may run, so that a lease ends after whoever held it."""

RETRY_AFTER = timedelta(minutes=5)
ATTEMPTS = 48
"""Four hours of trying, every five minutes, then a person looks at it."""

TIMEOUT_S = 20
LONGEST_ERROR = 300


class NotTaken(Exception):
    """The relay was away or refused: the mail is surely not on its way."""


class MaybeTaken(Exception):
    """The relay fell silent while it was being handed the mail."""


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


def post_many(
    session: Session, drafts: Sequence[Draft], now: datetime, a_minute: int
) -> dict[str, int]:
    """Write many mails down at once: the ids of those whose key was not taken, by key.

    Only so many `a_minute` leave to one domain, as large providers ask of who sends much;
    the others wait for their minute.
    """
    if not drafts:
        return {}
    times = _in_turn(session, [draft.address for draft in drafts], now, a_minute)
    rows = [
        {
            "key": draft.key,
            "kind": draft.kind,
            "address": draft.address,
            "promise": draft.promise,
            "user_id": draft.user_id,
            "topic": draft.topic,
            "context": _storable(draft.context),
            "not_before": not_before,
        }
        for draft, not_before in zip(drafts, times, strict=True)
    ]
    written = session.execute(
        insert(OutgoingMail)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(OutgoingMail.key, OutgoingMail.id, OutgoingMail.not_before)
    ).all()
    for _, mail_id, not_before in written:
        if not_before is None:
            enqueue(session, Job.SEND_MAIL, mail_id=mail_id)
    return {key: mail_id for key, mail_id, _ in written}


def _in_turn(
    session: Session, addresses: Sequence[str], now: datetime, a_minute: int
) -> list[datetime | None]:
    """When each of these mails may leave, behind those that already wait for its domain."""
    domain = func.lower(func.split_part(OutgoingMail.address, "@", 2))
    waiting = (
        select(domain, func.count()).where(OutgoingMail.state == MailState.PENDING).group_by(domain)
    )
    before: Counter[str] = Counter(dict(session.execute(waiting).all()))
    times: list[datetime | None] = []
    for address in addresses:
        its_domain = address.lower().partition("@")[2]
        minutes = before[its_domain] // a_minute
        before[its_domain] += 1
        times.append(now + timedelta(minutes=minutes) if minutes else None)
    return times


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


def deliver(message: EmailMessage, smtp_url: str) -> None:
    """Hand a message to the relay: `smtp://user:password@host:port`, `smtps://` for TLS at
    once, `?starttls=1` for TLS after the greeting.

    Raises NotTaken, MaybeTaken.
    """
    try:
        relay = _relay(smtp_url)
    except (OSError, ValueError) as error:  # ValueError: an address of a relay that is none
        raise NotTaken(_said(error)) from error
    try:
        relay.send_message(message)
    except (
        smtplib.SMTPResponseException,
        smtplib.SMTPRecipientsRefused,
        smtplib.SMTPNotSupportedError,
    ) as error:
        raise NotTaken(_said(error)) from error
    except OSError as error:
        raise MaybeTaken(_said(error)) from error
    finally:
        # Whatever it answers to our leaving, the mail is taken or not by now.
        with suppress(OSError):
            relay.quit()
        relay.close()


def _relay(smtp_url: str) -> smtplib.SMTP:
    url = urlsplit(smtp_url)
    host, port = url.hostname or "localhost", url.port
    if url.scheme == "smtps":
        relay: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port or 465, timeout=TIMEOUT_S, context=_certificates()
        )
    else:
        relay = smtplib.SMTP(host, port or 25, timeout=TIMEOUT_S)
    try:
        if "starttls=1" in url.query.split("&"):
            relay.starttls(context=_certificates())
        if url.username:
            relay.login(unquote(url.username), unquote(url.password or ""))
    except OSError:
        relay.close()
        raise
    return relay


@cache
def _certificates() -> ssl.SSLContext:
    """Those that the host trusts, read once: it takes as long as sending a mail."""
    return ssl.create_default_context()


def _said(error: Exception) -> str:
    """What the relay answered, in one line."""
    said: object = error
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        said = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_code, error.smtp_error
    if isinstance(said, tuple):
        code, words = said
        said = f"{code} {words.decode('utf-8', 'replace') if isinstance(words, bytes) else words}"
    return " ".join(f"{said}".split()) or type(error).__name__


def message_of(
    mail: OutgoingMail,
    subject: str,
    text: str,
    html: str,
    sender: str,
    host: str,
    unsubscribe: str = "",
) -> EmailMessage:
    """The message as sent: the same row always gives the same Message-ID.

    `unsubscribe`: where one click ends such mails (RFC 8058), for those that have a topic.

    Raises ValueError or a MessageError when the address is not one.
    """
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject
    message["From"] = sender
    message["To"] = Address(addr_spec=mail.address)
    message["Message-ID"] = f"<outbox-{mail.id}@{host}>"
    message["Date"] = mail.created_at
    message["Auto-Submitted"] = "auto-generated"
    if mail.promise is Promise.AT_MOST_ONCE:
        message["Precedence"] = "bulk"
    if unsubscribe:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    # Not every relay takes bytes above 127, nor lines as long as ours.
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


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
