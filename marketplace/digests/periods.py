"""Which digest is due, and what it may tell, in Paris time. Pure: it is handed the time.

A digest is named by its day, a working one, and tells what was ready before that day's
opening hour: never « the last 24 hours », so that a late or repeated run tells the same,
nights with 23 or 25 hours change nothing, and what a run missed comes with the next.
"""

from datetime import UTC, date, datetime, time, timedelta

from marketplace.clock import PARIS
from marketplace.working_days import is_working_day

OPENS = time(6)
"""What is ready before, on the day of a digest, is in it."""
LEAVES = time(7)
"""From when the digests of a day are written."""

_DAY = timedelta(days=1)


def digest_day(now: datetime) -> date | None:
    """The day whose digests may be written now; None before its hour, and on days off."""
    local = now.astimezone(PARIS)
    return local.date() if is_working_day(local) and local.time() >= LEAVES else None


def next_digest_day(now: datetime) -> date:
    """The day whose digests leave next: not today's once its hour has come."""
    local = now.astimezone(PARIS)
    day = local.date() if local.time() < LEAVES else local.date() + _DAY
    while not _is_working(day):
        day += _DAY
    return day


def opening(day: date) -> datetime:
    """Until when what became ready is told in the digest of a day."""
    return datetime.combine(day, OPENS, tzinfo=PARIS).astimezone(UTC)


def weekly_opening(day: date, weekday: int) -> datetime:
    """The same for who chose a weekday: that of its latest digest, up to this day.

    A chosen day that is off moves to the next working day.
    """
    chosen = day - ((day.weekday() - weekday) % 7) * _DAY
    held = chosen
    while not _is_working(held):
        held += _DAY
    if held > day:
        return weekly_opening(chosen - _DAY, weekday)
    return opening(held)


def _is_working(day: date) -> bool:
    return is_working_day(datetime.combine(day, time(12), tzinfo=PARIS))
