"""How territories hold each other without overlapping, as figures are published. Pure.

An EPCI astride two departments has no place here: its communes count in their departments.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
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
        return department_of(places, code)
    if kind is Kind.DEPARTMENT:
        department = places.department(code)
        return (department.region if department else None) or COUNTRY
    return COUNTRY if kind is Kind.REGION else None


@cache
def children_of(places: Gazetteer, code: str) -> Sequence[str]:
    """The territories whose parent this is."""
    kind = places.zone_kind(code)
    if kind is Kind.COUNTRY:
        apart = [one.code for one in places.departments if one.region is None]
        return [*(one.code for one in places.regions), *apart]
    if kind is Kind.REGION:
        return [one.code for one in places.departments if one.region == code]
    if kind is Kind.EPCI:
        return [one.code for one in places.communes_in(code)] if is_whole(places, code) else []
    if kind is not Kind.DEPARTMENT:
        return []
    communes = places.communes_in(code)
    whole = {one.epci for one in communes if one.epci and is_whole(places, one.epci)}
    return [*sorted(whole), *(one.code for one in communes if one.epci not in whole)]


def chain_to(places: Gazetteer, code: str) -> list[str]:
    """The country first, then what it holds down to a territory; nothing of what has no place."""
    chain = [code]
    while (above := parent_of(places, chain[0])) is not None:
        chain.insert(0, above)
    return chain if chain[0] == COUNTRY else []


def beside(places: Gazetteer, codes: Iterable[str]) -> list[str]:
    """Territories, those that hold them, and all that these hold at the level below."""
    holders = {one for code in codes for one in chain_to(places, code)[:-1]} | {COUNTRY}
    return sorted(holders | {one for holder in holders for one in children_of(places, holder)})


def parts_of(places: Gazetteer, code: str) -> list[tuple[str, Sequence[str]]]:
    """The parts that a department, a region or the country is published by: each a territory
    less others. Its departments, and what is at its own level alone. Nothing of smaller ones."""
    kind = places.zone_kind(code)
    if kind is Kind.DEPARTMENT:
        return [(code, ())]
    if kind not in (Kind.REGION, Kind.COUNTRY):
        return []
    held = children_of(places, code)
    return [(code, held), *(part for one in held for part in parts_of(places, one))]


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
