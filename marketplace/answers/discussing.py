"""The members of a group, and the facilitator, talk among themselves."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import mail
from marketplace.answers import queries
from marketplace.answers.consortium_queries import living_members
from marketplace.answers.consortium_tables import ConsortiumMessage
from marketplace.answers.grouping import group_for_update
from marketplace.mail import Promise
from marketplace.structures.tables import Structure


def say(
    session: Session,
    group_id: int,
    structure_id: int | None,
    user_id: int,
    words: str,
    now: datetime,
) -> ConsortiumMessage:
    """Add words to the discussion, of a member or (None) a facilitator; the members are told.

    The same words of the same person, twice in a row, are said once. Raises GroupRefused.
    """
    group = group_for_update(session, group_id)
    latest = select(ConsortiumMessage).filter_by(consortium_id=group_id)
    last = session.scalars(latest.order_by(ConsortiumMessage.id.desc()).limit(1)).first()
    if last is not None and (last.user_id, last.words) == (user_id, words):
        return last
    message = ConsortiumMessage(
        consortium_id=group_id,
        structure_id=structure_id,
        user_id=user_id,
        words=words,
        sent_at=now,
    )
    session.add(message)
    session.flush()
    sender = (
        session.get_one(Structure, structure_id).display_name
        if structure_id is not None
        else "Le facilitateur"
    )
    told = {member.structure_id for member in living_members(group)} - {structure_id}
    for person in queries.people_of_structures(session, [one for one in told if one]):
        if person.id == user_id:
            continue
        mail.post(
            session,
            key=f"consortium_message:{message.id}:{person.id}",
            kind="answers/consortium_message",
            address=person.email,
            promise=Promise.AT_MOST_ONCE,
            user_id=person.id,
            topic="messages",
            link=f"/groupements/{group.id}",
            name=person.full_name,
            need=group.need.title,
            sender=sender,
        )
    return message
