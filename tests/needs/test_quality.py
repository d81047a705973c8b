"""What a need lacks, and what a facilitator would ask for."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.needs.quality import hints, missing
from marketplace.needs.tables import Need, PlaceType

TODAY = date(2026, 11, 24)
GOOD = {
    "title": "Tonte de trois stades",
    "description": "Trois stades, soit quatre hectares, à tondre chaque semaine d'avril à octobre. "
    "Les déchets verts sont évacués par vos soins.",
    "place_type": PlaceType.POINT,
    "deadline_on": date(2026, 12, 15),
}


def need(**changes: object) -> Need:
    return Need(**(GOOD | changes))


def hinted(**changes: object) -> list[str]:
    return [hint.code for hint in hints(need(**changes), TODAY)]


def test_a_good_need_lacks_nothing_and_needs_no_advice() -> None:
    assert missing(need(), TODAY) == []
    assert hinted() == []


@pytest.mark.parametrize(
    "title", ["Prestation", "Besoin de services divers", "Marché public 2026", "Travaux", "!!!!!"]
)
def test_a_title_that_names_no_work_is_vague(title: str) -> None:
    assert hinted(title=title) == ["vague"]


@pytest.mark.parametrize("title", ["Prestation de nettoyage", "Travaux de peinture", "Traiteur"])
def test_a_title_that_names_the_work_is_not(title: str) -> None:
    assert hinted(title=title) == []


@pytest.mark.parametrize(
    ("description", "code"), [("", "no_description"), ("Tonte.", "short"), ("x" * 79, "short")]
)
def test_a_missing_or_very_short_description_is_noted(description: str, code: str) -> None:
    assert hinted(description=description) == [code]


@pytest.mark.parametrize(
    ("deadline", "codes"),
    [
        (date(2026, 11, 25), ["near"]),
        (date(2026, 11, 28), ["near", "not_working_day"]),
        (date(2026, 12, 1), []),
        (date(2026, 12, 25), ["not_working_day"]),
        (date(2026, 12, 19), ["not_working_day"]),
    ],
)
def test_a_deadline_that_leaves_no_time_is_noted(deadline: date, codes: list[str]) -> None:
    assert hinted(deadline_on=deadline) == codes
    assert missing(need(deadline_on=deadline), TODAY) == []


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"place_type": None}, ["no_place"]),
        ({"deadline_on": None}, ["no_deadline"]),
        ({"deadline_on": TODAY}, ["late"]),
        ({"place_type": None, "deadline_on": date(2026, 11, 1)}, ["no_place", "late"]),
    ],
)
def test_what_keeps_a_need_from_being_sent(changes: dict[str, object], codes: list[str]) -> None:
    assert [remark.code for remark in missing(need(**changes), TODAY)] == codes


@settings(max_examples=100)
@given(title=st.text(max_size=200), description=st.text(max_size=300))
def test_advice_never_fails_whatever_is_typed(title: str, description: str) -> None:
    assert len(hints(need(title=title, description=description), TODAY)) <= 2


def test_a_very_long_text_is_neither_vague_nor_short() -> None:
    assert hinted(title="Tonte " * 30, description="x" * 100_000) == []
