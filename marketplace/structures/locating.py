"""Telling the structures that are seated in a priority district."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.structures.tables import Structure
from marketplace.territories.districts import Districts, Generation

BATCH = 1_000


def locate_in_districts(session: Session, today: date) -> int:
    """Say of each structure whether it is seated in a district of 2024: how many have changed.

    Of one whose point is only its commune's middle, nothing can be said: what its members
    declared stays. Nothing changes while no district is loaded.
    """
    districts = Districts(session, Generation.QPV_2024)
    if not districts:
        return 0
    placed = select(Structure).where(
        Structure.lat.is_not(None), Structure.lon.is_not(None), ~Structure.is_point_approximate
    )
    changed = 0
    for structure in session.scalars(
        placed.order_by(Structure.id).execution_options(yield_per=BATCH)
    ):
        assert structure.lat is not None and structure.lon is not None  # noqa: S101, PT018 - asked so
        is_inside = districts.at(structure.lat, structure.lon) is not None
        if structure.is_in_qpv is not is_inside:
            structure.is_in_qpv, structure.seat_checked_on = is_inside, today
            changed += 1
    return changed
