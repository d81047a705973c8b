"""Reads: where what is asked meets little or nothing on offer."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, true, union, union_all
from sqlalchemy.orm import Session, selectinload

from marketplace.insights.departments import departments_of_needs
from marketplace.insights.queries import concerns
from marketplace.matching.tables import LotShortlist, Shortlist
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Lot, LotSector, Need, NeedSector
from marketplace.offers.tables import Offer, OfferSector, OfferStatus, OfferZone
from marketplace.structures.tables import Structure
from marketplace.territories.gazetteer import Gazetteer, Kind
from marketplace.territories.tables import Territory

ENOUGH = 3
"""With fewer structures than that, a buyer has hardly a choice."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A sector and a department: needs published lately, of which some are open, and the
    structures that declare the sector and are seated there or say that they work there."""

    sector: str
    department: str
    needs: int
    opened: int
    structures: int


def gaps(
    session: Session,
    departments: Collection[str],
    sectors: Collection[str] | None,
    now: datetime,
    since: datetime,
) -> list[Gap]:
    """Where needs were published since a day and fewer than three structures answer to them:
    the most asked first. Two queries."""
    asked = _asked(session, departments, sectors, now, since)
    sold = _sold(session, departments, {sector for sector, _ in asked})
    found = [
        Gap(sector, department, needs, opened, sold.get((sector, department), 0))
        for (sector, department), (needs, opened) in asked.items()
    ]
    return sorted(
        (gap for gap in found if gap.structures < ENOUGH),
        key=lambda gap: (-gap.needs, gap.structures, gap.department, gap.sector),
    )


def _asked(
    session: Session,
    departments: Collection[str],
    sectors: Collection[str] | None,
    now: datetime,
    since: datetime,
) -> dict[tuple[str, str], tuple[int, int]]:
    placed = departments_of_needs().subquery()
    ticked = union(
        select(NeedSector.need_id, NeedSector.sector_slug),
        select(Lot.need_id, LotSector.sector_slug).join(LotSector, LotSector.lot_id == Lot.id),
    ).subquery()
    counted = (
        select(
            ticked.c.sector_slug,
            placed.c.department,
            func.count(),
            func.count().filter(is_open(now)),
        )
        .select_from(Need)
        .join(placed, placed.c.need_id == Need.id)
        .join(ticked, ticked.c.need_id == Need.id)
        .where(or_(Need.published_at >= since, is_open(now)), Need.published_at.is_not(None))
        .where(placed.c.department.in_(departments))
        .group_by(ticked.c.sector_slug, placed.c.department)
    )
    if sectors is not None:
        counted = counted.where(ticked.c.sector_slug.in_(sectors))
    return {
        (sector, department): (needs, opened)
        for sector, department, needs, opened in session.execute(counted)
    }


def _sold(
    session: Session, departments: Collection[str], sectors: Collection[str]
) -> dict[tuple[str, str], int]:
    zone = Territory.code == OfferZone.territory_code
    of_zone = select(OfferZone.offer_id, Territory.department)
    whole = select(OfferZone.offer_id, Territory.code)
    is_department = Territory.kind == Kind.DEPARTMENT
    reached = union_all(  # one that comes twice is counted once below
        select(Offer.id, Structure.department_code).join(Offer.structure),
        of_zone.join(Territory, zone),
        of_zone.join(Territory, Territory.epci == OfferZone.territory_code),
        whole.join(Territory, zone).where(is_department),
        whole.join(Territory, Territory.region == OfferZone.territory_code).where(is_department),
    ).subquery()
    offer_id, department = reached.c
    counted = (
        select(OfferSector.sector_slug, department, func.count(Offer.structure_id.distinct()))
        .select_from(Offer)
        .join(Structure)
        .join(OfferSector)
        .join(reached, offer_id == Offer.id)
        .where(Offer.status == OfferStatus.PUBLISHED, Structure.is_active)
        .where(department.in_(departments), OfferSector.sector_slug.in_(sectors))
        .group_by(OfferSector.sector_slug, department)
    )
    return {(sector, of): number for sector, of, number in session.execute(counted)}


def needs_with_few(
    places: Gazetteer, code: str, now: datetime, sectors: Collection[str] | None
) -> Select[Need]:
    """Open needs that fewer than three structures could answer, whole or for a lot of theirs:
    the most urgent first. `sectors`: those that name one of these; None for all."""
    few = exists().where(Shortlist.need_id == Need.id, Shortlist.eligible < ENOUGH)
    of_lot = exists().where(
        Lot.need_id == Need.id, LotShortlist.lot_id == Lot.id, LotShortlist.eligible < ENOUGH
    )
    named: ColumnElement[bool] = true()
    if sectors is not None:
        ticked = exists().where(NeedSector.need_id == Need.id, NeedSector.sector_slug.in_(sectors))
        by_lot = exists().where(
            Lot.need_id == Need.id, LotSector.lot_id == Lot.id, LotSector.sector_slug.in_(sectors)
        )
        named = or_(ticked, by_lot)
    return (
        select(Need)
        .where(is_open(now), or_(few, of_lot), concerns(code), named)
        .options(selectinload(Need.zones), selectinload(Need.sectors))
        .order_by(Need.deadline_on, Need.id)
    )


def lots_with_few(session: Session, need_ids: Collection[int]) -> dict[int, Sequence[int]]:
    """Of these needs, the numbers of the lots that fewer than three structures could answer."""
    found = (
        select(Lot.need_id, func.array_agg(Lot.number))
        .join(LotShortlist, LotShortlist.lot_id == Lot.id)
        .where(Lot.need_id.in_(need_ids), LotShortlist.eligible < ENOUGH)
        .group_by(Lot.need_id)
    )
    return {need_id: sorted(numbers) for need_id, numbers in session.execute(found)}
