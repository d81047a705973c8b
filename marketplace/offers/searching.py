"""Finding structures and offers by words, place and what narrows, with how many of each.

A document is found when it answers to the words (all of them, or one of the sectors that they
surely name), to the place (seated there, or an offer that reaches it) and to each facet. One
query counts, whatever is ticked: a document that fails a single facet still counts for the
boxes of that one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Float,
    Integer,
    Numeric,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from marketplace.offers.narrowing import PREFIXES, Asked, Face, Facet, Sort
from marketplace.offers.spelling import Reading
from marketplace.offers.tables import Offer, OfferStatus, SearchDocument
from marketplace.structures.tables import Structure
from marketplace.territories import naming
from marketplace.territories.gazetteer import COUNTRY, Gazetteer, Kind
from marketplace.text import plain

EARTH_KM = 6371.0088
A_DEGREE_KM = 111.0
"""At least, from south to north: a quick test that leaves nobody out."""
NAMES_SUGGESTED = 8

Conditions = list[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the work is. `marks` are those of documents seated there, or that sell in a zone
    that holds it or lies in it; the point is that of the commune, or of a zone's largest."""

    code: str
    label: str
    is_commune: bool
    point_name: str
    lat: float | None
    lon: float | None
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """All that finds: what is asked, and what its place and words were taken for."""

    face: Face
    asked: Asked
    place: Place | None = None
    reading: Reading = field(default_factory=Reading)

    @property
    def sort(self) -> Sort:
        if self.asked.sort is Sort.DISTANCE and self._has_no_point:
            return Sort.NAME
        if self.asked.sort is not None:
            return self.asked.sort
        if not self.reading.is_empty:
            return Sort.RELEVANCE
        return Sort.NAME if self._has_no_point else Sort.DISTANCE

    @property
    def _has_no_point(self) -> bool:
        return self.place is None or self.place.lat is None


@dataclass(frozen=True, slots=True)
class Found:
    """`counts` is by mark; `gains`, how many more without each facet that narrows."""

    total: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)
    gains: Mapping[Facet, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """A structure or an offer; `titles` are those of the structure's offers."""

    document: SearchDocument
    structure: Structure
    offer: Offer | None
    distance_km: float | None
    titles: tuple[str, ...] = ()


def place_of(places: Gazetteer, code: str) -> Place | None:
    """The place that a code names; none for the whole country, which narrows nothing."""
    kind = places.zone_kind(code)
    if kind is None or kind is Kind.COUNTRY:
        return None
    communes = places.communes_in(code)
    point = max(communes, key=lambda commune: commune.population, default=None)
    here = point.code if point and kind is Kind.COMMUNE else code
    around = {COUNTRY, here, *places.zones_of(here)}
    if kind is not Kind.COMMUNE:
        around |= {c.region for c in communes if c.region}
        around |= {c.department for c in communes} if kind is Kind.EPCI else set()
    return Place(
        code=here,
        label=naming.label(places, here),
        is_commune=kind is Kind.COMMUNE,
        point_name=point.name if point else "",
        lat=point.lat if point else None,
        lon=point.lon if point else None,
        marks=(f"at:{here}", *(f"in:{zone}" for zone in sorted(around))),
    )


def count_found(session: Session, search: Search) -> Found:
    """How many there are, and how many of each mark: one query."""
    marks = search.asked.marks()
    bits = {facet: 1 << index for index, facet in enumerate(marks)}
    holds = [_bears(marks[facet]) for facet in marks]
    misses = [case((held, 0), else_=bit) for held, bit in zip(holds, bits.values(), strict=True)]
    wanted = _wanted(search)
    if len(holds) > 1:
        wanted.append(or_(*(and_(*holds[:i], *holds[i + 1 :]) for i in range(len(holds)))))
    kept = (
        select(SearchDocument.facets, reduce(add, misses, literal(0, Integer)).label("missing"))
        .where(*wanted)
        .cte("kept")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    mark = func.unnest(kept.c.facets).table_valued("mark").render_derived()
    counted_for = [kept.c.missing == 0]
    for facet, bit in bits.items():
        begins = or_(*(mark.c.mark.startswith(prefix) for prefix in PREFIXES[facet]))
        counted_for.append(and_(kept.c.missing == bit, begins))
    by_mark = (
        select(mark.c.mark, func.count())
        .select_from(kept.join(mark, true()))
        .where(or_(*counted_for))
    )
    by_missing = select(func.concat("!", kept.c.missing), func.count()).group_by(kept.c.missing)
    rows = session.execute(union_all(by_mark.group_by(mark.c.mark), by_missing))
    counts: dict[str, int] = {str(said): number for said, number in rows}
    return Found(
        total=counts.get("!0", 0),
        counts=counts,
        gains={facet: counts.get(f"!{bit}", 0) for facet, bit in bits.items()},
    )


def total_of(session: Session, search: Search) -> int:
    """How many there are, without the rest."""
    counted = select(func.count()).select_from(SearchDocument)
    return session.scalar(counted.where(*_wanted(search), *_ticked(search))) or 0


def results(
    session: Session,
    search: Search,
    limit: int,
    skipped: int = 0,
    came: tuple[datetime, datetime] | None = None,
) -> list[Result]:
    """Those of a page, best first; `came` keeps what came after a time and until another.
    Three queries."""
    away = _distance(search.place)
    wanted = [*_wanted(search), *_ticked(search)]
    if came is not None:
        since, until = came
        wanted += [SearchDocument.fresh_at > since, SearchDocument.fresh_at <= until]
    ordered = select(SearchDocument.id, away).where(*wanted).order_by(*_order(search, away))
    on_page = session.execute(ordered.limit(limit).offset(skipped))
    distances = {number: distance_km for number, distance_km in on_page}  # noqa: C416 - rows, for mypy
    shown = (
        select(SearchDocument, Structure, Offer)
        .join(Structure, Structure.id == SearchDocument.structure_id)
        .outerjoin(Offer, Offer.id == SearchDocument.offer_id)
        .where(SearchDocument.id.in_(distances))
    )
    rows = {row[0].id: row for row in session.execute(shown)} if distances else {}
    titles = _titles(session, [structure.id for _, structure, offer in rows.values() if not offer])
    return [
        Result(*rows[number], distance_km, tuple(titles.get(rows[number][1].id, ())))
        for number, distance_km in distances.items()
        if number in rows
    ]


def _titles(session: Session, structure_ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    if structure_ids:
        sold = select(Offer.structure_id, Offer.title).where(
            Offer.structure_id.in_(structure_ids),
            Offer.status == OfferStatus.PUBLISHED,
            Offer.title != "",
        )
        for structure_id, title in session.execute(sold.order_by(Offer.id)):
            found.setdefault(structure_id, []).append(title)
    return found


def names_like(session: Session, typed: str) -> list[str]:
    """Names of structures that hold what is being typed, those that begin so first; else the
    nearest ones. Two small queries at most."""
    asked = plain(typed)[:60]
    if len(asked) < 2:
        return []
    names = select(SearchDocument.title).where(SearchDocument.offer_id.is_(None))
    begins = SearchDocument.name.startswith(asked, autoescape=True)
    inside = SearchDocument.name.contains(f" {asked}", autoescape=True)
    held = or_(begins, inside) if len(asked) > 2 else begins
    ranked = names.where(held).order_by(begins.desc(), SearchDocument.sort_key)
    found = session.scalars(ranked.limit(3 * NAMES_SUGGESTED)).all()
    if not found and len(asked) > 3:
        near = func.word_similarity(asked, SearchDocument.name)
        like = names.where(SearchDocument.name.bool_op("%>")(asked))
        ordered = like.order_by(near.desc(), SearchDocument.sort_key)
        found = session.scalars(ordered.limit(NAMES_SUGGESTED)).all()
    return list(dict.fromkeys(found))[:NAMES_SUGGESTED]


def _bears(marks: Sequence[str]) -> ColumnElement[bool]:
    return SearchDocument.facets.overlap(list(marks))


def _ticked(search: Search) -> Conditions:
    return [_bears(marks) for marks in search.asked.marks().values()]


def _wanted(search: Search) -> Conditions:
    """All but the facets."""
    is_offer = SearchDocument.offer_id.is_not(None)
    wanted: Conditions = [is_offer if search.face is Face.OFFERS else ~is_offer]
    if not search.reading.is_empty:
        said = SearchDocument.words.bool_op("@@")(_query(search.reading))
        named = [f"s:{slug}" for slug in search.reading.sectors]
        wanted.append(or_(said, _bears(named)) if named else said)
    elif search.reading.unknown:
        wanted.append(literal(False))
    if search.place is not None:
        wanted.append(_meets(search.place, search.asked.radius_km))
    return wanted


def _query(reading: Reading) -> ColumnElement[str]:
    """Stems are bare letters and digits: nothing in them needs escaping."""
    return cast(" & ".join(f"'{stem}'" for stem in reading.stems), TSQUERY)


def _meets(place: Place, radius_km: int | None) -> ColumnElement[bool]:
    """Seated within the radius; without one, seated there or with an offer that reaches it."""
    if place.lat is None or place.lon is None:
        return SearchDocument.reach.overlap(list(place.marks))
    is_seat_asked = radius_km is not None and place.is_commune
    reach = literal(radius_km) if is_seat_asked else SearchDocument.radius_km
    near = and_(
        func.abs(SearchDocument.lat - place.lat) * A_DEGREE_KM <= reach,
        _distance(place) <= reach,
    )
    if is_seat_asked:
        return near
    return or_(SearchDocument.reach.overlap(list(place.marks)), near)


def _distance(place: Place | None) -> ColumnElement[float]:
    """Great-circle kilometres from the seat to the place; null without a point."""
    if place is None or place.lat is None or place.lon is None:
        return cast(null(), Float)
    lat, lon = SearchDocument.lat, SearchDocument.lon
    half = func.power(func.sin(func.radians(lat - place.lat) / 2), 2) + func.cos(
        func.radians(lat)
    ) * func.cos(func.radians(place.lat)) * func.power(
        func.sin(func.radians(lon - place.lon) / 2), 2
    )
    return 2 * EARTH_KM * func.asin(func.sqrt(func.least(1.0, half)))


def _order(search: Search, away: ColumnElement[float]) -> list[ColumnElement[Any]]:
    """Words in bands of a tenth: in one band, what is declared, then the nearest."""
    by_name: list[ColumnElement[Any]] = [SearchDocument.sort_key.asc(), SearchDocument.id.asc()]
    sort = search.sort
    if sort is Sort.NEWEST:
        return [SearchDocument.fresh_at.desc(), *by_name]
    if sort is Sort.DISTANCE:
        return [away.asc().nulls_last(), *by_name]
    if sort is Sort.RELEVANCE and not search.reading.is_empty:
        rank: ColumnElement[Any] = func.ts_rank(SearchDocument.words, _query(search.reading))
        if search.reading.sectors:
            named = _bears([f"s:{slug}" for slug in search.reading.sectors])
            rank = rank + case((named, 0.2), else_=0.0)
        band = func.round(cast(rank, Numeric), 1)
        nearest = away.asc().nulls_last()
        return [band.desc(), SearchDocument.is_implied.asc(), nearest, *by_name]
    return by_name
