"""Structures ask the buyer in public, without their name; the answer is given to all."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import mail
from marketplace.answers import queries
from marketplace.answers.lifecycle import Refusal, Refused
from marketplace.answers.responding import admitted
from marketplace.answers.tables import Enquiry
from marketplace.clock import PARIS
from marketplace.mail import Promise
from marketplace.needs.tables import Need

MOST_WAITING = 5
"""Questions of one structure that wait for an answer to the same need."""


def ask(
    session: Session, need_id: int, structure_id: int, user_id: int, words: str, now: datetime
) -> Enquiry:
    """Ask the need's buyers, who are told. The same words again, still waiting, are one question.

    Raises Refused: as any answer to a need, and once the time for questions is over.
    """
    need = admitted(session, need_id, structure_id, user_id, now)
    if not may_ask(need, now):
        raise Refused(Refusal.ASKING_OVER)
    waiting = session.scalars(
        select(Enquiry)
        .filter_by(need_id=need_id, structure_id=structure_id, answered_at=None)
        .with_for_update()
    ).all()
    same = next((enquiry for enquiry in waiting if enquiry.words == words), None)
    if same is not None:
        return same
    if len(waiting) >= MOST_WAITING:
        raise Refused(Refusal.ASKED_ENOUGH)
    enquiry = Enquiry(
        need_id=need_id, structure_id=structure_id, user_id=user_id, words=words, asked_at=now
    )
    session.add(enquiry)
    session.flush()
    for person in queries.buyers_of(session, need):
        mail.post(
            session,
            key=f"enquiry:{enquiry.id}:{person.id}",
            kind="answers/enquiry_received",
            address=person.email,
            promise=Promise.AT_MOST_ONCE,
            user_id=person.id,
            topic="messages",
            link=f"/besoins/{need.slug}/questions",
            name=person.full_name,
            need=need.title,
        )
    return enquiry


def may_ask(need: Need, now: datetime) -> bool:
    """Whether the time for questions is not over; it ends with the deadline at the latest."""
    last = need.asking_until or need.deadline_on
    return last is not None and now.astimezone(PARIS).date() <= last


def answer_enquiry(
    session: Session, need_id: int, enquiry_id: int, user_id: int, words: str, now: datetime
) -> None:
    """Answer a question, or correct the answer: it is shown to all, and those who asked or
    are interested are told of the first answer; digests tell it to the others who know the need.

    Raises NoResultFound when the need has no such question.
    """
    enquiry = session.scalars(
        select(Enquiry)
        .filter_by(id=enquiry_id, need_id=need_id)
        .with_for_update(of=Enquiry)
        .execution_options(populate_existing=True)
    ).one()
    is_first = enquiry.answered_at is None
    enquiry.answer, enquiry.answered_at, enquiry.answered_by_id = words, now, user_id
    if not is_first:
        return
    need = session.get_one(Need, need_id)
    concerned = queries.in_the_running(session, need_id) | {enquiry.structure_id}
    for person in queries.people_of_structures(session, concerned):
        mail.post(
            session,
            key=f"enquiry_answered:{enquiry.id}:{person.id}",
            kind="answers/enquiry_answered",
            address=person.email,
            promise=Promise.AT_MOST_ONCE,
            user_id=person.id,
            topic="messages",
            link=f"/besoins/{need.slug}/questions",
            name=person.full_name,
            need=need.title,
        )
