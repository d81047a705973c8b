"""Reads: offers and needs as the ranking takes them in, and what it found."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Select, String, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, array
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload

from marketplace.matching import shapes
from marketplace.matching.tables import Match, Shortlist
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need, PlaceType
from marketplace.offers.tables import Offer, OfferSector, OfferStatus, OfferZone
from marketplace.structures import naf
from marketplace.structures.tables import Structure
from marketplace.territories.coverage import Coverage, Place

BATCH = 5_000


def offer_shapes(
    session: Session, offer_ids: Collection[int] | None = None
) -> Iterator[shapes.Offer]:
    """The published offers, or those of them with these ids, as the index takes them."""
    declared = _gathered(OfferSector.sector_slug, OfferSector.offer_id)
    zones = _gathered(OfferZone.territory_code, OfferZone.offer_id)
    rows = (
        select(Offer, Structure, declared.label("sectors"), zones.label("zones"))
        .join(Structure)
        .where(Offer.status == OfferStatus.PUBLISHED)
        .order_by(Offer.id)
    )
    if offer_ids is not None:
        rows = rows.where(Offer.id.in_(offer_ids))
    for offer, structure, sector_slugs, codes in session.execute(rows).yield_per(BATCH):
        yield shapes.Offer(
            id=str(offer.id),
            structure_id=str(structure.id),
            kind=structure.kind,
            coverage=Coverage(offer.coverage_type.value, tuple(codes), offer.radius_km),
            name=structure.display_name,
            title=offer.title,
            description=_implied_words(structure) if offer.is_implied else offer.description,
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
        )


def _implied_words(structure: Structure) -> str:
    """What is known of a structure that declared nothing: its legal name and its trade."""
    return f"{structure.name}. {naf.label(structure.naf)}"


def _gathered(
    column: InstrumentedAttribute[str], offer_id: InstrumentedAttribute[int]
) -> ColumnElement[list[str]]:
    values = select(func.array_agg(aggregate_order_by(column, column))).where(offer_id == Offer.id)
    return func.coalesce(values.scalar_subquery(), array([], type_=String))


def need_shape(need: Need) -> shapes.Need:
    """A need as the ranking takes it in."""
    return shapes.Need(
        id=str(need.id),
        title=need.title,
        description=need.description,
        sectors=tuple(sorted(sector.sector_slug for sector in need.sectors)),
        service_types=tuple(need.service_types),
        kinds=tuple(need.kinds),
        place=_place(need),
        include_country=need.include_country,
    )


def _place(need: Need) -> Place:
    if need.place_type == PlaceType.POINT:
        return Place("point", commune=need.commune_code, radius_km=need.radius_km)
    if need.place_type == PlaceType.ZONES:
        return Place("zones", codes=tuple(sorted(zone.territory_code for zone in need.zones)))
    return Place("country")


def open_needs(session: Session, now: datetime) -> Sequence[int]:
    """The ids of the needs that can still be answered."""
    return session.scalars(select(Need.id).where(is_open(now)).order_by(Need.id)).all()


def open_needs_in_full(session: Session, now: datetime) -> Sequence[Need]:
    """The same needs, with all that ranking reads of them."""
    needs = select(Need).where(is_open(now)).order_by(Need.id)
    return session.scalars(
        needs.options(selectinload(Need.sectors), selectinload(Need.zones))
    ).all()


def needs_without_shortlist(session: Session, now: datetime) -> Sequence[int]:
    """The ids of the open needs that were never ranked."""
    ranked = select(Shortlist).where(Shortlist.need_id == Need.id).exists()
    return session.scalars(select(Need.id).where(is_open(now), ~ranked)).all()


def needs_matching(session: Session, structure_id: int) -> set[int]:
    """The ids of the needs on whose shortlist a structure stands."""
    return set(session.scalars(select(Match.need_id).where(Match.structure_id == structure_id)))


def matches_of_need(need_id: int) -> Select[Match]:
    """A need's matches with their structures, best first."""
    return (
        select(Match)
        .where(Match.need_id == need_id)
        .options(joinedload(Match.structure), joinedload(Match.offer))
        .order_by(Match.rank)
    )


def matches_of_structures(structure_ids: Collection[int], now: datetime) -> Select[Match]:
    """The open needs that these structures could answer, most urgent first."""
    return (
        select(Match)
        .join(Need)
        .where(Match.structure_id.in_(structure_ids), is_open(now))
        .options(joinedload(Match.need).joinedload(Need.organisation))
        .options(joinedload(Match.structure))
        .order_by(func.cardinality(Match.near), Need.deadline_on, Match.rank, Match.id)
    )


def eligible_of(session: Session, need_ids: Collection[int]) -> dict[int, int]:
    """How many structures can answer each of these needs; the unranked are left out."""
    counted = select(Shortlist.need_id, Shortlist.eligible).where(Shortlist.need_id.in_(need_ids))
    return dict(session.execute(counted).all())
