"""What a register implies that structures sell, until they say it themselves."""

from collections.abc import Collection

from sqlalchemy import insert, literal, select
from sqlalchemy.orm import Session

from marketplace.offers.tables import CoverageType, Offer, OfferStatus
from marketplace.structures.tables import Structure

IMPLIED_RADIUS_KM = 50


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
