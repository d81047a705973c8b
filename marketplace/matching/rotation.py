"""Whose turn it is: near-equal structures take turns among the first places. Pure.

docs/decisions/0012-rotation.md argues the figures.
"""

from collections.abc import Mapping, Sequence
from math import ceil, log2

from marketplace.matching.shapes import Ranked

PLACES = 10
"""The first places, those that buyers read; nothing is exposed below."""
KEPT = 5
"""Of these, how many stay with the best scores, whoever was shown lately."""
BAND = 0.25
"""How far below the first of its band, as a share of that one's score, a structure may be."""
LEVEL = 2.0
"""Exposure up to this, twice in the first place, is little; then each doubling is a level."""
LATELY_DAYS = 90
"""What was shown earlier is forgotten."""


def exposure_at(place: int) -> float:
    """What being shown at a place, counted from 1, adds to a structure's exposure.

    1 in the first place, falling as 1 / log2(place + 1), the discount of nDCG.
    """
    return 1 / log2(place + 1) if place <= PLACES else 0.0


def level(exposure: float) -> int:
    """0 for a structure not shown lately, then 1, 2, 3… so that small gaps change nothing."""
    if exposure <= 0:
        return 0
    return 1 if exposure <= LEVEL else 1 + ceil(log2(exposure / LEVEL))


def bands(matches: Sequence[Ranked]) -> list[list[Ranked]]:
    """Near-equal structures together, best first, those that miss a criterion always apart."""
    found: list[list[Ranked]] = []
    for match in matches:
        first = found[-1][0] if found else None
        if (
            first is None
            or bool(match.near) != bool(first.near)
            or match.score < (1 - BAND) * first.score
        ):
            found.append([])
        found[-1].append(match)
    return found


def rotated(matches: Sequence[Ranked], exposure: Mapping[str, float]) -> list[Ranked]:
    """The same structures, with those shown little lately let into the first places.

    Only the places that a band has among the first PLACES, less the KEPT, are given by level
    of exposure; equal levels go by score. Those shown stand in the order of their scores, and
    so do the others after them: exposure decides alone between equal scores. With the same
    exposure for all, nothing moves.

    Args:
        matches: in the order of rank(), best first, each structure once.
        exposure: sums of exposure_at over LATELY_DAYS, by structure id; none is 0.
    """
    ordered: list[Ranked] = []
    for band in bands(matches):
        places = max(0, PLACES - len(ordered))
        kept = max(0, KEPT - len(ordered))
        ordered += _taking_turns(band, places, kept, exposure)
    return ordered


def _taking_turns(
    band: list[Ranked], places: int, kept: int, exposure: Mapping[str, float]
) -> list[Ranked]:
    levels = {match.structure_id: level(exposure.get(match.structure_id, 0.0)) for match in band}
    by_score = sorted(band, key=lambda match: (-match.score, levels[match.structure_id]))
    if len(band) <= places or not places:
        return by_score
    by_turn = sorted(by_score[kept:], key=lambda match: levels[match.structure_id])
    shown = {match.structure_id for match in by_score[:kept] + by_turn[: places - kept]}
    return sorted(by_score, key=lambda match: match.structure_id not in shown)
