"""The amounts of a file, whose decimal separators may be mixed. Pure.

« 1 234,50 », « 1234.5 », « 1.234,50 » and « 1,234.50 » each say by themselves what their marks
are. « 1.234 » and « 1,234 » do not: they are what the rest of the file says, and nothing when the
rest is mixed or silent.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

MOST = Decimal(10_000_000_000)
CENT = Decimal("0.01")

_THOUSANDS = re.compile(r"[0-9]{1,3}([.,])[0-9]{3}(?:\1[0-9]{3})*")
_AFTER_POINTS = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+")
_AFTER_COMMAS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+")
_PLAIN = re.compile(r"[0-9]+(?:([.,])[0-9]*)?")
_AMBIGUOUS = re.compile(r"[1-9][0-9]{0,2}([.,])[0-9]{3}")
_UNITS = re.compile(r"(?:€|eur(?:os?)?|ht)", re.IGNORECASE)
_WITH_TAX = re.compile(r"ttc|t\.t\.c|toutes taxes", re.IGNORECASE)


class Mark(StrEnum):
    """What stands before the cents."""

    COMMA = ","
    POINT = "."


class NoAmount(ValueError):
    """Why, in French."""


@dataclass(frozen=True, slots=True)
class Figure:
    """`digits`: without spaces nor sign. `mark`: what it shows of decimals; None when nothing.
    `is_ambiguous`: its only mark may part thousands as well."""

    digits: str
    is_negative: bool
    mark: Mark | None
    is_ambiguous: bool = False


def figure(cell: str) -> Figure:
    """Raises NoAmount."""
    if _WITH_TAX.search(cell):
        raise NoAmount("montant TTC\u00a0: donnez le montant hors taxes")
    said = _UNITS.sub("", cell).strip().replace("\u2212", "-")
    if not said:
        raise NoAmount("montant manquant")
    is_negative = said.startswith(("-", "(")) or said.endswith("-")
    bare = said.strip("-()+ ")
    groups = bare.replace("'", " ").replace("\u2019", " ").split()
    digits = "".join(groups)
    if len(digits) > 20 or not re.fullmatch(r"[0-9.,]+", digits):
        raise NoAmount(f"montant illisible\u00a0: «\u00a0{cell[:40]}\u00a0»")
    if _AFTER_POINTS.fullmatch(digits):
        return Figure(digits, is_negative, Mark.COMMA)
    if _AFTER_COMMAS.fullmatch(digits):
        return Figure(digits, is_negative, Mark.POINT)
    if len(groups) == 1 and (found := _AMBIGUOUS.fullmatch(digits)):
        return Figure(digits, is_negative, Mark(found[1]), is_ambiguous=True)
    if found := _PLAIN.fullmatch(digits):
        return Figure(digits, is_negative, Mark(found[1]) if found[1] else None)
    if found := _THOUSANDS.fullmatch(digits):
        mark = Mark.POINT if found[1] == "," else Mark.COMMA
        return Figure(digits, is_negative, mark)
    raise NoAmount(f"montant illisible\u00a0: «\u00a0{cell[:40]}\u00a0»")


def marks_of(figures: Iterable[Figure]) -> frozenset[Mark]:
    """The decimal marks that a file surely uses."""
    return frozenset(one.mark for one in figures if one.mark and not one.is_ambiguous)


def euros(one: Figure, marks: frozenset[Mark]) -> Decimal:
    """What a figure is worth in a file of these marks, rounded to the cent. Raises NoAmount."""
    mark = one.mark
    if one.is_ambiguous:
        if len(marks) != 1:
            seen = one.digits
            raise NoAmount(
                f"montant ambigu\u00a0: «\u00a0{seen}\u00a0» peut se lire "
                f"{seen.replace(mark or '', '')} ou {seen.replace(mark or '', ',')} euros"
            )
        mark = next(iter(marks))
    bare = one.digits.replace("," if mark is Mark.POINT else ".", "")
    value = Decimal(bare.replace(",", ".").rstrip(".") or "0")
    if value > MOST:
        raise NoAmount("montant trop grand\u00a0: plus de dix milliards d'euros")
    rounded = value.quantize(CENT, ROUND_HALF_UP)
    return -rounded if one.is_negative else rounded
