"""Reads: outgoing mail, each as its reader has it, and what people are told in the pages."""

import logging
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.clock import PARIS
from marketplace.digests.composing import Composed, compose
from marketplace.digests.periods import opening
from marketplace.digests.tables import Notice, NoticeKind, PausedAddress
from marketplace.mail import MailState, OutgoingMail
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.tables import Match

logger = logging.getLogger(__name__)

HIDDEN_LINK = "/lien-masque"


def outgoing(state: MailState | None = None) -> Select[OutgoingMail]:
    """Every mail, or those in one state, latest first."""
    mails = select(OutgoingMail).order_by(OutgoingMail.id.desc())
    return mails if state is None else mails.where(OutgoingMail.state == state)


def as_read(mail: OutgoingMail, base_url: str) -> Composed | None:
    """What the reader of a mail sees, or None when it cannot be composed.

    A link that lets its reader in is nobody else's: it is shown only where mails are kept
    instead of sent, since they are read there.
    """
    context = dict(mail.context)
    if "link" in context and mail.state is not MailState.KEPT:
        context["link"] = HIDDEN_LINK
    try:
        return compose(mail.kind, context, base_url)
    except Exception:
        logger.exception("mail %s cannot be composed", mail.id)
        return None


def mail_line(mail: OutgoingMail) -> dict[str, Any]:
    """A mail as a machine reads it. Times are ISO 8601, in UTC."""
    composed = as_read(mail, "")
    return {
        "id": mail.id,
        "kind": mail.kind,
        "to": mail.address,
        "subject": composed.subject if composed else None,
        "state": mail.state.value,
        "created_at": mail.created_at.isoformat(),
        "sent_at": mail.sent_at.isoformat() if mail.sent_at else None,
    }


def oldest_unsent(session: Session, now: datetime) -> datetime | None:
    """Since when the mail that waits longest could have left; None when none waits."""
    since = func.greatest(
        OutgoingMail.created_at, func.coalesce(OutgoingMail.not_before, OutgoingMail.created_at)
    )
    waiting = (MailState.PENDING, MailState.SENDING)
    return session.scalar(
        select(func.min(since)).where(OutgoingMail.state.in_(waiting), since <= now)
    )


def counts_by_state(session: Session) -> dict[MailState, int]:
    counted = select(OutgoingMail.state, func.count()).group_by(OutgoingMail.state)
    return dict(session.execute(counted).all())


def counts_by_day(session: Session, today: date, days: int) -> list[tuple[date, dict[str, int]]]:
    """How many mails were written on each of the last days, Paris time, by what became of
    them: `gone` (or kept here), `waiting`, `stuck`. Latest first."""
    day = func.date(func.timezone(PARIS.key, OutgoingMail.created_at))
    fate = case(
        (OutgoingMail.state.in_((MailState.SENT, MailState.KEPT)), "gone"),
        (OutgoingMail.state.in_((MailState.PENDING, MailState.SENDING)), "waiting"),
        (OutgoingMail.state == MailState.CANCELLED, "cancelled"),
        else_="stuck",
    )
    first = today - timedelta(days=days - 1)
    counted = (
        select(day, fate, func.count())
        .where(OutgoingMail.created_at >= opening(first) - timedelta(hours=6))
        .group_by(day, fate)
    )
    found: dict[date, dict[str, int]] = {today - timedelta(days=n): {} for n in range(days)}
    for on, what, count in session.execute(counted):
        if on in found:
            found[on][what] = count
    return list(found.items())


def next_readers() -> Select[int, str, str, int]:
    """Who has something waiting to be mailed: id, name, address, and how many things."""
    return (
        select(User.id, User.full_name, User.email, func.count())
        .join(Notice, Notice.user_id == User.id)
        .where(Notice.mail_id.is_(None), User.is_active)
        .group_by(User.id)
        .order_by(func.count().desc(), User.id)
    )


def waiting_notices(session: Session, user_id: int) -> Sequence[Notice]:
    """What a person's next digests are to tell, oldest first."""
    waiting = select(Notice).where(Notice.user_id == user_id, Notice.mail_id.is_(None))
    return session.scalars(waiting.order_by(Notice.id)).all()


def unaware_of(session: Session, need_id: int) -> set[tuple[int, int]]:
    """Structures and people who are to be told of a need and do not know it yet: no mail left,
    nobody of the structure opened the need, and the notice was not read in the pages."""
    announced = (
        select(Match.structure_id, Notice.user_id)
        .join(Notice, Notice.subject_id == Match.id)
        .where(Match.need_id == need_id, Match.status == MatchStatus.NOTIFIED)
        .where(Notice.kind == NoticeKind.NEED_MATCHED, Notice.need_id == need_id)
        .where(Notice.mail_id.is_(None), Notice.read_at.is_(None))
    )
    return {(structure_id, user_id) for structure_id, user_id in session.execute(announced)}


def announcements_of(
    session: Session, need_id: int
) -> dict[int, list[tuple[int | None, MailState | None, datetime | None]]]:
    """By match, each notice of a need: its mail's number, None while it waits for the person's
    next digest, then the state of the mail, None once it is forgotten, and when it left."""
    told = (
        select(Notice.subject_id, Notice.mail_id, OutgoingMail.state, OutgoingMail.sent_at)
        .outerjoin(OutgoingMail, OutgoingMail.id == Notice.mail_id)
        .where(Notice.need_id == need_id, Notice.kind == NoticeKind.NEED_MATCHED)
        .order_by(Notice.id)
    )
    found: dict[int, list[tuple[int | None, MailState | None, datetime | None]]] = {}
    for match_id, mail_id, state, sent_at in session.execute(told):
        found.setdefault(match_id, []).append((mail_id, state, sent_at))
    return found


def notices_of(user_id: int, only_unread: bool = False) -> Select[Notice]:
    """What a person was told, latest first."""
    told = select(Notice).where(Notice.user_id == user_id).order_by(Notice.id.desc())
    return told.where(Notice.read_at.is_(None)) if only_unread else told


def paused_addresses() -> Select[PausedAddress]:
    """Latest first."""
    return select(PausedAddress).order_by(PausedAddress.paused_at.desc(), PausedAddress.address)
