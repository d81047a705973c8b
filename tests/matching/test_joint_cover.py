"""Groups that cover a need together, against every group that could be tried."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import fsum

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from marketplace.matching.joint_cover import Candidate, JointCover, joint_cover
from tests.matching.cases import dice_of

CLEANING, GARDENING, LAUNDRY = "nettoyage, lot 1", "espaces verts, lot 2", "linge, lot 3"


def candidate(
    name: str, score: float, *covers: str, carries: dict[int, int] | None = None
) -> Candidate[str]:
    return Candidate(name, score, frozenset(covers), carries or {})


def names(found: JointCover) -> list[list[str]]:
    return [sorted(member.structure_id for member in group.members) for group in found.groups]


@dataclass(frozen=True)
class Case:
    pieces: list[int]
    candidates: list[Candidate[int]]
    loads: dict[int, int]
    including: str | None = None

    @property
    def asked(self) -> set[int]:
        return set(self.pieces) & set().union(*(one.covers for one in self.candidates))

    def reaches(self, group: Sequence[Candidate[int]]) -> bool:
        """Whether it does all that the candidates could do together."""

        def carried(some: Sequence[Candidate[int]], load: int) -> int:
            return sum(one.carries.get(load, 0) for one in some)

        return self.asked <= set().union(*(one.covers for one in group)) and all(
            carried(group, load) >= min(size, carried(self.candidates, load))
            for load, size in self.loads.items()
        )

    def is_minimal(self, group: Sequence[Candidate[int]]) -> bool:
        return not any(self.reaches([*group[:n], *group[n + 1 :]]) for n in range(len(group)))

    def found(self) -> JointCover[int]:
        return joint_cover(self.pieces, self.candidates, self.loads, self.including)


SCORES = st.one_of(st.sampled_from([0.0, 0.5]), st.integers(0, 10**6).map(lambda n: n / 10**6))


@st.composite
def cases(draw: st.DrawFn, most: int = 8, named: bool = False) -> Case:
    """A few pieces, loads and candidates, who may cover what nobody asked for."""
    pieces = draw(st.lists(st.integers(0, 9), max_size=8))
    loads = draw(st.dictionaries(st.integers(0, 2), st.integers(1, 12), max_size=2))
    covers = draw(st.lists(st.frozensets(st.integers(0, 11), max_size=6), max_size=most))
    carried = st.dictionaries(st.integers(0, 2), st.integers(1, 15), max_size=2)
    candidates = [
        Candidate(f"s{number}", draw(SCORES), one, draw(carried))
        for number, one in enumerate(covers)
    ]
    including = draw(st.sampled_from([one.structure_id for one in candidates] or ["nobody"]))
    return Case(pieces, candidates, loads, including if named else None)


def by_brute_force(case: Case) -> list[list[str]]:
    if not case.asked:
        return []
    groups = [
        group
        for size in range(1, len(case.candidates) + 1)
        for group in combinations(case.candidates, size)
        if case.reaches(group)
        and case.is_minimal(group)
        and case.including in (None, *(one.structure_id for one in group))
    ]
    ordered = sorted(
        (len(group), -fsum(c.score for c in group), sorted(c.structure_id for c in group))
        for group in groups
    )
    return [members for *_, members in ordered[:3]]


@settings(max_examples=300)
@given(cases())
def test_the_best_groups_are_those_that_trying_them_all_finds(case):
    assert case.found().is_exact
    assert names(case.found()) == by_brute_force(case)


@settings(max_examples=200)
@example(
    Case(
        [0, 1],
        [
            Candidate("a", 0.9, frozenset({0})),
            Candidate("b", 0.8, frozenset({0})),
            Candidate("both", 0.7, frozenset({0, 1})),
            Candidate("last", 0.6, frozenset({0})),
            Candidate("named", 0.5, frozenset({1})),
        ],
        {},
        "named",
    )
)
@given(cases(named=True))
def test_the_best_groups_with_a_structure_are_those_that_trying_them_all_finds(case):
    assert names(case.found()) == by_brute_force(case)


def check(case: Case, found: JointCover[int]) -> None:
    by_id = {one.structure_id: one for one in case.candidates}
    assert list(found.uncovered) == [p for p in dict.fromkeys(case.pieces) if p not in case.asked]
    for group in found.groups:
        brought = [piece for member in group.members for piece in member.brings]
        assert sorted(brought) == sorted(case.asked)
        members = [by_id[member.structure_id] for member in group.members]
        assert case.reaches(members)
        assert case.is_minimal(members)
        for member in group.members:
            assert set(member.brings) <= by_id[member.structure_id].covers
        assert group.score == fsum(by_id[m.structure_id].score for m in group.members)
    assert len({tuple(group) for group in names(found)}) == len(found.groups)


@given(cases(most=40))
def test_each_piece_has_one_member_who_covers_it_and_nobody_is_useless(case):
    check(case, case.found())


@given(cases(most=30), st.randoms())
def test_the_order_of_the_candidates_changes_nothing(case, dice):
    shuffled = dice.sample(case.candidates, len(case.candidates))
    assert replace(case, candidates=shuffled).found() == case.found()


@given(cases(most=6), st.integers(4, 9))
def test_many_who_do_the_same_do_not_make_the_best_groups_uncertain(case, times):
    """A thousand gardeners of one town and one laundry are two kinds of candidates."""
    every = [
        Candidate(f"{one.structure_id}-{n}", one.score, one.covers, one.carries)
        for one in case.candidates
        for n in range(times)
        if not one.carries or n == 0
    ]
    many = replace(case, candidates=every)
    few = [
        one
        for one in every
        if sum(
            other.covers == one.covers
            and other.carries == one.carries
            and (-other.score, other.structure_id) < (-one.score, one.structure_id)
            for other in every
        )
        < 3
        or one.carries
    ]
    assert names(many.found()) == names(replace(case, candidates=few).found())
    assert many.found().is_exact


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
    asked = frozenset(pieces)
    for group in found.groups:
        brought = [piece for member in group.members for piece in member.brings]
        assert len(brought) == len(set(brought)) == piece_count - len(found.uncovered)
        assert asked.issuperset(brought)


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


def test_two_lots_ask_for_three_when_one_lies_in_two_departments():
    found = joint_cover(
        ["Tonte, Doubs", "Tonte, Jura", "Vestiaires"],
        [
            candidate("Jardins du Doubs", 0.9, "Tonte, Doubs"),
            candidate("Jardins du Jura", 0.8, "Tonte, Jura"),
            candidate("Net et clair", 0.7, "Vestiaires"),
        ],
    )
    assert names(found) == [["Jardins du Doubs", "Jardins du Jura", "Net et clair"]]


def test_two_lots_ask_for_three_when_one_is_more_than_its_only_taker_can_take():
    gardeners = [
        candidate("jardins", 0.9, GARDENING, carries={2: 40_000}),
        candidate("haies", 0.5, GARDENING, carries={2: 45_000}),
        candidate("tonte", 0.4, GARDENING, carries={2: 80_000}),
    ]
    cleaner = candidate("cleaner", 0.9, CLEANING)
    found = joint_cover([CLEANING, GARDENING], [cleaner, *gardeners], {2: 85_000})
    assert names(found) == [
        ["cleaner", "haies", "jardins"],
        ["cleaner", "jardins", "tonte"],
        ["cleaner", "haies", "tonte"],
    ]
    small = joint_cover([CLEANING, GARDENING], [cleaner, *gardeners], {2: 80_000})
    assert names(small)[0] == ["cleaner", "tonte"]


def test_when_all_together_carry_too_little_they_carry_what_they_can():
    found = joint_cover(
        [GARDENING],
        [
            candidate("a", 0.9, GARDENING, carries={1: 10}),
            candidate("b", 0.8, GARDENING, carries={1: 10}),
        ],
        {1: 50},
    )
    assert names(found) == [["a", "b"]]
