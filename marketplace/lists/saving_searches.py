"""Searches kept under a name, told of when something new answers to them."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.lists.tables import SavedSearch
from marketplace.offers.narrowing import Asked, Face

MOST_SEARCHES = 50


class TooManySearches(Exception):
    """A person keeps as many searches as it may."""


def save_search(
    session: Session,
    user_id: int,
    name: str,
    face: Face,
    asked: Asked,
    is_watched: bool,
    now: datetime,
) -> SavedSearch:
    """Raises TooManySearches."""
    own = select(func.count()).select_from(SavedSearch).filter_by(user_id=user_id)
    if (session.scalar(own) or 0) >= MOST_SEARCHES:
        raise TooManySearches
    row = SavedSearch(
        user_id=user_id,
        name=name,
        face=face,
        asked=_grouped(asked.pairs()),
        is_watched=is_watched,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row


def change_search(saved: SavedSearch, name: str, is_watched: bool) -> None:
    saved.name, saved.is_watched = name, is_watched


def forget_search(session: Session, saved: SavedSearch) -> None:
    session.delete(saved)


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped
