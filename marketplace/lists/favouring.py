"""Keeping structures in lists: naming and sharing them, adding, noting, taking out."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.lists.tables import Favourite, FavouriteList

MOST_LISTS = 100
MOST_KEPT = 500


class TooMany(Exception):
    """A person has as many lists, or a list as many structures, as there may be."""


def open_list(
    session: Session, owner_id: int, name: str, organisation_id: int | None, now: datetime
) -> FavouriteList:
    """A new list, shared with an organisation when one is given.

    Raises TooMany.
    """
    own = select(func.count()).select_from(FavouriteList).filter_by(owner_id=owner_id)
    if (session.scalar(own) or 0) >= MOST_LISTS:
        raise TooMany
    row = FavouriteList(
        name=name,
        owner_id=owner_id,
        organisation_id=organisation_id,
        created_at=now,
        changed_at=now,
    )
    session.add(row)
    session.flush()
    return row


def rename_list(
    session: Session, of: FavouriteList, name: str, organisation_id: int | None, now: datetime
) -> None:
    """Also shares it with an organisation, or with nobody any more."""
    of.name, of.organisation_id, of.changed_at = name, organisation_id, now


def delete_list(session: Session, of: FavouriteList) -> None:
    session.execute(delete(Favourite).where(Favourite.list_id == of.id))
    session.delete(of)


def keep(
    session: Session,
    structure_id: int,
    user_id: int,
    kept_in: Sequence[FavouriteList],
    among: Collection[FavouriteList],
    now: datetime,
) -> None:
    """Of these lists, the structure stands in those and in no other; notes stay as they are.

    Raises TooMany.
    """
    chosen = {one.id for one in kept_in}
    for one in among:
        here = Favourite.list_id == one.id, Favourite.structure_id == structure_id
        if one.id in chosen:
            _add(session, one, structure_id, user_id, now)
        elif session.scalar(delete(Favourite).where(*here).returning(Favourite.list_id)):
            one.changed_at = now


def _add(
    session: Session, to: FavouriteList, structure_id: int, user_id: int, now: datetime
) -> None:
    kept = select(func.count()).select_from(Favourite).where(Favourite.list_id == to.id)
    if (session.scalar(kept) or 0) >= MOST_KEPT:
        raise TooMany
    row = insert(Favourite).values(
        list_id=to.id, structure_id=structure_id, note="", added_by_id=user_id, added_at=now
    )
    if session.scalar(row.on_conflict_do_nothing().returning(Favourite.list_id)):
        to.changed_at = now


def note(session: Session, kept: Favourite, words: str, of: FavouriteList, now: datetime) -> None:
    kept.note, of.changed_at = words, now


def take_out(session: Session, kept: Favourite, of: FavouriteList, now: datetime) -> None:
    session.delete(kept)
    of.changed_at = now
