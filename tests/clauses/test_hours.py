"""Insertion hours: the known cases, and what always holds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.clauses.hours import (
    Line,
    at_price,
    equivalent,
    hours_a_person,
    intellectual,
    sensitivity,
    total,
)

AMOUNTS = st.floats(0, 1e9)
SHARES = st.floats(0, 1)
COSTS = st.floats(1, 500)


@pytest.mark.parametrize(
    ("amount", "share", "rate", "cost", "hours"),
    [
        (1_000_000, 0.5, 0.05, 30, 833.33),
        (1_500_000, 0.7, 1.0, 30, 35_000),
        (1_500_000, 0.7, 0.1, 30, 3_500),
        (869_543_051, 0.45, 0.05, 38, 514_861),
        (869_543_051, 0.45, 0.05, 30, 652_157),
    ],
)
def test_the_published_cases_come_out(
    amount: float, share: float, rate: float, cost: float, hours: float
) -> None:
    assert Line(amount, share, rate, cost).hours == pytest.approx(hours, rel=1e-5)


@given(AMOUNTS, SHARES, SHARES, COSTS, st.floats(0, 100))
def test_hours_grow_with_the_amount_alone(
    amount: float, share: float, rate: float, cost: float, times: float
) -> None:
    once = Line(amount, share, rate, cost).hours
    assert Line(amount * times, share, rate, cost).hours == pytest.approx(
        once * times, rel=1e-9, abs=1e-6
    )


@given(st.lists(st.builds(Line, AMOUNTS, SHARES, SHARES, COSTS), min_size=1, max_size=8))
def test_lots_add_up_to_the_whole_and_no_share_asks_nothing(lines: list[Line]) -> None:
    assert total(lines) == pytest.approx(sum(line.hours for line in lines))
    assert Line(lines[0].amount, 0, 1, 30).hours == 0
    assert all(0 <= line.hours <= line.labour_hours for line in lines)


def test_the_rate_does_not_apply_to_staff_taken_over() -> None:
    assert Line(100_000, 0.9, 0.1, 30, taken_over=2_000).hours == pytest.approx(100)
    assert Line(100_000, 0.9, 0.1, 30, taken_over=1e6).hours == 0


def test_a_wage_is_compared_with_the_price_that_goes_with_it() -> None:
    lines = [Line(1_000_000, 0.5, 0.05, 26.83)]
    assert at_price(lines) == pytest.approx(Line(1_000_000, 0.5, 0.05, 38.90).hours)


def test_other_rates_and_costs_are_compared_with_those_asked() -> None:
    compared = sensitivity([Line(1_000_000, 0.5, 0.06, 33)])
    assert 0.06 in [rate for rate, _ in compared]
    costs = dict(dict(compared)[0.07])
    assert 33 in costs
    assert costs[30] == pytest.approx(1_166.67, abs=0.01)


def test_hours_are_told_in_posts_weeks_and_days() -> None:
    told = equivalent(1607)
    assert (told.working_years, told.weeks) == (1, pytest.approx(45.91, abs=0.01))
    assert told.paid_years == pytest.approx(0.883, abs=0.001)


def test_too_few_or_too_many_hours_a_person_are_noticed() -> None:
    assert [hours_a_person(h, 2)[1] for h in (99, 100, 2_000, 2_001)] == [False, True, True, False]


def test_intellectual_services_are_counted_in_days_and_what_they_are_worth() -> None:
    found = intellectual(50_000, 0.9, 0.05, 210)
    assert found.days == pytest.approx(10.71, abs=0.01)
    assert found.subcontracted == pytest.approx(2_250)
    assert found.trained_weeks == pytest.approx(2.14, abs=0.01)


@pytest.mark.parametrize(
    "wrong",
    [
        (-1, 0.5, 0.05, 30),
        (1, 1.1, 0.05, 30),
        (1, 0.5, 2, 30),
        (1, 0.5, 0.5, 0),
        (float("nan"), 0.5, 0.5, 30),
        (float("inf"), 0.5, 0.5, 30),
        (1e308, 1, 1, 1e-10),
    ],
)
def test_what_is_no_contract_is_refused(wrong: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match=r"amount|labour_share|rate|hourly_cost"):
        Line(*wrong)


def test_the_command_says_the_hours_with_what_they_come_from() -> None:
    command = [str(Path(sys.executable).with_name("marketplace")), "hours"]
    said = ["--amount", "1000000", "--labour-share", "0.5", "--rate", "0.05"]
    done = subprocess.run(  # noqa: S603 - a command of ours
        [*command, *said, "--hourly-cost", "30"], capture_output=True, check=True
    )
    assert json.loads(done.stdout) == {
        "hours": 833.33,
        "amount": 1_000_000,
        "labour_share": 0.5,
        "rate": 0.05,
        "hourly_cost": 30,
    }
    for cost in ("0", "1e-320"):
        wrong = subprocess.run(  # noqa: S603 - the same
            [*command, *said, "--hourly-cost", cost], capture_output=True, check=False
        )
        assert wrong.returncode == 2
        assert b"Infinity" not in wrong.stdout
