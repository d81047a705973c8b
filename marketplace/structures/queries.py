"""Reads: structures, by who speaks for them and by name."""

from collections.abc import Collection, Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from marketplace.structures.tables import Structure


def structures_of(session: Session, ids: Collection[int]) -> Sequence[Structure]:
    """These structures, by name."""
    return session.scalars(by_name(select(Structure).where(Structure.id.in_(ids)))).all()


def live_structures() -> Select[Structure]:
    """The structures that are open, by name."""
    return by_name(select(Structure).where(Structure.is_active))


def by_name(structures: Select[Structure]) -> Select[Structure]:
    """Ordered as a French reader expects on every host, whatever its collation."""
    return structures.order_by(Structure.sort_key, Structure.id)
