"""Reads: organisations, and who buys for them."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import Organisation


def organisations(session: Session, ids: Collection[int]) -> Sequence[Organisation]:
    """These organisations, by name."""
    named = select(Organisation).where(Organisation.id.in_(ids)).order_by(Organisation.name)
    return session.scalars(named).all()
