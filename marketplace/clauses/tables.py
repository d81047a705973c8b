"""Rows: calculations of insertion hours, kept with what they assume."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.tables import User
from marketplace.db import Base
from marketplace.needs.tables import Need


class ClauseCalculation(Base):
    """The hours that a need should ask for. A new calculation is a new row: earlier links hold.

    `assumptions`: what clauses.calculating wrote, to be shown again as it was. `hours`: of all
    lines together. Who has the token may read it.
    """

    __tablename__ = "clause_calculations"

    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(32), unique=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("needs.id", ondelete="CASCADE"), index=True)
    created_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    assumptions: Mapped[dict[str, Any]] = mapped_column(JSONB)
    hours: Mapped[float]

    need: Mapped[Need] = relationship()
    created_by: Mapped[User] = relationship()
