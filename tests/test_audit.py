"""The audit trail is added to, never changed, whoever asks."""

import pytest
from sqlalchemy import Select, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.audit import AuditEntry
from marketplace.db import transaction


def latest() -> Select[AuditEntry]:
    return select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entries SET actor_id = 2",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
    ],
)
def test_an_entry_cannot_be_changed_nor_taken_away(session: Session, statement: str) -> None:
    with transaction() as writing:
        audit.note(writing, audit.Action.DECIDED, actor_id=1, about=("need", 3), move="approve")
    with pytest.raises(ProgrammingError, match="only added to"):
        session.execute(text(statement))
    session.rollback()
    entry = session.scalars(latest()).one()
    assert (entry.actor_id, entry.object_id, entry.details) == (1, 3, {"move": "approve"})


def test_an_entry_goes_with_the_transaction_of_what_it_tells(session: Session) -> None:
    audit.note(session, audit.Action.DECIDED, actor_id=1, about=("need", 987_654))
    session.flush()
    session.rollback()
    assert session.scalars(latest().filter_by(object_id=987_654)).all() == []
