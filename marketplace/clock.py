"""The time. Nothing else in Tandem looks at it: deeds are handed it."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def now() -> datetime:
    """This instant, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The day it is in Paris."""
    return now().astimezone(PARIS).date()


def end_of_day(day: date) -> datetime:
    """23:59:59 of a Paris day, in UTC: when a need with that deadline closes."""
    return datetime.combine(day, time(23, 59, 59), tzinfo=PARIS).astimezone(UTC)
