"""Reads: what territories achieve, as anybody may see it: validated hours, small counts hidden."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, Integer, Select, func, or_, select
from sqlalchemy.orm import Session

from marketplace.clauses import reported
from marketplace.clauses.contract_tables import Contract, ContractLot, DeskYearPeople, HourTotal
from marketplace.clauses.masking import hidden
from marketplace.clauses.reported import FEW
from marketplace.moderation.tables import DeskTerritory
from marketplace.territories.gazetteer import COUNTRY
from marketplace.territories.tables import Territory

Dimension = Literal["public", "sex", "age", "district", "way", "work_contract"]

LABELS: Mapping[Dimension, Mapping[Any, str]] = {
    "public": reported.PUBLICS,
    "sex": reported.SEXES,
    "age": reported.AGES,
    "district": reported.DISTRICTS,
    "way": reported.WAYS,
    "work_contract": reported.WORK_CONTRACTS,
}


_SUMS = (
    func.coalesce(func.sum(HourTotal.hours), 0),
    func.coalesce(func.sum(HourTotal.new_people), 0),
    func.coalesce(func.nullif(func.sum(HourTotal.new_people), 0), func.max(HourTotal.people), 0),
)
"""Hours, entries, and how many people those tell of: where nobody is new, the most of a month."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Hours. `people`: entries, each person once a contract; None, like `achieved`, while too
    few of them worked for it to be told."""

    contracts: int
    planned: float
    committed: float
    achieved: float | None
    people: int | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a breakdown; hours and people are None where they are hidden."""

    value: str
    label: str
    hours: float | None
    people: int | None

    @property
    def is_masked(self) -> bool:
        return self.hours is None


@dataclass(frozen=True, slots=True)
class PeriodFigures:
    """A month, or a year by its first day."""

    period: date
    hours: float | None
    people: int | None


def figures_of(
    session: Session, code: str, first: date | None = None, last: date | None = None
) -> Figures:
    """What the contracts of a territory owe, those that run in a period, and what was validated
    of it; a period is two first days of months, both included, either open."""
    running = _running(first, last)
    owed = (
        select(
            func.count(Contract.id.distinct()),
            func.coalesce(func.sum(ContractLot.planned_hours), 0),
            func.coalesce(
                func.sum(func.coalesce(ContractLot.committed_hours, ContractLot.planned_hours)), 0
            ),
        )
        .join(ContractLot, ContractLot.contract_id == Contract.id)
        .where(*running)
    )
    if code != COUNTRY:
        owed = owed.join(Territory, Territory.code == Contract.territory_code).where(_within(code))
    contracts, planned, committed = session.execute(owed).one()
    done = _totals(code, "all", first, last).with_only_columns(*_SUMS)
    hours, people, counted = session.execute(done).one()
    is_hidden = 0 < counted < FEW
    return Figures(
        contracts=contracts,
        planned=float(planned or 0),
        committed=float(committed or 0),
        achieved=None if is_hidden else float(hours),
        people=None if is_hidden else int(people),
    )


def breakdown(
    session: Session,
    code: str,
    dimension: Dimension,
    first: date | None = None,
    last: date | None = None,
) -> list[Cell]:
    """Hours and entries by the values of one dimension, all of them, in the order of LABELS."""
    return breakdowns(session, code, [dimension], first, last)[dimension]


def breakdowns(
    session: Session,
    code: str,
    dimensions: Collection[Dimension],
    first: date | None = None,
    last: date | None = None,
) -> dict[Dimension, list[Cell]]:
    """The same by several dimensions, in one query."""
    summed = (
        select(HourTotal.dimension, HourTotal.value, *_SUMS)
        .where(HourTotal.territory_code == code, HourTotal.dimension.in_(dimensions))
        .where(*_in_period(first, last))
        .group_by(HourTotal.dimension, HourTotal.value)
    )
    found = {(row[0], row[1]): row[2:] for row in session.execute(summed)}
    return {dimension: _cells(dimension, found) for dimension in dimensions}


def _cells(dimension: Dimension, found: Mapping[tuple[str, str], Any]) -> list[Cell]:
    sums = {
        str(value): found.get((dimension, str(value)), (0, 0, 0)) for value in LABELS[dimension]
    }
    masked = hidden({value: int(counted) for value, (*_, counted) in sums.items()})
    return [
        Cell(
            value=str(value),
            label=label,
            hours=None if str(value) in masked else float(sums[str(value)][0]),
            people=None if str(value) in masked else int(sums[str(value)][1]),
        )
        for value, label in LABELS[dimension].items()
    ]


def by_month(
    session: Session, code: str, first: date | None = None, last: date | None = None
) -> list[PeriodFigures]:
    """Month by month, those that have hours, the oldest first."""
    return _periods(session, _totals(code, "all", first, last), HourTotal.month)


def by_year(session: Session, code: str) -> list[PeriodFigures]:
    """Year by year, the oldest first."""
    year = func.make_date(func.extract("year", HourTotal.month).cast(Integer), 1, 1)
    return _periods(session, _totals(code, "all", None, None), year)


def hours_by(
    session: Session,
    codes: Collection[str],
    first: date | None = None,
    last: date | None = None,
) -> dict[str, float | None]:
    """Validated hours of several territories; None where too few people worked. Territories
    without hours are left out. Of parts of a whole that is shown, the caller hides one more
    when only one is hidden: masking.hidden."""
    summed = (
        select(HourTotal.territory_code, *_SUMS)
        .where(HourTotal.territory_code.in_(codes), HourTotal.dimension == "all")
        .where(*_in_period(first, last))
        .group_by(HourTotal.territory_code)
    )
    return {
        code: None if 0 < counted < FEW else float(hours)
        for code, hours, _, counted in session.execute(summed)
    }


def distinct_people(session: Session, code: str) -> list[tuple[int, int]]:
    """(year, people) that the desk of just this territory declared, the latest first."""
    told = (
        select(DeskYearPeople.year, func.sum(DeskYearPeople.distinct_people))
        .join(DeskTerritory, DeskTerritory.desk_id == DeskYearPeople.desk_id)
        .where(DeskTerritory.territory_code == code)
        .group_by(DeskYearPeople.year)
        .order_by(DeskYearPeople.year.desc())
    )
    return [(year, int(people)) for year, people in session.execute(told) if people >= FEW]


def _periods(
    session: Session, totals: Select[Any], period: ColumnElement[date] | Any
) -> list[PeriodFigures]:
    summed = totals.with_only_columns(period, *_SUMS).group_by(period).order_by(period)
    rows = session.execute(summed).all()
    masked = hidden({when: int(counted) for when, _, _, counted in rows})
    return [
        PeriodFigures(
            when,
            None if when in masked else float(hours),
            None if when in masked else int(people),
        )
        for when, hours, people, _ in rows
    ]


def _totals(code: str, dimension: str, first: date | None, last: date | None) -> Select[HourTotal]:
    return (
        select(HourTotal)
        .where(HourTotal.territory_code == code, HourTotal.dimension == dimension)
        .where(*_in_period(first, last))
    )


def _in_period(first: date | None, last: date | None) -> Sequence[ColumnElement[bool]]:
    return [
        *([HourTotal.month >= first] if first else []),
        *([HourTotal.month <= last] if last else []),
    ]


def _running(first: date | None, last: date | None) -> Sequence[ColumnElement[bool]]:
    return [
        *([Contract.ends_on >= first] if first else []),
        *([Contract.starts_on < reported.next_month(last)] if last else []),
    ]


def _within(code: str) -> ColumnElement[bool]:
    return or_(
        Territory.code == code,
        Territory.epci == code,
        Territory.department == code,
        Territory.region == code,
    )
