"""Reads: a structure's offers."""

from collections.abc import Collection, Mapping, Sequence

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


def declared_offers_of(session: Session, structure_id: int) -> Sequence[Offer]:
    """What a structure wrote itself, whatever became of it: archived ones last, newest first."""
    own = (
        select(Offer)
        .where(Offer.structure_id == structure_id, ~Offer.is_implied)
        .options(selectinload(Offer.sectors), selectinload(Offer.zones))
        .options(selectinload(Offer.moves))
        .order_by(Offer.status == OfferStatus.ARCHIVED, Offer.id.desc())
    )
    return session.scalars(own).all()


def published_offers_of_all(
    session: Session, structure_ids: Collection[int]
) -> Mapping[int, Sequence[Offer]]:
    """What each of these structures offers today, by the id of the structure."""
    published = (
        select(Offer)
        .where(Offer.structure_id.in_(structure_ids), Offer.status == OfferStatus.PUBLISHED)
        .options(selectinload(Offer.sectors), selectinload(Offer.zones))
        .order_by(Offer.id)
    )
    found: dict[int, list[Offer]] = {}
    for offer in session.scalars(published) if structure_ids else ():
        found.setdefault(offer.structure_id, []).append(offer)
    return found
