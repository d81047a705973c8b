"""Rows: offers, the sectors that they declare and the zones where they work."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.tables import User
from marketplace.db import Base
from marketplace.offers.lifecycle import Move, OfferStatus
from marketplace.structures.tables import Structure


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
    structure's own, and it is shown as « activité non confirmée ».

    Amounts are the smallest and largest contract taken, in euros excluding tax.
    """

    __tablename__ = "offers"
    __table_args__ = (
        CheckConstraint(
            "status = 'draft' OR coverage_type <> 'radius' OR radius_km > 0", name="radius_given"
        ),
        CheckConstraint("amount_min <= amount_max", name="amounts_in_order"),
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
    environmental_tags: Mapped[list[str]] = mapped_column(
        ARRAY(String(30)), default=list, server_default=text("'{}'")
    )
    amount_min: Mapped[int | None] = mapped_column(BigInteger)
    amount_max: Mapped[int | None] = mapped_column(BigInteger)
    lead_time_days: Mapped[int | None]
    hours_a_week: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())
    published_at: Mapped[datetime | None]
    """When people first could see what the structure itself declared; none for a register's."""
    confirmed_at: Mapped[datetime | None]
    """When its structure last said that it still holds."""

    structure: Mapped[Structure] = relationship()
    sectors: Mapped[list["OfferSector"]] = relationship(cascade="all, delete-orphan")
    zones: Mapped[list["OfferZone"]] = relationship(cascade="all, delete-orphan")
    moves: Mapped[list["OfferMove"]] = relationship(
        order_by="OfferMove.id", cascade="all, delete-orphan"
    )


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


class OfferReading(Base):
    """The sectors that the words of an implied offer clearly say; `digest` is that of the words.

    Search finds the offer by them. offers.inferring writes it.
    """

    __tablename__ = "offer_readings"

    offer_id: Mapped[int] = mapped_column(
        ForeignKey("offers.id", ondelete="CASCADE"), primary_key=True
    )
    digest: Mapped[str] = mapped_column(String(32))
    sector_slugs: Mapped[list[str]] = mapped_column(ARRAY(Text))


class OfferMove(Base):
    """One step in an offer's life: who, when, why."""

    __tablename__ = "offer_moves"

    id: Mapped[int] = mapped_column(primary_key=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"), index=True)
    move: Mapped[Move]
    status: Mapped[OfferStatus]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    moved_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")

    user: Mapped[User | None] = relationship()


class SearchDocument(Base):
    """What can be found: an open structure, or one of its published offers. Triggers of
    migrations 0009 and 0021, which say what `facets` and `reach` hold, write it: nothing else
    does."""

    __tablename__ = "search_documents"
    __table_args__ = (
        Index("ix_search_documents_words", "words", postgresql_using="gin"),
        Index("ix_search_documents_facets", "facets", postgresql_using="gin"),
        Index("ix_search_documents_reach", "reach", postgresql_using="gin"),
        Index("ix_search_documents_sort_key_id", "sort_key", "id"),
        Index(
            "ix_search_documents_name",
            "name",
            postgresql_using="gin",
            postgresql_ops={"name": "gin_trgm_ops"},
            postgresql_where=text("offer_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    structure_id: Mapped[int] = mapped_column(
        ForeignKey("structures.id", ondelete="CASCADE"), index=True
    )
    offer_id: Mapped[int | None]
    """None for the structure itself. A plain number: the row goes with the offer anyway."""
    title: Mapped[str] = mapped_column(String(255))
    name: Mapped[str]
    """Plain; empty for an offer."""
    words: Mapped[str] = mapped_column(TSVECTOR, deferred=True)
    facets: Mapped[list[str]] = mapped_column(ARRAY(Text))
    reach: Mapped[list[str]] = mapped_column(ARRAY(Text))
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    radius_km: Mapped[int | None]
    """The farthest that one of its offers goes from its seat."""
    sort_key: Mapped[str] = mapped_column(String(300, collation="C"))
    is_implied: Mapped[bool]
    fresh_at: Mapped[datetime]


class SearchedWord(Base):
    """A word of some document, plain, and its French stem: what a misspelt one may stand for."""

    __tablename__ = "searched_words"
    __table_args__ = (
        Index(
            "ix_searched_words_word",
            "word",
            postgresql_using="gin",
            postgresql_ops={"word": "gin_trgm_ops"},
        ),
    )

    word: Mapped[str] = mapped_column(String(30), primary_key=True)
    stem: Mapped[str] = mapped_column(String(30), index=True)
