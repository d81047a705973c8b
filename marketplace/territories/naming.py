"""Territories as forms show them, and the territory that a person typed. Pure."""

from collections.abc import Iterator
from functools import lru_cache

from marketplace.territories.gazetteer import COUNTRY, Gazetteer, Kind
from marketplace.territories.resolving import (
    communes_begun,
    resolve_commune,
    resolve_department,
)
from marketplace.text import plain

_SUFFIX = {
    Kind.DEPARTMENT: "département",
    Kind.REGION: "région",
    Kind.EPCI: "intercommunalité",
}
MOST_UNKNOWN = 10
GOOD_ENOUGH = 0.75
"""Below this score a typed commune is asked again rather than guessed."""


def label(gazetteer: Gazetteer, code: str) -> str:
    """« Besançon (25) », « Doubs (département) »; the code itself when it is unknown."""
    kind = gazetteer.zone_kind(code)
    if kind is None:
        return code
    if kind is Kind.COMMUNE:
        commune = gazetteer.commune(code)
        return f"{commune.name} ({commune.department})" if commune else code
    suffix = f" ({_SUFFIX[kind]})" if kind in _SUFFIX else ""
    return f"{gazetteer.name(code)}{suffix}"


def zone_named(gazetteer: Gazetteer, words: str) -> str | None:
    """The code of the territory of any kind that these words name, or None.

    A label, a code, or the exact name of the country, a region, a department or an EPCI come
    first, in this order; what is left is taken for a commune, spelt as people do.
    """
    asked = plain(words)
    if not asked:
        return None
    if gazetteer.zone_kind(words.strip().upper()):
        return words.strip().upper()
    if code := _wide_names(gazetteer).get(asked):
        return code
    found = resolve_commune(words, gazetteer)
    if found and found[0].score >= GOOD_ENOUGH:
        return found[0].code
    departments = resolve_department(words, gazetteer)
    return departments[0].code if departments else None


def zones_named(gazetteer: Gazetteer, words: str) -> tuple[tuple[str, ...], list[str]]:
    """The codes of the territories that these words name, one a line or parted by semicolons,
    each once; then the words that name none: the search stops at the tenth of these. The
    whole country is no territory here."""
    asked = [one.strip() for one in words.replace("\n", ";").split(";")]
    codes: list[str] = []
    unknown: list[str] = []
    for one in dict.fromkeys(filter(None, asked)):
        code = zone_named(gazetteer, one)
        if code is not None and code != COUNTRY:
            codes.append(code)
        else:
            unknown.append(one)
            if len(unknown) == MOST_UNKNOWN:
                break
    return tuple(dict.fromkeys(codes)), unknown


def suggestions(gazetteer: Gazetteer, words: str, limit: int) -> list[str]:
    """Labels that may be what a person is typing, zones that start so before communes."""
    asked = plain(words)
    if len(asked) < 2:
        return []
    wide = [code for code, name, _ in _wide_zones(gazetteer) if plain(name).startswith(asked)]
    communes = [found.code for found in communes_begun(words, gazetteer, limit)]
    return [label(gazetteer, code) for code in [*wide[:3], *communes, *wide[3:]]][:limit]


@lru_cache(maxsize=2)
def _wide_names(gazetteer: Gazetteer) -> dict[str, str]:
    """The code of each zone wider than a commune, by its plain name and by its plain label."""
    codes = dict.fromkeys(("france", "france entiere", "toute la france"), COUNTRY)
    for code, name, kind in _wide_zones(gazetteer):
        codes.setdefault(plain(name), code)
        codes.setdefault(plain(f"{name} {_SUFFIX[kind]}"), code)
    return codes


def _wide_zones(gazetteer: Gazetteer) -> Iterator[tuple[str, str, Kind]]:
    yield from ((r.code, r.name, Kind.REGION) for r in gazetteer.regions)
    yield from ((d.code, d.name, Kind.DEPARTMENT) for d in gazetteer.departments)
    yield from ((e.code, e.name, Kind.EPCI) for e in gazetteer.epcis)
