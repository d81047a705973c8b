"""When something is due on a desk, in words."""

from datetime import date, datetime, timedelta

from marketplace import formats
from marketplace.clock import PARIS
from marketplace.working_days import is_working_day

FARTHEST = 30
"""Working days that are counted one by one."""


def in_words(due_at: datetime, now: datetime) -> str:
    """« aujourd'hui, 18 h », « dans 2 jours ouvrés », « en retard de 3 jours ouvrés »."""
    due, today = due_at.astimezone(PARIS), now.astimezone(PARIS)
    if due < today:
        late = _working_days(due, today)
        return f"en retard de {_days(late)}" if late else "en retard depuis ce jour"
    left = _working_days(today, due)
    return f"dans {_days(left)}" if left else f"aujourd'hui, {formats.hour(due_at)}"


def _days(number: int) -> str:
    if number >= FARTHEST:
        return f"plus de {FARTHEST}\u00a0jours ouvrés"
    return f"{number}\u00a0jour{'s' if number > 1 else ''} ouvré{'s' if number > 1 else ''}"


def _working_days(first: datetime, last: datetime) -> int:
    """Those after the day of the first, up to the day of the last."""
    day, count = first, 0
    end: date = last.date()
    while day.date() < end and count < FARTHEST:
        day += timedelta(days=1)
        count += is_working_day(day)
    return count
