"""Rows: who does what in the territories of a desk."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.db import Base
from marketplace.moderation.tables import Desk


class Part(StrEnum):
    """What a partner is there for: partnering.PARTS says it in French."""

    ADVISES = "advises"
    REFERS = "refers"
    TRAINS = "trains"
    EMPLOYS = "employs"
    FUNDS = "funds"
    BUYS = "buys"
    OTHER = "other"


class TerritoryPartner(Base):
    """An organisation that works with a desk, as the public may know it.

    Without `territory_code` it works wherever its desk does.
    """

    __tablename__ = "territory_partners"

    id: Mapped[int] = mapped_column(primary_key=True)
    desk_id: Mapped[int] = mapped_column(ForeignKey("desks.id"), index=True)
    territory_code: Mapped[str | None] = mapped_column(ForeignKey("territories.code"))
    name: Mapped[str] = mapped_column(String(200))
    sort_key: Mapped[str] = mapped_column(String(240, collation="C"))
    part: Mapped[Part]
    role: Mapped[str] = mapped_column(String(300))
    """What it does, in the desk's words."""
    contact: Mapped[str] = mapped_column(String(200), default="")
    website: Mapped[str] = mapped_column(String(255), default="")
    updated_at: Mapped[datetime]

    desk: Mapped[Desk] = relationship()
