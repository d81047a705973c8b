"""Rows: registers that somebody hands in, line by line, and what became of each."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.tables import User
from marketplace.db import Base
from marketplace.structures.kinds import Kind
from marketplace.structures.network_tables import Network


class ImportStatus(StrEnum):
    READ = "read"
    """Its columns wait to be confirmed."""
    CHECKING = "checking"
    CHECKED = "checked"
    RUNNING = "running"
    DONE = "done"


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    REPEATED = "repeated"
    """An earlier line is the same structure: the first one counts."""
    SKIPPED = "skipped"
    """It looks like a structure that is known, and was left out for that."""
    KEPT = "kept"
    """What it says differs, but the network that hands it in may not change the structure."""


class StructureImport(Base):
    """A register handed in. `mapping` tells, by the columns that we know, the place of the
    sheet's own, from 0; `kind` is the structures' when no column tells it. `network_id` is set
    when a network brings its members in: it may do less than an administrator."""

    __tablename__ = "structure_imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    network_id: Mapped[int | None] = mapped_column(ForeignKey("networks.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(120))
    header: Mapped[list[str]] = mapped_column(JSONB)
    mapping: Mapped[dict[str, int]] = mapped_column(JSONB, default=dict)
    kind: Mapped[Kind | None]
    status: Mapped[ImportStatus] = mapped_column(default=ImportStatus.READ)
    total: Mapped[int]
    handed_in_at: Mapped[datetime]
    moved_at: Mapped[datetime]
    """When its last batch was done: a sweep takes up what has stood still."""
    finished_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()
    network: Mapped[Network | None] = relationship()


class StructureImportRow(Base):
    """A line of a register. `foreseen` is what the rehearsal found, `outcome` what was done;
    what is left to do has neither.

    `notes` are pairs of a column and what is odd about it, in French; `lookalike` names the
    known structure that this one resembles.
    """

    __tablename__ = "structure_import_rows"

    import_id: Mapped[int] = mapped_column(
        ForeignKey("structure_imports.id", ondelete="CASCADE"), primary_key=True
    )
    line: Mapped[int] = mapped_column(primary_key=True)
    cells: Mapped[list[str]] = mapped_column(JSONB)
    fault: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """Why its cells could not be read, and in which column; then there are none."""
    foreseen: Mapped[Outcome | None]
    outcome: Mapped[Outcome | None]
    lookalike: Mapped[str] = mapped_column(default="")
    notes: Mapped[list[list[str]]] = mapped_column(JSONB, default=list)
