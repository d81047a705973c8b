"""A buyer looks at who answered: short list, notes, and one reminder to who has not opened."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from marketplace import formats, mail
from marketplace.answers import links, queries
from marketplace.answers.lifecycle import Refusal, Refused
from marketplace.answers.links import Invited
from marketplace.answers.tables import BuyerNote, MatchReminder
from marketplace.mail import Promise
from marketplace.matching.lifecycle import ForbiddenStep, MatchStatus
from marketplace.matching.moving import match_for_update, move_match
from marketplace.matching.tables import Match
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need


def shortlist(
    session: Session, need_id: int, structure_id: int, user_id: int, now: datetime
) -> None:
    """Put a structure that is interested on the buyer's short list. Raises Refused."""
    _put(session, need_id, structure_id, user_id, now, MatchStatus.SHORTLISTED)


def take_off_shortlist(
    session: Session, need_id: int, structure_id: int, user_id: int, now: datetime
) -> None:
    """It is merely interested again. Raises Refused."""
    _put(session, need_id, structure_id, user_id, now, MatchStatus.INTERESTED)


def _put(
    session: Session,
    need_id: int,
    structure_id: int,
    user_id: int,
    now: datetime,
    status: MatchStatus,
) -> None:
    match = match_for_update(session, need_id, structure_id)
    if match is None or match.status not in (MatchStatus.INTERESTED, MatchStatus.SHORTLISTED):
        raise Refused(Refusal.NOT_ANSWERED)
    if match.status is status:
        return
    try:
        move_match(session, match, status, user_id, now)
    except ForbiddenStep as error:
        raise Refused(Refusal.NOT_ANSWERED) from error


def note_down(
    session: Session, need_id: int, structure_id: int, user_id: int, words: str, now: datetime
) -> None:
    """Keep a note for the buyer's colleagues."""
    session.add(
        BuyerNote(
            need_id=need_id,
            structure_id=structure_id,
            user_id=user_id,
            words=words,
            written_at=now,
        )
    )


def remind_unopened(
    session: Session, need_id: int, user_id: int, now: datetime, secret_key: str
) -> int:
    """Write once to each structure that was told of an open need and has not opened it. The
    link speaks to each of its people; `secret_key` signs it.

    Gives how many are reminded: whoever asks again, or at the same time, reminds nobody.
    """
    need = session.scalars(
        select(Need).where(Need.id == need_id, is_open(now)).options(joinedload(Need.organisation))
    ).first()
    if need is None or need.deadline_on is None:
        return 0
    waiting = session.scalars(queries.unopened(need_id).order_by(Match.id)).all()
    if not waiting:
        return 0
    written = insert(MatchReminder).values(
        [{"match_id": m.id, "user_id": user_id, "reminded_at": now} for m in waiting]
    )
    reminded = set(
        session.scalars(
            written.on_conflict_do_nothing(index_elements=["match_id"]).returning(
                MatchReminder.match_id
            )
        )
    )
    for match in waiting:
        if match.id not in reminded:
            continue
        for person in queries.people_of_structure(session, match.structure_id):
            mail.post(
                session,
                key=f"remind:{match.id}:{person.id}",
                kind="answers/reminder",
                address=person.email,
                promise=Promise.AT_MOST_ONCE,
                user_id=person.id,
                topic="needs",
                link=links.path_of(secret_key, Invited(person.id, need.id, match.structure_id)),
                name=person.full_name,
                structure=match.structure.display_name,
                need=need.title,
                day=formats.long_date(need.deadline_on),
            )
    return len(reminded)
