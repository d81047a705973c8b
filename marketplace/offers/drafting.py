"""Writing what a structure sells, before and after people can see it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.jobs import Job, enqueue
from marketplace.offers.lifecycle import (
    EDITABLE,
    TO_SEND,
    ForbiddenMove,
    Move,
    OfferStatus,
    after,
)
from marketplace.offers.tables import (
    CoverageType,
    Offer,
    OfferMove,
    OfferSector,
    OfferZone,
    ServiceType,
)

COPY = " (copie)"
LONGEST_TITLE = 200


@dataclass(frozen=True, slots=True)
class OfferDraft:
    """An offer as its structure describes it; amounts in euros excluding tax."""

    title: str
    description: str
    sectors: tuple[str, ...]
    service_types: tuple[ServiceType, ...]
    coverage_type: CoverageType
    radius_km: int | None = None
    zones: tuple[str, ...] = ()
    environmental_tags: tuple[str, ...] = ()
    amount_min: int | None = None
    amount_max: int | None = None
    lead_time_days: int | None = None
    hours_a_week: int | None = None


class Incomplete(Exception):
    """The offer lacks what ranking and people must know; `missing` names the fields."""

    def __init__(self, missing: list[str]) -> None:
        super().__init__(", ".join(missing))
        self.missing = missing


def start_draft(session: Session, structure_id: int, draft: OfferDraft, now: datetime) -> Offer:
    """Write a draft down: nobody but its structure sees it."""
    offer = Offer(structure_id=structure_id, status=OfferStatus.DRAFT, created_at=now)
    _write(offer, draft)
    session.add(offer)
    session.flush()
    return offer


def save_offer(
    session: Session, offer_id: int, draft: OfferDraft, user_id: int, now: datetime
) -> Offer:
    """Keep what its structure now says of it, and ask for the shortlists where it may stand.

    To change what people see is to say that it holds today. Raises ForbiddenMove, and
    Incomplete for an offer that people see.
    """
    offer = offer_for_update(session, offer_id)
    if offer.status not in EDITABLE:
        raise ForbiddenMove(offer.status, Move.CHANGE)
    if draft_of(offer) == draft:
        return offer
    _write(offer, draft)
    if offer.status not in TO_SEND:
        if lacking := missing(draft):
            raise Incomplete(lacking)
        offer.confirmed_at = now
        make_move(session, offer, Move.CHANGE, user_id, now)
        enqueue(session, Job.SHORTLIST_FOR_OFFER, offer_id=offer.id)
    session.flush()
    return offer


def discard_draft(session: Session, offer_id: int) -> None:
    """Delete an offer that was never sent. Raises ForbiddenMove for any other."""
    offer = offer_for_update(session, offer_id)
    if offer.status is not OfferStatus.DRAFT:
        raise ForbiddenMove(offer.status, Move.ARCHIVE)
    session.delete(offer)


def duplicate(session: Session, offer_id: int, now: datetime) -> Offer:
    """A new draft that says the same."""
    offer = session.get_one(Offer, offer_id)
    title = f"{offer.title[: LONGEST_TITLE - len(COPY)]}{COPY}"
    return start_draft(session, offer.structure_id, replace(draft_of(offer), title=title), now)


def missing(draft: OfferDraft) -> list[str]:
    """The fields without which an offer is not shown to people."""
    is_placed = {
        CoverageType.COUNTRY: True,
        CoverageType.RADIUS: bool(draft.radius_km),
        CoverageType.ZONES: bool(draft.zones),
    }[draft.coverage_type]
    asked = (
        ("title", bool(draft.title)),
        ("sectors", bool(draft.sectors)),
        ("service_types", bool(draft.service_types)),
        ("radius_km" if draft.coverage_type is CoverageType.RADIUS else "zones", is_placed),
    )
    return [name for name, is_said in asked if not is_said]


def draft_of(offer: Offer) -> OfferDraft:
    """What the offer says today."""
    return OfferDraft(
        title=offer.title,
        description=offer.description,
        sectors=_sorted(sector.sector_slug for sector in offer.sectors),
        service_types=tuple(sorted(ServiceType(one) for one in offer.service_types)),
        coverage_type=CoverageType(offer.coverage_type),
        radius_km=offer.radius_km,
        zones=_sorted(zone.territory_code for zone in offer.zones),
        environmental_tags=_sorted(offer.environmental_tags),
        amount_min=offer.amount_min,
        amount_max=offer.amount_max,
        lead_time_days=offer.lead_time_days,
        hours_a_week=offer.hours_a_week,
    )


def offer_for_update(session: Session, offer_id: int) -> Offer:
    """The offer, locked until the transaction ends. Raises NoResultFound."""
    locked = select(Offer).where(Offer.id == offer_id).with_for_update(of=Offer)
    return session.scalars(locked.execution_options(populate_existing=True)).one()


def make_move(
    session: Session, offer: Offer, move: Move, user_id: int | None, now: datetime, reason: str = ""
) -> None:
    """Take a locked or new offer one step on, and keep who, when and why. Raises ForbiddenMove."""
    offer.status = after(offer.status, move)
    session.add(
        OfferMove(
            offer_id=offer.id,
            move=move,
            status=offer.status,
            user_id=user_id,
            moved_at=now,
            reason=reason,
        )
    )


def _sorted(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(codes)))


def _write(offer: Offer, draft: OfferDraft) -> None:
    offer.title, offer.description = draft.title, draft.description
    offer.service_types = list(draft.service_types)
    offer.coverage_type, offer.radius_km = draft.coverage_type, draft.radius_km
    offer.environmental_tags = list(draft.environmental_tags)
    offer.amount_min, offer.amount_max = draft.amount_min, draft.amount_max
    offer.lead_time_days, offer.hours_a_week = draft.lead_time_days, draft.hours_a_week
    sectors, zones = set(draft.sectors), set(draft.zones)
    offer.sectors = [row for row in offer.sectors if row.sector_slug in sectors] + [
        OfferSector(sector_slug=slug)
        for slug in sorted(sectors - {row.sector_slug for row in offer.sectors})
    ]
    offer.zones = [row for row in offer.zones if row.territory_code in zones] + [
        OfferZone(territory_code=code)
        for code in sorted(zones - {row.territory_code for row in offer.zones})
    ]
