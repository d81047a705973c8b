"""Rows: needs, what they ask for and where, and every move in their life."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.tables import Organisation, User
from marketplace.db import Base
from marketplace.needs.lifecycle import Move, Status
from marketplace.structures.kinds import Kind


class NeedKind(StrEnum):
    TENDER = "tender"
    QUOTE = "quote"
    SOURCING = "sourcing"


class PlaceType(StrEnum):
    POINT = "point"
    ZONES = "zones"
    COUNTRY = "country"


class Need(Base):
    """What a public buyer asks for. It closes at 23:59:59 Paris of its deadline.

    Empty `service_types` or `kinds` mean any. `radius_km` asks for structures seated that
    near, whatever they say they cover. A draft may lack its place and its deadline.
    """

    __tablename__ = "needs"
    __table_args__ = (
        CheckConstraint("place_type <> 'point' OR commune_code IS NOT NULL", name="point_given"),
        CheckConstraint(
            "status = 'draft' OR place_type IS NOT NULL AND deadline_on IS NOT NULL",
            name="whole_once_sent",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(90), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    platform_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    """The purchasing platform that posted it for the organisation, and follows it too."""
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    kind: Mapped[NeedKind]
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(default="")
    status: Mapped[Status] = mapped_column(default=Status.DRAFT, index=True)
    service_types: Mapped[list[str]] = mapped_column(ARRAY(String(5)), default=list)
    kinds: Mapped[list[Kind]] = mapped_column(ARRAY(String(4)), default=list)
    place_type: Mapped[PlaceType | None]
    commune_code: Mapped[str | None] = mapped_column(ForeignKey("territories.code"))
    radius_km: Mapped[int | None]
    include_country: Mapped[bool] = mapped_column(default=True)
    deadline_on: Mapped[date | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    saved_at: Mapped[datetime | None]
    """When its buyer last wrote in it, step by step."""
    published_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship(foreign_keys=organisation_id)
    author: Mapped[User] = relationship()
    sectors: Mapped[list["NeedSector"]] = relationship(cascade="all, delete-orphan")
    zones: Mapped[list["NeedZone"]] = relationship(cascade="all, delete-orphan")
    moves: Mapped[list["NeedMove"]] = relationship(
        order_by="NeedMove.id", cascade="all, delete-orphan"
    )


class NeedSector(Base):
    """A sector that the buyer confirmed."""

    __tablename__ = "need_sectors"

    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), primary_key=True)
    sector_slug: Mapped[str] = mapped_column(ForeignKey("sectors.slug"), primary_key=True)


class NeedZone(Base):
    """A territory where the work is, for a need with zones."""

    __tablename__ = "need_zones"

    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), primary_key=True)
    territory_code: Mapped[str] = mapped_column(ForeignKey("territories.code"), primary_key=True)


class NeedMove(Base):
    """One step in a need's life: who, when, why."""

    __tablename__ = "need_moves"

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), index=True)
    move: Mapped[Move]
    status: Mapped[Status]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    moved_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")

    user: Mapped[User | None] = relationship()
