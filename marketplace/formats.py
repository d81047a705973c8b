"""Dates, numbers and euros as a French reader expects them. Pure."""

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from marketplace.clock import PARIS

NBSP = "\u00a0"
LONGEST_AMOUNT = 60
LONGEST_FIGURE = 20
_THOUSAND = {"": 1, "k": 1_000, "mille": 1_000, "m": 1_000_000, "million": 1_000_000}
_FIGURE = r"([0-9]{1,3}(?:[ .][0-9]{3})+(?:,[0-9]{1,2})?|[0-9]+(?:[.,][0-9]{1,2})?)"
_EUROS = rf"{_FIGURE} ?(k|mille|m|millions?)?(?: d')? ?(?:€|eur|euros?)?(?: ?ht)?"
_EXACT = re.compile(rf"(?:environ |~ ?)?{_EUROS}")
_RANGE = re.compile(rf"(?:de )?{_EUROS} ?(?:à|a|-|–|/) ?{_EUROS}")
_BETWEEN = re.compile(rf"entre {_EUROS} et {_EUROS}")
_AT_MOST = re.compile(rf"(?:moins de|jusqu'à|max(?:imum)?|<=?) ?{_EUROS}")
_AT_LEAST = re.compile(rf"(?:plus de|à partir de|min(?:imum)?|>=?) ?{_EUROS}")


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


@lru_cache(maxsize=4096)
def number(value: float) -> str:
    """1 234,5. Kept: a page of figures says the same small numbers a thousand times."""
    return str(format_decimal(value, locale="fr"))


def exact_number(value: float) -> str:
    """1 234,5678, with all its decimals: what a form shows, to be sent back as it is."""
    return str(format_decimal(round(value, 10), format="#,##0.##########", locale="fr"))


def euros(value: float | Decimal) -> str:
    """1 234 € or 1 234,50 €."""
    pattern = "#,##0" if value == int(value) else "#,##0.00"
    return format_decimal(value, format=pattern, locale="fr") + NBSP + "€"


def euros_read(words: str) -> tuple[Decimal | None, Decimal | None]:
    """The least and the most that an amount typed in French says: « 12 000,50 € », « 12k »,
    « 40 à 60 k€ », « moins de 60 000 ». An exact one gives the same twice.

    Raises ValueError when it says none.
    """
    said = " ".join(words.lower().replace("’", "'").split())
    if len(said) > LONGEST_AMOUNT or max(map(len, said.split()), default=0) > LONGEST_FIGURE:
        raise ValueError("too long for an amount")
    if found := _EXACT.fullmatch(said):
        amount = _euros(found[1], found[2])
        return amount, amount
    if found := _RANGE.fullmatch(said) or _BETWEEN.fullmatch(said):
        # « 40 à 60 k€ » speaks of thousands twice.
        least, most = _euros(found[1], found[2] or found[4]), _euros(found[3], found[4])
        return min(least, most), max(least, most)
    if found := _AT_MOST.fullmatch(said):
        return None, _euros(found[1], found[2])
    if found := _AT_LEAST.fullmatch(said):
        return _euros(found[1], found[2]), None
    raise ValueError(f"no amount: {said}")


def euros_range(least: float | Decimal | None, most: float | Decimal | None) -> str:
    """« 12 000,50 € », « de 40 000 € à 60 000 € », « moins de 60 000 € »; nothing for none."""
    if least is None and most is None:
        return ""
    if least is None or most is None:
        return f"moins de {euros(most or 0)}" if least is None else f"plus de {euros(least)}"
    return euros(most) if least == most else f"de {euros(least)} à {euros(most)}"


def _euros(figure: str, unit: str | None) -> Decimal:
    bare = figure.replace(" ", "")
    if re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{3})+(?:,[0-9]+)?", bare):
        bare = bare.replace(".", "")
    times = _THOUSAND[(unit or "").rstrip("s")]
    return round(Decimal(bare.replace(",", ".")) * times, 2)


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
