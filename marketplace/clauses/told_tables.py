"""Rows: the validated hours that are told in public, decided once a month."""

from datetime import date
from decimal import Decimal

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.clauses.contract_tables import HOURS
from marketplace.db import Base


class HourPublication(Base):
    """A day on which it was decided what is told, and whether by public, sex and age too."""

    __tablename__ = "hour_publications"

    told_on: Mapped[date] = mapped_column(primary_key=True)
    is_detailed: Mapped[bool]


class ToldReport(Base):
    """A validated report that counts in public: its hours in the territory `told_at` and those
    that hold it, its entries likewise in `entered_at`. What has the same day and territory is
    one pool of five people at least; what has the same day `detailed_on`, one decision."""

    __tablename__ = "told_reports"

    report_id: Mapped[int] = mapped_column(
        ForeignKey("hour_reports.id", ondelete="CASCADE"), primary_key=True
    )
    told_at: Mapped[str] = mapped_column(ForeignKey("territories.code"))
    told_on: Mapped[date]
    detailed_on: Mapped[date | None]
    entered_at: Mapped[str | None] = mapped_column(ForeignKey("territories.code"))
    entered_on: Mapped[date | None]


class ToldTotal(Base):
    """What the pages of a territory say until the next publication. None: something was
    validated, and nothing of it may be told here."""

    __tablename__ = "told_totals"

    territory_code: Mapped[str] = mapped_column(ForeignKey("territories.code"), primary_key=True)
    hours: Mapped[Decimal | None] = mapped_column(HOURS)
    new_people: Mapped[int | None]


class ToldCell(Base):
    """A line of a table of a department, a region or the country; None: hidden. The dimension
    is « month », or a field of the lines of hours."""

    __tablename__ = "told_cells"

    territory_code: Mapped[str] = mapped_column(ForeignKey("territories.code"), primary_key=True)
    dimension: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[str] = mapped_column(String(20), primary_key=True)
    hours: Mapped[Decimal | None] = mapped_column(HOURS)
    new_people: Mapped[int | None]
