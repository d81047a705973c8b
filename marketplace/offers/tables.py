"""Rows: offers, the sectors that they declare and the zones where they work."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.db import Base
from marketplace.structures.tables import Structure


class OfferStatus(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    CHANGES_REQUESTED = "changes_requested"
    PUBLISHED = "published"
    PAUSED = "paused"
    ARCHIVED = "archived"
    REJECTED = "rejected"


class ServiceType(StrEnum):
    DISP = "DISP"
    PREST = "PREST"
    BUILD = "BUILD"


class CoverageType(StrEnum):
    RADIUS = "radius"
    ZONES = "zones"
    COUNTRY = "country"


class Offer(Base):
    """Something a structure sells. `is_implied`: nobody declared it, its words are the
    structure's own, and it is shown as « activité non confirmée »."""

    __tablename__ = "offers"
    __table_args__ = (
        CheckConstraint("coverage_type <> 'radius' OR radius_km > 0", name="radius_given"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"), index=True)
    title: Mapped[str] = mapped_column(String(200), default="")
    description: Mapped[str] = mapped_column(default="")
    status: Mapped[OfferStatus] = mapped_column(default=OfferStatus.DRAFT)
    is_implied: Mapped[bool] = mapped_column(default=False)
    service_types: Mapped[list[ServiceType]] = mapped_column(ARRAY(String(5)), default=list)
    coverage_type: Mapped[CoverageType]
    radius_km: Mapped[int | None] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    structure: Mapped[Structure] = relationship()
    sectors: Mapped[list["OfferSector"]] = relationship(cascade="all, delete-orphan")
    zones: Mapped[list["OfferZone"]] = relationship(cascade="all, delete-orphan")


class OfferSector(Base):
    """A sector that an offer declares."""

    __tablename__ = "offer_sectors"

    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"), primary_key=True)
    sector_slug: Mapped[str] = mapped_column(
        ForeignKey("sectors.slug"), primary_key=True, index=True
    )


class OfferZone(Base):
    """A territory where an offer with zones is provided."""

    __tablename__ = "offer_zones"

    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"), primary_key=True)
    territory_code: Mapped[str] = mapped_column(ForeignKey("territories.code"), primary_key=True)
