"""How territories hold each other without overlapping, as figures are published. Pure.

An EPCI astride two departments holds nothing here: its communes count in their departments, and
what is signed for the whole of it in the region, or in the country when it is astride two regions.
"""

from collections import Counter
from functools import cache

from marketplace.territories.gazetteer import COUNTRY, Gazetteer, Kind


@cache
def parent_of(places: Gazetteer, code: str) -> str | None:
    """The narrowest territory that holds all of another one; None of the country, and of what
    has no place here."""
    kind = places.zone_kind(code)
    if kind is Kind.COMMUNE:
        commune = places.commune(code)
        if commune is None or commune.code != code:
            return None
        is_held = commune.epci is not None and is_whole(places, commune.epci)
        return commune.epci if is_held else commune.department
    if kind is Kind.EPCI:
        return department_of(places, code) or _region_of(places, code) or COUNTRY
    if kind is Kind.DEPARTMENT:
        department = places.department(code)
        return (department.region if department else None) or COUNTRY
    return COUNTRY if kind is Kind.REGION else None


def chain_to(places: Gazetteer, code: str) -> list[str]:
    """The country first, then what it holds down to a territory."""
    chain = [code]
    while (above := parent_of(places, chain[0])) is not None:
        chain.insert(0, above)
    return chain if chain[0] == COUNTRY else [COUNTRY, code]


def part_of(places: Gazetteer, code: str) -> str:
    """The part of the country that is published by itself and holds a territory: a department,
    what is signed for a region alone, or for the country alone."""
    kinds = (Kind.DEPARTMENT, Kind.REGION, Kind.COUNTRY)
    return next(one for one in reversed(chain_to(places, code)) if places.zone_kind(one) in kinds)


def department_of(places: Gazetteer, epci: str) -> str | None:
    """The department that holds the whole of an EPCI."""
    found = {one.department for one in places.communes_in(epci)}
    return found.pop() if len(found) == 1 else None


@cache
def is_whole(places: Gazetteer, epci: str) -> bool:
    return department_of(places, epci) is not None


def epcis_inside(places: Gazetteer, code: str) -> list[str]:
    """The EPCI that lie wholly in a department or a region."""
    if places.zone_kind(code) not in (Kind.DEPARTMENT, Kind.REGION):
        return []
    inside = places.communes_in(code)
    here = Counter(commune.epci for commune in inside if commune.epci)
    return sorted(epci for epci, count in here.items() if count == len(places.communes_in(epci)))


def _region_of(places: Gazetteer, epci: str) -> str | None:
    found = {one.region for one in places.communes_in(epci)}
    return found.pop() if len(found) == 1 else None
