"""What may happen to an offer, as data. Pure."""

from datetime import timedelta
from enum import StrEnum

HOLDS_FOR = timedelta(days=365)
"""How long what a structure said of an offer is taken to hold."""
ASKED_AHEAD = timedelta(days=30)
"""How long before that its people are asked whether it still does."""


class OfferStatus(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    CHANGES_REQUESTED = "changes_requested"
    PUBLISHED = "published"
    PAUSED = "paused"
    ARCHIVED = "archived"
    REJECTED = "rejected"


class Move(StrEnum):
    SUBMIT = "submit"
    PUBLISH = "publish"
    """At once, by a structure whose first offer was approved: its desk looks afterwards."""
    APPROVE = "approve"
    REQUEST_CHANGES = "request_changes"
    REJECT = "reject"
    CHANGE = "change"
    CONFIRM = "confirm"
    PAUSE = "pause"
    RESUME = "resume"
    ARCHIVE = "archive"


NEXT: dict[tuple[OfferStatus, Move], OfferStatus] = {
    (OfferStatus.DRAFT, Move.SUBMIT): OfferStatus.SUBMITTED,
    (OfferStatus.DRAFT, Move.PUBLISH): OfferStatus.PUBLISHED,
    (OfferStatus.SUBMITTED, Move.APPROVE): OfferStatus.PUBLISHED,
    (OfferStatus.SUBMITTED, Move.REQUEST_CHANGES): OfferStatus.CHANGES_REQUESTED,
    (OfferStatus.SUBMITTED, Move.REJECT): OfferStatus.REJECTED,
    (OfferStatus.SUBMITTED, Move.ARCHIVE): OfferStatus.ARCHIVED,
    (OfferStatus.CHANGES_REQUESTED, Move.SUBMIT): OfferStatus.SUBMITTED,
    (OfferStatus.CHANGES_REQUESTED, Move.ARCHIVE): OfferStatus.ARCHIVED,
    (OfferStatus.PUBLISHED, Move.APPROVE): OfferStatus.PUBLISHED,
    (OfferStatus.PUBLISHED, Move.REQUEST_CHANGES): OfferStatus.CHANGES_REQUESTED,
    (OfferStatus.PUBLISHED, Move.REJECT): OfferStatus.REJECTED,
    (OfferStatus.PUBLISHED, Move.CHANGE): OfferStatus.PUBLISHED,
    (OfferStatus.PUBLISHED, Move.CONFIRM): OfferStatus.PUBLISHED,
    (OfferStatus.PUBLISHED, Move.PAUSE): OfferStatus.PAUSED,
    (OfferStatus.PUBLISHED, Move.ARCHIVE): OfferStatus.ARCHIVED,
    (OfferStatus.PAUSED, Move.APPROVE): OfferStatus.PAUSED,
    (OfferStatus.PAUSED, Move.REQUEST_CHANGES): OfferStatus.CHANGES_REQUESTED,
    (OfferStatus.PAUSED, Move.REJECT): OfferStatus.REJECTED,
    (OfferStatus.PAUSED, Move.CHANGE): OfferStatus.PAUSED,
    (OfferStatus.PAUSED, Move.RESUME): OfferStatus.PUBLISHED,
    (OfferStatus.PAUSED, Move.ARCHIVE): OfferStatus.ARCHIVED,
}

TO_SEND = frozenset({OfferStatus.DRAFT, OfferStatus.CHANGES_REQUESTED})
"""Where the offer waits for its structure to send it."""

EDITABLE = TO_SEND | {OfferStatus.PUBLISHED, OfferStatus.PAUSED}


class ForbiddenMove(Exception):
    """The offer is not in a state that allows this."""

    def __init__(self, status: OfferStatus, move: Move) -> None:
        super().__init__(f"{move} is not possible from {status}")
        self.status = status
        self.move = move


def after(status: OfferStatus, move: Move) -> OfferStatus:
    """Where a move leads. Raises ForbiddenMove."""
    try:
        return NEXT[status, move]
    except KeyError:
        raise ForbiddenMove(status, move) from None


def may(status: OfferStatus, move: Move) -> bool:
    return (status, move) in NEXT
