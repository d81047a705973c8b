"""What a buyer concludes from a sourcing, kept beside its need."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.needs.tables import SourcingReport


def conclude(session: Session, need_id: int, conclusion: str, now: datetime) -> None:
    """Write the conclusion down, over the one before."""
    said = {"conclusion": conclusion, "updated_at": now}
    row = insert(SourcingReport).values(need_id=need_id, **said)
    session.execute(row.on_conflict_do_update(index_elements=["need_id"], set_=said))
