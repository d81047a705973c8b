"""Reads: what territories achieve, as anybody may see it: validated hours, small counts hidden."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from marketplace.clauses import nesting, reported, told_totals
from marketplace.clauses.contract_tables import Contract, ContractLot, DeskYearPeople
from marketplace.clauses.masking import hidden
from marketplace.clauses.reported import FEW
from marketplace.clauses.told_totals import ALL, EARLIER, NOTHING, Counted, Told
from marketplace.moderation.tables import DeskTerritory
from marketplace.territories.gazetteer import COUNTRY, Gazetteer, Kind
from marketplace.territories.tables import Territory

Dimension = Literal["public", "sex", "age", "district"]

LABELS: Mapping[Dimension, Mapping[Any, str]] = {
    "public": reported.PUBLICS,
    "sex": reported.SEXES,
    "age": reported.AGES,
    "district": reported.DISTRICTS,
}


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


def figures_of(session: Session, places: Gazetteer, code: str, told: Told | None = None) -> Figures:
    """What the contracts of a territory owe, and what was validated of it. `told`: that is
    known already, of this territory among others."""
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
    contracts, planned, committed = session.execute(owed).one()
    found = (told or told_totals.told(session, places, [code])).totals[code]
    return Figures(
        contracts=contracts,
        planned=float(planned or 0),
        committed=float(committed or 0),
        achieved=None if found is None else float(found.hours),
        people=None if found is None else found.new_people,
    )


def parted(
    session: Session,
    places: Gazetteer,
    code: str,
    months: Sequence[date],
    told: Told | None = None,
) -> Parted | None:
    """The hours of a department, a region or the country by month, those of `months`, and by
    dimension. None of anything smaller, and where the total itself is not told.

    Each department is masked once, by itself, and so is what is signed at the level of the
    region or of the country alone; wider territories add up what is shown of these parts. So
    no difference between two pages tells more than the pages. `told`: of these parts.
    """
    parts = dict(nesting.parts_of(places, code))
    if not parts:
        return None
    told = told or told_totals.told(session, places, parts)
    whole = told.totals[code]
    if whole is None or not whole.hours:
        return None
    shown: dict[tuple[str, str], list[Counted]] = {}
    masked: set[tuple[str, str]] = set()
    for holder, tables in told_totals.parts(session, places, code, LABELS, months[0]).items():
        is_told = told.totals[holder] is not None
        if parts[holder] and holder in told.kept_back:
            is_told = False
        for dimension, cells in tables.items():
            counts = {value: cell.counts for value, cell in cells.items() if value != EARLIER}
            earlier = cells.get(EARLIER, NOTHING).counts
            unseen = hidden(counts, earlier) if is_told else frozenset(counts)
            masked |= {(dimension, value) for value in unseen}
            for value in counts.keys() - unseen:
                shown.setdefault((dimension, value), []).append(cells[value])

    def breakdown(dimension: str, labels: Mapping[str, str]) -> Breakdown:
        added = {value: shown.get((dimension, value), []) for value in labels}
        cells = [
            _cell(label, added[value], (dimension, value) in masked)
            for value, label in labels.items()
        ]
        return Breakdown(cells, _apart(whole, [one for own in added.values() for one in own]))

    return Parted(
        breakdown(ALL, {month.isoformat(): month.isoformat() for month in months}),
        {
            dimension: breakdown(dimension, {str(value): label for value, label in labels.items()})
            for dimension, labels in LABELS.items()
        },
    )


def _cell(label: str, parts: Sequence[Counted], is_masked: bool) -> Cell:
    """The parts that are shown, together; hidden when there are others only."""
    if is_masked and not parts:
        return Cell(label, None, None)
    hours = float(sum(one.hours for one in parts))
    return Cell(label, hours, sum(one.new_people for one in parts))


def _apart(whole: Counted, shown: Sequence[Counted]) -> Cell:
    return Cell(
        "Non répartis",
        float(whole.hours - sum(one.hours for one in shown)),
        whole.new_people - sum(one.new_people for one in shown),
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
