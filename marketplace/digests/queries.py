"""Reads: outgoing mail, and each as its reader has it."""

import logging
from typing import Any

from sqlalchemy import Select, select

from marketplace.digests.composing import Composed, compose
from marketplace.mail import MailState, OutgoingMail

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
