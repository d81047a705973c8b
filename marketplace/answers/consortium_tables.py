"""Rows: groups that answer a need together, their members, shares, words and steps."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Enum,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.tables import User
from marketplace.answers.consortia import (
    ConsortiumStatus,
    Event,
    LegalForm,
    MemberStatus,
    Origin,
    ShareMode,
)
from marketplace.db import Base
from marketplace.files.tables import StoredFile
from marketplace.needs.tables import Lot, Need
from marketplace.structures.tables import Structure


class Consortium(Base):
    """Structures that answer a need together. `lead_id` is the structure that is, or in a
    suggested group is meant to be, its lead.

    `content` is the joint answer as it is being written: what answers.answering.content_of
    gives of an answer. What was sent is the lead's Answer, which names the group.
    """

    __tablename__ = "consortia"
    __table_args__ = (
        Index(
            "ix_consortia_one_lead",
            "need_id",
            "lead_id",
            unique=True,
            postgresql_where=text("status IN ('forming', 'sent')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), index=True)
    lead_id: Mapped[int] = mapped_column(ForeignKey("structures.id"), index=True)
    status: Mapped[ConsortiumStatus]
    origin: Mapped[Origin]
    form: Mapped[LegalForm] = mapped_column(
        Enum(LegalForm, native_enum=False, length=30, values_callable=list)
    )
    share_mode: Mapped[ShareMode]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]

    need: Mapped[Need] = relationship()
    lead: Mapped[Structure] = relationship()
    members: Mapped[list["ConsortiumMember"]] = relationship(
        order_by="ConsortiumMember.invited_at, ConsortiumMember.structure_id"
    )
    shares: Mapped[list["ConsortiumShare"]] = relationship(
        order_by="ConsortiumShare.id", cascade="all, delete-orphan"
    )


class ConsortiumMember(Base):
    """A structure in a group. `agreed_hash` is of the joint answer that it agreed to."""

    __tablename__ = "consortium_members"

    consortium_id: Mapped[int] = mapped_column(ForeignKey("consortia.id"), primary_key=True)
    structure_id: Mapped[int] = mapped_column(
        ForeignKey("structures.id"), primary_key=True, index=True
    )
    status: Mapped[MemberStatus]
    invited_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    agreed_hash: Mapped[str] = mapped_column(default="")
    agreed_at: Mapped[datetime | None]

    structure: Mapped[Structure] = relationship()


class ConsortiumShare(Base):
    """What a member takes: a lot, or of the whole (`lot_id` empty) so many per cent."""

    __tablename__ = "consortium_shares"
    __table_args__ = (
        UniqueConstraint(
            "consortium_id", "structure_id", "lot_id", postgresql_nulls_not_distinct=True
        ),
        CheckConstraint("percent > 0 AND percent <= 100", name="a_share"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    consortium_id: Mapped[int] = mapped_column(ForeignKey("consortia.id"))
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"), index=True)
    lot_id: Mapped[int | None] = mapped_column(ForeignKey("lots.id"), index=True)
    percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))

    lot: Mapped[Lot | None] = relationship()
    structure: Mapped[Structure] = relationship()


class ConsortiumFile(Base):
    """A file that a member joins to the joint answer."""

    __tablename__ = "consortium_files"
    __table_args__ = (
        ForeignKeyConstraint(
            ["consortium_id", "structure_id"],
            ["consortium_members.consortium_id", "consortium_members.structure_id"],
        ),
    )

    file_id: Mapped[int] = mapped_column(ForeignKey("stored_files.id"), primary_key=True)
    consortium_id: Mapped[int] = mapped_column(index=True)
    structure_id: Mapped[int]

    file: Mapped[StoredFile] = relationship()
    member: Mapped[ConsortiumMember] = relationship()


class ConsortiumEvent(Base):
    """A step in the life of a group: who did it, and to which structure."""

    __tablename__ = "consortium_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    consortium_id: Mapped[int] = mapped_column(ForeignKey("consortia.id"), index=True)
    event: Mapped[Event]
    structure_id: Mapped[int | None] = mapped_column(ForeignKey("structures.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    happened_at: Mapped[datetime]
    words: Mapped[str] = mapped_column(default="")

    structure: Mapped[Structure | None] = relationship()
    user: Mapped[User] = relationship()


class ConsortiumMessage(Base):
    """Words in a group's discussion, of a member or (`structure_id` empty) a facilitator."""

    __tablename__ = "consortium_messages"

    id: Mapped[int] = mapped_column(primary_key=True)
    consortium_id: Mapped[int] = mapped_column(ForeignKey("consortia.id"), index=True)
    structure_id: Mapped[int | None] = mapped_column(ForeignKey("structures.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    words: Mapped[str]
    sent_at: Mapped[datetime]

    structure: Mapped[Structure | None] = relationship()
    user: Mapped[User] = relationship()
