"""Amounts of a file whose separators are mixed: read as they are written, or refused."""

from decimal import Decimal

import pytest

from marketplace.insights.euros_typed import Mark, NoAmount, euros, figure, marks_of

COMMA = frozenset({Mark.COMMA})
POINT = frozenset({Mark.POINT})


@pytest.mark.parametrize(
    ("cell", "worth"),
    [
        ("1 234,50", "1234.50"),
        ("1\u202f234,50\u00a0€", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1,234.50 EUR HT", "1234.50"),
        ("1.234.567", "1234567"),
        ("12 345,678", "12345.68"),
        ("0,125", "0.13"),
        ("-12,5", "-12.50"),
        ("(12,50)", "-12.50"),
        ("\u22125", "-5"),
        ("12.", "12"),
    ],
)
def test_a_clear_amount_is_read_whatever_the_rest_of_the_file_does(cell: str, worth: str) -> None:
    for marks in (COMMA, POINT, COMMA | POINT, frozenset[Mark]()):
        assert euros(figure(cell), marks) == Decimal(worth)


def test_an_ambiguous_amount_is_what_the_rest_of_the_file_says_and_else_is_refused() -> None:
    one = figure("1.234")
    assert euros(one, COMMA) == Decimal(1234)
    assert euros(one, POINT) == Decimal("1.23")
    assert marks_of([one, figure("5,50"), figure("7")]) == COMMA, "it says nothing by itself"
    for marks in (frozenset[Mark](), COMMA | POINT):
        with pytest.raises(NoAmount, match="1234 ou 1,234"):
            euros(one, marks)


@pytest.mark.parametrize(
    "cell", ["", "€", "douze", "1e5", "1,2,3", "1.23.456", "9" * 30, "𝟙𝟚", "∞"]
)
def test_what_is_no_amount_is_refused(cell: str) -> None:
    with pytest.raises(NoAmount):
        figure(cell)


@pytest.mark.parametrize("cell", ["1 200 TTC", "1 200 € ttc", "1 200 T.T.C.", "1200€TTC"])
def test_an_amount_with_tax_is_not_taken_for_one_without(cell: str) -> None:
    with pytest.raises(NoAmount, match="hors taxes"):
        figure(cell)


def test_an_amount_that_no_public_buyer_pays_is_refused() -> None:
    with pytest.raises(NoAmount, match="trop grand"):
        euros(figure("10 000 000 001"), COMMA)
