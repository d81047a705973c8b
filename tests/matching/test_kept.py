"""Moving one structure in a kept list leads where making the list again would."""

from random import Random

import pytest

from marketplace.matching.kept import NEAR_KEPT, Moved, Standing, moved
from tests.matching.cases import dice_of

ONE = "s40"


def drawn(dice: Random, name: str) -> Standing:
    """Often as good as another, so that ids have to tell."""
    return dice.random() < 0.9, -dice.randrange(12) / 10, name


def kept(everyone: list[Standing]) -> list[Standing]:
    eligible = sum(not is_near for is_near, *_ in everyone)
    return sorted(everyone)[: eligible + NEAR_KEPT]


def as_written(listed: list[Standing], step: Moved, found: Standing | None) -> list[str]:
    """The list after what PostgreSQL does to its ranks."""
    ranks = {name: rank for rank, (*_, name) in enumerate(listed, start=1)}
    ranks.pop(ONE, None)
    if step.dropped:
        del ranks[step.dropped]
    for name, rank in ranks.items():
        if step.first <= rank <= step.last:
            ranks[name] += step.by
    if step.rank and found:
        ranks[ONE] = step.rank
    assert sorted(ranks.values()) == list(range(1, len(ranks) + 1))
    return sorted(ranks, key=ranks.__getitem__)


@pytest.mark.parametrize("size", [0, 1, 5, 40, 55, 62])
def test_a_list_followed_is_the_list_made_again(size: int) -> None:
    untold = 0
    for seed in range(150):
        dice = dice_of(seed)
        others = [drawn(dice, f"s{number}") for number in range(size) if f"s{number}" != ONE]
        before, found = (drawn(dice, ONE) if dice.random() < 0.8 else None for _ in range(2))
        listed = kept([*others, before] if before else others)
        step = moved(listed, ONE, found)
        if step is None:
            untold += 1
            assert before in [one for one in listed if one[0]]
            assert sum(is_near for is_near, *_ in listed) == NEAR_KEPT
            continue
        again = kept([*others, found] if found else others)
        assert as_written(listed, step, found) == [name for *_, name in again]
    assert untold < 75
    assert bool(untold) == (size > NEAR_KEPT)


def test_who_stays_where_it_was_moves_nobody() -> None:
    listed: list[Standing] = [(False, -0.9, "s1"), (False, -0.8, ONE), (True, -0.3, "s2")]
    step = moved(listed, ONE, (False, -0.85, ONE))
    assert step is not None
    assert step.rank == 2
    assert step.first > step.last
