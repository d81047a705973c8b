"""What happens to the invented needs: answers, questions, words, outcomes. Pure."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that a structure or (without `by`) the buyer did; a name or a rank says who."""

    does: str
    by: str = ""
    to: str = ""
    words: str = ""
    price: tuple[Decimal, Decimal] | None = None
    capacity: str = ""
    replies: tuple[str, ...] = ()
    reason: str = ""
    helped: str = ""
    partners: tuple[str, ...] = ()
    percents: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class End:
    """Who won, as many working `days` before today."""

    days: int
    holder: str
    amount: Decimal
    reason: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the buyer typed to know the insertion hours of its contract."""

    amount: float
    labour_share: float
    rate: float
    hourly_cost: float


@dataclass(frozen=True, slots=True)
class Plot:
    acts: tuple[Act, ...] = ()
    after: tuple[Act, ...] = ()
    """Once the outcome is known."""

    end: End | None = None
    hours: Estimate | None = None
    extended_by: int = 0
    """Days that the deadline was put off by."""


@cache
def plots() -> Mapping[str, Plot]:
    """By the title of their need; the others have none."""
    return {row["title"]: _plot(row) for row in _words()["needs"]}


def people() -> tuple[str, ...]:
    """The names of those who speak for structures without an account."""
    return tuple(_words()["people"])


@cache
def _words() -> Mapping[str, Any]:
    shipped = files("marketplace.demo") / "words" / "answers.toml"
    return tomllib.loads(shipped.read_text(encoding="utf-8"))


def _plot(row: Mapping[str, Any]) -> Plot:
    return Plot(
        acts=tuple(_act(act) for act in row.get("acts", ())),
        after=tuple(_act(act) for act in row.get("after", ())),
        end=_end(row["outcome"]) if "outcome" in row else None,
        hours=Estimate(**row["hours"]) if "hours" in row else None,
        extended_by=row.get("extended_by", 0),
    )


def _act(row: Mapping[str, Any]) -> Act:
    price = row.get("price")
    return Act(
        does=row["does"],
        by=row.get("by", ""),
        to=row.get("to", ""),
        words=row.get("words", ""),
        price=(Decimal(price[0]), Decimal(price[1])) if price else None,
        capacity=row.get("capacity", ""),
        replies=tuple(row.get("replies", ())),
        reason=row.get("reason", ""),
        helped=row.get("helped", ""),
        partners=tuple(row.get("with", ())),
        percents={name: Decimal(part) for name, part in row.get("percents", {}).items()},
    )


def _end(row: Mapping[str, Any]) -> End:
    return End(row["days"], row["holder"], Decimal(row["amount"]), row.get("reason", ""))
