"""Where a contract stands, and which figures stay hidden."""

from datetime import date

import pytest

from marketplace.clauses.following import follow, gone_by, together
from marketplace.clauses.report_links import DeadLink, employer_of, path_of, token_of
from marketplace.clauses.reported import month_in_words, month_of, months_between, most_hours

START, END = date(2026, 1, 1), date(2026, 12, 31)


def test_half_a_year_at_half_the_pace_is_behind_and_leaves_half_undone() -> None:
    told = follow(1000, 1200, 300, START, END, date(2026, 7, 10))
    assert told.due == 1200
    assert told.expected == pytest.approx(1200 * 181 / 365)
    assert told.forecast == pytest.approx(300 * 365 / 181)
    assert told.missing == pytest.approx(1200 - 300 * 365 / 181)
    assert told.is_behind
    assert not follow(1000, 1200, 500, START, END, date(2026, 7, 10)).is_behind


def test_hours_that_wait_for_the_desk_make_nobody_late() -> None:
    told = follow(1000, 1200, 300, START, END, date(2026, 7, 10), waiting=200)
    assert (told.achieved, told.waiting, told.is_behind) == (300, 200, False)
    assert told.forecast == pytest.approx(500 * 365 / 181)


def test_a_contract_that_begins_is_not_behind_and_foretells_nothing() -> None:
    told = follow(1000, None, 0, START, END, date(2026, 1, 20))
    assert (told.expected, told.forecast, told.is_behind) == (0, None, False)
    assert told.missing == 1000


def test_once_it_is_over_what_is_done_is_all_there_will_be() -> None:
    told = follow(1000, None, 700, START, END, date(2027, 3, 1))
    assert (told.forecast, told.is_behind, told.is_over) == (700, True, True)
    assert told.share == 0.7


def test_a_month_counts_once_it_is_over() -> None:
    assert gone_by(START, END, date(2025, 12, 1)) == 0
    assert gone_by(START, END, date(2026, 2, 1)) == pytest.approx(31 / 365)
    assert gone_by(START, END, date(2026, 12, 31)) == pytest.approx(334 / 365)
    assert gone_by(START, END, date(2027, 1, 1)) == 1


def test_several_contracts_add_up() -> None:
    first = follow(1000, 1200, 600, START, END, date(2026, 7, 1))
    second = follow(500, None, 0, START, END, date(2026, 7, 1))
    told = together([first, second])
    assert (told.planned, told.committed, told.achieved) == (1500, 1700, 600)
    assert told.is_behind


def test_a_link_is_for_one_employer_of_this_site() -> None:
    token = token_of("secret", 12)
    assert path_of("secret", 12) == f"/heures/{token}"
    assert employer_of("secret", token) == 12
    for forged in (token.replace("12", "13"), token[:-1], "", "x.y", "12", "²." + token, "9" * 400):
        with pytest.raises(DeadLink):
            employer_of("secret", forged)
    with pytest.raises(DeadLink):
        employer_of("another", token)


def test_months_as_people_write_them() -> None:
    assert month_of("2026-11") == month_of("11/2026") == month_of("01/11/2026") == date(2026, 11, 1)
    for nonsense in ("", "novembre", "2026-13", "26-11", "2026", "0000-01", "9" * 30, "²026-01"):
        with pytest.raises(ValueError, match="no month"):
            month_of(nonsense)
    assert month_in_words(date(2026, 8, 1)) == "août 2026"
    assert len(months_between(date(2025, 11, 15), date(2026, 2, 1))) == 4
    assert 205 < most_hours(date(2026, 11, 1)) < 206
