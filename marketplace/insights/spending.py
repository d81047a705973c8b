"""Keeping a file of spending, and dropping it."""

from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from marketplace.insights.spend_lines import Spending
from marketplace.insights.spend_tables import SpendFile, SpendLine

REFUSED_KEPT = 200
"""How many refused lines are shown again: beyond, the file itself has to be looked at."""


def keep_spending(
    session: Session,
    organisation_id: int,
    author_id: int,
    name: str,
    spending: Spending,
    now: datetime,
) -> SpendFile:
    """Keep the lines that could be read, and say which could not."""
    file = SpendFile(
        organisation_id=organisation_id,
        author_id=author_id,
        name=name,
        created_at=now,
        refused=[
            {"line": one.line, "reason": one.reason} for one in spending.refused[:REFUSED_KEPT]
        ],
        refused_count=len(spending.refused),
    )
    session.add(file)
    session.flush()
    if spending.lines:
        session.execute(
            insert(SpendLine),
            [
                {
                    "file_id": file.id,
                    "line": one.line,
                    "siret": one.siret,
                    "amount": one.amount,
                    "category": one.category,
                    "entity": one.entity,
                    "department_code": one.department,
                    "is_in_qpv": one.is_in_qpv,
                    "doubt": one.doubt,
                }
                for one in spending.lines
            ],
        )
    return file


def drop_spending(session: Session, file_id: int) -> None:
    """Raises NoResultFound."""
    session.delete(session.get_one(SpendFile, file_id, with_for_update=True))
