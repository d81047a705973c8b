"""Reads: the validated hours of territories, where they may be told in public."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from marketplace.clauses import nesting
from marketplace.clauses.contract_tables import HourTotal
from marketplace.clauses.masking import Counts, added, hidden, is_small
from marketplace.territories.gazetteer import COUNTRY, Gazetteer, Kind

ALL = "all"
EARLIER = ""
"""Instead of a month: those before the ones asked for."""

_PARTS = """
SELECT holder, dimension,
       CASE WHEN dimension <> 'all' THEN value WHEN month < :first THEN '' ELSE month::text END
           AS said,
       sum(hours), max(people)::int, sum(new_people)::int
FROM (
    SELECT part.holder, total.dimension, total.value, total.month,
           sum(sign * hours) AS hours, sum(sign * people) AS people,
           sum(sign * new_people) AS new_people
    FROM unnest(CAST(:holders AS text[]), CAST(:codes AS text[]), CAST(:signs AS int[]))
             AS part(holder, code, sign)
    JOIN hour_totals total ON total.territory_code = part.code
    WHERE total.territory_code = ANY(CAST(:codes AS text[])) AND dimension = ANY(:dimensions)
    GROUP BY 1, 2, 3, 4
) AS by_month
GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """`people`: in the month, or in the one that counts the most; so many different people at
    least worked. `new_people`: those who entered a contract."""

    hours: Decimal = Decimal(0)
    people: int = 0
    new_people: int = 0

    @property
    def counts(self) -> Counts:
        return max(self.people, self.new_people), self.new_people


NOTHING = Counted()
Months = Mapping[date, Counted]


@dataclass(frozen=True, slots=True)
class Told:
    """`totals`: of each territory that was asked for, None where it is hidden. `kept_back`:
    those of which nothing is said of what is signed at their own level alone."""

    totals: Mapping[str, Counted | None]
    kept_back: frozenset[str]


def asked_of(places: Gazetteer, code: str) -> set[str]:
    """The totals that the page of a territory needs: its own, and those of its parts."""
    return {code, *(holder for holder, _ in nesting.parts_of(places, code))}


def told(session: Session, places: Gazetteer, codes: Collection[str]) -> Told:
    """Totals are hidden that few people make, that stand beside such a one, or that lie inside a
    territory that is hidden. Where nobody worked, that is told."""
    by_month = _by_month(session, {*codes, *nesting.beside(places, codes)})
    totals = {code: together(months.values()) for code, months in by_month.items()}
    seen = {COUNTRY: not is_small(totals.get(COUNTRY, NOTHING).counts)}
    kept_back = set()
    pairs = {pair for code in codes for pair in pairwise(nesting.chain_to(places, code))}
    holders = {above for above, _ in pairs}
    for above in sorted(holders, key=lambda one: len(nesting.chain_to(places, one))):
        inside = nesting.children_of(places, above)
        unseen, is_kept_back = _hidden_inside(places, above, inside, by_month)
        seen |= {one: seen.get(above, False) and one not in unseen for one in inside}
        kept_back |= {above} if is_kept_back else set()
    return Told(
        {
            code: None if code in totals and not seen.get(code) else totals.get(code, NOTHING)
            for code in codes
        },
        frozenset(kept_back),
    )


def parts(
    session: Session,
    places: Gazetteer,
    code: str,
    dimensions: Collection[str],
    first: date,
) -> dict[str, dict[str, dict[str, Counted]]]:
    """By part of nesting.parts_of and by dimension, what each value counts; « all » by month
    from `first` on, those before together as EARLIER."""
    signed = [
        (holder, one, sign)
        for holder, less in nesting.parts_of(places, code)
        for one, sign in [(holder, 1), *((part, -1) for part in less)]
    ]
    holders, codes, signs = zip(*signed, strict=True)
    said = {
        "holders": list(holders),
        "codes": list(codes),
        "signs": list(signs),
        "dimensions": [ALL, *dimensions],
        "first": first,
    }
    found: dict[str, dict[str, dict[str, Counted]]] = defaultdict(lambda: defaultdict(dict))
    for holder, dimension, value, *counted in session.execute(text(_PARTS), said):
        if any(counted):
            found[holder][dimension][value] = Counted(*counted)
    return found


def together(counted: Iterable[Counted]) -> Counted:
    """Several months as one."""
    months = list(counted)
    return Counted(
        sum((one.hours for one in months), Decimal(0)),
        max((one.people for one in months), default=0),
        sum(one.new_people for one in months),
    )


def _by_month(session: Session, codes: Collection[str]) -> dict[str, dict[date, Counted]]:
    rows = session.execute(
        select(
            HourTotal.territory_code,
            HourTotal.month,
            HourTotal.hours,
            HourTotal.people,
            HourTotal.new_people,
        ).where(HourTotal.dimension == ALL, HourTotal.territory_code.in_(codes))
    )
    found: dict[str, dict[date, Counted]] = defaultdict(dict)
    for code, month, hours, people, new_people in rows:
        found[code][month] = Counted(hours, people, new_people)
    return found


def _hidden_inside(
    places: Gazetteer, above: str, inside: Sequence[str], by_month: Mapping[str, Months]
) -> tuple[frozenset[str], bool]:
    """Of what a territory holds, what its total would give away; and whether what is signed at
    its own level alone is kept back: it is said by dimension of regions and of the country."""
    months = [by_month[one] for one in inside if one in by_month]
    own = together(
        Counted(
            whole.hours,
            whole.people - sum(one.get(month, NOTHING).people for one in months),
            whole.new_people - sum(one.get(month, NOTHING).new_people for one in months),
        )
        for month, whole in by_month.get(above, {}).items()
    ).counts
    counts = {one: together(by_month[one].values()).counts for one in inside if one in by_month}
    is_kept_back = is_small(own) or places.zone_kind(above) not in (Kind.REGION, Kind.COUNTRY)
    unseen = hidden(counts, own if is_kept_back else ())
    return unseen, is_kept_back or is_small(added(counts[one] for one in unseen))
