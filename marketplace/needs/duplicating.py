"""A new draft that says what another need said."""

from datetime import datetime

from sqlalchemy.orm import Session

from marketplace.needs.drafting import Answers, answers_of, start_draft
from marketplace.needs.tables import Need

NO_DATES = Answers(deadline_on=None, starts_on=None, asking_until=None)


def duplicate(session: Session, need: Need, user_id: int, key: str, now: datetime) -> Need:
    """Begin a draft with the answers, questions and lots of a need; its dates are to be given.

    The files are not taken over. Sent twice with one key, the first draft comes back.
    """
    return start_draft(session, user_id, answers_of(need) | NO_DATES, key, now)
