"""Reads: what is known of a need's clause."""

from datetime import date
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace.clauses.levers import Duty, duty
from marketplace.clauses.tables import ClauseCalculation
from marketplace.needs.tables import Lever, Need
from marketplace.needs.wording import is_specific


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
    """What the law asks of a need's amount, until it has a lever, or each of its lots one, or it
    is said why there is none."""
    if need.nature is None or _is_settled(need):
        return None
    amount = amount_of(need)
    return duty(need.nature, need.organisation.kind, amount, today, is_specific(need))


def amount_of(need: Need) -> Decimal | None:
    """The most that a need may cost, or that its lots may together where only they say it."""
    if need.amount_max is not None or need.amount_min is not None:
        return need.amount_max if need.amount_max is not None else need.amount_min
    said = [
        lot.amount_max if lot.amount_max is not None else lot.amount_min for lot in need.kept_lots
    ]
    known = [amount for amount in said if amount is not None]
    return sum(known, Decimal(0)) if known else None


def _is_settled(need: Need) -> bool:
    chosen = [lot.lever or need.lever for lot in need.kept_lots] or [need.lever]
    return all(
        lever is not None and (lever is not Lever.NONE or bool(need.lever_reason))
        for lever in chosen
    )
