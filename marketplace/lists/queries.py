"""Reads: what stands in a list, what a saved search asks and finds since a day."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from marketplace.lists.tables import Favourite, FavouriteList, SavedSearch
from marketplace.offers.narrowing import Asked, asked_in
from marketplace.offers.searching import Result, Search, place_of, results
from marketplace.offers.spelling import read_words
from marketplace.structures.tables import Structure
from marketplace.territories import naming
from marketplace.territories.queries import gazetteer

MOST_NEW = 20
"""New results told at once; more are found on the page of the search."""


def with_sizes(
    session: Session, lists: Select[FavouriteList]
) -> Sequence[tuple[FavouriteList, int]]:
    """These lists, the last changed first, with how many structures stand in each."""
    size = (
        select(func.count())
        .where(Favourite.list_id == FavouriteList.id)
        .correlate(FavouriteList)
        .scalar_subquery()
    )
    shown = (
        lists.add_columns(size)
        .options(joinedload(FavouriteList.owner), joinedload(FavouriteList.organisation))
        .order_by(FavouriteList.changed_at.desc(), FavouriteList.id.desc())
    )
    return [(one, number) for one, number in session.execute(shown)]


def favourites_in(list_id: int) -> Select[Favourite]:
    """What stands in a list, by the names of the structures; those that closed too."""
    return (
        select(Favourite)
        .join(Structure)
        .where(Favourite.list_id == list_id)
        .options(joinedload(Favourite.structure), joinedload(Favourite.added_by))
        .order_by(Structure.sort_key, Structure.id)
    )


def lists_holding(
    session: Session, structure_id: int, among: Collection[FavouriteList]
) -> frozenset[int]:
    """The ids of these lists where a structure stands."""
    held = select(Favourite.list_id).where(
        Favourite.structure_id == structure_id,
        Favourite.list_id.in_([one.id for one in among]),
    )
    return frozenset(session.scalars(held))


def saved_searches_of(session: Session, user_id: int) -> Sequence[SavedSearch]:
    """A person's searches, by name."""
    own = select(SavedSearch).where(SavedSearch.user_id == user_id)
    return session.scalars(own.order_by(SavedSearch.name, SavedSearch.id)).all()


def asked_by(saved: SavedSearch) -> Asked:
    """What it asks; a value that means nothing any more is passed over."""
    return asked_in((name, value) for name, values in saved.asked.items() for value in values)


def results_between(
    session: Session, saved_search: SavedSearch, since: datetime, until: datetime
) -> Sequence[Result]:
    """What answers to a search and came between two times, best first, MOST_NEW at most.

    A structure is new when it came, or when it published an offer; an offer when it was
    published. A place that no longer has a name finds nothing.
    """
    asked, places = asked_by(saved_search), gazetteer(session)
    code = naming.zone_named(places, asked.where) if asked.where else None
    if asked.where and code is None:
        return []
    place = place_of(places, code) if code else None
    search = Search(saved_search.face, asked, place, read_words(session, asked.words))
    return results(session, search, MOST_NEW, came=(since, until))
