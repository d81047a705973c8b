"""Reads: a structure's offers."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, selectinload

from marketplace.offers.lifecycle import ASKED_AHEAD, HOLDS_FOR
from marketplace.offers.tables import Offer, OfferReading, OfferStatus
from marketplace.sectors.nomenclature import BY_SLUG


def to_confirm(now: datetime) -> ColumnElement[bool]:
    """What a structure declared, shows, and said so long ago that it is asked whether it holds."""
    said_at = func.coalesce(Offer.confirmed_at, Offer.published_at)
    shown = (Offer.status == OfferStatus.PUBLISHED) & ~Offer.is_implied
    return shown & (said_at < now - HOLDS_FOR + ASKED_AHEAD)


def published_offers_of(session: Session, structure_id: int) -> Sequence[Offer]:
    """What a structure offers today, with sectors and zones, in the order of creation."""
    published = (
        select(Offer)
        .where(Offer.structure_id == structure_id, Offer.status == OfferStatus.PUBLISHED)
        .options(selectinload(Offer.sectors), selectinload(Offer.zones))
        .order_by(Offer.id)
    )
    return session.scalars(published).all()


def inferred_sectors_of(session: Session, offers: Collection[Offer]) -> Mapping[int, list[str]]:
    """The names of the sectors that implied ones among these offers clearly say, by offer."""
    implied = [offer.id for offer in offers if offer.is_implied]
    if not implied:
        return {}
    read = select(OfferReading.offer_id, OfferReading.sector_slugs)
    found = session.execute(read.where(OfferReading.offer_id.in_(implied)))
    return {id_: [BY_SLUG[slug].name for slug in slugs] for id_, slugs in found}


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
