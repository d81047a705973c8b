"""Small groups of structures that together cover what no one covers alone. Pure."""

from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum
from typing import Generic, TypeVar

Piece = TypeVar("Piece", bound=Hashable)
"""A part of a need: a sector, in a lot, in a zone."""

EXACT = 20
"""Among how many candidates the best groups are sure to be found, besides those who do no more than
three better ones."""

_GROUPS = 3
_MOST_STEPS = 100_000


@dataclass(frozen=True, slots=True)
class Candidate(Generic[Piece]):
    structure_id: str
    score: float
    covers: frozenset[Piece]
    carries: Mapping[int, int] = field(default_factory=dict)
    """How much it takes of each load, by the load's number."""


@dataclass(frozen=True, slots=True)
class Member(Generic[Piece]):
    structure_id: str
    score: float
    brings: tuple[Piece, ...]
    """Its share of the work: each piece has one member, of those who cover it the best score.
    Nothing, of one who is there to carry a load."""


@dataclass(frozen=True, slots=True)
class Group(Generic[Piece]):
    """Nobody in it could be left out."""

    members: tuple[Member[Piece], ...]
    score: float
    """The sum of its members'."""


@dataclass(frozen=True, slots=True)
class JointCover(Generic[Piece]):
    groups: tuple[Group[Piece], ...]
    """Each covers every piece that anybody covers, and carries of every load as much as all
    candidates could: the smallest first, then the best score."""
    uncovered: tuple[Piece, ...]
    """What no candidate covers."""
    is_exact: bool
    """Whether no better group can exist."""


def joint_cover(
    pieces: Collection[Piece],
    candidates: Sequence[Candidate[Piece]],
    loads: Mapping[int, int] | None = None,
    including: str | None = None,
) -> JointCover[Piece]:
    """The three best groups, or all when there are fewer. Equal ones go by structure ids.

    Of more than EXACT candidates who differ, those are kept that complete each other best,
    greedily; a group that needs more than EXACT members is given alone, as found greedily.

    Args:
        pieces: in the order in which each member's share is to be told.
        candidates: each structure once. What they cover outside of the pieces is left aside.
        loads: how much there is to carry of each, such as the amount of a lot, by a number.
        including: a structure that is in each group.
    """
    coverable = frozenset[Piece]().union(*(candidate.covers for candidate in candidates))
    uncovered = tuple(piece for piece in dict.fromkeys(pieces) if piece not in coverable)
    asked = [piece for piece in dict.fromkeys(pieces) if piece in coverable]
    if not asked:
        return JointCover((), uncovered, is_exact=True)
    ordered = sorted(candidates, key=lambda one: (-one.score, one.structure_id))
    useful = [one for one in ordered if not one.covers.isdisjoint(asked) or one.carries]
    work = _Work(asked, useful, loads or {})
    fixed = [n for n, one in enumerate(useful) if one.structure_id == including]
    if including is not None and not fixed:
        return JointCover((), uncovered, is_exact=True)
    unlike = work.unlike(fixed)
    chosen = unlike
    if len(unlike) > EXACT:
        first = work.greedy(unlike, fixed)
        if len(first) > EXACT:
            group = _group(asked, [useful[one] for one in first])
            return JointCover((group,), uncovered, is_exact=False)
        chosen = _completing_each_other(work, unlike, first)
    search = _Search(useful, work, chosen, fixed)
    groups = tuple(_group(asked, [useful[one] for one in found]) for found in search.best())
    is_exact = len(unlike) <= EXACT and not search.is_cut_short
    return JointCover(groups, uncovered, is_exact)


class _Work(Generic[Piece]):
    """What each candidate covers, a bit for a piece, the lowest for the piece covered least; what
    each carries of each load, and how much of it is to be carried."""

    def __init__(
        self, asked: list[Piece], candidates: list[Candidate[Piece]], loads: Mapping[int, int]
    ) -> None:
        covering = Counter(piece for one in candidates for piece in one.covers)
        commonest_first = sorted(asked, key=lambda piece: -covering[piece])
        self.masks = [
            int("".join("01"[piece in one.covers] for piece in commonest_first), 2)
            for one in candidates
        ]
        self.every = (1 << len(asked)) - 1
        reachable = {n: sum(one.carries.get(n, 0) for one in candidates) for n in loads}
        self.targets = tuple(min(load, reachable[n]) for n, load in loads.items())
        self.carries = [
            tuple(min(one.carries.get(n, 0), load) for n, load in loads.items())
            for one in candidates
        ]

    def unlike(self, kept: list[int]) -> list[int]:
        """The candidates, less those who do no more than three earlier ones, each of whom would
        make them useless, and nobody kept: a group with one of those is beaten by three without."""
        found: list[int] = []
        for one, mask in enumerate(self.masks):
            better = 0
            for other in found:
                does_as_much = not mask & ~self.masks[other] and self._carries_all_of(other, one)
                if does_as_much and all(self._leaves_as_much(other, one, to) for to in kept):
                    better += 1
                if better == _GROUPS:
                    break
            if better < _GROUPS or one in kept:
                found.append(one)
        return found

    def _carries_all_of(self, other: int, one: int) -> bool:
        """Whether of each load that one carries the other carries all there is."""
        carried = zip(self.carries[one], self.carries[other], self.targets, strict=True)
        return all(theirs >= target for own, theirs, target in carried if own)

    def _leaves_as_much(self, other: int, one: int, kept: int) -> bool:
        """Whether of what is there to do for one who is kept, the two do the same."""
        carried = zip(self.carries[kept], self.carries[one], self.carries[other], strict=True)
        return not (self.masks[one] ^ self.masks[other]) & self.masks[kept] and all(
            own == theirs for of_kept, own, theirs in carried if of_kept
        )

    def greedy(self, among: list[int], start: Sequence[int] = ()) -> list[int]:
        """A cover as far as it goes, and nobody in it useless but those it starts with; earlier
        candidates first."""
        group = list(start)
        while among:
            missing = self._missing(group)
            best = max(among, key=lambda one: self._gain(one, missing))
            if not self._gain(best, missing):
                break
            group.append(best)
        for one in sorted(group, reverse=True):
            others = [other for other in group if other != one]
            if one not in start and not self._gain(one, self._missing(others)):
                group.remove(one)
        return group

    def _missing(self, group: list[int]) -> tuple[int, list[int]]:
        """The pieces that a group leaves, and how much of each load."""
        mask = self.every
        for one in group:
            mask &= ~self.masks[one]
        carried = (sum(self.carries[one][n] for one in group) for n in range(len(self.targets)))
        return mask, [max(0, load - own) for load, own in zip(self.targets, carried, strict=True)]

    def _gain(self, one: int, missing: tuple[int, list[int]]) -> float:
        """Pieces and shares of loads that one more candidate adds."""
        mask, left = missing
        loads = zip(left, self.carries[one], self.targets, strict=True)
        return (self.masks[one] & mask).bit_count() + sum(
            min(load, own) / target for load, own, target in loads if load
        )


def _completing_each_other(work: _Work[Piece], among: list[int], first: list[int]) -> list[int]:
    """EXACT candidates: a cover, then covers of those who remain."""
    chosen = list(first)
    left = [one for one in among if one not in first]
    while left and len(chosen) < EXACT:
        more = work.greedy(left)
        if not more:
            break
        chosen += more
        left = [one for one in left if one not in chosen]
    return sorted(chosen[:EXACT])


def _group(asked: list[Piece], members: list[Candidate[Piece]]) -> Group[Piece]:
    ordered = sorted(members, key=lambda member: (-member.score, member.structure_id))
    shares: dict[str, list[Piece]] = {member.structure_id: [] for member in ordered}
    for piece in asked:
        owner = next(member for member in ordered if piece in member.covers)
        shares[owner.structure_id].append(piece)
    return Group(
        tuple(
            Member(member.structure_id, member.score, tuple(shares[member.structure_id]))
            for member in ordered
        ),
        fsum(member.score for member in ordered),
    )


class _Search(Generic[Piece]):
    """Branch and bound over groups: someone must cover the piece that is covered least, then
    carry what is left of the first load."""

    def __init__(
        self,
        candidates: list[Candidate[Piece]],
        work: _Work[Piece],
        among: list[int],
        fixed: list[int],
    ) -> None:
        self._candidates = candidates
        self._masks = work.masks
        self._carries = work.carries
        self._targets = work.targets
        self._every = work.every
        self._among = among
        self._fixed = fixed
        self._steps = 0
        self._best: list[tuple[int, float, list[str], list[int]]] = []

    @property
    def is_cut_short(self) -> bool:
        return self._steps >= _MOST_STEPS

    def best(self) -> list[list[int]]:
        missing, lacking = self._every, self._targets
        for one in self._fixed:
            missing &= ~self._masks[one]
            lacking = self._after(lacking, one)
        allowed = [one for one in self._among if one not in self._fixed]
        self._extend(list(self._fixed), missing, 0, lacking, allowed)
        return [group for *_, group in self._best]

    def _after(self, lacking: tuple[int, ...], one: int) -> tuple[int, ...]:
        return tuple(left - own for left, own in zip(lacking, self._carries[one], strict=True))

    def _extend(
        self,
        group: list[int],
        missing: int,
        twice: int,
        lacking: tuple[int, ...],
        allowed: list[int],
    ) -> None:
        """`twice` is what two members cover: a member who covers nothing else, and without whom
        the loads are carried, is useless. `lacking` is what is left of each load; below 0, what
        is carried too much."""
        self._steps += 1
        if self.is_cut_short and self._best:
            return
        if any(self._is_useless(one, twice, lacking) for one in group):
            return
        if not missing and all(left <= 0 for left in lacking):
            self._keep(group)
            return
        gains = {one: (self._masks[one] & missing).bit_count() for one in allowed}
        if not self._can_still_be_kept(group, missing.bit_count(), lacking, gains):
            return
        options = self._options(missing, lacking, allowed)
        options.sort(key=lambda one: -gains[one])
        for tried, one in enumerate(options):
            mask = self._masks[one]
            # Groups with an earlier option were all seen: none of them comes back.
            others = [other for other in allowed if other not in options[: tried + 1]]
            self._extend(
                [*group, one],
                missing & ~mask,
                twice | (mask & ~missing),
                self._after(lacking, one),
                others,
            )

    def _options(self, missing: int, lacking: tuple[int, ...], allowed: list[int]) -> list[int]:
        if missing:
            rarest = missing & -missing
            return [one for one in allowed if self._masks[one] & rarest]
        load = next(number for number, left in enumerate(lacking) if left > 0)
        return [one for one in allowed if self._carries[one][load]]

    def _is_useless(self, one: int, twice: int, lacking: tuple[int, ...]) -> bool:
        if self._masks[one] & ~twice:
            return False
        carried = zip(lacking, self._carries[one], strict=True)
        return all(left + own <= 0 for left, own in carried if own)

    def _keep(self, group: list[int]) -> None:
        members = sorted(group)
        score = fsum(self._candidates[one].score for one in members)
        ids = sorted(self._candidates[one].structure_id for one in members)
        self._best.append((len(group), -score, ids, members))
        self._best.sort()
        del self._best[_GROUPS:]

    def _can_still_be_kept(
        self, group: list[int], missing: int, lacking: tuple[int, ...], gains: dict[int, int]
    ) -> bool:
        if len(self._best) < _GROUPS:
            return True
        more = _fewest(missing, gains.values())
        for load, left in enumerate(lacking):
            if left > 0:
                own = [self._carries[one][load] for one in gains]
                more = max(more, _fewest(left, own))
        size, minus_score, *_ = self._best[-1]
        if len(group) + more != size:
            return len(group) + more < size
        hoped = [self._candidates[one].score for one in sorted(gains)[:more]]
        score = fsum([self._candidates[one].score for one in group] + hoped)
        return score >= -minus_score - 1e-9


def _fewest(wanted: int, gains: Collection[int]) -> int:
    """How many of these gains, at least, reach what is wanted; or all of them."""
    count = 0
    for gain in sorted(gains, reverse=True):
        if wanted <= 0:
            break
        wanted -= gain
        count += 1
    return count
