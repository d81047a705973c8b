"""Telling structures, facilitators and buyers of the groups that answer together."""

from collections.abc import Collection, Iterable

from sqlalchemy.orm import Session

from marketplace import mail
from marketplace.accounts.tables import User
from marketplace.answers import queries
from marketplace.answers.consortium_queries import facilitators_of
from marketplace.answers.consortium_tables import Consortium, ConsortiumEvent
from marketplace.mail import Promise
from marketplace.needs.wording import shown_buyer
from marketplace.structures.tables import Structure


def tell_invited(
    session: Session, group: Consortium, structure: Structure, event: ConsortiumEvent, by: str
) -> None:
    """A structure is asked to join; `by` is who has the idea."""
    for person in queries.people_of_structure(session, structure.id):
        mail.post(
            session,
            key=f"consortium_invitation:{event.id}:{person.id}",
            kind="answers/consortium_invitation",
            address=person.email,
            promise=Promise.AT_MOST_ONCE,
            user_id=person.id,
            topic="messages",
            link=f"/groupements/{group.id}",
            name=person.full_name,
            structure=structure.display_name,
            need=group.need.title,
            buyer=shown_buyer(group.need),
            sender=by,
        )


def tell_members(
    session: Session,
    group: Consortium,
    structure_ids: Collection[int],
    event: ConsortiumEvent,
    news: str,
) -> None:
    """What happened, to these structures but not to whoever did it."""
    people = queries.people_of_structures(session, structure_ids)
    _tell(session, group, people, event, news, "messages")


def tell_facilitators(
    session: Session, group: Consortium, event: ConsortiumEvent, news: str
) -> None:
    """What happened, to the desk of the need."""
    _tell(session, group, facilitators_of(session, group.need), event, news, "queue")


def tell_buyers(session: Session, group: Consortium, event: ConsortiumEvent, news: str) -> None:
    """To who buys: what they received of a group is taken back."""
    for person in queries.buyers_of(session, group.need):
        mail.post(
            session,
            key=f"joint_answer_withdrawn:{event.id}:{person.id}",
            kind="answers/joint_answer_withdrawn",
            address=person.email,
            promise=Promise.AT_MOST_ONCE,
            user_id=person.id,
            topic="answers",
            link=f"/besoins/{group.need.slug}/reponses",
            name=person.full_name,
            need=group.need.title,
            news=news,
        )


def _tell(
    session: Session,
    group: Consortium,
    people: Iterable[User],
    event: ConsortiumEvent,
    news: str,
    topic: str,
) -> None:
    for person in people:
        if person.id == event.user_id:
            continue
        mail.post(
            session,
            key=f"consortium_news:{event.id}:{person.id}",
            kind="answers/consortium_news",
            address=person.email,
            promise=Promise.AT_MOST_ONCE,
            user_id=person.id,
            topic=topic,
            link=f"/groupements/{group.id}",
            name=person.full_name,
            need=group.need.title,
            news=news,
        )
