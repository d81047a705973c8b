"""Saying how often one wants to be written to, or that one does not, with or without an account.

The token of an unsubscribe link is signed and never expires. It names a person and a topic,
or the address of structures that nobody speaks for, by their numbers: no address is in it.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.accounts.tables import User
from marketplace.digests.tables import ContactAddress, MailSetting, PausedAddress, TopicRhythm
from marketplace.digests.topics import MONDAY, UNASKED, Rhythm, Topic

EVERYTHING = "all"
"""In a token: every topic, as of a digest."""

_PERSON, _CONTACT = "p", "c"


class BadToken(Exception):
    """Forged, or of somebody who is not there any more."""


@dataclass(frozen=True)
class Choices:
    """How a person wants to be written to."""

    rhythms: Mapping[Topic, Rhythm]
    weekday: int
    urgent_at_once: bool
    paused_until: date | None


@dataclass(frozen=True)
class Whom:
    """Who an unsubscribe link is of, and what it ends; no topic for everything."""

    user_id: int | None
    contact_id: int | None
    topic: Topic | None


def choices_of(session: Session, user_id: int) -> Choices:
    """What a person chose, and what it gets unasked for the rest."""
    chosen = select(TopicRhythm.topic, TopicRhythm.rhythm).where(TopicRhythm.user_id == user_id)
    setting = session.get(MailSetting, user_id)
    return Choices(
        rhythms={**UNASKED, **dict(session.execute(chosen).all())},
        weekday=setting.weekday if setting else MONDAY,
        urgent_at_once=setting.urgent_at_once if setting else True,
        paused_until=setting.paused_until if setting else None,
    )


def choose(session: Session, user_id: int, choices: Choices) -> None:
    """Keep what a person chose; topics that it does not name stay as they are."""
    _set_rhythms(session, user_id, choices.rhythms)
    row = {
        "weekday": choices.weekday,
        "urgent_at_once": choices.urgent_at_once,
        "paused_until": choices.paused_until,
    }
    kept = insert(MailSetting).values(user_id=user_id, **row)
    session.execute(kept.on_conflict_do_update(index_elements=["user_id"], set_=row))


def _set_rhythms(session: Session, user_id: int, rhythms: Mapping[Topic, Rhythm]) -> None:
    for topic, rhythm in sorted(rhythms.items()):
        kept = insert(TopicRhythm).values(user_id=user_id, topic=topic, rhythm=rhythm)
        session.execute(
            kept.on_conflict_do_update(
                index_elements=["user_id", "topic"], set_={"rhythm": kept.excluded.rhythm}
            )
        )


def token_for_person(secret: str, user_id: int, topic: str) -> str:
    return _signed(secret, f"{_PERSON}{user_id}.{topic}")


def token_for_contact(secret: str, contact_id: int) -> str:
    return _signed(secret, f"{_CONTACT}{contact_id}.{EVERYTHING}")


def whom(session: Session, secret: str, token: str) -> Whom:
    """Who a link is of. Raises BadToken."""
    said, _, _ = token.rpartition(".")
    is_ours = hmac.compare_digest(_signed(secret, said).encode(), token.encode("utf-8", "replace"))
    if not is_ours:
        raise BadToken
    kind, number, topic = said[0], int(said[1:].partition(".")[0]), said.partition(".")[2]
    if kind == _CONTACT:
        if session.get(ContactAddress, number) is None:
            raise BadToken
        return Whom(None, number, None)
    user = session.get(User, number)
    if user is None or not user.is_active:
        raise BadToken
    return Whom(number, None, None if topic == EVERYTHING else Topic(topic))


def opt_out(session: Session, who: Whom, now: datetime, ip: str = "") -> None:
    """End the mails that a link is of, for good; asking twice changes nothing."""
    if who.contact_id is not None:
        contact = session.get_one(ContactAddress, who.contact_id)
        contact.refused_at = contact.refused_at or now
        return
    assert who.user_id is not None, "a link is of a person or of a contact"  # noqa: S101
    topics: Iterable[Topic] = Topic if who.topic is None else [who.topic]
    _set_rhythms(session, who.user_id, dict.fromkeys(topics, Rhythm.NEVER))
    audit.note(
        session,
        audit.Action.CHANGED,
        actor_id=who.user_id,
        about=("user", who.user_id),
        ip=ip,
        unsubscribed=who.topic or EVERYTHING,
    )


def resume_address(session: Session, address: str) -> None:
    """Write again to an address that was paused: its reader, or an administrator, says it works."""
    session.execute(delete(PausedAddress).where(PausedAddress.address == address.lower()))


def _signed(secret: str, said: str) -> str:
    """What is said, and 128 bits that only we can write after it."""
    key = hashlib.sha256(f"unsubscribe {secret}".encode()).digest()
    mark = hmac.new(key, said.encode("utf-8", "replace"), hashlib.sha256).hexdigest()[:32]
    return f"{said}.{mark}"
