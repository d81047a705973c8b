"""What may happen to a need, as data. Pure."""

from enum import StrEnum


class Status(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    CHANGES_REQUESTED = "changes_requested"
    PUBLISHED = "published"
    CLOSED = "closed"
    AWARDED = "awarded"
    UNSUCCESSFUL = "unsuccessful"
    ABANDONED = "abandoned"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Move(StrEnum):
    SUBMIT = "submit"
    REQUEST_CHANGES = "request_changes"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    CLOSE = "close"
    REOPEN = "reopen"
    AWARD = "award"
    FIND_UNSUCCESSFUL = "find_unsuccessful"
    ABANDON = "abandon"


NEXT: dict[tuple[Status, Move], Status] = {
    (Status.DRAFT, Move.SUBMIT): Status.SUBMITTED,
    (Status.CHANGES_REQUESTED, Move.SUBMIT): Status.SUBMITTED,
    (Status.SUBMITTED, Move.REQUEST_CHANGES): Status.CHANGES_REQUESTED,
    (Status.SUBMITTED, Move.APPROVE): Status.PUBLISHED,
    (Status.SUBMITTED, Move.REJECT): Status.REJECTED,
    (Status.SUBMITTED, Move.WITHDRAW): Status.WITHDRAWN,
    (Status.CHANGES_REQUESTED, Move.WITHDRAW): Status.WITHDRAWN,
    (Status.PUBLISHED, Move.WITHDRAW): Status.WITHDRAWN,
    (Status.PUBLISHED, Move.CLOSE): Status.CLOSED,
    (Status.CLOSED, Move.REOPEN): Status.PUBLISHED,
    (Status.CLOSED, Move.AWARD): Status.AWARDED,
    (Status.CLOSED, Move.FIND_UNSUCCESSFUL): Status.UNSUCCESSFUL,
    (Status.CLOSED, Move.ABANDON): Status.ABANDONED,
}

ENDS: dict[Move, Status] = {
    Move.AWARD: Status.AWARDED,
    Move.FIND_UNSUCCESSFUL: Status.UNSUCCESSFUL,
    Move.ABANDON: Status.ABANDONED,
}
"""What came of it; its buyer may correct one into another, and says why."""

OVER = frozenset(ENDS.values())

EDITABLE = frozenset({Status.DRAFT, Status.CHANGES_REQUESTED})


class ForbiddenMove(Exception):
    """The need is not in a state that allows this."""

    def __init__(self, status: Status, move: Move) -> None:
        super().__init__(f"{move} is not possible from {status}")
        self.status = status
        self.move = move


class NotOpen(ForbiddenMove):
    """The need takes no answers, so that nothing of it can be changed."""


def after(status: Status, move: Move) -> Status:
    """Where a move leads. Raises ForbiddenMove."""
    try:
        return NEXT[status, move]
    except KeyError:
        raise ForbiddenMove(status, move) from None
