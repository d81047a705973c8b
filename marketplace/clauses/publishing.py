"""Deciding once a month which validated hours are told in public, and never twice.

docs/decisions/0013-few-people.md says why what is told, this month and the months before,
tells nothing of a few people.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.orm import Session

from marketplace.clauses import publishing_sql as sql
from marketplace.clauses.figures import MONTH
from marketplace.clauses.masking import Counts, fullest, hidden
from marketplace.clauses.nesting import chain_to, part_of
from marketplace.clauses.pooling import pooled
from marketplace.clauses.reported import FEW
from marketplace.clauses.told_tables import HourPublication, ToldCell, ToldReport, ToldTotal
from marketplace.clock import PARIS
from marketplace.territories.gazetteer import COUNTRY, Gazetteer

_LOCK = 120_013
_Decision = tuple[str, str, date]
"""A part of the country, a dimension, and the day."""

Number = TypeVar("Number", int, Decimal)
_NODES = select(ToldReport.told_at, ToldReport.entered_at).distinct()


def publish_due(session: Session, places: Gazetteer, now: datetime) -> bool:
    """Tell what was validated of the months that are over, unless this month's figures are out
    or nothing was ever validated. Public, sex, age and district follow four times a year."""
    today = now.astimezone(PARIS).date()
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    last = session.scalar(select(func.max(HourPublication.told_on)))
    if last is not None and last >= today.replace(day=1):
        return False
    if session.scalar(sql.ANYTHING, {"first": today.replace(day=1)}) is None:
        return False
    session.execute(text("SET LOCAL statement_timeout = 0"))
    detailed = session.scalar(
        select(func.max(HourPublication.told_on)).where(HourPublication.is_detailed)
    )
    is_detailed = detailed is None or detailed < quarter_of(today)
    session.add(HourPublication(told_on=today, is_detailed=is_detailed))
    session.flush()
    _part_broken_pools(session)
    _tell(session, places, today)
    if is_detailed:
        _detail(session, places, today)
    _write(session, places, today)
    session.expire_all()
    return True


def quarter_of(day: date) -> date:
    """Its first day."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def _part_broken_pools(session: Session) -> None:
    """Where a correction left fewer than five people together, the others wait again."""
    session.execute(sql.PART_HOURS, {"few": FEW})
    session.execute(sql.PART_ENTRIES, {"few": FEW})


def _tell(session: Session, places: Gazetteer, today: date) -> None:
    first = today.replace(day=1)
    waiting: dict[str, dict[date | None, int]] = defaultdict(dict)
    for code, month, people in session.execute(sql.WAITING, {"first": first}):
        waiting[code][month] = people
    placed = pooled(places, waiting)
    said = {"leaves": list(placed), "nodes": list(placed.values())}
    session.execute(sql.TELL, said | {"first": first, "today": today})
    session.execute(text("ANALYZE told_reports"))  # it may just have gone from nothing to all


def _detail(session: Session, places: Gazetteer, today: date) -> None:
    session.execute(sql.DETAIL, {"today": today})
    entered: dict[str, dict[date | None, int]] = {
        code: {None: people} for code, people in session.execute(sql.ENTERED)
    }
    placed = pooled(places, entered)
    said = {"leaves": list(placed), "nodes": list(placed.values())}
    session.execute(sql.TELL_ENTRIES, said | {"today": today})


def _write(session: Session, places: Gazetteer, today: date) -> None:
    """What the pages read: all of it again, in a few seconds for a million lines."""
    session.execute(delete(ToldTotal))
    session.execute(sql.TOTALS, {"first": today.replace(day=1), "country": COUNTRY})
    session.execute(delete(ToldCell))
    nodes = {code for pair in session.execute(_NODES) for code in pair if code}
    within = {"nodes": list(nodes), "parts": [part_of(places, code) for code in nodes]}
    hours: dict[_Decision, dict[str, tuple[Decimal, int]]] = defaultdict(dict)
    for part, dimension, decided, value, worked, people in session.execute(sql.HOURS, within):
        hours[part, dimension, decided][value] = worked, people
    entries: dict[_Decision, dict[str, tuple[int, int]]] = defaultdict(dict)
    for part, dimension, decided, value, people in session.execute(sql.ENTRIES, within):
        entries[part, dimension, decided][value] = people, people
    shown_hours, shown_entries = _shown(places, hours), _shown(places, entries)
    rows = [
        {
            "territory_code": code,
            "dimension": dimension,
            "value": value,
            "hours": shown_hours.get((code, dimension, value), Decimal(0)),
            "new_people": shown_entries.get((code, dimension, value), 0),
        }
        for code, dimension, value in shown_hours.keys() | shown_entries.keys()
    ]
    if rows:
        session.execute(insert(ToldCell), rows)


def _shown(
    places: Gazetteer, decisions: Mapping[_Decision, Mapping[str, tuple[Number, int]]]
) -> dict[tuple[str, str, str], Number | None]:
    """By territory, dimension and value: what the parts inside show, each decided once; None
    where none shows any."""
    added: dict[tuple[str, str, str], Number | None] = {}
    for (part, dimension, _), cells in decisions.items():
        counts: dict[str, Counts] = {value: (people,) for value, (_, people) in cells.items()}
        # The same people may have worked in two months, so that these do not add up.
        unseen = hidden(counts, fullest) if dimension == MONTH else hidden(counts)
        for holder in chain_to(places, part):
            for value, (number, _) in cells.items():
                at = holder, dimension, value
                so_far = added.get(at)
                if value in unseen:
                    added.setdefault(at, None)
                else:
                    added[at] = number if so_far is None else so_far + number
    return added
