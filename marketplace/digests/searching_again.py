"""Looking whether the searches that people watch find something new: each morning, and every few
minutes for who wants to know at once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.digests.tables import Notice, NoticeKind, TopicRhythm
from marketplace.digests.topics import Rhythm, Topic
from marketplace.jobs import Job, enqueue
from marketplace.lists.queries import MOST_NEW, asked_by, results_between
from marketplace.lists.tables import SavedSearch
from marketplace.offers.narrowing import Face, Sort
from marketplace.offers.searching import Result

SETTLED = timedelta(minutes=2)
"""Longer than a deed may run. What came later is left for the next time: some of it may not be
committed yet, and would never be told."""
NAMED = 3
"""New results that a notice names; the others are counted."""

_PAGES = {Face.STRUCTURES: "/structures", Face.OFFERS: "/offres"}


def ask_for_watched(session: Session) -> None:
    """Sweep: every watched search of somebody active, each in a job of its own."""
    watched = select(SavedSearch.id).join(User).where(SavedSearch.is_watched, User.is_active)
    for search_id in session.scalars(watched.order_by(SavedSearch.id)):
        enqueue(session, Job.SEARCH_AGAIN, search_id=search_id)


def ask_for_eager(session: Session) -> None:
    """Sweep: the active people who watch a search and want to know at once."""
    eager = (
        select(SavedSearch.user_id)
        .join(User)
        .join(TopicRhythm, TopicRhythm.user_id == SavedSearch.user_id)
        .where(SavedSearch.is_watched, User.is_active)
        .where(TopicRhythm.topic == Topic.SEARCHES, TopicRhythm.rhythm == Rhythm.IMMEDIATE)
        .distinct()
        .order_by(SavedSearch.user_id)
    )
    for user_id in session.scalars(eager):
        enqueue(session, Job.SEARCH_AT_ONCE, user_id=user_id)


def search_at_once(session: Session, user_id: int, now: datetime) -> None:
    """All the watched searches of a person, told in one mail."""
    watched = select(SavedSearch.id).where(SavedSearch.user_id == user_id, SavedSearch.is_watched)
    ids = session.scalars(watched.order_by(SavedSearch.id)).all()
    found = [search_again(session, search_id, now) for search_id in ids]
    if any(found):
        enqueue(session, Job.WRITE_DIGESTS, first_id=user_id, last_id=user_id)


def search_again(session: Session, search_id: int, now: datetime) -> bool:
    """Tell what a search finds since it was last told of, or made. Whether there is something.

    One notice a search: until it is mailed it tells all that is new since the mail before,
    then it becomes the next one. Of a notice, `created_at` and `ready_at` are those two times.
    """
    saved = session.get(SavedSearch, search_id, with_for_update=True)
    if saved is None or not saved.is_watched:
        return False
    before = session.scalar(
        select(Notice)
        .filter_by(user_id=saved.user_id, kind=NoticeKind.NEW_RESULTS, subject_id=search_id)
        .with_for_update()
    )
    since, until = saved.created_at, now - SETTLED
    if before is not None:
        since = before.created_at if before.mail_id is None else before.ready_at
    found = results_between(session, saved, since, until)
    if not found:
        return False
    asked = replace(asked_by(saved), sort=Sort.NEWEST)
    said = {
        "title": _title(saved.name, found),
        "link": f"{_PAGES[saved.face]}?{urlencode(asked.pairs())}"[:500],
        "created_at": since,
        "ready_at": until,
        "mail_id": None,
        "read_at": None,
    }
    row = insert(Notice).values(
        user_id=saved.user_id,
        topic=Topic.SEARCHES,
        kind=NoticeKind.NEW_RESULTS,
        subject_id=search_id,
        is_urgent=False,
        **said,
    )
    session.execute(
        row.on_conflict_do_update(index_elements=["user_id", "kind", "subject_id"], set_=said)
    )
    return True


def _title(name: str, found: Sequence[Result]) -> str:
    """« 4 nouveaux résultats dans « Tonte » : Jardins du Doubs, Net et clair… »."""
    count = "Un nouveau résultat" if len(found) == 1 else f"{len(found)} nouveaux résultats"
    if len(found) >= MOST_NEW:
        count = f"{MOST_NEW} nouveaux résultats ou plus"
    named = ", ".join(_named(result) for result in found[:NAMED])
    more = "…" if len(found) > NAMED else ""
    return f"{count} dans «\u00a0{name}\u00a0»\u00a0: {named}{more}"[:300]


def _named(result: Result) -> str:
    by = result.structure.display_name
    return f"{result.offer.title} ({by})" if result.offer and result.offer.title else by
