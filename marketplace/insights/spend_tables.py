"""Rows: what organisations spent, line by line, and programmes whose potential was asked."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.tables import Organisation
from marketplace.db import Base
from marketplace.insights.spend_lines import Doubt
from marketplace.needs.tables import AMOUNT


class SpendFile(Base):
    """A file of spending that an organisation sent: its name is what its buyer calls it.

    `refused`: the first lines that were not kept, as {line, reason}; `refused_count` counts all.
    """

    __tablename__ = "spend_files"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    created_at: Mapped[datetime]
    refused: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, default=list)
    refused_count: Mapped[int] = mapped_column(default=0)

    organisation: Mapped[Organisation] = relationship()


class SpendLine(Base):
    """What was paid to a supplier. A line in doubt is kept and counted: its reader is told.

    `siret` is empty where the file's own is missing or wrong. `amount`: euros, under zero for a
    credit note. `department_code` and `is_in_qpv`: the supplier's, as the file says them.
    """

    __tablename__ = "spend_lines"

    file_id: Mapped[int] = mapped_column(
        ForeignKey("spend_files.id", ondelete="CASCADE"), primary_key=True
    )
    line: Mapped[int] = mapped_column(primary_key=True)
    siret: Mapped[str] = mapped_column(String(14), default="")
    amount: Mapped[Decimal] = mapped_column(AMOUNT)
    category: Mapped[str] = mapped_column(String(200), default="")
    entity: Mapped[str] = mapped_column(String(200), default="")
    department_code: Mapped[str] = mapped_column(String(3), default="")
    is_in_qpv: Mapped[bool | None]
    doubt: Mapped[Doubt | None]


class PotentialStudy(Base):
    """A purchasing programme whose potential is asked again at each reading: `lines` is the
    programme alone, in CSV, as potential.written gives it."""

    __tablename__ = "potential_studies"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    lines: Mapped[str]
    created_at: Mapped[datetime]

    organisation: Mapped[Organisation] = relationship()
