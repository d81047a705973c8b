"""A need moves only as the table says."""

from itertools import product

import pytest

from marketplace.needs.lifecycle import NEXT, ForbiddenMove, Move, Status, after

ENDS = {Status.AWARDED, Status.UNSUCCESSFUL, Status.ABANDONED, Status.REJECTED, Status.WITHDRAWN}


def test_nothing_happens_to_a_need_that_has_ended() -> None:
    assert {status for status, _ in NEXT} & ENDS == set()


def test_every_state_can_be_reached_from_a_draft() -> None:
    reached = {Status.DRAFT}
    for _ in Status:
        reached |= {to for (start, _), to in NEXT.items() if start in reached}
    assert reached == set(Status)


def test_a_move_that_the_table_does_not_hold_is_refused() -> None:
    for status, move in product(Status, Move):
        if (status, move) not in NEXT:
            with pytest.raises(ForbiddenMove):
                after(status, move)


def test_only_a_facilitators_approval_publishes_a_need_for_the_first_time() -> None:
    publishing = {(start, move) for (start, move), to in NEXT.items() if to is Status.PUBLISHED}
    assert publishing == {(Status.SUBMITTED, Move.APPROVE), (Status.CLOSED, Move.REOPEN)}
