"""Reads: a structure's offers."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from marketplace.offers.tables import Offer, OfferStatus


def published_offers_of(session: Session, structure_id: int) -> Sequence[Offer]:
    """What a structure offers today, with sectors and zones, in the order of creation."""
    published = (
        select(Offer)
        .where(Offer.structure_id == structure_id, Offer.status == OfferStatus.PUBLISHED)
        .options(selectinload(Offer.sectors), selectinload(Offer.zones))
        .order_by(Offer.id)
    )
    return session.scalars(published).all()
