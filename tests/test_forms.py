"""What people type is cleaned of what nobody sees, and query strings of nonsense."""

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from marketplace.forms import cleaned, one_line, page_asked


def test_invisible_and_direction_marks_go_and_words_stay_apart() -> None:
    assert cleaned("  Jean\u202e\u200b\x00 Dupont\u00a0fils ") == "Jean Dupont fils"
    assert one_line("deux\n lignes\t ici") == "deux lignes ici"
    assert cleaned(None) == ""


@given(st.text())
def test_cleaning_twice_changes_nothing_more(words: str) -> None:
    assert cleaned(cleaned(words)) == cleaned(words)
    assert "\x00" not in cleaned(words)


@pytest.mark.parametrize(
    ("asked", "page"), [("3", 3), ("", 1), ("0", 1), ("-2", 1), ("x", 1), ("²", 1)]
)
def test_a_page_number_is_understood_or_is_the_first(
    prepared_app: Flask, asked: str, page: int
) -> None:
    with prepared_app.test_request_context(f"/?page={asked}"):
        assert page_asked() == page
