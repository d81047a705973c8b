"""Digests are named by days of Paris, whatever the clocks of Paris do at night."""

from datetime import UTC, date, datetime, timedelta

import pytest

from marketplace.digests.periods import digest_day, next_digest_day, opening, weekly_opening

SPRING = date(2026, 3, 27), date(2026, 3, 30)
AUTUMN = date(2026, 10, 23), date(2026, 10, 26)
"""The Friday before and the Monday after the night of 23, and of 25, hours."""


@pytest.mark.parametrize(("friday", "monday", "hours"), [(*SPRING, 71), (*AUTUMN, 73)])
def test_a_digest_opens_at_six_in_paris_before_and_after_the_clocks_change(
    friday: date, monday: date, hours: int
) -> None:
    assert opening(monday) - opening(friday) == timedelta(hours=hours)


@pytest.mark.parametrize(("friday", "monday"), [SPRING, AUTUMN])
def test_each_moment_of_such_a_weekend_is_told_in_one_digest(friday: date, monday: date) -> None:
    written = set()
    now = opening(friday)
    while now < opening(monday) + timedelta(hours=12):
        if (day := digest_day(now)) is not None:
            written.add(day)
            assert opening(day) <= now
        left = [day for day in (friday, monday) if now < opening(day) + timedelta(hours=1)]
        assert next_digest_day(now) == (left or [monday + timedelta(days=1)])[0]
        now += timedelta(minutes=20)
    assert written == {friday, monday}


@pytest.mark.parametrize(("friday", "monday"), [SPRING, AUTUMN])
def test_the_digest_of_the_day_is_written_from_seven_in_paris(friday: date, monday: date) -> None:
    for day in (friday, monday):
        seven = opening(day) + timedelta(hours=1)
        assert digest_day(seven - timedelta(seconds=1)) is None
        assert digest_day(seven) == day


@pytest.mark.parametrize("monday", [SPRING[1], AUTUMN[1]])
def test_a_weekly_digest_of_sundays_eve_covers_the_night_too(monday: date) -> None:
    tuesday = monday + timedelta(days=1)
    assert weekly_opening(tuesday, 0) == opening(monday)
    assert weekly_opening(monday, 4) == opening(monday - timedelta(days=3))


def test_a_clock_in_another_zone_names_the_same_day() -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert next_digest_day(late) == date(2026, 11, 24)
