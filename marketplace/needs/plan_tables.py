"""Rows: what buyers mean to buy in coming quarters, and who follows it."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.tables import Organisation
from marketplace.db import Base
from marketplace.needs.tables import AMOUNT, PlaceType


class PlannedPurchase(Base):
    """What a buyer means to buy in a coming quarter, told early to who could answer.

    `quarter` counts from 1. `need_id` is set once it has become a need.
    """

    __tablename__ = "planned_purchases"
    __table_args__ = (
        CheckConstraint("quarter BETWEEN 1 AND 4", name="quarter_of_a_year"),
        CheckConstraint("place_type <> 'point' OR commune_code IS NOT NULL", name="point_given"),
        Index("ix_planned_purchases_when", "year", "quarter"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(default="")
    sectors: Mapped[list[str]] = mapped_column(ARRAY(String(120)), default=list)
    year: Mapped[int]
    quarter: Mapped[int]
    amount_min: Mapped[Decimal | None] = mapped_column(AMOUNT)
    amount_max: Mapped[Decimal | None] = mapped_column(AMOUNT)
    place_type: Mapped[PlaceType]
    commune_code: Mapped[str | None] = mapped_column(ForeignKey("territories.code"))
    zones: Mapped[list[str]] = mapped_column(ARRAY(String(9)), default=list)
    created_at: Mapped[datetime]
    told_at: Mapped[datetime | None]
    """When structures and facilitators were told of it, as it stands; none while they are not."""
    need_id: Mapped[int | None] = mapped_column(
        ForeignKey("needs.id", ondelete="SET NULL"), index=True
    )

    organisation: Mapped[Organisation] = relationship()


class PlanFollow(Base):
    """Who asked to be told when a planned purchase is published as a need."""

    __tablename__ = "plan_follows"

    plan_id: Mapped[int] = mapped_column(
        ForeignKey("planned_purchases.id", ondelete="CASCADE"), primary_key=True
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    followed_at: Mapped[datetime]
