"""Files that a structure joins to its answer, while the need is open."""

from datetime import datetime
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.answers.answering import own_answer
from marketplace.answers.lifecycle import AnswerStatus, Refusal, Refused
from marketplace.answers.responding import admitted, answer_for_update
from marketplace.answers.tables import Answer, AnswerFile
from marketplace.files import contents
from marketplace.files.tables import StoredFile
from marketplace.files.taking_in import forget, take_in

MOST_FILES = 5
TOO_MANY = f"une réponse a {MOST_FILES} fichiers au plus, retirez-en un d'abord"


def attach(
    session: Session,
    need_id: int,
    structure_id: int,
    user_id: int,
    data: BinaryIO,
    name: str,
    now: datetime,
) -> None:
    """Join a file; one that is there already is joined once.

    Raises Refused, of answers.lifecycle when the structure may not answer, of files.contents
    when the file will not do.
    """
    need = admitted(session, need_id, structure_id, user_id, now)
    answer = own_answer(session, need, structure_id, user_id, now)
    _check_not_joint(answer)
    joined = session.scalars(
        select(StoredFile)
        .join(AnswerFile, AnswerFile.file_id == StoredFile.id)
        .where(AnswerFile.answer_id == answer.id)
    ).all()
    if len(joined) >= MOST_FILES:
        raise contents.Refused(TOO_MANY)
    file = take_in(session, data, name, user_id, now)
    if any(other.sha256 == file.sha256 for other in joined):
        forget(session, file.id)
        return
    session.add(AnswerFile(answer_id=answer.id, file_id=file.id))
    session.flush()


def detach(
    session: Session, need_id: int, structure_id: int, user_id: int, key: str, now: datetime
) -> bool:
    """Take a file away and forget it; False when the answer has none of this key.

    Raises Refused as above.
    """
    admitted(session, need_id, structure_id, user_id, now)
    answer = answer_for_update(session, need_id, structure_id)
    if answer is None:
        return False
    _check_not_joint(answer)
    joined = session.scalars(
        select(AnswerFile)
        .join(AnswerFile.file)
        .where(AnswerFile.answer_id == answer.id, StoredFile.key == key)
    ).first()
    if joined is None:
        return False
    session.delete(joined)
    session.flush()
    forget(session, joined.file_id)
    return True


def _check_not_joint(answer: Answer) -> None:
    """What a group sent was agreed to by all, with its files: it is taken back first."""
    if answer.consortium_id is not None and answer.status is AnswerStatus.SENT:
        raise Refused(Refusal.GROUPED)
