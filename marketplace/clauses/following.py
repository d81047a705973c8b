"""How far a contract is: planned, committed, achieved, and where it is heading. Pure.

Hours are told by the month, after it: what counts as gone by is the months that are over.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

BEHIND = 0.8
"""Under so much of what the months gone by should have brought, a contract is behind."""
SETTLING_DAYS = 60
"""A contract that started so lately is not behind yet: hiring takes its time."""


@dataclass(frozen=True, slots=True)
class Followed:
    """Hours. `achieved` were validated, `waiting` are told and not yet: a desk that takes its
    time makes nobody late. `expected`: what the months gone by should have brought, at an even
    pace; `forecast`: what comes at the end at the pace so far, None before a month is over."""

    planned: float
    committed: float | None
    achieved: float
    expected: float
    forecast: float | None
    is_behind: bool
    is_over: bool
    waiting: float = 0.0

    @property
    def due(self) -> float:
        """What is owed: the signed hours, else the planned ones."""
        return self.planned if self.committed is None else self.committed

    @property
    def share(self) -> float | None:
        return self.achieved / self.due if self.due else None

    @property
    def missing(self) -> float:
        """What the pace so far leaves undone at the end."""
        return max(0.0, self.due - (self.told if self.forecast is None else self.forecast))

    @property
    def told(self) -> float:
        return self.achieved + self.waiting


def gone_by(starts_on: date, ends_on: date, today: date) -> float:
    """The share of a contract's days that are in months that are over, from 0 to 1."""
    last = today.replace(day=1) - timedelta(days=1) if today <= ends_on else ends_on
    days = (ends_on - starts_on).days + 1
    return min(1.0, max(0.0, ((last - starts_on).days + 1) / days))


def follow(
    planned: float | None,
    committed: float | None,
    achieved: float,
    starts_on: date,
    ends_on: date,
    today: date,
    waiting: float = 0.0,
) -> Followed:
    """Where a contract stands today."""
    share = gone_by(starts_on, ends_on, today)
    due = (planned or 0.0) if committed is None else committed
    expected = due * share
    is_settled = (today - starts_on).days >= SETTLING_DAYS or today > ends_on
    return Followed(
        planned=planned or 0.0,
        committed=committed,
        achieved=achieved,
        expected=expected,
        forecast=(achieved + waiting) / share if share else None,
        is_behind=is_settled and achieved + waiting < BEHIND * expected,
        is_over=today > ends_on,
        waiting=waiting,
    )


def together(parts: Iterable[Followed]) -> Followed:
    """Several contracts as one; a forecast that one lacks is taken at its own pace: due."""
    told = list(parts)
    forecasts = [one.due if one.forecast is None else one.forecast for one in told]
    signed = [one.due for one in told if one.committed is not None]
    return Followed(
        planned=sum(one.planned for one in told),
        committed=sum(one.due for one in told) if signed else None,
        achieved=sum(one.achieved for one in told),
        expected=sum(one.expected for one in told),
        forecast=sum(forecasts) if told else None,
        is_behind=any(one.is_behind for one in told),
        is_over=bool(told) and all(one.is_over for one in told),
        waiting=sum(one.waiting for one in told),
    )
