"""Insertion hours of a contract, and what they amount to. Pure.

Sources: the formula as the houses of employment publish it (mefsud77.fr, mde-alescevennes);
1,607 hours are a legal working year, 1,820 the paid hours of 52 weeks of 35.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

WORKING_YEAR = 1607
PAID_YEAR = 1820
WEEK = 35
DAY = 7
RATES_COMPARED = (0.03, 0.05, 0.07, 0.10)
COSTS_COMPARED = (25.0, 30.0, 35.0, 40.0)
HOURS_A_PERSON = (50, 1000)
"""Between a few days and most of a year: outside, the figures deserve a second look."""

CostKind = Literal["wage", "price"]
"""What an hour costs: a charged wage, or the price at which it is sold. They differ by the
firm's overheads."""
WAGE_IN_PRICE = 26.83 / 38.90
"""The charged wage in the price of an hour of masonry (Batiprix 2014): an example, no rule."""


@dataclass(frozen=True)
class Line:
    """A contract or one of its lots.

    `amount`: euros, excluding tax. `labour_share`, `rate`: fractions in [0, 1]. `hourly_cost`:
    euros. `taken_over`: hours over the contract of staff that goes from the former holder to the
    next one, to which the rate does not apply (cleaning).
    """

    amount: float
    labour_share: float
    rate: float
    hourly_cost: float
    taken_over: float = 0.0
    title: str = ""

    def __post_init__(self) -> None:
        for name in ("amount", "labour_share", "rate", "hourly_cost", "taken_over"):
            value = getattr(self, name)
            if not math.isfinite(value) or value < 0:
                raise ValueError(f"{name}: not a positive number")
        for name in ("labour_share", "rate"):
            if getattr(self, name) > 1:
                raise ValueError(f"{name}: above 1")
        if self.hourly_cost == 0:
            raise ValueError("hourly_cost: zero")
        if not math.isfinite(self.labour_hours):
            raise ValueError("hourly_cost: too small for this amount")

    @property
    def labour_hours(self) -> float:
        """Hours of work that the amount pays for."""
        return self.amount * self.labour_share / self.hourly_cost

    @property
    def hours(self) -> float:
        """Insertion hours that it owes."""
        return max(0.0, self.labour_hours - self.taken_over) * self.rate


def at_price(lines: Sequence[Line]) -> float:
    """What hours at charged wages would be, were each wage made the price that goes with it: the
    labour share is one of a price, so a wage alone gives too many."""
    sold = [replace(line, hourly_cost=line.hourly_cost / WAGE_IN_PRICE) for line in lines]
    return total(sold)


def total(lines: Sequence[Line]) -> float:
    return math.fsum(line.hours for line in lines)


@dataclass(frozen=True)
class Equivalent:
    """The same hours otherwise: full-time posts of a year, on both bases, weeks and days."""

    working_years: float
    paid_years: float
    weeks: float
    days: float


def equivalent(hours: float) -> Equivalent:
    return Equivalent(hours / WORKING_YEAR, hours / PAID_YEAR, hours / WEEK, hours / DAY)


def sensitivity(lines: Sequence[Line]) -> list[tuple[float, list[tuple[float, float]]]]:
    """For each rate, the total hours at each hourly cost: [(rate, [(cost, hours), …]), …].

    The rate and cost of the first line stand among those compared.
    """
    if not lines:
        return []
    rates = sorted({*RATES_COMPARED, lines[0].rate})
    costs = sorted({*COSTS_COMPARED, lines[0].hourly_cost})
    return [(rate, [(cost, total(_with(lines, rate, cost))) for cost in costs]) for rate in rates]


def _with(lines: Sequence[Line], rate: float, cost: float) -> list[Line]:
    return [
        Line(line.amount, line.labour_share, rate, cost, line.taken_over, line.title)
        for line in lines
    ]


def hours_a_person(hours: float, people: int) -> tuple[float, bool]:
    """How many each would work, and whether that is likely."""
    each = hours / people
    least, most = HOURS_A_PERSON
    return each, least <= each <= most


@dataclass(frozen=True)
class Intellectual:
    """Ways for a contract of intellectual services to give what a rate of hours would.

    `days` of work for people far from employment; `recruited_months` of one full-time hire;
    `subcontracted`: euros handed to inclusive structures; `trained_weeks` of work placement.
    """

    days: float
    recruited_months: float
    subcontracted: float
    trained_weeks: float


def intellectual(
    amount: float, labour_share: float, rate: float, daily_cost: float
) -> Intellectual:
    """The four equivalents for a contract counted in days. Raises ValueError as Line does."""
    line = Line(amount, labour_share, rate, daily_cost)
    days = line.hours
    worked = days * DAY
    return Intellectual(
        days=days,
        recruited_months=worked / (WORKING_YEAR / 12),
        subcontracted=amount * labour_share * rate,
        trained_weeks=worked / WEEK,
    )
