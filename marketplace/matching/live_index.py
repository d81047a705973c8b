"""The index of published offers that each process holds, kept equal to PostgreSQL.

Triggers write one `offer_changes` row for each offer touched, stamped with the writing
transaction. A reader notes the oldest transaction still running (`xmin`), then takes every
change stamped since the `xmin` that it noted the time before: a transaction that committed
late is read then, and reading a change twice does no harm.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Lock
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, cast, delete, func, insert, literal, select
from sqlalchemy.orm import Session

from marketplace.matching.index import Index
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.shaping import OVER, offer_shapes
from marketplace.matching.tables import Match, OfferChange, Xid8
from marketplace.needs.tables import NeedMove
from marketplace.offers.tables import Offer
from marketplace.territories.queries import gazetteer

KEPT = timedelta(days=7)
"""How long changes are kept. A process that did not look for half as long starts afresh."""

EVERY_OFFER = 0
"""The offer id that the trigger writes when the table was emptied at a stroke."""


class LiveIndex:
    """That of one database. Threads take turns: a ranking lasts about a millisecond."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._index: Index | None = None
        self._horizon = 0
        self._read_at: datetime | None = None

    @contextmanager
    def reading(self, session: Session, now: datetime) -> Iterator[Index]:
        """The index as the database now is, for the length of the block."""
        with self._lock:
            horizon, changed = self._noted(session)
            if self._index is None or EVERY_OFFER in changed or self._is_late(now):
                afresh = Index(gazetteer(session))
                afresh.upsert(offer_shapes(session))
                self._index = afresh
            elif changed:
                published = list(offer_shapes(session, changed))
                self._index.remove(
                    {str(offer_id) for offer_id in changed} - {o.id for o in published}
                )
                self._index.upsert(published)
            self._horizon, self._read_at = horizon, now
            yield self._index

    def _noted(self, session: Session) -> tuple[int, set[int]]:
        """The oldest transaction still running, and the offers changed since the one before."""
        since = cast(literal(str(self._horizon)), Xid8)
        changed = func.array_agg(OfferChange.offer_id.distinct())
        horizon, offer_ids = session.execute(
            select(_XMIN, changed).where(OfferChange.changed_in >= since)
        ).one()
        return horizon, set(offer_ids or ())

    def _is_late(self, now: datetime) -> bool:
        return self._read_at is None or now - self._read_at > KEPT / 2


_XMIN = func.pg_snapshot_xmin(func.pg_current_snapshot())


class LiveIndexes:
    """One index for each database that the process speaks to: in service, a single one."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._of: WeakKeyDictionary[Engine, LiveIndex] = WeakKeyDictionary()

    @contextmanager
    def reading(self, session: Session, now: datetime) -> Iterator[Index]:
        """The index of the session's database, as it now is, for the length of the block."""
        with self._lock:
            own = self._of.setdefault(session.get_bind().engine, LiveIndex())
        with own.reading(session, now) as index:
            yield index


live_index = LiveIndexes()


CLOSED_LATELY = timedelta(days=2)
"""Twice the time between two nights, so that one night missed does no harm."""


def note_closed_needs(session: Session, now: datetime) -> None:
    """Have every process read again the offers of structures told of a need that closed: how
    many they leave unanswered has changed, though their rows have not."""
    closed = select(NeedMove.need_id).where(
        NeedMove.moved_at >= now - CLOSED_LATELY, NeedMove.status.in_(OVER)
    )
    touched = select(Match.structure_id).where(
        Match.need_id.in_(closed), Match.status != MatchStatus.SUGGESTED
    )
    offers = select(Offer.id).where(Offer.structure_id.in_(touched))
    session.execute(insert(OfferChange).from_select(["offer_id"], offers))


def forget_old_changes(session: Session, now: datetime) -> None:
    """Delete the changes that every process has read long since."""
    session.execute(delete(OfferChange).where(OfferChange.changed_at < now - KEPT))
