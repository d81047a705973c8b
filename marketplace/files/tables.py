"""Rows: the files that are kept. Their bytes are in the store, by `key`."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db import Base
from marketplace.files.contents import Format


class Scan(StrEnum):
    CLEAN = "clean"
    NOT_SCANNED = "not_scanned"
    """No antivirus is set up here."""


class StoredFile(Base):
    """A file that somebody handed in. What it belongs to links to it, from the rooms above.

    `user_id` is a plain number: this floor knows no people. `name` is the one it was handed
    in with, cleaned and short.
    """

    __tablename__ = "stored_files"
    __table_args__ = (CheckConstraint("size > 0", name="not_empty"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    format: Mapped[Format]
    size: Mapped[int]
    """Bytes."""
    sha256: Mapped[str] = mapped_column(String(64))
    user_id: Mapped[int] = mapped_column(index=True)
    stored_at: Mapped[datetime]
    scan: Mapped[Scan]
