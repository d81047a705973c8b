"""Reads: what is known of a need's clause."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace.clauses.levers import Duty, duty
from marketplace.clauses.tables import ClauseCalculation
from marketplace.needs.tables import Lever, Need


def latest_calculation(session: Session, need_id: int) -> ClauseCalculation | None:
    """The last hours computed for a need, with who did."""
    return session.scalars(
        select(ClauseCalculation)
        .filter_by(need_id=need_id)
        .options(joinedload(ClauseCalculation.created_by))
        .order_by(ClauseCalculation.id.desc())
        .limit(1)
    ).first()


def shared_calculation(session: Session, token: str) -> ClauseCalculation | None:
    """The calculation that a link leads to, with its need."""
    named = select(ClauseCalculation).filter_by(token=token)
    return session.scalars(named.options(joinedload(ClauseCalculation.need))).first()


def duty_of(need: Need, today: date) -> Duty | None:
    """What the law asks of a need's amount, until it has a lever or says why it has none."""
    if need.lever is not None and (need.lever is not Lever.NONE or need.lever_reason):
        return None
    amount = need.amount_max if need.amount_max is not None else need.amount_min
    return duty(need.nature, need.organisation.kind, amount, today) if need.nature else None
