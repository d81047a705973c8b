"""The outbox: mails as they are posted. It knows no person and no need.

A mail is a row first, written in the transaction of the event that it tells, under a key
that makes it unique. SMTP cannot deliver exactly once, so a row says which promise it makes
when a sender dies between sending and stamping: at least once (it is sent again) or at most
once (it becomes uncertain, and a person decides). `delivering` is what the worker does.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import String, delete, func, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.db import Base
from marketplace.jobs import Job, enqueue


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


def for_update(session: Session, mail_id: int) -> OutgoingMail | None:
    """A mail as it now is, locked."""
    return session.get(OutgoingMail, mail_id, with_for_update=True, populate_existing=True)


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
    mail.state, mail.last_error = MailState.CANCELLED, ""


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
