"""Looking each morning whether the searches that people watch find something new."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.digests.tables import Notice, NoticeKind
from marketplace.digests.topics import Topic
from marketplace.jobs import Job, enqueue
from marketplace.lists.queries import MOST_NEW, new_results_since
from marketplace.lists.tables import SavedSearch

PAGE = "/mes-recherches"


def ask_for_watched(session: Session) -> None:
    """Sweep: every watched search of somebody active, each in a job of its own."""
    watched = select(SavedSearch.id).join(User).where(SavedSearch.is_watched, User.is_active)
    for search_id in session.scalars(watched.order_by(SavedSearch.id)):
        enqueue(session, Job.SEARCH_AGAIN, search_id=search_id)


def search_again(session: Session, search_id: int, now: datetime) -> bool:
    """Tell what a search finds since it was last told of, or made. Whether there is something.

    One notice a search: until it is mailed it tells all that is new since the mail before,
    then it becomes the next one.
    """
    saved = session.get(SavedSearch, search_id, with_for_update=True)
    if saved is None or not saved.is_watched:
        return False
    before = session.scalar(
        select(Notice)
        .filter_by(user_id=saved.user_id, kind=NoticeKind.NEW_RESULTS, subject_id=search_id)
        .with_for_update()
    )
    since = saved.created_at
    if before is not None:
        since = before.created_at if before.mail_id is None else before.ready_at
    found = new_results_since(session, saved, since)
    if not found:
        return False
    count = (
        f"{MOST_NEW} nouveaux résultats ou plus"
        if len(found) >= MOST_NEW
        else (f"{len(found)} nouveaux résultats" if len(found) > 1 else "Un nouveau résultat")
    )
    said = {
        "title": f"{count} dans «\u00a0{saved.name}\u00a0»",
        "created_at": since,
        "ready_at": now,
        "mail_id": None,
        "read_at": None,
    }
    row = insert(Notice).values(
        user_id=saved.user_id,
        topic=Topic.SEARCHES,
        kind=NoticeKind.NEW_RESULTS,
        subject_id=search_id,
        link=PAGE,
        is_urgent=False,
        **said,
    )
    session.execute(
        row.on_conflict_do_update(index_elements=["user_id", "kind", "subject_id"], set_=said)
    )
    return True
