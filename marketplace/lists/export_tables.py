"""Rows: the columns that a person takes along, and the long sheets that are written for it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.tables import User
from marketplace.db import Base
from marketplace.files.tables import StoredFile


class SheetFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


class ExportStatus(StrEnum):
    ASKED = "asked"
    WRITING = "writing"
    DONE = "done"


class ExportChoice(Base):
    """How a person last took a sheet: which columns, in their order, in which format."""

    __tablename__ = "export_choices"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    sheet: Mapped[str] = mapped_column(String(20), primary_key=True)
    columns: Mapped[list[str]] = mapped_column(ARRAY(String(30)))
    format: Mapped[SheetFormat]


class Export(Base):
    """A sheet too long to be waited for. `asked` holds the pairs of the page's address."""

    __tablename__ = "exports"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    sheet: Mapped[str] = mapped_column(String(20))
    asked: Mapped[list[list[str]]] = mapped_column(JSONB)
    columns: Mapped[list[str]] = mapped_column(ARRAY(String(30)))
    format: Mapped[SheetFormat]
    status: Mapped[ExportStatus] = mapped_column(default=ExportStatus.ASKED)
    total: Mapped[int]
    written: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_files.id"), index=True)

    user: Mapped[User] = relationship()
    file: Mapped[StoredFile | None] = relationship()
