"""Reads: the few figures that say what is here."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need
from marketplace.offers.tables import Offer, OfferStatus
from marketplace.structures.tables import Structure
from marketplace.territories.tables import Territory


@dataclass(frozen=True)
class Presence:
    structures: int
    offers: int
    needs: int
    regions: int


def presence(session: Session, now: datetime) -> Presence:
    """Live structures, published offers, open needs, and regions with a live structure."""
    seat = Territory.code == Structure.commune_code
    live = Structure.is_active
    structures = select(func.count()).select_from(Structure).where(live)
    regions = select(func.count(distinct(Territory.region))).join(Structure, seat).where(live)
    offers = select(func.count()).select_from(Offer).where(Offer.status == OfferStatus.PUBLISHED)
    needs = select(func.count()).select_from(Need).where(is_open(now))
    return Presence(*(session.scalar(count) or 0 for count in (structures, offers, needs, regions)))
