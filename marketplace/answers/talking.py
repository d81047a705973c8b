"""A buyer and a structure write to each other about a need. Mails only say that there is a
message: words and addresses stay here."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace import mail
from marketplace.answers import queries
from marketplace.answers.lifecycle import Side
from marketplace.answers.tables import Message, Thread
from marketplace.mail import Promise
from marketplace.needs.tables import Need
from marketplace.needs.wording import shown_buyer
from marketplace.structures.tables import Structure


def write(
    session: Session,
    need_id: int,
    structure_id: int,
    side: Side,
    user_id: int,
    words: str,
    now: datetime,
) -> Message:
    """Add a message to the conversation, which starts with it; the other side is told.

    The same words of the same person, twice in a row, are one message.
    """
    thread = _own_thread(session, need_id, structure_id, now)
    last = session.scalars(
        select(Message).filter_by(thread_id=thread.id).order_by(Message.id.desc()).limit(1)
    ).first()
    if last is not None and (last.user_id, last.side, last.words) == (user_id, side, words):
        return last
    message = Message(thread_id=thread.id, side=side, user_id=user_id, words=words, sent_at=now)
    session.add(message)
    thread.last_message_at = now
    _stamp(thread, side, now)
    session.flush()
    need = session.get_one(Need, need_id)
    structure = session.get_one(Structure, structure_id)
    if side is Side.BUYER:
        readers = queries.people_of_structure(session, structure_id)
        sender = shown_buyer(need)
    else:
        readers = queries.buyers_of(session, need)
        sender = structure.display_name
    for person in readers:
        mail.post(
            session,
            key=f"message:{message.id}:{person.id}",
            kind="answers/message",
            address=person.email,
            promise=Promise.AT_MOST_ONCE,
            user_id=person.id,
            topic="messages",
            link=f"/besoins/{need.slug}/messages/{structure.slug}",
            name=person.full_name,
            need=need.title,
            sender=sender,
        )
    return message


def write_to_all(
    session: Session,
    need_id: int,
    structure_ids: Collection[int],
    user_id: int,
    words: str,
    now: datetime,
) -> int:
    """The buyer writes the same to each of them, in a conversation of its own."""
    for structure_id in sorted(structure_ids):
        write(session, need_id, structure_id, Side.BUYER, user_id, words, now)
    return len(structure_ids)


def stamp_read(session: Session, thread: Thread, side: Side, now: datetime) -> bool:
    """One side looks at what the other wrote; whether anything was new to it."""
    seen = thread.buyer_read_at if side is Side.BUYER else thread.structure_read_at
    if seen is not None and seen >= thread.last_message_at:
        return False
    _stamp(thread, side, now)
    return True


def _stamp(thread: Thread, side: Side, now: datetime) -> None:
    if side is Side.BUYER:
        thread.buyer_read_at = now
    else:
        thread.structure_read_at = now


def _own_thread(session: Session, need_id: int, structure_id: int, now: datetime) -> Thread:
    session.execute(
        insert(Thread)
        .values(need_id=need_id, structure_id=structure_id, last_message_at=now)
        .on_conflict_do_nothing(index_elements=["need_id", "structure_id"])
    )
    named = select(Thread).filter_by(need_id=need_id, structure_id=structure_id)
    locked = named.with_for_update(of=Thread).execution_options(populate_existing=True)
    return session.scalars(locked).one()
