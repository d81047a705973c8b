"""Whoever reads every public page and file of figures, whenever, learns nothing of fewer than
five people."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from itertools import product
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.clauses import nesting
from marketplace.clauses.contract_tables import Contract, ContractLot, HourLine, HourReport
from marketplace.clauses.masking import added, fullest, hidden, is_small
from marketplace.clauses.pooling import pooled
from marketplace.clauses.publishing import publish_due
from marketplace.clauses.reported import AGES, FEW, PUBLICS, SEXES, Age, Public, ReportState, Sex
from marketplace.clauses.told_tables import ToldReport, ToldTotal
from marketplace.insights.blocks import Value
from marketplace.insights.comparing import Compared, compare
from marketplace.insights.describing import Described, describe
from marketplace.insights.periods import month_label
from marketplace.territories.gazetteer import Gazetteer, Kind
from tests.factories import people
from tests.factories.contracts import contract, line
from tests.factories.market import BESANCON, DOLE, MONDAY

PLACES = Gazetteer.shipped()
COUNTS = st.tuples(st.integers(0, 20), st.integers(0, 20))


@given(st.dictionaries(st.integers(0, 30), COUNTS, max_size=8))
def test_what_is_hidden_of_a_total_is_nobody_or_five_people_at_least(
    cells: dict[int, tuple[int, int]],
) -> None:
    for together in (added, fullest):
        masked = hidden(cells, together)
        assert {key for key, counts in cells.items() if is_small(counts)} <= masked
        if cells and not is_small(together(cells.values())):
            assert not masked or not is_small(together(cells[key] for key in masked))


def test_nothing_is_hidden_needlessly() -> None:
    assert hidden({"a": (5,), "b": (0,), "c": (12,)}) == frozenset()
    assert hidden({"a": (3,), "b": (6,), "c": (12,)}) == {"a", "b"}
    assert hidden({"a": (3,), "b": (4,), "c": (12,)}) == {"a", "b"}
    assert hidden({"a": (3,), "b": (4,), "c": (12,), "d": (13,)}, fullest) == {"a", "b", "c"}


@pytest.mark.parametrize("code", ["FR", "R27", "25", "242500361"])
def test_territories_hold_each_other_without_overlapping(code: str) -> None:
    inside = [one for one in PLACES.communes if code in nesting.chain_to(PLACES, one.code)]
    assert inside == list(PLACES.communes_in(code))
    for one in inside:
        assert nesting.parent_of(PLACES, code) in (None, *nesting.chain_to(PLACES, one.code))


def test_an_epci_astride_two_departments_counts_in_the_region_and_holds_no_commune() -> None:
    assert nesting.chain_to(PLACES, ASTRIDE) == ["FR", "R27", ASTRIDE]
    for commune in PLACES.communes_in(ASTRIDE):
        assert nesting.parent_of(PLACES, commune.code) == commune.department


def test_few_people_are_told_of_with_others_of_the_narrowest_territory_that_has_five() -> None:
    month, other = date(2026, 9, 1), date(2026, 10, 1)
    assert pooled(PLACES, {BESANCON: {month: 5}}) == {BESANCON: BESANCON}
    few = {month: 3, other: 3}  # who may be the same three
    assert pooled(PLACES, {BESANCON: few}) == {}
    assert pooled(PLACES, {BESANCON: few, SAME_EPCI: {month: 2}}) == {
        BESANCON: EPCI,
        SAME_EPCI: EPCI,
    }
    assert pooled(PLACES, {BESANCON: few, DOLE: {other: 2}}) == {BESANCON: "R27", DOLE: "R27"}
    assert pooled(PLACES, {BESANCON: few, "25": {month: 9}}) == {BESANCON: "25", "25": "25"}
    assert pooled(PLACES, {BESANCON: few, LYON: {month: 4}}) == {BESANCON: "FR", LYON: "FR"}


# The attack. What is unknown: what each territory and publication add to each value of each table,
# for the contracts that are signed at its level. What is known: every figure of every page, month
# after month, and which of the unknown it adds up. A figure is found out when it is a combination
# of what is known.

EPCI = PLACES.zones_of(BESANCON)[1]
SAME_EPCI = next(one.code for one in PLACES.communes_in(EPCI) if one.code != BESANCON)
OTHER_EPCI = next(
    one.code
    for one in PLACES.communes_in("25")
    if one.epci not in (None, EPCI) and nesting.is_whole(PLACES, one.epci or "")
)
LYON = "69123"
ASTRIDE = "200041887"
ASTRIDE_HERE = next(one.code for one in PLACES.communes_in(ASTRIDE) if one.department == "25")
ASTRIDE_THERE = next(one.code for one in PLACES.communes_in(ASTRIDE) if one.department == "70")
SIGNED_AT = (
    *(BESANCON, SAME_EPCI, OTHER_EPCI, EPCI, "25", DOLE, "R27", LYON, "FR"),
    *(ASTRIDE, ASTRIDE_HERE, ASTRIDE_THERE),
)
PAGES = sorted({one for code in SIGNED_AT for one in nesting.chain_to(PLACES, code)})
CODES = {one.name: one.code for one in PLACES.departments} | {
    one.name: one.code for one in PLACES.regions
}
WORKED = (date(2025, 10, 1), date(2026, 9, 1), date(2026, 10, 1))
"""The first is before the months that are shown."""

ROUNDS = (MONDAY, MONDAY + timedelta(days=9), MONDAY + timedelta(days=44))
"""When figures are published: the first and the third with their detail."""

Place = tuple[str, int]
"""Where a contract is signed, and the first publication after its hours were validated."""

ALL = "tous"
LABELS: dict[str, dict[object, str]] = {
    "heures-public": dict(PUBLICS.items()),
    "heures-sex": dict(SEXES.items()),
    "heures-age": dict(AGES.items()),
    "heures-par-mois": {month: month_label(month) for month in WORKED},
}
TABLES = tuple(LABELS)


class Work(NamedTuple):
    """People of one sort in a month, under a contract signed at the level of a territory."""

    signed_at: str
    round: int
    month: date
    public: Public
    sex: Sex
    age: Age
    people: int
    is_new: bool

    @property
    def place(self) -> Place:
        return self.signed_at, self.round

    def label(self, table: str) -> str:
        values = (self.public, self.sex, self.age, self.month)
        return LABELS[table][dict(zip(TABLES, values, strict=True))[table]]


WORKS = st.lists(
    st.builds(
        Work,
        st.sampled_from(SIGNED_AT),
        st.integers(0, len(ROUNDS) - 1),
        st.sampled_from(WORKED),
        st.sampled_from([Public.RSA, Public.YOUNG, Public.REFUGEE]),
        st.sampled_from(Sex),
        st.sampled_from(Age),
        st.integers(1, 9),
        st.booleans(),
    ),
    min_size=1,
    max_size=18,
)
Cell = tuple[Place, str, str]
"""A place, a table and one of its values: what is signed there, and not inside."""

Vector = dict[Cell, int]
PRIME = 2**61 - 1
"""Combinations are sought modulo a prime: one that holds for fractions holds there too."""


def reduced(vector: Vector, by: dict[Cell, Vector]) -> Vector:
    """What remains of it once all that is known is taken away."""
    rest = dict(vector)
    for pivot in sorted(by):
        if factor := rest.get(pivot, 0):
            for cell, value in by[pivot].items():
                rest[cell] = (rest.get(cell, 0) - factor * value) % PRIME
    return {cell: value for cell, value in rest.items() if value}


def known_by(vectors: Iterable[Vector]) -> dict[Cell, Vector]:
    """The same knowledge, one cell a vector: no vector has a cell before its own."""
    by: dict[Cell, Vector] = {}
    for vector in vectors:
        if rest := reduced(vector, by):
            pivot = min(rest)
            inverse = pow(rest[pivot], -1, PRIME)
            by[pivot] = {cell: value * inverse % PRIME for cell, value in rest.items()}
    return by


def part_of(code: str) -> str:
    """The part of the country that is published by itself: a department, or a wider level."""
    return nesting.chain_to(PLACES, code)[:3][-1]


class Unknown:
    """What these works leave to be found out, where they are. That nobody of a sort worked in a
    part of the country is known; where in this part, and when, somebody did is not."""

    def __init__(self, works: Sequence[Work]) -> None:
        self.works = works
        self.places = {work.place for work in works}
        self.labels = {
            (part_of(work.signed_at), table, work.label(table))
            for work in works
            for table in TABLES
        }

    def cells(self, places: Iterable[Place], table: str, label: str = ALL) -> Vector:
        return {
            (place, table, one): 1
            for place in self.places.intersection(places)
            for part, of, one in self.labels
            if part == part_of(place[0]) and of == table and label in (ALL, one)
        }

    def same_everywhere(self) -> Iterator[Vector]:
        """Every table of a place adds up to the same."""
        for place in self.places:
            for table in TABLES[1:]:
                other = dict.fromkeys(self.cells([place], table), -1)
                yield self.cells([place], TABLES[0]) | other

    def of_few(self) -> Iterator[tuple[str, Vector]]:
        """What fewer than five people make: in a territory or at its own level, ever or since one
        publication, all of it or a value of a table."""
        for code, number in product(PAGES, (*range(len(ROUNDS)), None)):
            inside = {
                place
                for place in self.places
                if code in nesting.chain_to(PLACES, place[0]) and number in (None, place[1])
            }
            own = {place for place in inside if place[0] == code}
            for among, table in product((inside, own), TABLES):
                works = [work for work in self.works if work.place in among]
                for label in (ALL, *{work.label(table) for work in works}):
                    counted = [work for work in works if label in (ALL, work.label(table))]
                    if 0 < worked(counted) < FEW:
                        yield f"{code} {number} {table} {label}", self.cells(among, table, label)


def entered(works: Sequence[Work]) -> int:
    return sum(work.people for work in works if work.is_new)


def worked(works: Sequence[Work]) -> int:
    """How many different people, at least."""
    return max(sum(work.people for work in works if work.month == month) for month in WORKED)


class Shown(NamedTuple):
    """A figure of hours on a page: of a whole territory, or of the values of one label."""

    code: str
    table: str
    label: str
    hours: int


def shown(session: Session, number: int) -> Iterator[Shown]:
    for code in PAGES:
        pages: list[Compared | Described] = []
        if PLACES.zone_kind(code) in (Kind.REGION, Kind.COUNTRY):
            pages.append(compare(session, PLACES, code, ROUNDS[number]))
        if code != "FR":
            pages.append(describe(session, PLACES, code, ROUNDS[number]))
        for block in (block for page in pages for block in page.blocks):
            for name, *values in block.rows:
                if block.key in LABELS and name in LABELS[block.key].values():
                    told = Shown(code, block.key, str(name), as_hours(values[0]))
                elif block.key in ("departements", "regions"):
                    told = Shown(CODES[str(name)], TABLES[0], ALL, as_hours(values[-1]))
                elif name == "Heures validées":
                    told = Shown(code, TABLES[0], ALL, as_hours(values[0]))
                else:
                    continue
                yield told


def as_hours(value: Value) -> int:
    return value if isinstance(value, int) else 0


class Recorder:
    """Records works, each with hours that are a power of two: a figure says which it adds up."""

    def __init__(self, session: Session, works: Sequence[Work]) -> None:
        self.session, self.works = session, works
        desk = people.desk(session, "25")
        self.user_id = people.facilitator(session, desk).id
        self.organisation_id = people.organisation(session).id

    def record(self, number: int) -> None:
        for code in SIGNED_AT:
            reports: dict[date, list[HourLine]] = {}
            for power, work in enumerate(self.works):
                if work.place == (code, number):
                    told = line(
                        2**power,
                        work.people,
                        work.people * work.is_new,
                        public=work.public,
                        sex=work.sex,
                        age=work.age,
                    )
                    reports.setdefault(work.month, []).append(HourLine(**asdict(told)))
            if not reports:
                continue
            title = f"{code} {number}"
            row = contract(
                self.session, self.user_id, self.organisation_id, territory=code, title=title
            )
            for month, lines in reports.items():
                report = HourReport(
                    lot_id=row.lots[0].id,
                    employer_id=row.holder.id,
                    month=month,
                    state=ReportState.VALIDATED,
                    sent_at=MONDAY,
                    lines=lines,
                )
                self.session.add(report)
        self.session.flush()

    def told(self) -> dict[Place, ToldReport]:
        """How the reports of each place are told: all of them alike."""
        found = (
            select(Contract.title, ToldReport)
            .join(HourReport, HourReport.id == ToldReport.report_id)
            .join(ContractLot, ContractLot.id == HourReport.lot_id)
            .join(Contract, Contract.id == ContractLot.contract_id)
        )
        rows = self.session.execute(found.execution_options(populate_existing=True))
        split = ((title.split(), report) for title, report in rows)
        return {(code, int(number)): report for (code, number), report in split}


def decision(report: ToldReport) -> tuple[str, date | None]:
    return nesting.part_of(PLACES, report.told_at), report.detailed_on


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.generate],  # each takes a second: a smaller one is not worth minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(works=WORKS)
def test_no_combination_of_all_that_is_public_tells_what_fewer_than_five_people_did(
    session: Session, works: list[Work]
) -> None:
    session.rollback()  # whatever the example before left
    recorder = Recorder(session, works)
    known = []
    for number, now in enumerate(ROUNDS):
        recorder.record(number)
        publish_due(session, PLACES, now)
        told = recorder.told()
        check_entries(session, told, works)
        for figure in shown(session, number):
            added_up = {work for power, work in enumerate(works) if figure.hours >> power & 1}
            places = {work.place for work in added_up}
            if figure.label == ALL:
                assert (
                    sum(2**power for power, work in enumerate(works) if work.place in places)
                    == figure.hours
                ), figure
            else:
                decisions = {decision(told[place]) for place in places}
                places = {place for place in told if decision(told[place]) in decisions}
            if added_up:
                known.append((places, figure.table, figure.label))
    unknown = Unknown(works)
    vectors = [unknown.cells(*figure) for figure in known]
    by = known_by([*unknown.same_everywhere(), *vectors])
    for name, few in unknown.of_few():
        assert reduced(few, by), f"{name}: what few people worked is found out"


def check_entries(session: Session, told: dict[Place, ToldReport], works: list[Work]) -> None:
    """Those of one publication and territory are five at least, and count where it says."""
    pools: dict[tuple[date | None, str | None], list[Work]] = {}
    for work in works:
        if work.place in told and told[work.place].entered_at:
            report = told[work.place]
            pools.setdefault((report.entered_on, report.entered_at), []).append(work)
    for inside in pools.values():
        assert entered(inside) == 0 or entered(inside) >= FEW
    for code in PAGES:
        inside = [
            work
            for (_, at), members in pools.items()
            if at and code in nesting.chain_to(PLACES, at)
            for work in members
        ]
        total = session.get(ToldTotal, code, populate_existing=True)
        if code != ASTRIDE:
            assert ((total and total.new_people) or 0) == entered(inside)


def test_figures_stay_the_same_all_month_whatever_is_validated_or_corrected(
    session: Session,
) -> None:
    works = [
        Work(BESANCON, 0, WORKED[2], Public.RSA, Sex.WOMAN, Age.MIDDLE, 9, True),
        Work(BESANCON, 1, WORKED[2], Public.RSA, Sex.MAN, Age.MIDDLE, 1, True),
        Work(DOLE, 1, WORKED[2], Public.RSA, Sex.MAN, Age.MIDDLE, 9, True),
    ]
    recorder = Recorder(session, works)
    recorder.record(0)
    assert publish_due(session, PLACES, ROUNDS[0])
    before = {figure for figure in shown(session, 0) if figure.hours}
    recorder.record(1)
    for report in session.scalars(select(HourReport)):
        report.lines[0].hours += 1000
    session.flush()
    assert not publish_due(session, PLACES, ROUNDS[0] + timedelta(days=6))
    assert {figure for figure in shown(session, 0) if figure.hours} == before != set()
