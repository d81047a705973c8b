"""A buyer opens the answers to its need: they are news no more, until they are sent anew."""

from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from marketplace.answers.lifecycle import AnswerStatus
from marketplace.answers.tables import Answer


def unread(session: Session, need_id: int, structure_ids: Collection[int]) -> set[int]:
    """Of these structures, those whose answer nobody of the buyer opened as it now stands."""
    sent = select(Answer.structure_id).where(
        Answer.need_id == need_id,
        Answer.structure_id.in_(structure_ids),
        Answer.status == AnswerStatus.SENT,
        Answer.read_version < Answer.version,
    )
    return set(session.scalars(sent))


def stamp_read(session: Session, need_id: int, structure_ids: Collection[int]) -> None:
    """Opening twice is opening once; what is sent in between is news again."""
    session.execute(
        update(Answer)
        .where(Answer.need_id == need_id, Answer.structure_id.in_(structure_ids))
        .where(Answer.status == AnswerStatus.SENT, Answer.read_version < Answer.version)
        .values(read_version=Answer.version)
    )
