"""Amounts are read as people in France type them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.formats import euros_range, euros_read

EXACT = {
    "12 000,50 €": "12000.50",
    "12\u202f000,5": "12000.50",
    "12000.50": "12000.50",
    "12k": "12000",
    "12 k€ HT": "12000",
    "12.000": "12000",
    "1.200.000,25": "1200000.25",
    "1,5 M€": "1500000",
    "2 millions d'euros": "2000000",
    "environ 3 500 euros": "3500",
}
RANGES = {
    "40 à 60 k€": ("40000", "60000"),
    "de 40 000 € à 60 000 €": ("40000", "60000"),
    "40 000-60 000": ("40000", "60000"),
    "entre 60 000 et 40 000 euros HT": ("40000", "60000"),
    "moins de 60 000": (None, "60000"),
    "jusqu’à 90k": (None, "90000"),
    "plus de 90 000 €": ("90000", None),
}


@pytest.mark.parametrize(("typed", "euros"), EXACT.items())
def test_an_exact_amount_is_read(typed: str, euros: str) -> None:
    assert euros_read(typed) == (Decimal(euros), Decimal(euros))


@pytest.mark.parametrize(("typed", "ends"), RANGES.items())
def test_a_range_is_read_the_least_first(typed: str, ends: tuple[str | None, ...]) -> None:
    assert euros_read(typed) == tuple(None if end is None else Decimal(end) for end in ends)


@pytest.mark.parametrize(
    "typed",
    ["", "abc", "-5", "12,000", "1 23", "12 euros et 50", "9" * 60, "9" * 10_000, "١٢", "²"],
)
def test_what_is_no_amount_or_may_be_two_is_not_guessed(typed: str) -> None:
    with pytest.raises(ValueError, match="amount"):
        euros_read(typed)


@given(st.text())
def test_nothing_that_one_types_breaks_it(typed: str) -> None:
    try:
        ends = euros_read(typed)
    except ValueError:
        return
    assert ends != (None, None)


amounts = st.none() | st.decimals("0.01", 10**10, places=2)


@given(amounts, amounts)
def test_what_is_shown_is_read_back(one: Decimal | None, other: Decimal | None) -> None:
    least, most = sorted([one, other]) if one is not None and other is not None else (one, other)
    if (least, most) == (None, None):
        assert euros_range(least, most) == ""
    else:
        assert euros_read(euros_range(least, most)) == (least, most)
