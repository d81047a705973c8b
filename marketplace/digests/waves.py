"""Who is told of a need when: in waves, so that the best placed have some days ahead. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from marketplace.matching.rotation import bands, level
from marketplace.matching.shapes import Ranked

MOST_WAVES = 4
SMALLEST = 10
"""A wave of fewer structures is not worth waiting for."""
URGENT = timedelta(days=7)
"""With less time left than this, all are told at once."""

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Run:
    """The time that a need leaves to answer."""

    published_at: datetime
    closes_at: datetime

    @property
    def half(self) -> timedelta:
        return (self.closes_at - self.published_at) / 2


def is_urgent(run: Run, now: datetime) -> bool:
    return run.closes_at - now < URGENT


def waves(matched: int, run: Run) -> int:
    """In how many waves so many structures are told: at most one a day until half time."""
    return max(1, min(MOST_WAVES, run.half // _DAY, ceil(matched / SMALLEST)))


def told_by(
    now: datetime,
    matched: int,
    run: Run,
    *,
    all_at_once: bool,
    interested: int = 0,
    enough: int | None = None,
) -> int:
    """How many of the matched structures are to be told by now, the best placed first.

    Waves are equal and start at equal intervals from publication, so that the last one is
    told before half of the time has gone. Once `enough` are interested nobody else is to
    be told: 0. A tender goes to all at once whoever is interested already, so that none is
    given an advance; so does an urgent need, unless enough are interested.
    """
    if all_at_once:
        return matched
    if enough is not None and interested >= enough:
        return 0
    if is_urgent(run, now):
        return matched
    number = waves(matched, run)
    passed = max(timedelta(0), now - run.published_at)
    begun = min(number, 1 + passed // (run.half / number))
    return ceil(matched * begun / number)


def in_turn(matches: Sequence[Ranked], exposure: Mapping[str, float]) -> list[Ranked]:
    """The order in which structures are told: by rank but, among near-equal ones, those that
    were told little lately first.

    Args:
        matches: not told yet, in the order of rank(), each structure once.
        exposure: how much each was told lately, by structure id; none is 0.
    """
    return [
        match
        for band in bands(matches)
        for match in sorted(
            band, key=lambda one: (level(exposure.get(one.structure_id, 0.0)), -one.score)
        )
    ]
