"""Dates, numbers and euros as a French reader expects them. Pure."""

from datetime import date, datetime

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from marketplace.clock import PARIS

NBSP = "\u00a0"


def short_date(day: date) -> str:
    """02/01/2026; an instant is shown as the day it is in Paris."""
    return _day(day).strftime("%d/%m/%Y")


def long_date(day: date) -> str:
    """2 janvier 2026."""
    return format_date(_day(day), "d MMMM y", locale="fr").replace(" ", NBSP)


def moment(instant: datetime) -> str:
    """02/01/2026 à 10 h 32, Paris time."""
    return f"{short_date(instant)} à {hour(instant)}"


def hour(instant: datetime) -> str:
    """10 h 32, Paris time."""
    local = instant.astimezone(PARIS)
    return f"{local.hour}{NBSP}h{NBSP}{local:%M}"


def number(value: float) -> str:
    """1 234,5."""
    return str(format_decimal(value, locale="fr"))


def euros(value: float) -> str:
    """1 234 € or 1 234,50 €."""
    pattern = "#,##0" if value == int(value) else "#,##0.00"
    return format_decimal(value, format=pattern, locale="fr") + NBSP + "€"


def percent(share: float) -> str:
    """12,5 % of 0.125."""
    return str(format_percent(share, format="#,##0.# %", locale="fr"))


def distance(km: float) -> str:
    """3 km; under one, « moins de 1 km »."""
    return f"moins de 1{NBSP}km" if km < 1 else f"{number(round(km))}{NBSP}km"


def days_left(day: date, today: date) -> str:
    """« dans 21 jours », « demain », « aujourd'hui », « il y a 3 jours »."""
    days = (_day(day) - today).days
    if days == 0:
        return "aujourd'hui"
    if days == 1:
        return "demain"
    if days == -1:
        return "hier"
    return f"dans {days} jours" if days > 0 else f"il y a {-days} jours"


def _day(day: date) -> date:
    return day.astimezone(PARIS).date() if isinstance(day, datetime) else day
