"""Rows: desks of facilitators, the queue of each, every decision, and what they write down."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.tables import User
from marketplace.db import Base
from marketplace.needs.lifecycle import Move
from marketplace.needs.tables import Need
from marketplace.offers.tables import Offer
from marketplace.structures.tables import StructureClaim


class DeskRole(StrEnum):
    LEAD = "lead"
    FACILITATOR = "facilitator"


class Desk(Base):
    """A guichet: the facilitators of some territories. One, and only one, is national."""

    __tablename__ = "desks"
    __table_args__ = (
        Index(
            "uq_desks_national",
            "is_national",
            unique=True,
            postgresql_where=text("is_national"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200), unique=True)
    is_national: Mapped[bool] = mapped_column(default=False)
    bearer: Mapped[str] = mapped_column(String(200), default="")
    """The organisation that runs the desk, as the public knows it."""
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(30), default="")
    website: Mapped[str] = mapped_column(String(255), default="")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    closed_at: Mapped[datetime | None]
    """A closed desk has no territory and no member left; its past decisions stay its own."""

    territories: Mapped[list["DeskTerritory"]] = relationship(cascade="all, delete-orphan")
    members: Mapped[list["DeskMember"]] = relationship(cascade="all, delete-orphan")


class DeskTerritory(Base):
    """A commune, EPCI, department or region that a desk looks after."""

    __tablename__ = "desk_territories"

    desk_id: Mapped[int] = mapped_column(ForeignKey("desks.id"), primary_key=True)
    territory_code: Mapped[str] = mapped_column(
        ForeignKey("territories.code"), primary_key=True, index=True
    )


class DeskMember(Base):
    """A facilitator of a desk."""

    __tablename__ = "desk_members"

    desk_id: Mapped[int] = mapped_column(ForeignKey("desks.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    role: Mapped[DeskRole] = mapped_column(default=DeskRole.FACILITATOR)

    user: Mapped[User] = relationship()


class QueueEntry(Base):
    """What waits on a desk, a need, an offer or a claim, with the time it is due by."""

    __tablename__ = "queue_entries"
    __table_args__ = (
        CheckConstraint("num_nonnulls(need_id, offer_id, claim_id) = 1", name="one_subject"),
        Index(
            "uq_queue_entries_need_waiting",
            "need_id",
            unique=True,
            postgresql_where=text("decided_at IS NULL"),
        ),
        Index(
            "uq_queue_entries_offer_waiting",
            "offer_id",
            unique=True,
            postgresql_where=text("decided_at IS NULL"),
        ),
        Index(
            "uq_queue_entries_claim_waiting",
            "claim_id",
            unique=True,
            postgresql_where=text("decided_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desks.id"), index=True)
    need_id: Mapped[int | None] = mapped_column(ForeignKey("needs.id"))
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offers.id"))
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("structure_claims.id"))
    received_at: Mapped[datetime]
    due_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    """The facilitator who takes care of it."""

    desk: Mapped[Desk] = relationship()
    need: Mapped[Need | None] = relationship()
    offer: Mapped[Offer | None] = relationship()
    claim: Mapped[StructureClaim | None] = relationship()
    assignee: Mapped[User | None] = relationship()
    escalations: Mapped[list["Escalation"]] = relationship(
        order_by="Escalation.escalated_at", cascade="all, delete-orphan"
    )


class Escalation(Base):
    """A desk that sees an entry too, since the one where it waits is late."""

    __tablename__ = "escalations"

    entry_id: Mapped[int] = mapped_column(ForeignKey("queue_entries.id"), primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desks.id"), primary_key=True, index=True)
    escalated_at: Mapped[datetime]

    desk: Mapped[Desk] = relationship()


class DeskNote(Base):
    """What facilitators write to one another about a need. With `changes`, it is an adjustment
    of the need's targeting, in words, which its buyer reads too: name → [before, after]."""

    __tablename__ = "desk_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"), index=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desks.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    words: Mapped[str]
    changes: Mapped[dict[str, list[Any]] | None] = mapped_column(JSONB(none_as_null=True))
    written_at: Mapped[datetime]

    user: Mapped[User] = relationship()


class Decision(Base):
    """What a facilitator decided, of what, when and why; of a need that is not published,
    `reason_code` is one of remarks.REJECTIONS."""

    __tablename__ = "decisions"
    __table_args__ = (
        CheckConstraint("num_nonnulls(need_id, offer_id, claim_id) = 1", name="one_subject"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desks.id"), index=True)
    need_id: Mapped[int | None] = mapped_column(ForeignKey("needs.id"), index=True)
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offers.id"), index=True)
    claim_id: Mapped[int | None] = mapped_column(ForeignKey("structure_claims.id"), index=True)
    moderator_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    move: Mapped[Move]
    reason: Mapped[str] = mapped_column(default="")
    reason_code: Mapped[str] = mapped_column(String(20), default="")
    decided_at: Mapped[datetime]

    need: Mapped[Need | None] = relationship()
    offer: Mapped[Offer | None] = relationship()
    claim: Mapped[StructureClaim | None] = relationship()
    moderator: Mapped[User] = relationship()
    remarks: Mapped[list["DecisionRemark"]] = relationship(cascade="all, delete-orphan")


class DecisionRemark(Base):
    """What is to change in one field of a need that is sent back: one of remarks.FIELDS."""

    __tablename__ = "decision_remarks"

    decision_id: Mapped[int] = mapped_column(
        ForeignKey("decisions.id", ondelete="CASCADE"), primary_key=True
    )
    field: Mapped[str] = mapped_column(String(20), primary_key=True)
    words: Mapped[str]
