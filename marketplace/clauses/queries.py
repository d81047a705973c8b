"""Reads: what is known of a need's clause."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace.clauses.tables import ClauseCalculation


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
