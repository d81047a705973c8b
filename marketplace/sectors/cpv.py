"""The common procurement vocabulary: which codes there are, their check digit, what they say. Pure.

Source: regulation (EC) 213/2008, which numbers 45 divisions and 272 groups. Its codes are in
data/cpv_labels.csv, down to the groups, and below where inclusive structures sell; the labels
are our own words.
"""

import csv
import re
from functools import cache
from typing import NamedTuple

from marketplace.sectors.nomenclature import DATA
from marketplace.text import stems

LENGTH = 8
BEGINNING = 4
"""Fewer letters begin too many words."""
_DIVISION, _GROUP = 2, 3
_CODE = re.compile(r"([0-9]{8})(?:-([0-9]))?")
_BEGUN = re.compile(r"([0-9]{2,8})(?:-[0-9]?)?")
_WEIGHTS = (3, 7, 1, 3, 7, 1, 3, 7)
BETWEEN = " · "


class Labelled(NamedTuple):
    """A code with its check digit, and what it is for."""

    code: str
    label: str

    def __str__(self) -> str:
        return f"{self.code}{BETWEEN}{self.label}"


def check_digit(digits: str) -> int:
    """The ninth digit: the eight others weighed 3, 7, 1, 3, 7, 1, 3, 7, modulo 10.

    The regulation lists it without saying how it is made: the rule was found from its codes.
    """
    return sum(int(one) * weight for one, weight in zip(digits, _WEIGHTS, strict=True)) % 10


def is_known(code: str) -> bool:
    """Eight digits of a group that exists, or a whole division; the check digit, if it is
    given, is the right one."""
    found = _CODE.fullmatch(code)
    if found is None or not _exists(found[1]):
        return False
    return found[2] is None or int(found[2]) == check_digit(found[1])


def right_key(code: str) -> int | None:
    """The check digit that a code should have, when it is all that is wrong with it."""
    found = _CODE.fullmatch(code)
    if found is None or found[2] is None or is_known(code) or not _exists(found[1]):
        return None
    return check_digit(found[1])


def whole(code: str) -> str:
    """A known code with its check digit: « 90911200-8 »."""
    digits = code[:LENGTH]
    return f"{digits}-{check_digit(digits)}"


def label(code: str) -> str:
    """What a known code is for, said by the nearest code above it that we name."""
    digits, named = code[:LENGTH], _labels()
    above = (digits[:length].ljust(LENGTH, "0") for length in range(LENGTH, 1, -1))
    return next((named[one] for one in above if one in named), "")


def labelled(code: str) -> Labelled:
    return Labelled(whole(code), label(code))


def chosen_in(typed: str) -> str | None:
    """The code of a suggestion that was taken as it is: « 90911200-8 · Nettoyage… »."""
    code = typed.partition(BETWEEN)[0].strip()
    return whole(code) if is_known(code) else None


def search(typed: str, most: int) -> list[Labelled]:
    """The codes that begin so, or whose words these are, the likeliest first.

    Every word has to be found, at the beginning of a word of the label or of the one above
    it; a label that says nothing else comes first, and the general before the particular.
    """
    begun = _BEGUN.fullmatch(typed.replace(" ", ""))
    if begun is not None:
        return _beginning(begun[1], most)
    asked = stems(typed)
    if not asked:
        return []
    scored = []
    for code, own, above in _words():
        hits = [_merit(stem, own, above) for stem in asked]
        if all(hits):
            scored.append((-sum(hits) / len(asked), len(own), code))
    return [labelled(code) for *_, code in sorted(scored)[:most]]


def _beginning(digits: str, most: int) -> list[Labelled]:
    found = [labelled(code) for code in _labels() if code.startswith(digits)][:most]
    if len(digits) == LENGTH and is_known(digits) and digits not in _labels():
        found.insert(0, labelled(digits))
    return found[:most]


def _merit(stem: str, own: frozenset[str], above: frozenset[str]) -> float:
    if stem in own:
        return 1.0
    if len(stem) >= BEGINNING and any(word.startswith(stem) for word in own):
        return 0.8
    return 0.4 if stem in above else 0.0


def _exists(digits: str) -> bool:
    is_division = not digits[_DIVISION:].strip("0")
    length = _DIVISION if is_division else _GROUP
    return digits[:length].ljust(LENGTH, "0") in _labels()


@cache
def _labels() -> dict[str, str]:
    with (DATA / "cpv_labels.csv").open(encoding="utf-8") as lines:
        return {row["code"]: row["label"] for row in csv.DictReader(lines)}


@cache
def _words() -> list[tuple[str, frozenset[str], frozenset[str]]]:
    """Each code, the stems of its label, and those of the group that holds it."""
    named = _labels()
    return [
        (code, frozenset(stems(said)), frozenset(stems(label(code[:_GROUP].ljust(LENGTH, "0")))))
        for code, said in named.items()
    ]
