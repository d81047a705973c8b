"""Where a structure sits, from what its address says. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from marketplace.territories.gazetteer import Commune, Gazetteer
from marketplace.territories.naming import GOOD_ENOUGH
from marketplace.territories.resolving import resolve_commune

Point = tuple[float, float]
"""Latitude and longitude, in degrees."""


@dataclass(frozen=True, slots=True)
class Address:
    """What a register says of a seat; each field may be empty, wrong, or at odds with others."""

    city: str
    postcode: str
    department: str
    point: Point | None


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is odd in an address, in French."""

    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Seat:
    """Codes of today, or None. `is_approximate`: the point is not the structure's own."""

    commune: str | None
    department: str | None
    point: Point | None
    is_approximate: bool
    doubts: tuple[Doubt, ...]


def seat_of(address: Address, places: Gazetteer) -> Seat:
    """The commune that city and postcode agree on, and the surest point.

    The point is the address's own, else its commune's. Where city, postcode and department
    disagree, or the commune is not found: its own, else the mean of its postcode's communes,
    else of its department's.
    """
    served = places.by_postcode(address.postcode)
    found = _commune_named(address.city, address.postcode, address.department, places)
    doubts = tuple(_doubts(address, found, served, places))
    if any(doubt.field == "postcode" for doubt in doubts):
        found = None
    commune = found.code if found else None
    department = found.department if found else _department(address, served, places)
    if address.point:
        return Seat(commune, department, address.point, False, doubts)
    own = (found,) if found and not doubts else ()
    near = (own, served, places.communes_in(department) if department else ())
    point = next(filter(None, map(_mean, near)), None)
    return Seat(commune, department, point, point is not None, doubts)


@lru_cache(maxsize=20_000)
def _commune_named(city: str, postcode: str, department: str, places: Gazetteer) -> Commune | None:
    """Searched where postcode and department say; elsewhere, a name is only a homonym."""
    if not city:
        return None
    candidates = resolve_commune(city, places, department or None, postcode or None)
    if not candidates or candidates[0].score < GOOD_ENOUGH:
        return None
    return places.commune(candidates[0].code)


def _doubts(
    address: Address, found: Commune | None, served: tuple[Commune, ...], places: Gazetteer
) -> Iterable[Doubt]:
    around = _departments_around(address.postcode, served)
    if found is None:
        if address.city:
            yield Doubt("city", f"commune introuvable à cet endroit\u00a0: {address.city}")
        else:
            yield Doubt("city", "commune manquante")
    elif served and found not in served:
        yield Doubt("postcode", f"{address.postcode} n'est pas un code postal de {found.name}")
    elif address.postcode and found.department not in around:
        yield Doubt("postcode", f"{address.postcode} n'est pas dans le département de {found.name}")
    if not address.department:
        return
    if places.department(address.department) is None:
        yield Doubt("department", f"département inconnu\u00a0: {address.department[:60]}")
    elif found and found.department != address.department:
        yield Doubt("department", f"{found.name} est dans le département {found.department}")
    elif not found and address.postcode and address.department not in around:
        yield Doubt("department", f"{address.postcode} n'est pas dans ce département")


def _department(address: Address, served: tuple[Commune, ...], places: Gazetteer) -> str | None:
    if places.department(address.department):
        return address.department
    around = _departments_around(address.postcode, served)
    known = [code for code in around if places.department(code)]
    return known[0] if len(known) == 1 else None


def _departments_around(postcode: str, served: tuple[Commune, ...]) -> set[str]:
    """Where a postcode is; those of CEDEX serve no commune, and begin as the department's."""
    if served or not postcode:
        return {commune.department for commune in served}
    if postcode.startswith("20"):
        return {"2A", "2B"}
    if postcode.startswith("971"):
        return {"971", "977", "978"}
    return {postcode[:3] if postcode.startswith(("97", "98")) else postcode[:2]}


def _mean(communes: tuple[Commune, ...]) -> Point | None:
    points = [(c.lat, c.lon) for c in communes if c.lat is not None and c.lon is not None]
    if not points:
        return None
    lat, lon = (sum(axis) / len(points) for axis in zip(*points, strict=True))
    return round(lat, 5), round(lon, 5)
