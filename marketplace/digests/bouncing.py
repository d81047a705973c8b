"""Addresses that refuse our mail, or whose reader complained: not written to until they ask.

The provider of outgoing mail tells us, by a signed call or by a file. Security mails leave
all the same, since somebody just asked for them.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace import sheets
from marketplace.accounts.addresses import is_address
from marketplace.digests.tables import PausedAddress, PauseReason
from marketplace.forms import one_line

SIGNED_WITHIN = timedelta(minutes=5)
"""How far the time of a signature may be from ours: an old call cannot be played again."""
MOST_EVENTS = 10_000
LONGEST_SAID = 300


class BadSignature(Exception):
    """Nobody who knows the secret signed this, or it did so too long ago."""


class BadEvents(Exception):
    """Not what is asked for; the message says where, for the machine that sent it."""


@dataclass(frozen=True)
class Refusal:
    """An address is in lower case."""

    address: str
    reason: PauseReason
    said: str


def refused(address: str, said: str) -> Refusal:
    """What the relay itself told us."""
    return Refusal(address.lower(), PauseReason.BOUNCE, said)


def pause(session: Session, refusals: Sequence[Refusal], now: datetime) -> int:
    """Stop writing to these addresses. How many were not paused already."""
    by_address = {refusal.address: refusal for refusal in refusals}
    if not by_address:
        return 0
    rows = [
        {
            "address": refusal.address,
            "reason": refusal.reason,
            "said": refusal.said[:LONGEST_SAID],
            "paused_at": now,
        }
        for refusal in by_address.values()
    ]
    paused = insert(PausedAddress).values(rows).on_conflict_do_nothing()
    return len(session.scalars(paused.returning(PausedAddress.address)).all())


def signature(secret: str, sent_at: str, body: bytes) -> str:
    """`sha256=` and the HMAC of « time.body », in hexadecimal."""
    said = sent_at.encode("utf-8", "replace") + b"." + body
    return "sha256=" + hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()


def check_signature(secret: str, sent_at: str, body: bytes, signed: str, now: datetime) -> None:
    """`sent_at`: seconds since 1970. Raises BadSignature."""
    expected = signature(secret, sent_at, body)
    if not hmac.compare_digest(expected.encode(), signed.encode("utf-8", "replace")):
        raise BadSignature
    try:
        at = datetime.fromtimestamp(int(sent_at), UTC)
    except (ValueError, OverflowError, OSError):
        raise BadSignature from None
    if abs(now - at) > SIGNED_WITHIN:
        raise BadSignature


def events_in(body: bytes) -> list[Refusal]:
    """The refusals in `{"events": [{"type", "address", "permanent", "said"}]}`: complaints, and
    bounces that last. What passes (a full mailbox) is not one. Raises BadEvents."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise BadEvents("not JSON") from None
    events = said.get("events") if isinstance(said, dict) else None
    if not isinstance(events, list) or len(events) > MOST_EVENTS:
        raise BadEvents(f"events: a list of {MOST_EVENTS} at most")
    read = (_event(event, f"events[{number}]") for number, event in enumerate(events))
    return [refusal for refusal in read if refusal is not None]


def _event(event: Any, where: str) -> Refusal | None:
    if not isinstance(event, dict):
        raise BadEvents(f"{where}: not an object")
    kind, address = event.get("type"), event.get("address")
    if kind not in list(PauseReason):
        raise BadEvents(f"{where}.type: bounce or complaint")
    if not isinstance(address, str) or not is_address(address):
        raise BadEvents(f"{where}.address: not an address")
    if kind == PauseReason.BOUNCE and event.get("permanent") is False:
        return None
    said = event.get("said", "")
    return Refusal(
        address.lower(), PauseReason(kind), one_line(said if isinstance(said, str) else "")
    )


def lines_in(file: BinaryIO) -> Iterator[Refusal | sheets.BrokenRow]:
    """The refusals in a CSV file with the columns `address`, `type` and, if any, `said`.

    Raises sheets.Unreadable.
    """
    for row in sheets.rows(file, ["address", "type"], ["said"]):
        if isinstance(row, sheets.BrokenRow):
            yield row
            continue
        address, kind = (one_line(row.cells[name]) for name in ("address", "type"))
        if not is_address(address):
            yield sheets.BrokenRow(row.line, "l'adresse n'en est pas une")
        elif kind.lower() not in list(PauseReason):
            yield sheets.BrokenRow(
                row.line, "le type est «\u00a0bounce\u00a0» ou «\u00a0complaint\u00a0»"
            )
        else:
            said = one_line(row.cells.get("said", ""))
            yield Refusal(address.lower(), PauseReason(kind.lower()), said)
