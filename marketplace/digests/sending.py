"""Sending one mail: taken in a transaction, handed over outside of any, stamped in another.

Between the first two, the claim is written down; that is what keeps two workers from
sending the same mail. The tasks of the worker own both transactions.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from marketplace import delivering, mail
from marketplace.config import Config
from marketplace.digests import bouncing, opting_out, queries, rechecking, relaying
from marketplace.digests.composing import Composed, compose
from marketplace.digests.topics import Topic
from marketplace.jobs import Job, enqueue
from marketplace.mail import MailState, OutgoingMail

logger = logging.getLogger(__name__)

SWEPT = 2_000
ALARM = timedelta(minutes=10)
"""A mail that waits longer than this is worth a line in the log and on the administrators' page."""

PREFERENCES = "/mon-compte/courriels"


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
    """Claim, look at again and compose a mail. None: another has it, it is done, not due, not
    wanted any more, never leaves, or waits for its turn."""
    row = delivering.claim(session, mail_id, now)
    if row is None or row.lease_until is None:
        return None
    until = row.lease_until
    try:
        with session.begin_nested():
            why_not = rechecking.why_not(session, row, lambda: composed(row, config).subject, now)
        if why_not is not None:
            delivering.stamp_cancelled(row, why_not)
            return None
        if not mail.leaves(row.address, config.smtp_url):
            delivering.stamp_kept(row)
            return None
        if delivering.must_wait(session, row, now, config.mail_a_minute):
            return None
        message = _message(row, config)
    except Exception as error:
        # A bug of ours or an address that is none: trying again would not mend it.
        logger.exception("mail %s cannot be composed", mail_id)
        delivering.stamp_failed(row, f"{type(error).__name__}: {error}")
        return None
    return Parcel(mail_id, until, message)


def composed(row: OutgoingMail, config: Config) -> Composed:
    """A mail as its reader gets it, with the way to stop such mails where it has a topic."""
    context = row.context
    if token := unsubscribe_token(row, config.secret_key):
        context = context | {"unsubscribe": f"/desabonnement/{token}"}
        if row.user_id is not None:
            context = context | {"preferences": PREFERENCES}
    return compose(row.kind, context, config.public_base_url)


def unsubscribe_token(row: OutgoingMail, secret: str) -> str:
    """Nothing for security mails and invitations: nobody unsubscribes from those."""
    if row.user_id is None and "contact_id" in row.context:
        return opting_out.token_for_contact(secret, row.context["contact_id"])
    if row.user_id is None or row.topic not in {*Topic, opting_out.EVERYTHING}:
        return ""
    return opting_out.token_for_person(secret, row.user_id, row.topic)


def _message(row: OutgoingMail, config: Config) -> EmailMessage:
    said = composed(row, config)
    home = config.public_base_url.rstrip("/")
    token = unsubscribe_token(row, config.secret_key)
    return relaying.message_of(
        row,
        said.subject,
        said.text,
        said.html,
        config.mail_from,
        urlsplit(home).hostname or "localhost",
        f"{home}/desabonnement/{token}" if token else "",
    )


def hand_over(parcel: Parcel, smtp_url: str) -> Outcome:
    """Give a parcel to the relay, outside of any transaction."""
    try:
        relaying.deliver(parcel.message, smtp_url)
    except relaying.NotTaken as error:
        return Outcome(is_taken=False, error=str(error))
    except relaying.MaybeTaken as error:
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
        delivering.stamp_sent(row, now)
    elif row.lease_until == parcel.claimed_until:
        stamp_it = (
            delivering.stamp_maybe_taken if outcome.may_be_taken else delivering.stamp_not_taken
        )
        stamp_it(row, now, outcome.error)
        if row.state is MailState.FAILED and outcome.error.startswith("55"):
            bouncing.pause(session, [bouncing.refused(row.address, outcome.error)], now)


def ask_for_due(session: Session, now: datetime) -> None:
    """Sweep: mails whose message was lost, whose sender died, or whose time has come; what a
    digest that may never have arrived was to tell waits for the next."""
    delivering.doubt_abandoned(session, now)
    delivering.forget_paces(session, now)
    rechecking.carry_over(session, now)
    since = queries.oldest_unsent(session, now)
    if since is not None and now - since > ALARM:
        logger.error("a mail has been waiting to leave since %s", since.isoformat())
    for mail_id in delivering.due(session, now, SWEPT):
        enqueue(session, Job.SEND_MAIL, mail_id=mail_id)
