"""Reads: the few figures that say what is here."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, distinct, func, select
from sqlalchemy.orm import Session

from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need, NeedSector
from marketplace.offers.tables import Offer, OfferSector, OfferStatus
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


@dataclass(frozen=True)
class Use:
    """How many published offers, and how many open needs, name a sector."""

    offers: int
    needs: int


def use_of_sectors(session: Session, now: datetime) -> dict[str, Use]:
    """The use of each sector that is used at all, by its slug."""
    offered = _counts(
        session,
        select(OfferSector.sector_slug)
        .join(Offer, Offer.id == OfferSector.offer_id)
        .where(Offer.status == OfferStatus.PUBLISHED),
    )
    asked = _counts(
        session,
        select(NeedSector.sector_slug)
        .join(Need, Need.id == NeedSector.need_id)
        .where(is_open(now)),
    )
    return {
        slug: Use(offered.get(slug, 0), asked.get(slug, 0))
        for slug in offered.keys() | asked.keys()
    }


def _counts(session: Session, slugs: Select[str]) -> dict[str, int]:
    one = slugs.subquery().c.sector_slug
    return dict(session.execute(select(one, func.count()).group_by(one)).all())
