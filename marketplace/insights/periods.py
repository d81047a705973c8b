"""The months that figures are shown over. Pure."""

from datetime import date, timedelta

from babel.dates import format_date

MONTHS = 12


def last_months(today: date) -> list[date]:
    """The first days of the last months, this one included, the oldest first."""
    this = today.year * 12 + today.month - 1
    return [date(n // 12, n % 12 + 1, 1) for n in range(this - MONTHS + 1, this + 1)]


def months_over(day: date | None) -> list[date]:
    """The first days of the last months that were over on a day."""
    return last_months(day.replace(day=1) - timedelta(days=1)) if day else []


def month_label(month: date) -> str:
    """« nov. 2026 »."""
    return format_date(month, "MMM y", locale="fr")
