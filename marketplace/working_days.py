"""French working days. Pure: it is handed the time."""

from datetime import datetime, time, timedelta

import holidays

from marketplace.clock import PARIS

_HOLIDAYS = holidays.country_holidays("FR")
_SATURDAY = 5


def is_working_day(day: datetime) -> bool:
    """Monday to Friday, holidays of metropolitan France left out."""
    return day.weekday() < _SATURDAY and day.date() not in _HOLIDAYS


def end_of_working_day_after(instant: datetime, days: int) -> datetime:
    """18 h, Paris time, of the working day that comes `days` working days later."""
    day = instant.astimezone(PARIS)
    while days:
        day += timedelta(days=1)
        days -= is_working_day(day)
    return datetime.combine(day.date(), time(18), tzinfo=PARIS)
