"""Who could answer a need that is not published yet; nothing is kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.matching.live_index import live_index
from marketplace.matching.queries import need_shape
from marketplace.matching.ranking import rank
from marketplace.matching.shapes import Need as NeedShape
from marketplace.matching.shapes import Ranked
from marketplace.needs.tables import Need
from marketplace.structures.tables import Structure


@dataclass(frozen=True)
class Preview:
    """How many could answer, and the best of them with their structures by id."""

    eligible: int
    best: list[Ranked]
    structures: Mapping[str, Structure]


def preview(session: Session, need: Need, now: datetime, top: int) -> Preview:
    """The `top` best for a stored need, as approving it now would rank them."""
    return preview_of(session, need_shape(need), now, top)


def preview_of(session: Session, need: NeedShape, now: datetime, top: int) -> Preview:
    """The same for a need that no row holds, such as a search."""
    with live_index.reading(session, now) as index:
        ranking = rank(index, need, top)
    ids = [int(match.structure_id) for match in ranking.matches]
    found = session.scalars(select(Structure).where(Structure.id.in_(ids)))
    return Preview(ranking.eligible, ranking.matches, {str(row.id): row for row in found})
