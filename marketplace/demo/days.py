"""The days on which the people of the demonstration act, counted from today."""

from datetime import date, datetime, time, timedelta

from marketplace.clock import PARIS
from marketplace.working_days import is_working_day

OPENS, SHUTS = time(8, 5), time(18, 50)


def office_hour(now: datetime, working_days: int, number: int) -> datetime:
    """A moment of the working day that came that many before today; not all at one time."""
    day = now.astimezone(PARIS)
    while working_days:
        day -= timedelta(days=1)
        working_days -= is_working_day(day)
    hour, minute = 9 + number % 8, number * 17 % 60
    return datetime.combine(day.date(), time(hour, minute), tzinfo=PARIS)


def working_day_in(now: datetime, days: int) -> date:
    """That many days from today, or the first working day after."""
    day = now.astimezone(PARIS) + timedelta(days=days)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day.date()


def spread(start: datetime, end: datetime, count: int) -> list[datetime]:
    """That many moments between the two, in order, at the office wherever there is room."""
    step = (end - start) / (count + 1)
    moments: list[datetime] = []
    earliest = start + timedelta(seconds=1)
    for number in range(1, count + 1):
        even = (start + number * step).astimezone(PARIS)
        office = even
        if not OPENS <= even.time() <= SHUTS:
            office = even.replace(hour=9 + number % 9, minute=number * 17 % 60)
        while not is_working_day(office):
            office += timedelta(days=1)
        moments.append(office if earliest <= office < end else max(even, earliest))
        earliest = moments[-1] + timedelta(seconds=1)
    return moments
