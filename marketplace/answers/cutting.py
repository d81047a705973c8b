"""A buyer cuts a need that was sent whole into lots, as long as nobody answered the whole of it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, union
from sqlalchemy.orm import Session

from marketplace.answers.consortium_queries import RUNNING
from marketplace.answers.consortium_tables import Consortium
from marketplace.answers.lifecycle import AnswerStatus
from marketplace.answers.tables import Answer
from marketplace.needs import recutting
from marketplace.needs.amending_lots import locked_with_lots
from marketplace.needs.posting import LotDraft
from marketplace.needs.tables import NeedAmendment


class AnsweredWhole(Exception):
    """A price for the whole is no price for any lot."""

    def __init__(self, structures: int) -> None:
        super().__init__(f"{structures} answered the whole")
        self.structures = structures


def cut_need(
    session: Session,
    need_id: int,
    user_id: int,
    said: Sequence[LotDraft],
    seen: str,
    now: datetime,
) -> NeedAmendment | None:
    """Cut an open need, or one that waits for its desk; None when it was cut so before.

    `seen` is the fingerprint of its lots, by `as_seen`, when the form was shown. Raises NotOpen,
    Decided, AlreadyCut, TooFewLots, TooManyLots, AnsweredWhole.
    """
    need = locked_with_lots(session, need_id)
    if not need.lots and (structures := who_answered(session, need_id)):
        raise AnsweredWhole(structures)
    return recutting.cut(session, need, user_id, said, seen, now)


def who_answered(session: Session, need_id: int) -> int:
    """How many structures answered a need, or lead a group that prepares to."""
    alone = select(Answer.structure_id).where(
        Answer.need_id == need_id, Answer.status == AnswerStatus.SENT
    )
    leads = select(Consortium.lead_id).where(
        Consortium.need_id == need_id, Consortium.status.in_(RUNNING)
    )
    counted = select(func.count()).select_from(union(alone, leads).subquery())
    return session.scalar(counted) or 0
