"""What the codes of public statistics say of sectors: CPV for needs, NAF for firms. Pure."""

import csv
from functools import cache

from marketplace.sectors.lexicon import OUTSIDE
from marketplace.sectors.nomenclature import BY_SLUG, DATA
from marketplace.text import plain

_FULL_GRADE = 3
_OUTSIDE = "outside"


def classes_of_cpv(code: str) -> list[tuple[int, float]]:
    """Indexes of sectors, or OUTSIDE, each with its share of a full grade; none if unknown.

    The check digit may follow: « 90910000-9 ».
    """
    listed = _longest_prefix(_table("cpv.csv"), code.partition("-")[0])
    return [(_class_of(slug), int(grade) / _FULL_GRADE) for slug, grade in _pairs(listed)]


def sectors_of_naf(code: str) -> tuple[str, ...]:
    """Slugs, likeliest first."""
    listed = _longest_prefix(_table("naf.csv"), code)
    return tuple(slug for slug in listed.split(";") if slug)


def _pairs(listed: str) -> list[list[str]]:
    return [pair.split(":") for pair in listed.split(";") if pair]


def _class_of(slug: str) -> int:
    return OUTSIDE if slug == _OUTSIDE else BY_SLUG[slug].index


def _longest_prefix(table: dict[str, str], code: str) -> str:
    bare = plain(code[:20]).replace(" ", "").upper()
    prefixes = (bare[:length] for length in range(len(bare), 1, -1))
    return next((table[prefix] for prefix in prefixes if prefix in table), "")


@cache
def _table(name: str) -> dict[str, str]:
    with (DATA / name).open(encoding="utf-8") as lines:
        return {row["prefix"]: row["sectors"] for row in csv.DictReader(lines)}
