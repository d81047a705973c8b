"""Files that the members of a group join to their joint answer, until it is sent."""

from datetime import datetime
from typing import BinaryIO

from sqlalchemy.orm import Session

from marketplace.answers import consortium_queries
from marketplace.answers.consortia import ConsortiumStatus, GroupRefused, MemberStatus, Why
from marketplace.answers.consortium_tables import ConsortiumFile
from marketplace.answers.grouping import changing_group, member_of
from marketplace.files import contents
from marketplace.files.taking_in import forget, take_in

MOST_FILES = 5
TOO_MANY = f"une structure joint {MOST_FILES} fichiers au plus, retirez-en un d'abord"


def enclose(
    session: Session,
    group_id: int,
    structure_id: int,
    user_id: int,
    data: BinaryIO,
    name: str,
    now: datetime,
) -> None:
    """Join a file in the name of a member; one that it joined already is joined once. Each has
    to agree to the joint answer anew.

    Raises GroupRefused; Refused of files.contents when the file will not do.
    """
    _check_unsent(session, group_id, structure_id, now)
    joined = consortium_queries.own_files(session, group_id, structure_id)
    if len(joined) >= MOST_FILES:
        raise contents.Refused(TOO_MANY)
    file = take_in(session, data, name, user_id, now)
    if any(other.sha256 == file.sha256 for other in joined):
        forget(session, file.id)
        return
    session.add(ConsortiumFile(consortium_id=group_id, structure_id=structure_id, file_id=file.id))
    session.flush()


def take_out(session: Session, group_id: int, structure_id: int, key: str, now: datetime) -> bool:
    """Forget a file that a member joined; False when it joined none of this key.

    Raises GroupRefused.
    """
    _check_unsent(session, group_id, structure_id, now)
    for file in consortium_queries.own_files(session, group_id, structure_id):
        if file.key == key:
            _forget(session, file.id)
            return True
    return False


def take_out_all(session: Session, group_id: int, structure_id: int) -> None:
    """Forget what a structure joined to a group that it leaves."""
    for file in consortium_queries.own_files(session, group_id, structure_id):
        _forget(session, file.id)


def _check_unsent(session: Session, group_id: int, structure_id: int, now: datetime) -> None:
    group = changing_group(session, group_id, now)
    if member_of(group, structure_id).status is not MemberStatus.ACCEPTED:
        raise GroupRefused(Why.NOT_YOURS)
    if group.status is ConsortiumStatus.SENT:
        raise GroupRefused(Why.FILES_SENT)


def _forget(session: Session, file_id: int) -> None:
    session.delete(session.get_one(ConsortiumFile, file_id))
    session.flush()
    forget(session, file_id)
