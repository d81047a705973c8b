"""Rows: needs and their lots, what they ask for and where, and every move in their life."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Numeric,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.tables import Organisation, User
from marketplace.db import Base
from marketplace.files.tables import StoredFile
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


class Nature(StrEnum):
    """What thresholds of public procurement depend on."""

    WORKS = "works"
    SUPPLIES = "supplies"
    SERVICES = "services"


class Lever(StrEnum):
    """How a contract serves inclusion; clauses.levers knows the conditions of each."""

    RESERVED_HANDICAP = "reserved_handicap"
    RESERVED_INSERTION = "reserved_insertion"
    RESERVED_BOTH = "reserved_both"
    RESERVED_PRISON = "reserved_prison"
    RESERVED_SOCIAL = "reserved_social"
    EXECUTION = "execution"
    CRITERION = "criterion"
    INSERTION_SERVICE = "insertion_service"
    SUBCONTRACTING = "subcontracting"
    NONE = "none"


class ResponseMode(StrEnum):
    HERE = "here"
    EMAIL = "email"
    PHONE = "phone"
    LINK = "link"


class LotEnding(StrEnum):
    """Why a lot of a published need takes no more answers, while the rest of the need does."""

    WITHDRAWN = "withdrawn"
    """Nobody had answered it."""
    CLOSED = "closed"
    """Its answers stay with the buyer, who will say what comes of it."""


class GroupRule(StrEnum):
    """Whether a structure may be in two groups that answer, or in one and answer alone."""

    ALLOWED = "allowed"
    WARNED = "warned"
    REFUSED = "refused"


AMOUNT = Numeric(14, 2)
"""Euros, excluding tax."""

WORDS = text("to_tsvector('tandem_fr'::regconfig, (title::text || ' '::text) || description::text)")
"""What needs and lots are searched by, as PostgreSQL writes it: Alembic compares the words."""


class Need(Base):
    """What a public buyer asks for. It closes at 23:59:59 Paris of its deadline.

    Empty `service_types` or `kinds` mean any. `radius_km` asks for structures seated that
    near, whatever they say they cover. A draft may lack its place and its deadline.

    An exact amount has `amount_min` = `amount_max`. `valued` names what the buyer wants to
    count in the ranking: see matching.ranking. `is_anonymous` hides who asks, in a sourcing.
    """

    __tablename__ = "needs"
    __table_args__ = (
        CheckConstraint("place_type <> 'point' OR commune_code IS NOT NULL", name="point_given"),
        CheckConstraint("amount_min <= amount_max", name="amounts_in_order"),
        CheckConstraint(
            "status = 'draft' OR place_type IS NOT NULL AND deadline_on IS NOT NULL",
            name="whole_once_sent",
        ),
        Index("ix_needs_words", WORDS, postgresql_using="gin"),
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
    nature: Mapped[Nature | None]
    amount_min: Mapped[Decimal | None] = mapped_column(AMOUNT)
    amount_max: Mapped[Decimal | None] = mapped_column(AMOUNT)
    is_amount_shared: Mapped[bool] = mapped_column(default=True)
    starts_on: Mapped[date | None]
    duration_months: Mapped[int | None]
    lever: Mapped[Lever | None]
    lever_reason: Mapped[str] = mapped_column(default="")
    """Why a need whose amount makes social considerations compulsory has no lever."""
    cpv_codes: Mapped[list[str]] = mapped_column(ARRAY(String(10)), default=list)
    environmental_tags: Mapped[list[str]] = mapped_column(ARRAY(String(30)), default=list)
    valued: Mapped[list[str]] = mapped_column(ARRAY(String(20)), default=list)
    response_modes: Mapped[list[ResponseMode]] = mapped_column(ARRAY(String(10)), default=list)
    response_email: Mapped[str] = mapped_column(String(254), default="")
    response_phone: Mapped[str] = mapped_column(String(30), default="")
    response_url: Mapped[str] = mapped_column(String(500), default="")
    """The consultation on the buyer's profile, for a tender."""
    is_anonymous: Mapped[bool] = mapped_column(default=False)
    asking_until: Mapped[date | None]
    """The last day when structures may ask the buyer a question."""
    enough_interested: Mapped[int | None]
    """With so many interested structures, the further waves are not told."""
    several_groups: Mapped[GroupRule] = mapped_column(default=GroupRule.WARNED)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    saved_at: Mapped[datetime | None]
    """When its buyer last wrote in it, step by step."""
    published_at: Mapped[datetime | None]
    amended_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship(foreign_keys=organisation_id)
    author: Mapped[User] = relationship()
    sectors: Mapped[list["NeedSector"]] = relationship(cascade="all, delete-orphan")
    zones: Mapped[list["NeedZone"]] = relationship(cascade="all, delete-orphan")
    lots: Mapped[list["Lot"]] = relationship(order_by="Lot.number", cascade="all, delete-orphan")
    questions: Mapped[list["NeedQuestion"]] = relationship(
        order_by="NeedQuestion.number", cascade="all, delete-orphan"
    )
    files: Mapped[list["NeedFile"]] = relationship(
        order_by="NeedFile.file_id", cascade="all, delete-orphan"
    )
    moves: Mapped[list["NeedMove"]] = relationship(
        order_by="NeedMove.id", cascade="all, delete-orphan"
    )
    amendments: Mapped[list["NeedAmendment"]] = relationship(
        order_by="NeedAmendment.id", cascade="all, delete-orphan"
    )

    @property
    def open_lots(self) -> list["Lot"]:
        """Those that can be answered while the need can."""
        return [lot for lot in self.lots if lot.ending is None]

    @property
    def kept_lots(self) -> list["Lot"]:
        """Those of which something will come."""
        return [lot for lot in self.lots if lot.ending != LotEnding.WITHDRAWN]


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


class Lot(Base):
    """A part of a need that can be answered and awarded alone. `number` counts from 1.

    Without a place of its own (`place_type` empty) it has its need's. Once its need is
    published it is never deleted: it ends, and keeps its number.
    """

    __tablename__ = "lots"
    __table_args__ = (
        UniqueConstraint("need_id", "number", deferrable=True, initially="DEFERRED"),
        CheckConstraint("place_type <> 'point' OR commune_code IS NOT NULL", name="point_given"),
        CheckConstraint("amount_min <= amount_max", name="amounts_in_order"),
        Index("ix_lots_words", WORDS, postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(default="")
    place_type: Mapped[PlaceType | None]
    commune_code: Mapped[str | None] = mapped_column(ForeignKey("territories.code"))
    radius_km: Mapped[int | None]
    amount_min: Mapped[Decimal | None] = mapped_column(AMOUNT)
    amount_max: Mapped[Decimal | None] = mapped_column(AMOUNT)
    lever: Mapped[Lever | None]
    ending: Mapped[LotEnding | None]
    ended_at: Mapped[datetime | None]
    ending_reason: Mapped[str] = mapped_column(default="")

    sectors: Mapped[list["LotSector"]] = relationship(cascade="all, delete-orphan")
    zones: Mapped[list["LotZone"]] = relationship(cascade="all, delete-orphan")


class LotSector(Base):
    """A sector that the buyer confirmed for a lot."""

    __tablename__ = "lot_sectors"

    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    sector_slug: Mapped[str] = mapped_column(ForeignKey("sectors.slug"), primary_key=True)


class LotZone(Base):
    """A territory where the work of a lot is."""

    __tablename__ = "lot_zones"

    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id"), primary_key=True)
    territory_code: Mapped[str] = mapped_column(ForeignKey("territories.code"), primary_key=True)


class NeedQuestion(Base):
    """What the buyer asks every structure that answers."""

    __tablename__ = "need_questions"
    __table_args__ = (UniqueConstraint("need_id", "number", deferrable=True, initially="DEFERRED"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"))
    number: Mapped[int]
    words: Mapped[str] = mapped_column(String(300))


class NeedAmendment(Base):
    """A change of a published need: `changes` maps the name of each answer to [before, after]."""

    __tablename__ = "need_amendments"

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    amended_at: Mapped[datetime]
    changes: Mapped[dict[str, list[Any]]] = mapped_column(JSONB)

    user: Mapped[User] = relationship()


class NoticeKind(StrEnum):
    """What a structure was told of a need that it knew already."""

    AMENDED = "amended"
    CLOSED = "closed"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"


class NeedNotice(Base):
    """A structure was told of a change: when, and how many of its people. Mails are erased
    sooner than a sourcing has to be shown."""

    __tablename__ = "need_notices"

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), index=True)
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"), index=True)
    amendment_id: Mapped[int | None] = mapped_column(ForeignKey("need_amendments.id"))
    kind: Mapped[NoticeKind]
    told_at: Mapped[datetime]
    people: Mapped[int]


class SourcingReport(Base):
    """What the buyer concludes from looking at who could answer."""

    __tablename__ = "sourcing_reports"

    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), primary_key=True)
    conclusion: Mapped[str]
    updated_at: Mapped[datetime]


class NeedFile(Base):
    """A file that the buyer joined to a need; it belongs to one only."""

    __tablename__ = "need_files"

    file_id: Mapped[int] = mapped_column(ForeignKey("stored_files.id"), primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), index=True)

    file: Mapped[StoredFile] = relationship(lazy="joined", innerjoin=True)
