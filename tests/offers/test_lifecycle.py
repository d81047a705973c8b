"""An offer moves only as the table says."""

from itertools import product

import pytest

from marketplace.offers.lifecycle import NEXT, ForbiddenMove, Move, OfferStatus, after

ENDS = {OfferStatus.ARCHIVED, OfferStatus.REJECTED}


def test_nothing_happens_to_an_offer_that_has_ended() -> None:
    assert {status for status, _ in NEXT} & ENDS == set()


def test_every_state_can_be_reached_from_a_draft() -> None:
    reached = {OfferStatus.DRAFT}
    for _ in OfferStatus:
        reached |= {to for (start, _), to in NEXT.items() if start in reached}
    assert reached == set(OfferStatus)


def test_a_move_that_the_table_does_not_hold_is_refused() -> None:
    for status, move in product(OfferStatus, Move):
        if (status, move) not in NEXT:
            with pytest.raises(ForbiddenMove):
                after(status, move)


def test_what_a_desk_sent_back_is_shown_again_only_once_the_desk_has_approved_it() -> None:
    moves = {move for status, move in NEXT if status is OfferStatus.CHANGES_REQUESTED}
    assert moves == {Move.SUBMIT, Move.ARCHIVE}
