"""Rows: each ranking of a need, the matches it found, and which offers changed since."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import UserDefinedType

from marketplace.db import Base
from marketplace.needs.tables import Need
from marketplace.offers.tables import Offer
from marketplace.structures.tables import Structure


class MatchStatus(StrEnum):
    SUGGESTED = "suggested"
    NOTIFIED = "notified"
    OPENED = "opened"
    INTERESTED = "interested"
    DECLINED = "declined"
    SHORTLISTED = "shortlisted"
    RETAINED = "retained"
    NOT_RETAINED = "not_retained"


class Shortlist(Base):
    """The last ranking of a need: with which weights, when, and how many could answer."""

    __tablename__ = "shortlists"

    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), primary_key=True)
    weights_version: Mapped[str] = mapped_column(String(40))
    eligible: Mapped[int]
    ranked_at: Mapped[datetime]


class Match(Base):
    """A need and a structure that could answer it, by its best offer.

    `rank` counts from 1, the eligible first, then those that miss one criterion, named in
    `near`. `score` is in [0, 1]; `parts` are what it is made of; `reasons` are codes with
    their values, which explaining.py says in French.
    """

    __tablename__ = "matches"
    __table_args__ = (
        UniqueConstraint("need_id", "structure_id"),
        Index("ix_matches_need_rank", "need_id", "rank"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"))
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"), index=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"), index=True)
    rank: Mapped[int]
    score: Mapped[float]
    distance_km: Mapped[float | None]
    parts: Mapped[dict[str, float]] = mapped_column(JSONB)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    near: Mapped[list[str]] = mapped_column(ARRAY(String(10)), default=list)
    status: Mapped[MatchStatus] = mapped_column(default=MatchStatus.SUGGESTED)
    first_matched_at: Mapped[datetime]

    need: Mapped[Need] = relationship()
    structure: Mapped[Structure] = relationship()
    offer: Mapped[Offer] = relationship()


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "xid8"


class OfferChange(Base):
    """Written by a trigger whenever an offer, its sectors, its zones or its structure change,
    deletions included, so that every process can bring its index up to date."""

    __tablename__ = "offer_changes"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    offer_id: Mapped[int]
    changed_in: Mapped[int] = mapped_column(
        Xid8, server_default=func.pg_current_xact_id(), index=True
    )
    changed_at: Mapped[datetime] = mapped_column(server_default=func.now())
