"""Writing down the matches that rankings find: only the rows that change."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import InstrumentedAttribute, Session

from marketplace.matching.lifecycle import UNTOUCHED
from marketplace.matching.shapes import Ranked
from marketplace.matching.tables import Match

FOUND = ("offer_id", "rank", "score", "distance_km", "parts", "reasons", "near")
"""What a ranking says of a structure, as columns of Match and of LotMatch."""

Row = dict[str, Any]


def keep_list(
    session: Session,
    owner: InstrumentedAttribute[int],
    owner_id: int,
    matches: Sequence[Ranked],
    **once: object,
) -> None:
    """Make the list of a need or of a lot, which `owner` names, what a ranking found. A match
    that somebody already acted on stays when its structure is no longer found.

    `once` is written on new rows only.
    """
    table: Any = owner.class_
    columns = [getattr(table, name) for name in ("structure_id", *FOUND)]
    kept = {row[0]: row[1:] for row in session.execute(select(*columns).where(owner == owner_id))}
    rows = [row_of(match, rank) for rank, match in enumerate(matches, start=1)]
    gone = kept.keys() - {row["structure_id"] for row in rows}
    if gone:
        leaving = delete(table).where(owner == owner_id, table.structure_id.in_(gone))
        if table is Match:
            leaving = leaving.where(Match.status.in_(UNTOUCHED))
        session.execute(leaving)
    changed = [row for row in rows if kept.get(row["structure_id"]) != found_in(row)]
    write(session, owner, [{owner.key: owner_id, **once, **row} for row in changed])


def row_of(match: Ranked, rank: int) -> Row:
    return {
        "structure_id": int(match.structure_id),
        "offer_id": int(match.offer_id),
        "rank": rank,
        "score": match.score,
        "distance_km": match.distance_km,
        "parts": match.parts,
        "reasons": match.reasons,
        "near": match.near,
    }


def found_in(row: Row) -> tuple[object, ...]:
    return tuple(row[name] for name in FOUND)


def write(session: Session, owner: InstrumentedAttribute[int], rows: Sequence[Row]) -> None:
    """Add these rows, or bring those of the same structures up to date."""
    if not rows:
        return
    added = insert(owner.class_)
    again = {name: added.excluded[name] for name in FOUND}
    session.execute(
        added.on_conflict_do_update(index_elements=[owner.key, "structure_id"], set_=again), rows
    )
