"""Joining files to a need, and taking them away, while its buyer writes it,
it waits for its desk, or it is open."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.files.tables import StoredFile
from marketplace.files.taking_in import forget
from marketplace.needs.amending import check_open, keep_changes
from marketplace.needs.drafting import Answers
from marketplace.needs.lifecycle import EDITABLE, Status
from marketplace.needs.posting import need_for_update
from marketplace.needs.tables import Need, NeedAmendment, NeedFile

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


def attach(session: Session, need_id: int, file: StoredFile, now: datetime) -> None:
    """Join a file that was taken in. Raises TooMany; NotOpen as above."""
    if places_left(session, need_id, now) <= 0:
        raise TooMany(f"need {need_id} has {MOST_FILES} files")
    session.add(NeedFile(need_id=need_id, file_id=file.id))
    session.flush()


def detach(session: Session, need_id: int, key: str, now: datetime) -> bool:
    """Take a file away and forget it; False when the need has none of this key.

    Raises NotOpen as above.
    """
    need = _changeable(session, need_id, now)
    joined = select(NeedFile).join(NeedFile.file)
    found = session.scalars(
        joined.where(NeedFile.need_id == need.id, StoredFile.key == key)
    ).one_or_none()
    if found is None:
        return False
    session.delete(found)
    session.flush()
    forget(session, found.file_id)
    return True


def file_names(session: Session, need_id: int) -> list[str]:
    """In the order in which they were joined."""
    joined = select(StoredFile.name).join(NeedFile).where(NeedFile.need_id == need_id)
    return list(session.scalars(joined.order_by(StoredFile.id)))


def keep_file_changes(
    session: Session, need_id: int, before: list[str], user_id: int, now: datetime
) -> NeedAmendment | None:
    """The amendment that other files make of a need that was sent, whose names were `before`: one
    for all that came together. None for a need that is being written, or when nothing changed.
    """
    need = _changeable(session, need_id, now)
    after = file_names(session, need_id)
    if need.status in EDITABLE or after == before:
        return None
    return keep_changes(session, need, user_id, {"files": [before, after]}, Answers(), now)


def _changeable(session: Session, need_id: int, now: datetime) -> Need:
    need = need_for_update(session, need_id)
    if need.status not in EDITABLE | {Status.SUBMITTED}:
        check_open(need, now)
    return need
