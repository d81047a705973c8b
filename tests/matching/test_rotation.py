"""Structures of near-equal score take turns in the first places, and relevance does not pay."""

from hypothesis import given
from hypothesis import strategies as st

from marketplace.matching.rotation import (
    BAND,
    KEPT,
    LEVEL,
    PLACES,
    bands,
    exposure_at,
    level,
    rotated,
)
from marketplace.matching.shapes import Ranked


def ranked(structure_id: str, score: float, *, near: bool = False) -> Ranked:
    return Ranked(structure_id, f"o-{structure_id}", score, {}, [], ["sector"] if near else [])


def ids(matches: list[Ranked]) -> list[str]:
    return [match.structure_id for match in matches]


@st.composite
def rankings(draw: st.DrawFn) -> list[Ranked]:
    """Eligible structures, then near ones, in the order that rank() gives."""
    scores = st.one_of(st.sampled_from([0.0, 0.5, 0.9, 1.0]), st.floats(0, 1))
    rows = draw(st.lists(st.tuples(st.booleans(), scores), max_size=40))
    matches = [
        ranked(f"s{number:02}", round(score, 6), near=near)
        for number, (near, score) in enumerate(rows)
    ]
    return sorted(matches, key=lambda m: (bool(m.near), -m.score, m.structure_id))


exposures = st.dictionaries(
    st.integers(0, 39).map(lambda number: f"s{number:02}"), st.floats(0, 1e9), max_size=40
)

TWELVE = [ranked(f"s{number:02}", 0.9 - number / 100) for number in range(12)]


@given(rankings(), exposures)
def test_everybody_is_still_there_once(matches, exposure):
    assert sorted(ids(rotated(matches, exposure))) == sorted(ids(matches))


@given(rankings(), exposures)
def test_nobody_crosses_a_band(matches, exposure):
    after = rotated(matches, exposure)
    start = 0
    for band in bands(matches):
        taken = after[start : start + len(band)]
        assert sorted(ids(taken)) == sorted(ids(band))
        assert min(m.score for m in taken) >= (1 - BAND) * max(m.score for m in taken)
        start += len(band)


@given(rankings(), exposures)
def test_the_best_scores_keep_half_of_the_first_places(matches, exposure):
    after = rotated(matches, exposure)
    for before, now in zip(matches[:KEPT], after[:KEPT], strict=True):
        assert now.score == before.score


@given(rankings(), exposures)
def test_within_a_band_those_shown_stand_in_the_order_of_their_scores(matches, exposure):
    shown = set(ids(rotated(matches, exposure)[:PLACES]))
    for band in bands(rotated(matches, exposure)):
        scores = [match.score for match in band if match.structure_id in shown]
        assert scores == sorted(scores, reverse=True)


@given(rankings(), st.floats(0, 1e9))
def test_with_the_same_exposure_for_all_nothing_moves(matches, exposure):
    after = rotated(matches, dict.fromkeys(ids(matches), exposure))
    assert ids(after) == ids(matches)


@given(rankings(), exposures, st.randoms())
def test_the_same_ranking_and_exposure_give_the_same_order(matches, exposure, dice):
    pairs = list(exposure.items())
    dice.shuffle(pairs)
    assert ids(rotated(matches, dict(pairs))) == ids(rotated(matches, exposure))


@given(rankings(), exposures)
def test_whoever_enters_the_first_places_was_shown_less_than_whoever_left(matches, exposure):
    before, after = matches[:PLACES], rotated(matches, exposure)[:PLACES]
    entered = [exposure.get(one, 0.0) for one in set(ids(after)) - set(ids(before))]
    left = [exposure.get(one, 0.0) for one in set(ids(before)) - set(ids(after))]
    assert len(entered) == len(left)
    assert not entered or max(entered) < min(left)


def test_two_structures_never_shown_take_the_last_two_places_of_those_who_were():
    exposure = {f"s{number:02}": 1.0 for number in range(10)}
    after = rotated(TWELVE, exposure)
    assert ids(after) == [
        *(f"s{number:02}" for number in range(8)),
        *("s10", "s11", "s08", "s09"),
    ]


def test_a_structure_just_under_the_band_waits_however_little_it_was_shown():
    matches = [*TWELVE[:10], ranked("low", (1 - BAND) * 0.9 - 0.000001)]
    exposure = {match.structure_id: 50.0 for match in TWELVE}
    assert ids(rotated(matches, exposure))[-1] == "low"


def test_a_structure_that_misses_a_criterion_never_takes_the_place_of_an_eligible_one():
    matches = [*TWELVE[:10], ranked("near", 0.8, near=True)]
    exposure = {match.structure_id: 50.0 for match in TWELVE}
    assert ids(rotated(matches, exposure)) == ids(matches)


def test_of_equal_scores_the_first_place_itself_goes_to_the_one_shown_least():
    matches = [ranked("a", 0.8), ranked("b", 0.8), ranked("c", 0.7)]
    assert ids(rotated(matches, {"a": 30.0})) == ["b", "a", "c"]


def test_a_small_gap_of_exposure_gives_nobody_a_turn():
    exposure = {f"s{number:02}": 0.5 + number / 100 for number in range(12)}
    exposure["s11"] = 0.3
    assert ids(rotated(TWELVE, exposure)) == ids(TWELVE)


def test_exposure_falls_with_the_place_and_ends_with_the_tenth():
    weights = [exposure_at(place) for place in range(1, PLACES + 1)]
    assert weights[0] == 1
    assert weights == sorted(weights, reverse=True)
    assert exposure_at(PLACES + 1) == 0


def test_levels_are_none_little_then_each_doubling():
    little = [1e-9, LEVEL / 2, LEVEL]
    assert [level(0), *map(level, little)] == [0, 1, 1, 1]
    assert [level(LEVEL * times) for times in (1.01, 2, 2.01, 4, 8.1)] == [2, 2, 3, 3, 5]
