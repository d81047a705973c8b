"""What a structure sells, made known: by itself, or implied by what a register says of it."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import insert, literal, select, update
from sqlalchemy.orm import Session

from marketplace.jobs import Job, enqueue
from marketplace.offers.tables import (
    CoverageType,
    Offer,
    OfferSector,
    OfferStatus,
    OfferZone,
    ServiceType,
)
from marketplace.structures.tables import Structure

IMPLIED_RADIUS_KM = 50


@dataclass(frozen=True, slots=True)
class OfferDraft:
    """An offer as its structure describes it; zones only with a coverage by zones."""

    title: str
    description: str
    sectors: tuple[str, ...]
    service_types: tuple[ServiceType, ...]
    coverage_type: CoverageType
    radius_km: int | None = None
    zones: tuple[str, ...] = ()


def list_offer(session: Session, structure_id: int, draft: OfferDraft) -> Offer:
    """Publish an offer and ask for the shortlists where it may stand.

    The structure has spoken: what was implied about it is archived.
    """
    session.execute(
        update(Offer)
        .where(Offer.structure_id == structure_id, Offer.is_implied)
        .values(status=OfferStatus.ARCHIVED)
    )
    offer = Offer(
        structure_id=structure_id,
        title=draft.title,
        description=draft.description,
        status=OfferStatus.PUBLISHED,
        service_types=list(draft.service_types),
        coverage_type=draft.coverage_type,
        radius_km=draft.radius_km,
        sectors=[OfferSector(sector_slug=slug) for slug in dict.fromkeys(draft.sectors)],
        zones=[OfferZone(territory_code=code) for code in dict.fromkeys(draft.zones)],
    )
    session.add(offer)
    session.flush()
    enqueue(session, Job.SHORTLIST_FOR_OFFER, offer_id=offer.id)
    return offer


def imply_offers(session: Session, structure_ids: Collection[int]) -> None:
    """Give an implied offer to those of these structures that have no offer at all.

    It declares nothing: ranking infers its sectors from the structure's names and NAF code.
    Asks for no shortlist, since who calls may do it for thousands at a time.
    """
    has_one = select(Offer.id).where(Offer.structure_id == Structure.id).exists()
    silent = select(
        Structure.id,
        literal(OfferStatus.PUBLISHED),
        literal(True),
        literal(CoverageType.RADIUS),
        literal(IMPLIED_RADIUS_KM),
    ).where(Structure.id.in_(structure_ids), ~has_one)
    columns = ["structure_id", "status", "is_implied", "coverage_type", "radius_km"]
    session.execute(insert(Offer).from_select(columns, silent.order_by(Structure.id)))
