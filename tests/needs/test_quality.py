"""What a need lacks, and what a facilitator would ask for."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.needs.quality import hints, missing
from marketplace.needs.tables import Lever, Lot, Need, NeedKind, PlaceType
from marketplace.structures.kinds import HANDICAP

TODAY = date(2026, 11, 24)
GOOD = {
    "title": "Tonte de trois stades",
    "description": "Trois stades, soit quatre hectares, à tondre chaque semaine d'avril à octobre. "
    "Les déchets verts sont évacués par vos soins.",
    "place_type": PlaceType.POINT,
    "deadline_on": date(2026, 12, 15),
    "amount_min": Decimal(30_000),
    "amount_max": Decimal(40_000),
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


def lot(number: int, amount: int | None = None, most: int | None = None) -> Lot:
    least = None if amount is None else Decimal(amount)
    highest = least if most is None else Decimal(most)
    return Lot(id=number, number=number, title="Un lot", amount_min=least, amount_max=highest)


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"amount_min": None, "amount_max": None}, ["no_amount"]),
        ({"amount_min": None}, []),
        ({"lots": [lot(1), lot(2)]}, []),
        ({"amount_min": None, "amount_max": None, "lots": [lot(1), lot(2)]}, ["no_amount"]),
        ({"lots": [lot(1, 10_000), lot(2)]}, ["lot_amount"]),
        ({"amount_min": None, "amount_max": None, "lots": [lot(1, 5), lot(2)]}, ["lot_amount"]),
        ({"lots": [lot(1, 35_000)]}, ["one_lot"]),
        ({"lots": [lot(1, 20_000), lot(2, 15_000)]}, []),
        ({"lots": [lot(1, 30_000), lot(2, 20_000)]}, ["sum_over"]),
        ({"lots": [lot(1, 5_000), lot(2, 5_000)]}, ["sum_under"]),
        ({"lots": [lot(1, 5_000, 20_000), lot(2, 20_000, 50_000)]}, []),
    ],
)
def test_amounts_that_are_missing_or_do_not_add_up_are_noted(
    changes: dict[str, object], codes: list[str]
) -> None:
    assert hinted(**changes) == codes


def test_the_lots_without_an_amount_are_numbered() -> None:
    lots = [lot(1, 1_000), lot(2), lot(3), lot(4)]
    [hint] = hints(need(amount_min=None, amount_max=None, lots=lots), TODAY)
    assert hint.sentence == "Les lots 2, 3 et 4 n'ont pas de montant"


def test_a_reserved_contract_that_lets_others_answer_is_noted() -> None:
    assert hinted(lever=Lever.RESERVED_HANDICAP, kinds=[]) == ["reserved"]
    assert hinted(lever=Lever.RESERVED_HANDICAP, kinds=sorted(HANDICAP)) == []
    assert hinted(lever=Lever.EXECUTION, kinds=[]) == []


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({"starts_on": date(2026, 12, 15)}, ["starts_early"]),
        ({"starts_on": date(2026, 12, 16)}, []),
        ({"asking_until": date(2026, 12, 16)}, ["asking_late"]),
        ({"kind": NeedKind.TENDER}, ["no_link"]),
        ({"kind": NeedKind.TENDER, "response_url": "https://marches.invalid/1"}, []),
    ],
)
def test_dates_out_of_order_and_a_tender_without_its_consultation_are_not_sent(
    changes: dict[str, object], codes: list[str]
) -> None:
    assert [remark.code for remark in missing(need(**changes), TODAY)] == codes


def test_questions_that_end_too_late_for_a_formal_procedure_are_noted() -> None:
    tender = {"kind": NeedKind.TENDER, "response_url": "https://marches.invalid/1"}
    assert hinted(**tender, asking_until=date(2026, 12, 10)) == ["asking_near"]
    assert hinted(**tender, asking_until=date(2026, 12, 9)) == []
    assert hinted(asking_until=date(2026, 12, 10)) == []
