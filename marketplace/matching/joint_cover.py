"""Small groups of structures that together cover what no one covers alone. Pure."""

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Generic, TypeVar

Piece = TypeVar("Piece", bound=Hashable)
"""A part of a need: a sector, in a lot, in a zone."""

EXACT = 20
"""Among how many candidates the best groups are sure to be found."""

_GROUPS = 3
_MOST_STEPS = 100_000


@dataclass(frozen=True, slots=True)
class Candidate(Generic[Piece]):
    structure_id: str
    score: float
    covers: frozenset[Piece]


@dataclass(frozen=True, slots=True)
class Member(Generic[Piece]):
    structure_id: str
    score: float
    brings: tuple[Piece, ...]
    """Its share of the work: each piece has one member, of those who cover it the best score."""


@dataclass(frozen=True, slots=True)
class Group(Generic[Piece]):
    """Nobody in it could be left out."""

    members: tuple[Member[Piece], ...]
    score: float
    """The sum of its members'."""


@dataclass(frozen=True, slots=True)
class JointCover(Generic[Piece]):
    groups: tuple[Group[Piece], ...]
    """Each covers every piece that anybody covers: the smallest first, then the best score."""
    uncovered: tuple[Piece, ...]
    """What no candidate covers."""
    is_exact: bool
    """Whether no better group can exist."""


def joint_cover(
    pieces: Collection[Piece], candidates: Sequence[Candidate[Piece]]
) -> JointCover[Piece]:
    """The three best groups, or all when there are fewer. Equal ones go by structure ids.

    Of more than EXACT candidates, those are kept that complete each other best, greedily; a
    group that needs more than EXACT members is given alone, as found greedily.

    Args:
        pieces: in the order in which each member's share is to be told.
        candidates: each structure once. What they cover outside of the pieces is left aside.
    """
    coverable = frozenset[Piece]().union(*(candidate.covers for candidate in candidates))
    uncovered = tuple(piece for piece in dict.fromkeys(pieces) if piece not in coverable)
    asked = [piece for piece in dict.fromkeys(pieces) if piece in coverable]
    if not asked:
        return JointCover((), uncovered, is_exact=True)
    useful = sorted(
        (candidate for candidate in candidates if not candidate.covers.isdisjoint(asked)),
        key=lambda candidate: (-candidate.score, candidate.structure_id),
    )
    masks = _masks(asked, useful)
    chosen = list(range(len(useful)))
    if len(useful) > EXACT:
        first = _greedy(masks, chosen)
        if len(first) > EXACT:
            group = _group(asked, [useful[one] for one in first])
            return JointCover((group,), uncovered, is_exact=False)
        chosen = _completing_each_other(masks, first)
    search = _Search([useful[one] for one in chosen], [masks[one] for one in chosen])
    groups = tuple(_group(asked, members) for members in search.best())
    is_exact = len(useful) <= EXACT and not search.is_cut_short
    return JointCover(groups, uncovered, is_exact)


def _masks(asked: list[Piece], candidates: list[Candidate[Piece]]) -> list[int]:
    """What each candidate covers, a bit for a piece, the lowest for the piece covered least."""
    covering = dict.fromkeys(asked, 0)
    for candidate in candidates:
        for piece in candidate.covers:
            if piece in covering:
                covering[piece] += 1
    commonest_first = sorted(asked, key=lambda piece: -covering[piece])
    return [
        int("".join("01"[piece in candidate.covers] for piece in commonest_first), 2)
        for candidate in candidates
    ]


def _greedy(masks: list[int], among: list[int]) -> list[int]:
    """A cover as far as it goes, and nobody in it useless; earlier candidates first."""
    covered, group = 0, []
    while True:
        best = max(among, key=lambda one: (masks[one] & ~covered).bit_count(), default=None)
        if best is None or not masks[best] & ~covered:
            break
        group.append(best)
        covered |= masks[best]
    for one in sorted(group, reverse=True):
        others = 0
        for other in group:
            others |= masks[other] if other != one else 0
        if not masks[one] & ~others:
            group.remove(one)
    return group


def _completing_each_other(masks: list[int], first: list[int]) -> list[int]:
    """EXACT candidates: a cover, then covers of those who remain."""
    chosen = list(first)
    left = [one for one in range(len(masks)) if one not in first]
    while left and len(chosen) < EXACT:
        chosen += _greedy(masks, left)
        left = [one for one in left if one not in chosen]
    return sorted(chosen[:EXACT])


class _Search(Generic[Piece]):
    """Branch and bound over groups: someone must cover the piece that is covered least."""

    def __init__(self, candidates: list[Candidate[Piece]], masks: list[int]) -> None:
        self._candidates = candidates
        self._masks = masks
        self._steps = 0
        self._best: list[tuple[int, float, list[str], list[int]]] = []

    @property
    def is_cut_short(self) -> bool:
        return self._steps >= _MOST_STEPS

    def best(self) -> list[list[Candidate[Piece]]]:
        every = 0
        for mask in self._masks:
            every |= mask
        self._extend([], every, 0, list(range(len(self._masks))))
        return [[self._candidates[one] for one in group] for *_, group in self._best]

    def _extend(self, group: list[int], missing: int, twice: int, allowed: list[int]) -> None:
        """`twice` is what two members cover: a member who covers nothing else is useless."""
        self._steps += 1
        if self.is_cut_short and self._best:
            return
        if any(not self._masks[one] & ~twice for one in group):
            return
        if not missing:
            self._keep(group)
            return
        gains = {one: (self._masks[one] & missing).bit_count() for one in allowed}
        if not self._can_still_be_kept(group, missing.bit_count(), gains):
            return
        rarest = missing & -missing
        options = [one for one in allowed if self._masks[one] & rarest]
        options.sort(key=lambda one: -gains[one])
        for tried, one in enumerate(options):
            mask = self._masks[one]
            # Groups with an earlier option were all seen: none of them comes back.
            others = [other for other in allowed if other not in options[: tried + 1]]
            self._extend([*group, one], missing & ~mask, twice | (mask & ~missing), others)

    def _keep(self, group: list[int]) -> None:
        members = sorted(group)
        score = fsum(self._candidates[one].score for one in members)
        ids = sorted(self._candidates[one].structure_id for one in members)
        self._best.append((len(group), -score, ids, members))
        self._best.sort()
        del self._best[_GROUPS:]

    def _can_still_be_kept(self, group: list[int], missing: int, gains: dict[int, int]) -> bool:
        if len(self._best) < _GROUPS:
            return True
        more = 0
        for gain in sorted(gains.values(), reverse=True):
            if missing <= 0:
                break
            missing -= gain
            more += 1
        size, minus_score, *_ = self._best[-1]
        if len(group) + more != size:
            return len(group) + more < size
        hoped = [self._candidates[one].score for one in sorted(gains)[:more]]
        score = fsum([self._candidates[one].score for one in group] + hoped)
        return score >= -minus_score - 1e-9


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
