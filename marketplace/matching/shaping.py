"""Rows as the ranking takes them in: offers, needs and lots."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, String, Subquery, any_, case, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by, array
from sqlalchemy.orm import InstrumentedAttribute, Session

from marketplace.clock import PARIS
from marketplace.matching import shapes
from marketplace.matching.could_reach import Site
from marketplace.matching.feedback import feedback
from marketplace.matching.index import Index
from marketplace.matching.lifecycle import ANSWERED, UNSUITED, MatchStatus
from marketplace.matching.lots import LotNeed
from marketplace.matching.tables import Match, MatchMove
from marketplace.matching.wish import inferred_sectors
from marketplace.needs.lifecycle import Status
from marketplace.needs.plan_tables import PlannedPurchase
from marketplace.needs.queries import is_open
from marketplace.needs.tables import (
    Lever,
    Lot,
    LotSector,
    LotZone,
    Need,
    NeedSector,
    NeedZone,
    PlaceType,
)
from marketplace.offers.listing import implied_words
from marketplace.offers.tables import Offer, OfferSector, OfferStatus, OfferZone
from marketplace.structures.kinds import HANDICAP, INSERTION, Kind
from marketplace.structures.tables import Structure
from marketplace.territories.coverage import Coverage, Place

BATCH = 5_000

RESERVED: dict[Lever, frozenset[Kind]] = {
    Lever.RESERVED_HANDICAP: HANDICAP,
    Lever.RESERVED_INSERTION: INSERTION,
    Lever.RESERVED_BOTH: HANDICAP | INSERTION,
    Lever.RESERVED_PRISON: frozenset({Kind.SEP}),
}
"""The kinds for whom a lever reserves a contract."""


CLEAR = 0.5
"""How likely words make a sector that they speak of clearly."""

OVER = (Status.CLOSED, Status.AWARDED, Status.UNSUCCESSFUL, Status.ABANDONED)
"""The states of a need that whoever was told had until the end to answer."""


def offer_shapes(
    session: Session, offer_ids: Collection[int] | None = None
) -> Iterator[shapes.Offer]:
    """The published offers, or those of them with these ids, as the index takes them."""
    declared = _gathered(OfferSector.sector_slug, OfferSector.offer_id, Offer.id)
    zones = _gathered(OfferZone.territory_code, OfferZone.offer_id, Offer.id)
    told, said = _told_and_answered(offer_ids), _said_of_offers(offer_ids)
    rows = (
        select(
            Offer,
            Structure,
            declared.label("sectors"),
            zones.label("zones"),
            func.coalesce(told.c.received, 0),
            func.coalesce(told.c.answered, 0),
            func.coalesce(said.c.accepted, 0),
            func.coalesce(said.c.unsuited, 0),
        )
        .select_from(Offer)
        .join(Structure)
        .outerjoin(told, told.c.structure_id == Structure.id)
        .outerjoin(said, said.c.offer_id == Offer.id)
        .where(Offer.status == OfferStatus.PUBLISHED)
        .order_by(Offer.id)
    )
    if offer_ids is not None:
        rows = rows.where(Offer.id.in_(offer_ids))
    for row in session.execute(rows).yield_per(BATCH):
        offer, structure, sector_slugs, codes, received, answered, accepted, unsuited = row
        yield shapes.Offer(
            id=str(offer.id),
            structure_id=str(structure.id),
            kind=structure.kind,
            coverage=Coverage(offer.coverage_type.value, tuple(codes), offer.radius_km),
            name=structure.display_name,
            title=offer.title,
            description=_words(offer, structure),
            sectors=tuple(sector_slugs),
            service_types=tuple(offer.service_types),
            lat=structure.lat,
            lon=structure.lon,
            commune=structure.commune_code,
            postcode=structure.postcode or None,
            department=structure.department_code,
            active=structure.is_active,
            reachable=structure.is_reachable,
            naf=structure.naf or None,
            implied=offer.is_implied,
            amount_min=offer.amount_min,
            amount_max=offer.amount_max,
            lead_days=offer.lead_time_days,
            received=received,
            answered=answered,
            feedback=feedback(accepted, unsuited),
            absent_until=structure.absent_until,
            confirmed_on=_day(offer.confirmed_at),
            qpv=bool(structure.is_in_qpv),
            tags=tuple(offer.environmental_tags or structure.environmental_tags),
            team=structure.team_insertion,
        )


def _told_and_answered(offer_ids: Collection[int] | None) -> Subquery:
    """Of each structure, the needs that it was told of and that nobody can answer any more,
    and how many of them it answered; an honest refusal is an answer."""
    was_told = select(MatchMove.match_id).where(MatchMove.status == MatchStatus.NOTIFIED)
    answered = func.count().filter(Match.status.in_({MatchStatus.DECLINED, *ANSWERED}))
    counted = (
        select(Match.structure_id, func.count().label("received"), answered.label("answered"))
        .join(Need)
        .where(Match.id.in_(was_told), Need.status.in_(OVER))
        .group_by(Match.structure_id)
    )
    if offer_ids is not None:
        theirs = select(Offer.structure_id).where(Offer.id.in_(offer_ids))
        counted = counted.where(Match.structure_id.in_(theirs))
    return counted.subquery()


def _said_of_offers(offer_ids: Collection[int] | None) -> Subquery:
    """Of each offer, the needs it was matched to that its structure wanted, whatever came of
    them, and those that it declined because they did not suit it; of needs that are over."""
    last_reason = (
        select(MatchMove.reason_code)
        .where(MatchMove.match_id == Match.id)
        .order_by(MatchMove.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    declined = (Match.status == MatchStatus.DECLINED) & last_reason.in_(UNSUITED)
    counted = (
        select(
            Match.offer_id,
            func.count().filter(Match.status.in_(ANSWERED)).label("accepted"),
            func.count().filter(declined).label("unsuited"),
        )
        .join(Need)
        .where(Match.status.in_({MatchStatus.DECLINED, *ANSWERED}), Need.status.in_(OVER))
        .group_by(Match.offer_id)
    )
    if offer_ids is not None:
        counted = counted.where(Match.offer_id.in_(offer_ids))
    return counted.subquery()


def _day(moment: datetime | None) -> date | None:
    return moment and moment.astimezone(PARIS).date()


def _words(offer: Offer, structure: Structure) -> str:
    if offer.is_implied:
        return implied_words(structure.name, structure.naf, offer.description)
    return offer.description


def _gathered(
    column: InstrumentedAttribute[str],
    owner: InstrumentedAttribute[int],
    owned_by: InstrumentedAttribute[int],
) -> ColumnElement[list[str]]:
    values = select(func.array_agg(aggregate_order_by(column, column))).where(owner == owned_by)
    return func.coalesce(values.scalar_subquery(), array([], type_=String))


COUNTRY = Place("country")


def need_shape(need: Need, now: datetime, nowhere: Place = COUNTRY) -> shapes.Need:
    """A need without lots, or a need as a whole, as the ranking takes it in; `nowhere` is
    where to look while a draft has no place."""
    sectors = sorted(sector.sector_slug for sector in need.sectors)
    zones = [zone.territory_code for zone in need.zones]
    return _whole(need, sectors, zones, now, nowhere)


def plan_shape(plan: PlannedPurchase, now: datetime) -> shapes.Need:
    """A planned purchase, as the ranking would take in the need that it may become."""
    place = COUNTRY
    if plan.place_type == PlaceType.POINT:
        place = Place("point", commune=plan.commune_code)
    elif plan.place_type == PlaceType.ZONES:
        place = Place("zones", codes=tuple(sorted(plan.zones)))
    return shapes.Need(
        id=str(plan.id),
        title=plan.title,
        description=plan.description,
        sectors=tuple(sorted(plan.sectors)),
        place=place,
        amount_min=_euros(plan.amount_min),
        amount_max=_euros(plan.amount_max),
        on=_day(now),
    )


def lot_needs(need: Need, now: datetime, nowhere: Place = COUNTRY) -> list[LotNeed]:
    """The lots of a need that can be answered, each with what it leaves for its need to say."""
    whole = need_shape(need, now, nowhere)
    return [
        _lot_need(
            lot,
            sorted(sector.sector_slug for sector in lot.sectors),
            [zone.territory_code for zone in lot.zones],
            whole,
        )
        for lot in need.open_lots
    ]


def _whole(
    need: Need | Row[*tuple[Any, ...]],
    sectors: Sequence[str],
    zones: Sequence[str],
    now: datetime,
    nowhere: Place = COUNTRY,
) -> shapes.Need:
    start = None
    if need.starts_on is not None and need.deadline_on is not None:
        start = (need.starts_on - need.deadline_on).days
    return shapes.Need(
        id=str(need.id),
        title=need.title,
        description=need.description,
        sectors=tuple(sorted(sectors)),
        service_types=tuple(need.service_types),
        kinds=admitted_kinds(need.kinds, need.lever),
        place=_place(need, zones) or nowhere,
        include_country=need.include_country,
        amount_min=_euros(need.amount_min),
        amount_max=_euros(need.amount_max),
        start_in_days=start,
        valued=tuple(need.valued),
        tags=tuple(need.environmental_tags),
        on=_day(now),
    )


def _lot_need(
    lot: Lot | Row[*tuple[Any, ...]],
    sectors: Sequence[str],
    zones: Sequence[str],
    whole: shapes.Need,
) -> LotNeed:
    """A lot that neither ticks a sector nor speaks of one clearly, such as « Quartier nord », is
    read with its need's words."""
    ticked = tuple(sectors) or whole.sectors
    description = lot.description
    spoken_of = {} if ticked else inferred_sectors(f"{lot.title}\n{description}")
    if not ticked and max(spoken_of.values(), default=0.0) < CLEAR:
        description = f"{description}\n{whole.title}\n{whole.description}"
    shape = replace(
        whole,
        title=lot.title,
        description=description,
        sectors=ticked,
        kinds=admitted_kinds(whole.kinds, lot.lever),
        place=_place(lot, zones) or whole.place,
        amount_min=_euros(lot.amount_min),
        amount_max=_euros(lot.amount_max),
    )
    return LotNeed(lot.id, lot.number, lot.title, shape)


def admitted_kinds(kinds: Sequence[str], lever: Lever | None) -> tuple[str, ...]:
    """The kinds named, of those for whom the lever reserves; of a lever that contradicts
    them, its own."""
    reserved = RESERVED.get(lever, frozenset()) if lever else frozenset[Kind]()
    named = [kind for kind in kinds if not reserved or kind in reserved]
    return tuple(named or sorted(reserved))


def _place(said: Need | Lot | Row[*tuple[Any, ...]], zones: Sequence[str]) -> Place | None:
    if said.place_type == PlaceType.POINT:
        return Place("point", commune=said.commune_code, radius_km=said.radius_km)
    if said.place_type == PlaceType.ZONES:
        return Place("zones", codes=tuple(sorted(zones)))
    return Place("country") if said.place_type == PlaceType.COUNTRY else None


def _euros(amount: Decimal | None) -> float | None:
    return None if amount is None else float(amount)


def open_need_shapes(
    session: Session, now: datetime, need_ids: Collection[int] | None = None
) -> dict[int, list[shapes.Need]]:
    """The open needs, or those of them with these ids, as the ranking takes them in, each whole
    or as its lots: two queries, and no row kept in the session."""
    is_asked = is_open(now)
    if need_ids is not None:
        is_asked &= among(Need.id, need_ids)
    sectors = _gathered(NeedSector.sector_slug, NeedSector.need_id, Need.id).label("sectors")
    needs = select(*_ASKED, sectors, _ZONES).where(is_asked)
    wholes = {row.id: _whole(row, row.sectors, row.zones, now) for row in session.execute(needs)}
    sectors = _gathered(LotSector.sector_slug, LotSector.lot_id, Lot.id).label("sectors")
    zones = _gathered(LotZone.territory_code, LotZone.lot_id, Lot.id).label("zones")
    can_be_answered = is_asked & Lot.ending.is_(None)
    lots = select(*_ASKED_OF_LOT, sectors, zones).join(Need).where(can_be_answered)
    found: dict[int, list[shapes.Need]] = {}
    for row in session.execute(lots):
        if row.need_id in wholes:
            lot = _lot_need(row, row.sectors, row.zones, wholes[row.need_id])
            found.setdefault(row.need_id, []).append(lot.need)
    return {need_id: found.get(need_id, [whole]) for need_id, whole in wholes.items()}


def open_sites(session: Session, now: datetime, index: Index) -> tuple[dict[int, Site], list[int]]:
    """Where the work of each open need is, less the needs that tick sectors of other groups than
    those of this index; and which needs have lots, whose places and sectors are their own."""
    has_lots = select(Lot).where(Lot.need_id == Need.id).exists()
    of_need = select(NeedSector).where(NeedSector.need_id == Need.id)
    slug, ticks_none = NeedSector.sector_slug, ~of_need.exists()
    rows = select(
        Need.id,
        Need.place_type,
        Need.commune_code,
        Need.radius_km,
        Need.include_country,
        _ZONES,
        (ticks_none | of_need.where(among(slug, index.sectors())).exists()).label("is_shared"),
        has_lots.label("has_lots"),
    ).where(
        is_open(now),
        ticks_none | of_need.where(among(slug, index.sectors_of_its_groups())).exists() | has_lots,
    )
    sites: dict[int, Site] = {}
    with_lots: list[int] = []
    for row in session.execute(rows):
        if row.has_lots:
            with_lots.append(row.id)
        else:
            place = _place(row, row.zones) or COUNTRY
            sites[row.id] = Site(place, row.include_country, row.is_shared)
    return sites, with_lots


def among(column: InstrumentedAttribute[Any], values: Collection[int | str]) -> ColumnElement[bool]:
    """Whether a column is one of these; the same words of SQL however many they are, which is
    read and planned once."""
    return column == any_(literal(sorted(values), ARRAY(column.type)))


_ZONES = case(
    (
        Need.place_type == PlaceType.ZONES,
        _gathered(NeedZone.territory_code, NeedZone.need_id, Need.id),
    ),
    else_=array([], type_=String),
).label("zones")
"""Of a need; to gather them for a place of another type would cost more than the rest."""
_ASKED = (
    Need.id,
    Need.title,
    Need.description,
    Need.service_types,
    Need.kinds,
    Need.lever,
    Need.place_type,
    Need.commune_code,
    Need.radius_km,
    Need.include_country,
    Need.amount_min,
    Need.amount_max,
    Need.starts_on,
    Need.deadline_on,
    Need.valued,
    Need.environmental_tags,
)
_ASKED_OF_LOT = (
    Lot.id,
    Lot.need_id,
    Lot.number,
    Lot.title,
    Lot.description,
    Lot.lever,
    Lot.place_type,
    Lot.commune_code,
    Lot.radius_km,
    Lot.amount_min,
    Lot.amount_max,
)
