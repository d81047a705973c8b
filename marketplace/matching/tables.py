"""Rows: each ranking of a need or lot, the matches it found, and which offers changed since."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.types import UserDefinedType

from marketplace.accounts.tables import User
from marketplace.db import Base
from marketplace.matching.lifecycle import MatchStatus
from marketplace.needs.tables import Lot, Need
from marketplace.offers.tables import Offer
from marketplace.structures.tables import Structure


class Shortlist(Base):
    """The last ranking of a need: with which weights, when, how many could answer, and how
    many are listed. A list of the same `basis` needs no new ranking of those whose offers have
    not changed; one without has to be ranked whole."""

    __tablename__ = "shortlists"

    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), primary_key=True)
    weights_version: Mapped[str] = mapped_column(String(40))
    eligible: Mapped[int]
    listed: Mapped[int] = mapped_column(default=0)
    basis: Mapped[str] = mapped_column(String(32), default="")
    ranked_at: Mapped[datetime]


class Match(Base):
    """A need and a structure that could answer it, by its best offer.

    `rank` counts from 1, the eligible first, then those that miss one criterion, named in
    `near`. `score` is in [0, 1]; `parts` are what it is made of; `reasons` are codes with
    their values, which explaining.py says in French.

    Of a need with lots it is the best of the lots' matches; each lot's own are LotMatch.
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


class MatchMove(Base):
    """One step of a match: who, when, and why for a refusal. Nobody made those of a wave."""

    __tablename__ = "match_moves"

    id: Mapped[int] = mapped_column(primary_key=True)
    match_id: Mapped[int] = mapped_column(ForeignKey("matches.id", ondelete="CASCADE"), index=True)
    status: Mapped[MatchStatus]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    moved_at: Mapped[datetime]
    reason_code: Mapped[str] = mapped_column(String(20), default="")
    reason: Mapped[str] = mapped_column(default="")

    match: Mapped[Match] = relationship()
    user: Mapped[User | None] = relationship()


class LotShortlist(Base):
    """The last ranking of a lot: how many could answer it."""

    __tablename__ = "lot_shortlists"

    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id", ondelete="CASCADE"), primary_key=True)
    eligible: Mapped[int]


class LotMatch(Base):
    """A lot and a structure that could answer it, as Match is for a need; it has no state."""

    __tablename__ = "lot_matches"
    __table_args__ = (
        UniqueConstraint("lot_id", "structure_id"),
        Index("ix_lot_matches_lot_rank", "lot_id", "rank"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    lot_id: Mapped[int] = mapped_column(ForeignKey("lots.id", ondelete="CASCADE"))
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"), index=True)
    offer_id: Mapped[int] = mapped_column(ForeignKey("offers.id"), index=True)
    rank: Mapped[int]
    score: Mapped[float]
    distance_km: Mapped[float | None]
    parts: Mapped[dict[str, float]] = mapped_column(JSONB)
    reasons: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    near: Mapped[list[str]] = mapped_column(ARRAY(String(10)), default=list)

    lot: Mapped[Lot] = relationship()
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
