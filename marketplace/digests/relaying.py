"""Handing one message to the relay, and telling what is surely not on its way from what may be."""

import smtplib
import ssl
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from urllib.parse import unquote, urlsplit

from marketplace.mail import OutgoingMail, Promise

TIMEOUT_S = 20


class NotTaken(Exception):
    """The relay was away or refused: the mail is surely not on its way."""


class MaybeTaken(Exception):
    """The relay fell silent while it was being handed the mail."""


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
