"""Who is shown, and what fairness costs: a quarter of needs, with and without rotation. Pure."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Any

from marketplace.jsonl import Object, Refused
from marketplace.matching.rotation import LATELY_DAYS, PLACES, exposure_at, rotated
from marketplace.matching.shapes import Offer, Ranked, Ranking

DEPTH = 1_000
"""How many structures of each need take part: its first ones."""
RELEVANT = 2
"""The grade from which a structure is one that the buyer could retain."""
SIZES = ("small", "medium", "large")

Grades = Mapping[str, int]
"""By structure id, 0 to 3; a structure without one is worth 0."""

_MEDIUM = 2
_LARGE = 4
_BEST_GRADE = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """What happened in a quarter."""

    orders: list[list[str]]
    """The structures in the first places, for each need."""
    exposure: dict[str, float]


def simulated(rankings: Sequence[Ranking], days: float, *, rotating: bool) -> Shown:
    """Show the needs in their order, spread evenly over so many days."""
    orders: list[list[str]] = []
    exposure: dict[str, float] = defaultdict(float)
    lately: dict[str, float] = defaultdict(float)
    remembered: deque[tuple[float, list[str]]] = deque()
    for number, ranking in enumerate(rankings):
        day = days * number / len(rankings)
        while remembered and remembered[0][0] < day - LATELY_DAYS:
            for structure_id, seen in _seen(remembered.popleft()[1]):
                # Rounded: what is wholly forgotten must come back to zero.
                lately[structure_id] = round(lately[structure_id] - seen, 9)
        matches: list[Ranked] = ranking.matches
        if rotating:
            matches = rotated(matches, lately)
        order = [match.structure_id for match in matches[:PLACES]]
        for structure_id, seen in _seen(order):
            exposure[structure_id] += seen
            lately[structure_id] += seen
        remembered.append((day, order))
        orders.append(order)
    return Shown(orders, exposure)


def _seen(order: list[str]) -> Iterator[tuple[str, float]]:
    for place, structure_id in enumerate(order, start=1):
        yield structure_id, exposure_at(place)


def gini(values: Sequence[float]) -> float:
    """0 when all have the same, close to 1 when one has it all; 0 when there is nothing."""
    total = sum(values)
    if not total:
        return 0.0
    count = len(values)
    weighted = sum(
        (2 * place - count - 1) * value for place, value in enumerate(sorted(values), start=1)
    )
    return weighted / (count * total)


def ndcg(order: Sequence[str], grades: Grades) -> float:
    """nDCG of the first places, each structure gaining 2 ** grade - 1; 0 when none is relevant."""
    ideal = _gain(sorted(grades.values(), reverse=True))
    return _gain([grades.get(structure_id, 0) for structure_id in order]) / ideal if ideal else 0.0


def _gain(grades: Sequence[int]) -> float:
    return sum(
        (2.0**grade - 1) / log2(place + 1) for place, grade in enumerate(grades[:PLACES], start=1)
    )


def report(
    rankings: Mapping[str, Ranking],
    activities: Mapping[str, int],
    graded: Mapping[str, Grades] | None,
    days: float,
) -> dict[str, Any]:
    """How exposure is shared in a quarter, with and without rotation, and what that costs.

    All is counted over the structures that should be shown sometimes: those of a grade of
    RELEVANT or more for some need or, without grades, those eligible for some need.

    Args:
        rankings: by need id, the oldest need first.
        activities: how many sectors each structure declares over all its offers.
        graded: by need id; a need without grades counts in exposure, not in nDCG.
    """
    if graded is None:
        deserving = {
            match.structure_id
            for ranking in rankings.values()
            for match in ranking.matches
            if not match.near
        }
    else:
        deserving = {
            structure_id
            for need_id in rankings
            for structure_id, grade in graded.get(need_id, {}).items()
            if grade >= RELEVANT
        }
    sizes = {structure_id: size(activities.get(structure_id, 0)) for structure_id in deserving}
    found: dict[str, Any] = {
        "needs": len(rankings),
        "structures": len(deserving),
        "counted": "eligible" if graded is None else "relevant",
        "structures_by_size": _shares(sizes, dict.fromkeys(sizes, 1.0)),
    }
    for name, rotating in (("without_rotation", False), ("with_rotation", True)):
        shown = simulated(list(rankings.values()), days, rotating=rotating)
        of_each = {one: shown.exposure.get(one, 0.0) for one in sizes}
        found[name] = {
            "gini": round(gini(list(of_each.values())), 4),
            "exposure_by_size": _shares(sizes, of_each),
            "never_in_top_10": round(
                sum(not one for one in of_each.values()) / max(1, len(of_each)), 4
            ),
        }
        if graded is not None:
            found[name]["ndcg@10"] = round(_mean_ndcg(rankings, shown, graded), 4)
    if graded is not None:
        before, after = (found[n]["ndcg@10"] for n in ("without_rotation", "with_rotation"))
        found["ndcg_lost"] = round(before - after, 4)
    return found


def _mean_ndcg(
    rankings: Mapping[str, Ranking], shown: Shown, graded: Mapping[str, Grades]
) -> float:
    each = [
        ndcg(order, graded[need_id])
        for need_id, order in zip(rankings, shown.orders, strict=True)
        if need_id in graded
    ]
    return sum(each) / max(1, len(each))


def size(activities: int) -> str:
    """By the number of activities, the one measure of size that offers tell: one is small,
    two or three medium, more is large."""
    if activities >= _LARGE:
        return "large"
    return "medium" if activities >= _MEDIUM else "small"


def _shares(sizes: Mapping[str, str], of_each: Mapping[str, float]) -> dict[str, float]:
    total = sum(of_each.values())
    sums = dict.fromkeys(SIZES, 0.0)
    for structure_id, value in of_each.items():
        sums[sizes[structure_id]] += value
    return {name: round(value / total, 4) if total else 0.0 for name, value in sums.items()}


class Activities:
    """Counts the sectors that each structure declares, while its offers pass by."""

    def __init__(self) -> None:
        self._sectors: dict[str, set[str]] = defaultdict(set)

    def passing(self, offers: Iterable[Offer]) -> Iterator[Offer]:
        for offer in offers:
            self._sectors[offer.structure_id].update(offer.sectors)
            yield offer

    def counted(self) -> dict[str, int]:
        return {structure_id: len(sectors) for structure_id, sectors in self._sectors.items()}


def judged(line: Object) -> tuple[str, dict[str, int]]:
    """A need's id and its grades, of a line {"need": {"id"}, "relevant": {structure: grade}}.

    Raises Refused.
    """
    relevant = line.get("relevant")
    if not isinstance(relevant, dict):
        raise Refused("relevant", "required, an object of grades by structure")
    for structure_id, grade in relevant.items():
        if isinstance(grade, bool) or not isinstance(grade, int) or not 0 <= grade <= _BEST_GRADE:
            raise Refused(f"relevant.{structure_id[:80]}", f"not a grade from 0 to {_BEST_GRADE}")
    return need_id_of(line), relevant


def need_id_of(line: Object) -> Any:
    need = line.get("need")
    return need.get("id") if isinstance(need, dict) else None
