"""Keeping a calculation of hours with its need."""

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from marketplace.clauses.hours import CostKind, Line, total
from marketplace.clauses.tables import ClauseCalculation


@dataclass(frozen=True)
class Calculation:
    """What was typed, whole: lines, and what an hour costs, of which kind and as known when."""

    lines: tuple[Line, ...]
    trades: tuple[str, ...]
    """The code of each line's trade, or nothing."""

    cost_kind: CostKind
    cost_on: date | None
    months: int | None
    people: int | None

    @property
    def hours(self) -> float:
        return total(self.lines)


def keep_calculation(
    session: Session, need_id: int, calculation: Calculation, user_id: int, now: datetime
) -> ClauseCalculation:
    """Write a calculation down beside its need, under a link of its own."""
    row = ClauseCalculation(
        token=secrets.token_urlsafe(16),
        need_id=need_id,
        created_by_id=user_id,
        created_at=now,
        assumptions=_stored(calculation),
        hours=calculation.hours,
    )
    session.add(row)
    session.flush()
    return row


def kept(assumptions: Mapping[str, Any]) -> Calculation:
    """A stored calculation as it was."""
    said = dict(assumptions)
    on = said["cost_on"]
    return Calculation(
        lines=tuple(Line(**line) for line in said["lines"]),
        trades=tuple(said["trades"]),
        cost_kind=said["cost_kind"],
        cost_on=date.fromisoformat(on) if on else None,
        months=said["months"],
        people=said["people"],
    )


def _stored(calculation: Calculation) -> dict[str, Any]:
    return asdict(calculation) | {
        "cost_on": calculation.cost_on.isoformat() if calculation.cost_on else None
    }
