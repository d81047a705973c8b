"""Writing the documents of search once, when structures are taken in by the hundred.

Triggers write them at each statement (migration 0021); a register touches each structure several
times, and a rehearsal needs none.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import func, select
from sqlalchemy.orm import Session

_PUT_OFF = "documents_put_off"


@contextmanager
def documents_once(session: Session) -> Iterator[set[int]]:
    """Write no document before the end of the block, then those of the structures added to the
    set. A block that fails must take its transaction with it."""
    touched: set[int] = set()
    if session.info.get(_PUT_OFF):
        yield touched
        return
    _wait(session, "yes")
    yield touched
    _wait(session, "")
    if touched:
        session.execute(select(func.refresh_search_documents(sorted(touched))))


@contextmanager
def without_documents(session: Session) -> Iterator[None]:
    """Write none at all: for changes that are undone at the end of the block."""
    session.info[_PUT_OFF] = True
    _wait(session, "yes")
    try:
        yield
    finally:
        del session.info[_PUT_OFF]


def _wait(session: Session, said: str) -> None:
    session.execute(select(func.set_config("tandem.documents_wait", said, True)))
