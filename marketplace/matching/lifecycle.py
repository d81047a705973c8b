"""What may happen to a match, as data. Pure."""

from enum import StrEnum


class MatchStatus(StrEnum):
    SUGGESTED = "suggested"
    NOTIFIED = "notified"
    OPENED = "opened"
    INTERESTED = "interested"
    DECLINED = "declined"
    SHORTLISTED = "shortlisted"
    RETAINED = "retained"
    NOT_RETAINED = "not_retained"


FROM: dict[MatchStatus, frozenset[MatchStatus]] = {
    MatchStatus.NOTIFIED: frozenset({MatchStatus.SUGGESTED}),
    MatchStatus.OPENED: frozenset({MatchStatus.SUGGESTED, MatchStatus.NOTIFIED}),
    MatchStatus.INTERESTED: frozenset(
        {
            MatchStatus.SUGGESTED,
            MatchStatus.NOTIFIED,
            MatchStatus.OPENED,
            MatchStatus.DECLINED,
            MatchStatus.SHORTLISTED,
        }
    ),
    MatchStatus.DECLINED: frozenset(
        {
            MatchStatus.SUGGESTED,
            MatchStatus.NOTIFIED,
            MatchStatus.OPENED,
            MatchStatus.INTERESTED,
            MatchStatus.SHORTLISTED,
        }
    ),
    MatchStatus.SHORTLISTED: frozenset({MatchStatus.INTERESTED}),
    MatchStatus.RETAINED: frozenset(
        {MatchStatus.INTERESTED, MatchStatus.SHORTLISTED, MatchStatus.NOT_RETAINED}
    ),
    MatchStatus.NOT_RETAINED: frozenset(
        {MatchStatus.INTERESTED, MatchStatus.SHORTLISTED, MatchStatus.RETAINED}
    ),
}
"""From which states each can be reached. Whoever changes its mind before the deadline may;
taking a structure off the buyer's short list makes it merely interested again; a buyer may
correct an outcome."""

UNTOUCHED = frozenset({MatchStatus.SUGGESTED})
"""What a new ranking may take away: nobody was told."""

ANSWERED = frozenset(
    {
        MatchStatus.INTERESTED,
        MatchStatus.SHORTLISTED,
        MatchStatus.RETAINED,
        MatchStatus.NOT_RETAINED,
    }
)
"""The structure said that it is interested, whatever came of it."""

UNSUITED = frozenset({"skill", "distance", "size"})
"""Codes of the refusals that say that a need did not suit the offer; the others (capacity, delay,
price…) speak of the moment or of the need."""


class ForbiddenStep(Exception):
    """The match is not in a state that leads there."""

    def __init__(self, status: MatchStatus, wanted: MatchStatus) -> None:
        super().__init__(f"{wanted} is not possible from {status}")
        self.status = status
        self.wanted = wanted


def check(status: MatchStatus, wanted: MatchStatus) -> None:
    """Raises ForbiddenStep."""
    if status not in FROM.get(wanted, frozenset()):
        raise ForbiddenStep(status, wanted)
