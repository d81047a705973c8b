"""Reads: what territories achieve, as anybody may see it: validated hours, small counts hidden."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from marketplace.clauses import nesting, reported
from marketplace.clauses.contract_tables import Contract, ContractLot, DeskYearPeople
from marketplace.clauses.reported import FEW
from marketplace.clauses.told_tables import HourPublication, ToldCell, ToldTotal
from marketplace.moderation.tables import DeskTerritory
from marketplace.territories.gazetteer import COUNTRY, Gazetteer, Kind
from marketplace.territories.tables import Territory

Dimension = Literal["public", "sex", "age", "district"]

MONTH = "month"
LABELS: Mapping[Dimension, Mapping[Any, str]] = {
    "public": reported.PUBLICS,
    "sex": reported.SEXES,
    "age": reported.AGES,
    "district": reported.DISTRICTS,
}


@dataclass(frozen=True, slots=True)
class Figures:
    """Hours. `people`: entries, each person once a contract; None, like `achieved`, while too
    few of them worked for it to be told. `told_on`: the day whose figures these are, those of
    the months before; `detailed_on`: the day of their detail."""

    contracts: int
    planned: float
    committed: float
    achieved: float | None
    people: int | None
    told_on: date | None
    detailed_on: date | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One line of a breakdown; hours and people are None where they are hidden."""

    label: str
    hours: float | None
    people: int | None


@dataclass(frozen=True, slots=True)
class Breakdown:
    """`apart`: the hours and people of the total that no line shows."""

    cells: Sequence[Cell]
    apart: Cell


@dataclass(frozen=True, slots=True)
class Parted:
    by_month: Breakdown
    """Labelled by the first day of the month."""

    by_dimension: Mapping[Dimension, Breakdown]


def figures_of(session: Session, places: Gazetteer, code: str) -> Figures:
    """What the contracts of a territory owe, and what is told of what was validated."""
    owed = (
        select(
            func.count(Contract.id.distinct()),
            func.coalesce(func.sum(ContractLot.planned_hours), 0),
            func.coalesce(
                func.sum(func.coalesce(ContractLot.committed_hours, ContractLot.planned_hours)), 0
            ),
        )
        .join(ContractLot, ContractLot.contract_id == Contract.id)
        .join(Territory, Territory.code == Contract.territory_code)
        .where(_within(places, code))
    )
    here = ToldTotal.territory_code == code
    told = (
        select(func.max(HourPublication.told_on)).scalar_subquery(),
        select(func.max(HourPublication.told_on))
        .where(HourPublication.is_detailed)
        .scalar_subquery(),
        select(ToldTotal.territory_code).where(here).exists(),
        select(ToldTotal.hours).where(here).scalar_subquery(),
        select(ToldTotal.new_people).where(here).scalar_subquery(),
    )
    found = session.execute(owed.add_columns(*told)).one()
    contracts, planned, committed, told_on, detailed_on, is_told, hours, people = found
    if not is_told:
        hours = people = 0
    return Figures(
        contracts=contracts,
        planned=float(planned),
        committed=float(committed),
        achieved=None if hours is None else float(hours),
        people=people,
        told_on=told_on,
        detailed_on=detailed_on,
    )


def told_hours(session: Session, codes: Collection[str]) -> dict[str, float | None]:
    """Validated hours of territories, None where they are hidden."""
    rows = session.execute(
        select(ToldTotal.territory_code, ToldTotal.hours).where(ToldTotal.territory_code.in_(codes))
    )
    told = {code: None if hours is None else float(hours) for code, hours in rows}
    return {code: told.get(code, 0.0) for code in codes}


def parted(session: Session, code: str, months: Sequence[date], of: Figures) -> Parted | None:
    """The hours of a department, a region or the country by month, those of `months`, and by
    dimension. None of anything smaller, and where the total itself is not told: `of`."""
    rows = session.execute(
        select(ToldCell.dimension, ToldCell.value, ToldCell.hours, ToldCell.new_people).where(
            ToldCell.territory_code == code
        )
    )
    told: dict[str, dict[str, tuple[Decimal | None, int | None]]] = defaultdict(dict)
    for dimension, value, hours, people in rows:
        told[dimension][value] = hours, people
    if not told or not of.achieved:
        return None

    def breakdown(dimension: str, labels: Mapping[str, str]) -> Breakdown:
        cells = [
            _cell(label, *told[dimension].get(value, (Decimal(0), 0)))
            for value, label in labels.items()
        ]
        return Breakdown(cells, _apart(of, cells))

    return Parted(
        breakdown(MONTH, {month.isoformat(): month.isoformat() for month in months}),
        {
            dimension: breakdown(dimension, {str(value): label for value, label in labels.items()})
            for dimension, labels in LABELS.items()
        },
    )


def _cell(label: str, hours: Decimal | None, people: int | None) -> Cell:
    return Cell(label, None if hours is None else float(hours), people)


def _apart(of: Figures, cells: Sequence[Cell]) -> Cell:
    return Cell(
        "Non répartis",
        (of.achieved or 0) - sum(cell.hours or 0 for cell in cells),
        (of.people or 0) - sum(cell.people or 0 for cell in cells),
    )


def distinct_people(session: Session, code: str) -> list[tuple[int, int]]:
    """(year, people) that the desks of just this territory declared, the latest first."""
    alone = (
        select(DeskTerritory.desk_id)
        .group_by(DeskTerritory.desk_id)
        .having(func.count() == 1, func.min(DeskTerritory.territory_code) == code)
    )
    told = (
        select(DeskYearPeople.year, func.sum(DeskYearPeople.distinct_people))
        .where(DeskYearPeople.desk_id.in_(alone))
        .group_by(DeskYearPeople.year)
        .order_by(DeskYearPeople.year.desc())
    )
    return [(year, int(people)) for year, people in session.execute(told) if people >= FEW]


def _within(places: Gazetteer, code: str) -> ColumnElement[bool]:
    """Of a contract's territory: it is this one, or lies in it."""
    column = {
        Kind.EPCI: Territory.epci,
        Kind.DEPARTMENT: Territory.department,
        Kind.REGION: Territory.region,
    }.get(places.zone_kind(code) or Kind.COMMUNE)
    if code == COUNTRY:
        return true()
    if column is None:
        return Contract.territory_code == code
    inside = [code, *nesting.epcis_inside(places, code)]
    return or_(Contract.territory_code.in_(inside), column == code)
