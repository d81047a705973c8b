"""A kept list, and what one structure's new row changes in it. Pure."""

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass

from marketplace.matching.shapes import Ranked

NEAR_KEPT = 50
"""How many structures that miss one criterion are kept below the eligible."""

Standing = tuple[bool, float, str]
"""What orders a list: the eligible before the near, then by score, then by structure id."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Where the structure now stands, counted from 1, or None; the ranks, as they were, of the
    others that move, and by how much; and who is no longer kept."""

    rank: int | None
    first: int
    last: int
    by: int
    dropped: str | None = None


def standing(match: Ranked) -> Standing:
    return bool(match.near), -match.score, match.structure_id


def moved(listed: Sequence[Standing], structure_id: str, found: Standing | None) -> Moved | None:
    """What becomes of a list, in its order, when one structure is `found` there, or nowhere.

    None when that cannot be told: only the NEAR_KEPT first near ones are kept, and the next
    one may come in the place of the one that leaves.
    """
    others = [one for one in listed if one[2] != structure_id]
    before = next((place for place, one in enumerate(listed) if one[2] == structure_id), None)
    was_near = before is not None and listed[before][0]
    dropped = None
    if sum(is_near for is_near, *_ in listed) >= NEAR_KEPT:
        is_near = found is not None and found[0]
        is_beyond = found is not None and is_near and found > listed[-1]
        if was_near and (is_beyond or not is_near):
            return None
        if is_beyond:
            found = None
        elif is_near and not was_near:
            dropped = others[-1][2]
    end = len(listed) - (dropped is not None)
    if found is None:
        return Moved(None, 1 if before is None else before + 2, 0 if before is None else end, -1)
    at = bisect(others, found)
    if before is None:
        return Moved(at + 1, at + 1, end, +1, dropped)
    if at > before:
        return Moved(at + 1, before + 2, at + 1, -1, dropped)
    return Moved(at + 1, at + 1, before, +1, dropped)
