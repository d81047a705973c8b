"""Joining files to a need, and taking them away, while its buyer writes it or it is open."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.files.tables import StoredFile
from marketplace.files.taking_in import forget
from marketplace.needs.amending import check_open, keep_changes
from marketplace.needs.drafting import Answers
from marketplace.needs.lifecycle import EDITABLE
from marketplace.needs.posting import need_for_update
from marketplace.needs.tables import Need, NeedFile

MOST_FILES = 5


class TooMany(Exception):
    """The need has all the files that it may have."""


def places_left(session: Session, need_id: int, now: datetime) -> int:
    """How many more files may be joined; the need is locked, so that this stays true.

    Raises NotOpen when the need is no longer the buyer's to change.
    """
    _changeable(session, need_id, now)
    counted = select(func.count()).select_from(NeedFile).where(NeedFile.need_id == need_id)
    return MOST_FILES - (session.scalar(counted) or 0)


def attach(session: Session, need_id: int, file: StoredFile, user_id: int, now: datetime) -> None:
    """Join a file that was taken in; of an open need, it is an amendment.

    Raises TooMany; NotOpen as above.
    """
    if places_left(session, need_id, now) <= 0:
        raise TooMany(f"need {need_id} has {MOST_FILES} files")
    before = _names(session, need_id)
    session.add(NeedFile(need_id=need_id, file_id=file.id))
    session.flush()
    _tell(session, need_id, before, user_id, now)


def detach(session: Session, need_id: int, key: str, user_id: int, now: datetime) -> bool:
    """Take a file away and forget it; False when the need has none of this key.

    Raises NotOpen as above.
    """
    need = _changeable(session, need_id, now)
    before = _names(session, need_id)
    joined = select(NeedFile).join(NeedFile.file)
    found = session.scalars(
        joined.where(NeedFile.need_id == need.id, StoredFile.key == key)
    ).one_or_none()
    if found is None:
        return False
    session.delete(found)
    session.flush()
    forget(session, found.file_id)
    _tell(session, need_id, before, user_id, now)
    return True


def _changeable(session: Session, need_id: int, now: datetime) -> Need:
    need = need_for_update(session, need_id)
    if need.status not in EDITABLE:
        check_open(need, now)
    return need


def _names(session: Session, need_id: int) -> list[str]:
    joined = select(StoredFile.name).join(NeedFile).where(NeedFile.need_id == need_id)
    return list(session.scalars(joined.order_by(StoredFile.id)))


def _tell(session: Session, need_id: int, before: list[str], user_id: int, now: datetime) -> None:
    """Structures that were told of an open need learn that its files are others."""
    need = _changeable(session, need_id, now)
    if need.status not in EDITABLE:
        changes = {"files": [before, _names(session, need_id)]}
        keep_changes(session, need, user_id, changes, Answers(), now)
