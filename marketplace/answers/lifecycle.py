"""What may happen to an answer, why a structure declines, how a need ends, as data. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from marketplace.matching.lifecycle import MatchStatus

STANDING = frozenset({MatchStatus.INTERESTED, MatchStatus.SHORTLISTED})
"""The structure is in the running."""


class AnswerStatus(StrEnum):
    DRAFT = "draft"
    SENT = "sent"
    WITHDRAWN = "withdrawn"


class DeclineReason(StrEnum):
    CAPACITY = "capacity"
    DISTANCE = "distance"
    SIZE = "size"
    SKILL = "skill"
    DELAY = "delay"
    PRICE = "price"
    OTHER = "other"


class Result(StrEnum):
    AWARDED = "awarded"
    UNSUCCESSFUL = "unsuccessful"
    ABANDONED = "abandoned"


@dataclass(frozen=True, slots=True)
class Decided:
    """What comes of a lot, or of a need without lots (`lot_id` None).

    The holder of what is awarded is a structure of Tandem or a firm that is named.
    """

    lot_id: int | None
    result: Result
    structure_id: int | None = None
    holder_name: str = ""
    holder_siret: str = ""
    amount: Decimal | None = None
    reason: str = ""


class Side(StrEnum):
    """Of a conversation about a need."""

    BUYER = "buyer"
    STRUCTURE = "structure"


class Help(StrEnum):
    """What a survey asks: did Tandem help?"""

    YES = "yes"
    PARTLY = "partly"
    NO = "no"


class Refusal(StrEnum):
    """Why something is not done; wording.REFUSALS says it to people."""

    CLOSED = "closed"
    BOTH_SIDES = "both_sides"
    KIND = "kind"
    LOT_KIND = "lot_kind"
    STRUCTURE_CLOSED = "structure_closed"
    NO_OFFER = "no_offer"
    OVERTAKEN = "overtaken"
    EMPTY = "empty"
    SAYS_NOTHING = "says_nothing"
    DECIDED = "decided"
    NOT_ANSWERED = "not_answered"
    ASKING_OVER = "asking_over"
    ASKED_ENOUGH = "asked_enough"
    NOT_CLOSED = "not_closed"
    NOTHING_CHANGES = "nothing_changes"
    SAID_ALREADY = "said_already"
    GROUPED = "grouped"


class Refused(Exception):
    """Not done, and nothing is written."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why.value)
        self.why = why
