"""Rows: the groups of sectors and the sectors, in the order that forms show them."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.db import Base


class SectorGroup(Base):
    __tablename__ = "sector_groups"

    slug: Mapped[str] = mapped_column(String(80), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    position: Mapped[int]

    sectors: Mapped[list["SectorRow"]] = relationship(order_by="SectorRow.position")


class SectorRow(Base):
    """A sector; `position` is its index in the nomenclature."""

    __tablename__ = "sectors"

    slug: Mapped[str] = mapped_column(String(120), primary_key=True)
    group_slug: Mapped[str] = mapped_column(ForeignKey("sector_groups.slug"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    position: Mapped[int]
