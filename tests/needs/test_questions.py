"""Questions proposed to a buyer, by what is bought."""

import pytest

from marketplace.needs.questions import LONGEST, proposed
from marketplace.needs.tables import NeedKind
from marketplace.sectors.nomenclature import SECTORS
from tests.factories.market import CLEANING, GREEN_SPACES

WEEDS = "Travaillez-vous sans produit phytosanitaire ?"


def test_they_suit_the_sectors_and_the_kind_of_need() -> None:
    green = proposed(NeedKind.QUOTE, [GREEN_SPACES], [])
    assert green[0] == WEEDS
    assert WEEDS not in proposed(NeedKind.QUOTE, [CLEANING], [])
    assert WEEDS in proposed(NeedKind.QUOTE, [CLEANING, GREEN_SPACES], [])
    assert proposed(NeedKind.SOURCING, [], []) != proposed(NeedKind.TENDER, [], [])


def test_what_is_asked_already_is_not_proposed_again() -> None:
    assert WEEDS not in proposed(NeedKind.QUOTE, [GREEN_SPACES], [WEEDS])


@pytest.mark.parametrize("kind", NeedKind)
def test_each_fits_in_its_row_and_is_proposed_once(kind: NeedKind) -> None:
    every = proposed(kind, [sector.slug for sector in SECTORS], [])
    assert len(every) == len(set(every))
    assert all(words.endswith(" ?") and len(words) <= LONGEST for words in every)
