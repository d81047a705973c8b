"""Reads: the sectors by group, for forms."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from marketplace.sectors.tables import SectorGroup


def all_groups(session: Session) -> Sequence[SectorGroup]:
    """The groups with their sectors, in the order of the nomenclature."""
    ordered = select(SectorGroup).order_by(SectorGroup.position)
    return session.scalars(ordered.options(selectinload(SectorGroup.sectors))).all()
