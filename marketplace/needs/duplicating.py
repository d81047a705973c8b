"""A new draft that says what another need said."""

from datetime import datetime

from sqlalchemy.orm import Session

from marketplace.files.taking_in import copy_of
from marketplace.needs.drafting import Answers, answers_of, draft_begun, lot_draft, start_draft
from marketplace.needs.tables import Need, NeedFile

NO_DATES = Answers(deadline_on=None, starts_on=None, asking_until=None)


def duplicate(session: Session, need: Need, user_id: int, key: str, now: datetime) -> Need:
    """Begin a draft with the answers, questions, lots and files of a need; its dates are to be
    given, and what was withdrawn of it stays behind.

    Sent twice with one key, the first draft comes back.
    """
    is_begun = draft_begun(session, user_id, key) is not None
    lots = Answers(lots=[lot_draft(lot) for lot in need.kept_lots])
    draft = start_draft(session, user_id, answers_of(need) | lots | NO_DATES, key, now)
    if not is_begun:
        for row in need.files:
            if (copied := copy_of(session, row.file, user_id, now)) is not None:
                session.add(NeedFile(need_id=draft.id, file_id=copied.id))
        session.flush()
    return draft
