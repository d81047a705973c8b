"""A need with lots: each lot ranked alone, and the best lot of each structure. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from marketplace.matching.index import Index
from marketplace.matching.ranking import eligible_structures, rank, rank_everyone
from marketplace.matching.shapes import Need, Ranked, Ranking, Reason


@dataclass(frozen=True, slots=True)
class LotNeed:
    """A lot as the ranking takes it in."""

    lot_id: int
    number: int
    title: str
    need: Need


@dataclass(frozen=True, slots=True)
class LotFound:
    """How many could answer a lot, and how many of them close by."""

    lot_id: int
    number: int
    title: str
    eligible: int
    close: int
    relaxation: Reason | None = None
    """What to loosen in this lot, while it is being written."""


@dataclass(frozen=True, slots=True)
class LotRanking:
    """`able`: everyone eligible, listed or not, with the kilometres from the place."""

    number: int
    ranking: Ranking
    able: dict[str, float | None]


def rank_lots(index: Index, lots: Iterable[LotNeed], top: int) -> list[LotRanking]:
    """The `top` first structures for each lot."""
    return [
        LotRanking(lot.number, rank(index, lot.need, top), eligible_structures(index, lot.need))
        for lot in lots
    ]


def rank_lots_for_everyone(index: Index, lots: Iterable[LotNeed], near: int) -> list[LotRanking]:
    """Everyone eligible for each lot, then the `near` first of those that nearly are."""
    return [
        LotRanking(
            lot.number,
            rank_everyone(index, lot.need, near),
            eligible_structures(index, lot.need),
        )
        for lot in lots
    ]


def best_of_lots(lots: Sequence[LotRanking]) -> Ranking:
    """Each structure once, by the lot that it fits best, and told which lots it could answer.

    The eligible for some lot come first, then those near one; each by score, equal scores by
    structure id, as in a ranking without lots. Of two lots fitted as well, the first counts.
    """
    best: dict[str, Ranked] = {}
    for lot in sorted(lots, key=lambda lot: lot.number):
        for match in lot.ranking.matches:
            known = best.get(match.structure_id)
            if known is None or _merit(match) < _merit(known):
                best[match.structure_id] = match
    able: dict[str, list[int]] = {}
    for lot in sorted(lots, key=lambda lot: lot.number):
        for structure_id in lot.able:
            able.setdefault(structure_id, []).append(lot.number)
    matches = sorted(best.values(), key=lambda match: (*_merit(match), match.structure_id))
    return Ranking(len(able), [_told(match, able.get(match.structure_id)) for match in matches])


def _merit(match: Ranked) -> tuple[bool, float]:
    return bool(match.near), -match.score


def _told(match: Ranked, numbers: list[int] | None) -> Ranked:
    if not numbers:
        return match
    return replace(match, reasons=[{"code": "lots", "numbers": numbers}, *match.reasons])
