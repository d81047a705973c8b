"""Rows: what facilitators do for needs that find too few answers."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.tables import User
from marketplace.db import Base
from marketplace.needs.tables import Need


class ProposalKind(StrEnum):
    EXTEND = "extend"
    WIDEN = "widen"
    RELAX = "relax"


class ProposalStatus(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class NeedProposal(Base):
    """A change of an open need that its facilitator proposes, and its buyer accepts or not: a
    later deadline, structures from further away (`radius_km` empty: from anywhere), or what
    answers.relaxing finds to admit (`change`)."""

    __tablename__ = "need_proposals"
    __table_args__ = (
        CheckConstraint("(kind = 'extend') = (deadline_on IS NOT NULL)", name="day_to_extend"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"), index=True)
    kind: Mapped[ProposalKind]
    deadline_on: Mapped[date | None]
    radius_km: Mapped[int | None]
    change: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    words: Mapped[str]
    status: Mapped[ProposalStatus] = mapped_column(default=ProposalStatus.OPEN)
    proposed_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    proposed_at: Mapped[datetime]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    decided_at: Mapped[datetime | None]

    need: Mapped[Need] = relationship()
    proposed_by: Mapped[User] = relationship(foreign_keys=proposed_by_id)


class OfferInvitation(Base):
    """A facilitator asked a structure to publish an offer, because of a need: once."""

    __tablename__ = "offer_invitations"
    __table_args__ = (UniqueConstraint("need_id", "structure_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id"))
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    invited_at: Mapped[datetime]
