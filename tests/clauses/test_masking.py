"""Whoever reads every public page and file of figures learns nothing of fewer than five people."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date
from itertools import product
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from marketplace.clauses import nesting, rollup
from marketplace.clauses.contract_tables import HourLine, HourReport
from marketplace.clauses.masking import added, hidden, is_small
from marketplace.clauses.reported import AGES, FEW, PUBLICS, SEXES, Age, Public, ReportState, Sex
from marketplace.insights.blocks import Value
from marketplace.insights.comparing import Compared, compare
from marketplace.insights.describing import Described, describe
from marketplace.insights.periods import last_months, month_label
from marketplace.territories.gazetteer import Gazetteer, Kind
from tests.factories import people
from tests.factories.contracts import contract, line
from tests.factories.market import BESANCON, DOLE, MONDAY

PLACES = Gazetteer.shipped()
COUNTS = st.tuples(st.integers(0, 20), st.integers(0, 20))


@given(st.dictionaries(st.integers(0, 30), COUNTS, max_size=8), COUNTS)
def test_what_is_hidden_of_a_total_is_nobody_or_five_people_at_least(
    cells: dict[int, tuple[int, int]], kept_back: tuple[int, int]
) -> None:
    masked = hidden(cells, kept_back)
    assert {key for key, counts in cells.items() if is_small(counts)} <= masked
    whole = added([kept_back, *cells.values()])
    if not is_small(whole):
        assert not is_small(added([kept_back, *(cells[key] for key in masked)]))


def test_nothing_is_hidden_needlessly() -> None:
    assert hidden({"a": (5,), "b": (0,), "c": (12,)}) == frozenset()
    assert hidden({"a": (3,), "b": (6,), "c": (12,)}) == {"a", "b"}
    assert hidden({"a": (3,), "b": (4,), "c": (12,)}) == {"a", "b"}
    assert hidden({"a": (6,), "b": (12,)}, kept_back=(3,)) == {"a"}
    assert hidden({"a": (6,), "b": (12,)}, kept_back=(9,)) == frozenset()


@pytest.mark.parametrize("code", ["FR", "R27", "25", "242500361"])
def test_territories_hold_each_other_without_overlapping(code: str) -> None:
    held = [
        commune.code
        for one in nesting.children_of(PLACES, code)
        for commune in PLACES.communes_in(one)
    ]
    assert sorted(held) == [commune.code for commune in PLACES.communes_in(code)]
    for one in nesting.children_of(PLACES, code):
        assert nesting.chain_to(PLACES, one)[-2:] == [code, one]


def test_an_epci_astride_two_departments_has_no_place_and_its_communes_have_one() -> None:
    astride = next(one.code for one in PLACES.epcis if not nesting.is_whole(PLACES, one.code))
    assert nesting.chain_to(PLACES, astride) == []
    for commune in PLACES.communes_in(astride):
        assert nesting.parent_of(PLACES, commune.code) == commune.department


# The attack. What is unknown: what each territory adds to each value of each table, for the
# contracts that are signed at its level. What is known: every figure of every page, and which of
# the unknown it adds up. A figure is found out when it is a combination of what is known.

EPCI = PLACES.zones_of(BESANCON)[1]
SAME_EPCI = next(one.code for one in PLACES.communes_in(EPCI) if one.code != BESANCON)
OTHER_EPCI = next(
    one.code
    for one in PLACES.communes_in("25")
    if one.epci not in (None, EPCI) and nesting.is_whole(PLACES, one.epci or "")
)
LYON = "69123"
SIGNED_AT = (BESANCON, SAME_EPCI, OTHER_EPCI, EPCI, "25", DOLE, "R27", LYON, "FR")
PAGES = sorted({one for code in SIGNED_AT for one in nesting.chain_to(PLACES, code)})
CODES = {one.name: one.code for one in PLACES.departments} | {
    one.name: one.code for one in PLACES.regions
}
MONTHS = last_months(MONDAY.date())
WORKED = (date(2025, 10, 1), date(2026, 9, 1), date(2026, 10, 1))
"""The first is before the months that are shown."""

ALL = "tous"
LABELS: dict[str, dict[object, str]] = {
    "heures-public": dict(PUBLICS.items()),
    "heures-sex": dict(SEXES.items()),
    "heures-age": dict(AGES.items()),
    "heures-par-mois": {month: month_label(month) for month in MONTHS},
}
TABLES = tuple(LABELS)


class Work(NamedTuple):
    """People of one sort in a month, under a contract signed at the level of a territory."""

    signed_at: str
    month: date
    public: Public
    sex: Sex
    age: Age
    people: int
    is_new: bool

    def label(self, table: str) -> str:
        values = (self.public, self.sex, self.age, self.month)
        value = dict(zip(TABLES, values, strict=True))[table]
        return LABELS[table].get(value, "avant")


WORKS = st.lists(
    st.builds(
        Work,
        st.sampled_from(SIGNED_AT),
        st.sampled_from(WORKED),
        st.sampled_from([Public.RSA, Public.YOUNG, Public.REFUGEE]),
        st.sampled_from(Sex),
        st.sampled_from(Age),
        st.integers(1, 9),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)
Cell = tuple[str, str, str]
"""A territory, a table and one of its values: what is signed there, and not inside."""

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
    part of the country is known; where in this part somebody did is not."""

    def __init__(self, works: Sequence[Work]) -> None:
        self.works = works
        self.signed_at = {work.signed_at for work in works}
        self.labels = {
            (part_of(work.signed_at), table, work.label(table))
            for work in works
            for table in TABLES
        }

    def cells(self, codes: Iterable[str], table: str, label: str = ALL) -> Vector:
        return {
            (code, table, one): 1
            for code in self.signed_at.intersection(codes)
            for part, of, one in self.labels
            if part == part_of(code) and of == table and label in (ALL, one)
        }

    def same_everywhere(self) -> Iterator[Vector]:
        """Every table of a place adds up to the same."""
        for code in self.signed_at:
            for table in TABLES[1:]:
                other = dict.fromkeys(self.cells([code], table), -1)
                yield self.cells([code], TABLES[0]) | other

    def of_few(self, count: Callable[[Sequence[Work]], int]) -> Iterator[tuple[str, Vector]]:
        """What fewer than five people make: in a territory or at its own level, all of it or a
        value of a table."""
        for code in PAGES:
            inside = {one for one in self.signed_at if code in nesting.chain_to(PLACES, one)}
            for among, table in product((inside, inside & {code}), TABLES):
                works = [work for work in self.works if work.signed_at in among]
                for label in (ALL, *{work.label(table) for work in works}):
                    counted = [work for work in works if label in (ALL, work.label(table))]
                    if 0 < count(counted) < FEW:
                        yield f"{code} {table} {label}", self.cells(among, table, label)


def entered(works: Sequence[Work]) -> int:
    return sum(work.people for work in works if work.is_new)


def worked(works: Sequence[Work]) -> int:
    """How many different people, at least."""
    months = (sum(work.people for work in works if work.month == month) for month in WORKED)
    return max(entered(works), *months)


class Shown(NamedTuple):
    """A figure of hours on a page: of a whole territory, or of the values of one label."""

    code: str
    table: str
    label: str
    hours: int


def shown(session: Session) -> Iterator[Shown]:
    for code in PAGES:
        pages: list[Compared | Described] = []
        if PLACES.zone_kind(code) in (Kind.REGION, Kind.COUNTRY):
            pages.append(compare(session, PLACES, code, MONDAY))
        if code != "FR":
            pages.append(describe(session, PLACES, code, MONDAY))
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


def recorded(session: Session, works: Sequence[Work]) -> None:
    """Each with hours that are a power of two: a figure says which it adds up."""
    desk = people.desk(session, "25")
    user_id = people.facilitator(session, desk).id
    organisation_id = people.organisation(session).id
    for code in SIGNED_AT:
        reports: dict[date, list[HourLine]] = {}
        for number, work in enumerate(works):
            if work.signed_at == code:
                told = line(
                    2**number,
                    work.people,
                    work.people * work.is_new,
                    public=work.public,
                    sex=work.sex,
                    age=work.age,
                )
                reports.setdefault(work.month, []).append(HourLine(**asdict(told)))
        row = contract(session, user_id, organisation_id, territory=code)
        for month, lines in reports.items():
            report = HourReport(
                lot_id=row.lots[0].id,
                employer_id=row.holder.id,
                month=month,
                state=ReportState.VALIDATED,
                sent_at=MONDAY,
                lines=lines,
            )
            session.add(report)
    session.flush()
    rollup.rebuild(session)


@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.generate],  # each takes half a second: a smaller one is not worth minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(works=WORKS)
def test_no_combination_of_all_that_is_public_tells_what_fewer_than_five_people_did(
    session: Session, works: list[Work]
) -> None:
    session.rollback()  # whatever the example before left
    recorded(session, works)
    known = []
    for told in shown(session):
        added_up = [work for number, work in enumerate(works) if told.hours >> number & 1]
        inside = {work.signed_at for work in works if told.code in chain(work)}
        assert {work.signed_at for work in added_up} <= inside, told
        parts = {part_of(work.signed_at) for work in added_up}
        counted = inside if told.label == ALL else {c for c in inside if part_of(c) in parts}
        if added_up:
            known.append((counted, told.table, told.label))
    for unknown, count in (
        (Unknown(works), worked),
        (Unknown([work for work in works if work.is_new]), entered),
    ):
        vectors = [unknown.cells(*figure) for figure in known]
        by = known_by([*unknown.same_everywhere(), *vectors])
        for name, few in unknown.of_few(count):
            assert reduced(few, by), f"{name}: how many {count.__name__} is found out"


def chain(work: Work) -> list[str]:
    return nesting.chain_to(PLACES, work.signed_at)
