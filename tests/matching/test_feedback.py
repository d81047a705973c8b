"""What answers so far do to the rank of an offer: little, and never by their number alone."""

import pytest

from marketplace.answers.lifecycle import DeclineReason
from marketplace.matching.feedback import USUAL, feedback
from marketplace.matching.lifecycle import UNSUITED


def test_a_newcomer_and_who_answers_as_is_usual_are_level() -> None:
    assert feedback(0, 0) == 0
    assert feedback(30, 10) == pytest.approx(0)
    assert feedback(300, 100) == pytest.approx(0)


def test_more_refusals_never_help_and_more_needs_wanted_never_harm() -> None:
    for accepted in range(30):
        for unsuited in range(30):
            here = feedback(accepted, unsuited)
            assert feedback(accepted, unsuited + 1) < here <= feedback(accepted + 1, unsuited)


def test_the_bounds_hold_however_much_is_said() -> None:
    assert -1 <= feedback(0, 10**9) < -0.99
    assert feedback(10**9, 0) <= (1 - USUAL) / USUAL
    assert abs(feedback(0, 1)) < 0.12  # a single word proves little


def test_the_refusals_that_count_are_refusals_that_structures_can_give() -> None:
    assert {DeclineReason.SKILL, DeclineReason.DISTANCE, DeclineReason.SIZE} == UNSUITED
