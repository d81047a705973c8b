"""The address of each territory's page: its name for people, its code for us. Pure."""

from marketplace.territories.gazetteer import Gazetteer, Kind
from marketplace.text import slug

LONGEST_CODE = 10


def slug_of(places: Gazetteer, code: str) -> str:
    """« doubs-25 », « bourgogne-franche-comte-r27 »; of an unknown code, the code alone."""
    return named(places.name(code) or "", code)


def named(name: str, code: str) -> str:
    return "-".join(filter(None, [slug(name), code.lower()]))


def code_in(words: str) -> str:
    """The code at the end of an address, whatever name stands before it."""
    return words.rpartition("-")[2][:LONGEST_CODE].upper()


def territory_in(places: Gazetteer, words: str) -> str | None:
    """The code of the territory of an address: of a former commune, the one that absorbed it."""
    code = code_in(words)
    kind = places.zone_kind(code)
    if kind is not Kind.COMMUNE:
        return code if kind else None
    commune = places.commune(code)
    return commune.code if commune else None


def chain_of(places: Gazetteer, code: str) -> list[str]:
    """A territory and those that hold all of it, narrowest first, less the country."""
    kind = places.zone_kind(code)
    if kind is Kind.COMMUNE:
        return list(places.zones_of(code))
    if kind is Kind.DEPARTMENT:
        department = places.department(code)
        return [code, *([department.region] if department and department.region else [])]
    if kind is Kind.EPCI:
        members = places.communes_in(code)
        departments = {commune.department for commune in members}
        regions = {commune.region for commune in members if commune.region}
        wider = [next(iter(found)) for found in (departments, regions) if len(found) == 1]
        return [code, *wider]
    return [code] if kind is Kind.REGION else []


def departments_in(places: Gazetteer, code: str) -> list[str]:
    """The codes of a region's departments; of the country's, overseas collectivities too."""
    if places.zone_kind(code) is Kind.COUNTRY:
        return [department.code for department in places.departments]
    return [d.code for d in places.departments if d.region == code]


def holds(places: Gazetteer, zone: str, code: str) -> bool:
    """Whether a zone is a territory, or holds all of it."""
    return zone == code or zone in chain_of(places, code)
