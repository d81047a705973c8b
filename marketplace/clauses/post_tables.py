"""Rows: posts to fill, who is told of them, and how many candidates they found. No name of
anybody who looks for work is ever held here: counts alone."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.clauses.contract_tables import Contract
from marketplace.clauses.prescribers import PrescriberKind
from marketplace.clauses.reported import Public, WorkContract
from marketplace.db import Base
from marketplace.moderation.tables import Desk


class Opening(Base):
    """Posts of one trade in one commune, open to publics of the clause until `apply_until`.

    `publics`: codes of reported.Public, all of them when empty. `in_qpv`: how many of the posts
    are meant for residents of priority districts.
    """

    __tablename__ = "openings"
    __table_args__ = (CheckConstraint("posts >= 1 AND in_qpv BETWEEN 0 AND posts", name="counts"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desks.id"), index=True)
    contract_id: Mapped[int | None] = mapped_column(ForeignKey("contracts.id"), index=True)
    commune_code: Mapped[str] = mapped_column(ForeignKey("territories.code"))
    trade: Mapped[str] = mapped_column(String(120))
    posts: Mapped[int]
    in_qpv: Mapped[int] = mapped_column(default=0)
    publics: Mapped[list[str]] = mapped_column(ARRAY(String(20)), default=list)
    work_contract: Mapped[WorkContract | None]
    conditions: Mapped[str] = mapped_column(String(300), default="")
    starts_on: Mapped[date]
    apply_until: Mapped[date]
    created_at: Mapped[datetime]
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    closed_at: Mapped[datetime | None]

    desk: Mapped[Desk] = relationship()
    contract: Mapped[Contract | None] = relationship()
    shares: Mapped[list["OpeningShare"]] = relationship(
        order_by="OpeningShare.shared_at, OpeningShare.prescriber_id"
    )

    def is_open_on(self, day: date) -> bool:
        return self.closed_at is None and day <= self.apply_until


class Prescriber(Base):
    """Who sends people towards posts in the territory of a desk; an organisation, never a
    person: its address is that of a service."""

    __tablename__ = "prescribers"
    __table_args__ = (Index("uq_prescribers_address", "desk_id", "email", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desks.id"))
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[PrescriberKind]
    email: Mapped[str] = mapped_column(String(254))
    is_active: Mapped[bool] = mapped_column(default=True)
    """One that was taken out keeps what it reported."""


class OpeningShare(Base):
    """Posts that a prescriber was told of, and when it last said how many it found."""

    __tablename__ = "opening_shares"

    opening_id: Mapped[int] = mapped_column(
        ForeignKey("openings.id", ondelete="CASCADE"), primary_key=True
    )
    prescriber_id: Mapped[int] = mapped_column(
        ForeignKey("prescribers.id"), primary_key=True, index=True
    )
    shared_at: Mapped[datetime]
    reported_at: Mapped[datetime | None]

    opening: Mapped[Opening] = relationship(overlaps="shares")
    prescriber: Mapped[Prescriber] = relationship()
    counts: Mapped[list["CandidateCount"]] = relationship(
        cascade="all, delete-orphan", order_by="CandidateCount.public"
    )


class CandidateCount(Base):
    """How many candidates of one public a prescriber found, as it last said."""

    __tablename__ = "candidate_counts"
    __table_args__ = (
        CheckConstraint(
            "people >= 1 AND in_qpv BETWEEN 0 AND people AND women BETWEEN 0 AND people",
            name="counts",
        ),
        ForeignKeyConstraint(
            ["opening_id", "prescriber_id"],
            ["opening_shares.opening_id", "opening_shares.prescriber_id"],
            ondelete="CASCADE",
        ),
    )

    opening_id: Mapped[int] = mapped_column(primary_key=True)
    prescriber_id: Mapped[int] = mapped_column(primary_key=True)
    public: Mapped[Public] = mapped_column(primary_key=True)
    people: Mapped[int]
    in_qpv: Mapped[int]
    women: Mapped[int]
