"""A buyer takes back a lot that nobody answered, or closes one that somebody did."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.answers.lifecycle import AnswerStatus
from marketplace.answers.tables import Answer, AnswerPart
from marketplace.needs import amending_lots
from marketplace.needs.tables import LotEnding, NeedAmendment


def end_lot(
    session: Session, need_id: int, lot_id: int, user_id: int, reason: str, now: datetime
) -> NeedAmendment:
    """End one lot of an open need, in the way that its answers leave. Raises NotOpen, LotGone,
    LastLot.
    """
    need = amending_lots.locked_with_lots(session, need_id)
    ending = ending_of(session, lot_id)
    return amending_lots.end_lot(session, need, lot_id, user_id, ending, reason, now)


def ending_of(session: Session, lot_id: int) -> LotEnding:
    """How a lot would end now."""
    is_answered = (
        select(AnswerPart.id)
        .join(Answer)
        .where(AnswerPart.lot_id == lot_id, Answer.status == AnswerStatus.SENT)
    )
    answered = session.scalar(is_answered.limit(1)) is not None
    return LotEnding.CLOSED if answered else LotEnding.WITHDRAWN
