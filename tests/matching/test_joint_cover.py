"""Groups that cover a need together, against every group that could be tried."""

from itertools import combinations
from math import fsum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.matching.joint_cover import Candidate, JointCover, joint_cover
from tests.matching.cases import dice_of

CLEANING, GARDENING, LAUNDRY = "nettoyage, lot 1", "espaces verts, lot 2", "linge, lot 3"


def candidate(name: str, score: float, *covers: str) -> Candidate[str]:
    return Candidate(name, score, frozenset(covers))


def names(found: JointCover) -> list[list[str]]:
    return [sorted(member.structure_id for member in group.members) for group in found.groups]


@st.composite
def cases(draw: st.DrawFn, most: int = 8) -> tuple[list[int], list[Candidate[int]]]:
    """A few pieces and candidates, who may cover what nobody asked for."""
    pieces = draw(st.lists(st.integers(0, 9), max_size=8))
    covers = draw(st.lists(st.frozensets(st.integers(0, 11), max_size=6), max_size=most))
    scores = st.one_of(st.sampled_from([0.0, 0.5]), st.integers(0, 10**6).map(lambda n: n / 10**6))
    candidates = [Candidate(f"s{number}", draw(scores), c) for number, c in enumerate(covers)]
    return pieces, candidates


def by_brute_force(pieces: list[int], candidates: list[Candidate[int]]) -> list[list[str]]:
    asked = set(pieces) & set().union(*(c.covers for c in candidates))
    if not asked:
        return []

    def covers_all(group: tuple[Candidate[int], ...]) -> bool:
        return asked <= set().union(*(c.covers for c in group))

    groups = [
        group
        for size in range(1, len(candidates) + 1)
        for group in combinations(candidates, size)
        if covers_all(group)
        and not any(covers_all(group[:one] + group[one + 1 :]) for one in range(size))
    ]
    ordered = sorted(
        (len(group), -fsum(c.score for c in group), sorted(c.structure_id for c in group))
        for group in groups
    )
    return [members for *_, members in ordered[:3]]


@settings(max_examples=300)
@given(cases())
def test_the_best_groups_are_those_that_trying_them_all_finds(case):
    pieces, candidates = case
    found = joint_cover(pieces, candidates)
    assert found.is_exact
    assert names(found) == by_brute_force(pieces, candidates)


def check(pieces: list[int], candidates: list[Candidate[int]], found: JointCover[int]) -> None:
    by_id = {c.structure_id: c for c in candidates}
    coverable = set().union(*(c.covers for c in candidates))
    assert list(found.uncovered) == [p for p in dict.fromkeys(pieces) if p not in coverable]
    for group in found.groups:
        brought = [piece for member in group.members for piece in member.brings]
        assert sorted(brought) == sorted(set(pieces) & coverable)
        for member in group.members:
            assert set(member.brings) <= by_id[member.structure_id].covers
            others = [m.structure_id for m in group.members if m is not member]
            theirs = set().union(*(by_id[one].covers for one in others))
            assert (by_id[member.structure_id].covers & set(pieces)) - theirs
        assert group.score == fsum(by_id[m.structure_id].score for m in group.members)
    assert len({tuple(group) for group in names(found)}) == len(found.groups)


@given(cases(most=40))
def test_each_piece_has_one_member_who_covers_it_and_nobody_is_useless(case):
    pieces, candidates = case
    check(pieces, candidates, joint_cover(pieces, candidates))


@given(cases(most=30), st.randoms())
def test_the_order_of_the_candidates_changes_nothing(case, dice):
    pieces, candidates = case
    shuffled = dice.sample(candidates, len(candidates))
    assert joint_cover(pieces, shuffled) == joint_cover(pieces, candidates)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.3, 0.9])
@pytest.mark.parametrize(("candidate_count", "piece_count"), [(20, 10_000), (100, 10_000)])
def test_ten_thousand_pieces_and_a_hundred_candidates_are_answered(
    candidate_count, piece_count, share
):
    dice = dice_of(1)
    pieces = list(range(piece_count))
    candidates = [
        Candidate(
            f"s{number}",
            dice.random(),
            frozenset(dice.sample(pieces, int(share * piece_count))),
        )
        for number in range(candidate_count)
    ]
    found = joint_cover(pieces, candidates)
    assert found.groups
    check(pieces, candidates, found)


def test_one_structure_that_covers_everything_is_the_smallest_group():
    found = joint_cover(
        [CLEANING, GARDENING],
        [
            candidate("both", 0.3, CLEANING, GARDENING),
            candidate("cleaner", 0.9, CLEANING),
            candidate("gardener", 0.9, GARDENING),
        ],
    )
    assert names(found) == [["both"], ["cleaner", "gardener"]]


def test_what_several_cover_is_brought_by_the_best_of_them_in_the_order_asked():
    found = joint_cover(
        [LAUNDRY, CLEANING, GARDENING],
        [candidate("a", 0.5, CLEANING, GARDENING), candidate("b", 0.8, GARDENING, LAUNDRY)],
    )
    (group,) = found.groups
    assert [(m.structure_id, m.brings) for m in group.members] == [
        ("b", (LAUNDRY, GARDENING)),
        ("a", (CLEANING,)),
    ]


def test_what_nobody_covers_is_told_and_the_rest_is_covered():
    found = joint_cover([CLEANING, LAUNDRY], [candidate("cleaner", 0.9, CLEANING)])
    assert (names(found), found.uncovered) == ([["cleaner"]], (LAUNDRY,))


def test_nobody_or_nothing_to_cover_gives_no_group():
    assert joint_cover([CLEANING], []) == JointCover((), (CLEANING,), is_exact=True)
    assert joint_cover([], [candidate("a", 1, CLEANING)]) == JointCover((), (), is_exact=True)
