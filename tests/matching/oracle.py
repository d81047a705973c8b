"""CONTRACTS, read by one offer and one need at a time: no index, no column, no shortcut.

Slow and plain on purpose: what the index says is compared with it.
"""

from collections.abc import Iterable
from functools import cache

from pyproj import Geod

from marketplace.matching.implied import implied_sectors
from marketplace.matching.shapes import KINDS, Need, Offer
from marketplace.sectors.nomenclature import BY_SLUG, SECTORS
from marketplace.territories.gazetteer import Gazetteer, Kind

GEOD = Geod(ellps="WGS84")
GAZETTEER = Gazetteer.shipped()


def verdicts(offers: Iterable[Offer], need: Need) -> dict[str, set[str]]:
    """For each structure listed for a need whose sectors are ticked: `eligible`, or else what
    its offers miss, `sector` or `territory`."""
    found: dict[str, set[str]] = {}
    for offer in offers:
        verdict = verdict_on(offer, need)
        if verdict:
            found.setdefault(offer.structure_id, set()).add(verdict)
    return {s: {"eligible"} if "eligible" in v else v for s, v in found.items()}


def verdict_on(offer: Offer, need: Need) -> str | None:
    if not is_of_a_kind_and_service_asked_for(offer, need):
        return None
    verdicts = sector_verdict(offer, need), territory_verdict(offer, need)
    return {
        ("same", "met"): "eligible",
        ("group", "met"): "sector",
        ("same", "near"): "territory",
    }.get(verdicts)


def is_of_a_kind_and_service_asked_for(offer: Offer, need: Need) -> bool:
    if not offer.active or not offer.reachable or offer.kind not in KINDS:
        return False
    if need.kinds and offer.kind not in need.kinds:
        return False
    if not need.service_types or not offer.service_types:
        return True
    return bool(set(need.service_types) & set(offer.service_types))


def sector_verdict(offer: Offer, need: Need) -> str | None:
    if offer.sectors:
        own = {slug for slug in offer.sectors if slug in BY_SLUG}
    else:
        words = implied_sectors(offer.title, offer.description, offer.name, offer.naf)
        own = {SECTORS[index].slug for index in words}
    if own & set(need.sectors):
        return "same"
    groups = {BY_SLUG[slug].group for slug in need.sectors if slug in BY_SLUG}
    return "group" if groups & {BY_SLUG[slug].group for slug in own} else None


def territory_verdict(offer: Offer, need: Need) -> str | None:
    place, coverage = need.place, offer.coverage
    if coverage.type == "country":
        return "met" if need.include_country else None
    if place.type == "country":
        return None
    if place.radius_km is not None and place.type == "point":
        return within(distance_km(offer, need), place.radius_km)
    if is_seated_in(offer, need):
        return "met"
    if coverage.km is not None:
        return within(distance_km(offer, need), coverage.km)
    return zones_verdict(offer, need)


def zones_verdict(offer: Offer, need: Need) -> str | None:
    mine = [
        code
        for code in offer.coverage.codes
        if GAZETTEER.zone_kind(code) not in (None, Kind.COUNTRY)
    ]
    pairs = [(communes_of(one), communes_of(two)) for one in mine for two in zones_of_place(need)]
    if any(one <= two or two <= one for one, two in pairs):
        return "met"
    return "near" if any(is_less_than_30_km_away(need, zone) for zone in mine) else None


@cache
def communes_of(zone: str) -> frozenset[str]:
    return frozenset(commune.code for commune in GAZETTEER.communes_in(zone))


def within(km: float | None, limit: float) -> str | None:
    if km is None:
        return None
    if km <= limit:
        return "met"
    return "near" if km <= 1.5 * limit else None


def is_seated_in(offer: Offer, need: Need) -> bool:
    place = need.place
    commune = GAZETTEER.commune(offer.commune or "")
    postcode = offer.postcode
    if postcode is None and commune and len(commune.postcodes) == 1:
        postcode = commune.postcodes[0]
    if place.type == "point":
        its = GAZETTEER.commune(place.commune or "")
        if its and commune and its.code == commune.code:
            return True
        postcodes = set(its.postcodes if its else ()) | {place.postcode}
        return postcode is not None and postcode in postcodes
    department = offer.department or (commune.department if commune else None)
    region = offer.region
    if region is None and department is not None:
        known = GAZETTEER.department(department)
        region = known.region if known else None
    seats = {department, region}
    if commune:
        seats |= {commune.code, commune.epci}
    return any(zone in seats for zone in zones_of_place(need))


def zones_of_place(need: Need) -> list[str]:
    if need.place.type == "zones":
        return [
            commune.code if (commune := GAZETTEER.commune(code)) else code
            for code in need.place.codes
            if GAZETTEER.zone_kind(code) not in (None, Kind.COUNTRY)
        ]
    commune = GAZETTEER.commune(need.place.commune or "")
    return [commune.code] if commune else []


def points_of(need: Need) -> list[tuple[float, float]]:
    place = need.place
    if place.type == "point":
        commune = GAZETTEER.commune(place.commune or "")
        if place.lat is not None and place.lon is not None:
            return [(place.lat, place.lon)]
        if commune and commune.lat is not None and commune.lon is not None:
            return [(commune.lat, commune.lon)]
        return []
    return [
        (commune.lat, commune.lon)
        for zone in zones_of_place(need)
        for commune in GAZETTEER.communes_in(zone)
        if commune.lat is not None and commune.lon is not None
    ]


def seat_of(offer: Offer) -> tuple[float, float] | None:
    if offer.lat is not None and offer.lon is not None:
        return offer.lat, offer.lon
    commune = GAZETTEER.commune(offer.commune or "")
    if commune and commune.lat is not None and commune.lon is not None:
        return commune.lat, commune.lon
    return None


def distance_km(offer: Offer, need: Need) -> float | None:
    """From the seat to the place's nearest point, 0 from inside a zone of it."""
    if need.place.type == "zones" and is_seated_in(offer, need):
        return 0.0
    seat = seat_of(offer)
    return nearest_km(seat, points_of(need)) if seat else None


def nearest_km(point: tuple[float, float], others: list[tuple[float, float]]) -> float | None:
    lat, lon = point
    distances = [GEOD.inv(lon, lat, there[1], there[0])[2] / 1000 for there in others]
    return min(distances, default=None)


def is_less_than_30_km_away(need: Need, zone: str) -> bool:
    within_a_degree = [
        (commune.lat, commune.lon)
        for commune in GAZETTEER.communes_in(zone)
        if commune.lat is not None and commune.lon is not None
    ]
    for lat, lon in points_of(need):
        close = [p for p in within_a_degree if abs(p[0] - lat) < 0.5 and abs(p[1] - lon) < 1]
        km = nearest_km((lat, lon), close)
        if km is not None and km < 30:
            return True
    return False
