"""Sending one mail: taken in a transaction, handed over outside of any, stamped in another.

Between the first two, the claim is written down; that is what keeps two workers from
sending the same mail. The tasks of the worker own both transactions.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from marketplace import mail
from marketplace.config import Config
from marketplace.digests.composing import compose
from marketplace.jobs import Job, enqueue

logger = logging.getLogger(__name__)

SWEPT = 500


@dataclass(frozen=True)
class Parcel:
    """A mail that is claimed and composed. `claimed_until` tells this claim from a later one."""

    mail_id: int
    claimed_until: datetime
    message: EmailMessage


@dataclass(frozen=True)
class Outcome:
    """What became of a parcel; `error` is what the relay said."""

    is_taken: bool
    may_be_taken: bool = False
    error: str = ""


def take(session: Session, mail_id: int, now: datetime, config: Config) -> Parcel | None:
    """Claim and compose a mail. None: another has it, it is done, not due, or never leaves."""
    row = mail.claim(session, mail_id, now)
    if row is None or row.lease_until is None:
        return None
    if not mail.leaves(row.address, config.smtp_url):
        mail.stamp_kept(row)
        return None
    try:
        composed = compose(row.kind, row.context, config.public_base_url)
        host = urlsplit(config.public_base_url).hostname or "localhost"
        message = mail.message_of(
            row, composed.subject, composed.text, composed.html, config.mail_from, host
        )
    except Exception as error:
        # A bug of ours or an address that is none: trying again would not mend it.
        logger.exception("mail %s cannot be composed", mail_id)
        mail.stamp_failed(row, f"{type(error).__name__}: {error}")
        return None
    return Parcel(mail_id, row.lease_until, message)


def hand_over(parcel: Parcel, smtp_url: str) -> Outcome:
    """Give a parcel to the relay, outside of any transaction."""
    try:
        mail.deliver(parcel.message, smtp_url)
    except mail.NotTaken as error:
        return Outcome(is_taken=False, error=str(error))
    except mail.MaybeTaken as error:
        return Outcome(is_taken=False, may_be_taken=True, error=str(error))
    return Outcome(is_taken=True)


def stamp(session: Session, parcel: Parcel, outcome: Outcome, now: datetime) -> None:
    """Write down what became of a parcel.

    A sender that comes back after its lease may find the mail claimed anew: then only its
    success still counts, since it is true for ever.
    """
    row = mail.for_update(session, parcel.mail_id)
    if row is None:
        return
    if outcome.is_taken:
        mail.stamp_sent(row, now)
    elif row.lease_until == parcel.claimed_until:
        stamp_it = mail.stamp_maybe_taken if outcome.may_be_taken else mail.stamp_not_taken
        stamp_it(row, now, outcome.error)


def ask_for_due(session: Session, now: datetime) -> None:
    """Sweep: mails whose message was lost, whose sender died, or whose time has come."""
    mail.doubt_abandoned(session, now)
    for mail_id in mail.due(session, now, SWEPT):
        enqueue(session, Job.SEND_MAIL, mail_id=mail_id)
