"""The JSON lines of `marketplace rank`: offers and needs in, rankings out. Pure."""

import sys
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from typing import Any

from marketplace.jsonl import Complaints, Object, Refused
from marketplace.matching.index import Index
from marketplace.matching.shapes import KINDS, SERVICE_TYPES, Need, Offer, Ranking
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.territories.coverage import Coverage, Place
from marketplace.territories.gazetteer import Gazetteer, Kind

_BATCH = 5_000


class Reader:
    """Reads offers and needs; what is only unknown is kept and said once.

    Its methods raise Refused.
    """

    def __init__(self, gazetteer: Gazetteer, complaints: Complaints) -> None:
        self._gazetteer = gazetteer
        self._complaints = complaints
        self._unknown: set[str] = set()

    def offer(self, line: Object) -> Offer:
        """An offer line of CONTRACTS.md."""
        kind = _text(line, "kind", required=True)
        self._known("kind", (kind,), KINDS)
        lat, lon = _point(line)
        return Offer(
            id=_text(line, "id", required=True),
            structure_id=_text(line, "structure_id", required=True),
            kind=kind,
            coverage=self._coverage(line),
            name=_text(line, "name"),
            title=_text(line, "title"),
            description=_text(line, "description"),
            sectors=self._sectors(line),
            service_types=self._service_types(line),
            lat=lat,
            lon=lon,
            commune=_text(line, "commune") or None,
            postcode=_text(line, "postcode") or None,
            department=_text(line, "department") or None,
            region=_text(line, "region") or None,
            active=_flag(line, "active"),
            reachable=_flag(line, "reachable"),
        )

    def need(self, line: Object) -> Need:
        """A need line of CONTRACTS.md."""
        kinds = _texts(line, "kinds")
        self._known("kind", kinds, KINDS)
        return Need(
            id=_text(line, "id", required=True),
            place=self._place(line),
            title=_text(line, "title"),
            description=_text(line, "description"),
            sectors=self._sectors(line),
            service_types=self._service_types(line),
            kinds=kinds,
            include_country=_flag(line, "include_country"),
        )

    def _sectors(self, line: Object) -> tuple[str, ...]:
        slugs = _texts(line, "sectors")
        self._known("sector", slugs, BY_SLUG)
        return slugs

    def _service_types(self, line: Object) -> tuple[str, ...]:
        services = _texts(line, "service_types")
        self._known("service type", services, SERVICE_TYPES)
        return services

    def _coverage(self, line: Object) -> Coverage:
        given = _object(line, "coverage")
        match given.get("type"):
            case "country":
                return Coverage("country")
            case "zones":
                return Coverage("zones", codes=self._codes(given, "coverage"))
            case "radius":
                km = _number(given, "km", "coverage.km", 0, sys.float_info.max)
                if km is None:
                    raise Refused("coverage.km", "required, a number of kilometres")
                return Coverage("radius", km=km)
        raise Refused("coverage.type", "required: country, zones or radius")

    def _place(self, line: Object) -> Place:
        given = _object(line, "place")
        match given.get("type"):
            case "country":
                return Place("country")
            case "zones":
                return Place("zones", codes=self._codes(given, "place"))
            case "point":
                return self._point_of(given)
        raise Refused("place.type", "required: country, zones or point")

    def _point_of(self, given: Object) -> Place:
        lat, lon = _point(given, "place.")
        commune = _text(given, "commune", "place.commune") or None
        if commune is None and lat is None:
            raise Refused("place.commune", "required where lat and lon are missing")
        if commune is not None and self._gazetteer.zone_kind(commune) is not Kind.COMMUNE:
            self._say_unknown("commune", commune)
        return Place(
            "point",
            commune=commune,
            lat=lat,
            lon=lon,
            postcode=_text(given, "postcode", "place.postcode") or None,
            department=_text(given, "department", "place.department") or None,
            region=_text(given, "region", "place.region") or None,
            radius_km=_number(given, "radius_km", "place.radius_km", 0, sys.float_info.max),
        )

    def _codes(self, given: Object, where: str) -> tuple[str, ...]:
        codes = _texts(given, "codes", f"{where}.codes")
        if "codes" not in given or given["codes"] is None:
            raise Refused(f"{where}.codes", "required, a list of codes")
        for code in codes:
            if self._gazetteer.zone_kind(code) in (None, Kind.COUNTRY):
                self._say_unknown("zone code", code)
        return codes

    def _known(self, what: str, values: Iterable[str], known: Collection[str]) -> None:
        for value in values:
            if value not in known:
                self._say_unknown(what, value)

    def _say_unknown(self, what: str, value: str) -> None:
        if what not in self._unknown:
            self._unknown.add(what)
            self._complaints.warn_once(f"unknown {what} {value[:80]!r}: read, but never matches")


def fill(index: Index, offers: Iterator[Offer], timer: Callable[[], float]) -> float:
    """Put offers in an index as they are read; the seconds that the index took of it."""
    spent = 0.0
    while batch := list(islice(offers, _BATCH)):
        start = timer()
        index.upsert(batch)
        spent += timer() - start
    return spent


def ranking_line(need_id: str, ranking: Ranking) -> Object:
    """A line of output: `near` and `distance_km` only where there is one."""
    matches = []
    for match in ranking.matches:
        row: Object = {
            "structure_id": match.structure_id,
            "offer_id": match.offer_id,
            "score": match.score,
            "parts": match.parts,
            "reasons": match.reasons,
        }
        if match.distance_km is not None:
            row["distance_km"] = match.distance_km
        if match.near:
            row["near"] = match.near
        matches.append(row)
    return {"need_id": need_id, "eligible": ranking.eligible, "matches": matches}


def _text(line: Object, key: str, field: str = "", *, required: bool = False) -> str:
    value = line.get(key)
    if value is None and not required:
        return ""
    if not isinstance(value, str) or (required and not value):
        raise Refused(field or key, "required, a string" if required else "not a string")
    if required and not value.isprintable():
        raise Refused(field or key, "holds characters that cannot be printed")
    return value


def _texts(line: Object, key: str, field: str = "") -> tuple[str, ...]:
    value = line.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Refused(field or key, "not a list of strings")
    return tuple(value)


def _flag(line: Object, key: str) -> bool:
    value = line.get(key)
    if value is None:
        return True
    if not isinstance(value, bool):
        raise Refused(key, "not true or false")
    return value


def _object(line: Object, key: str) -> Object:
    value = line.get(key)
    if not isinstance(value, dict):
        raise Refused(key, "required, an object")
    return value


def _number(line: Object, key: str, field: str, least: float, most: float) -> float | None:
    value: Any = line.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused(field, "not a number")
    if not least <= value <= most:
        to = f" to {most:g}" if most < sys.float_info.max else ""
        raise Refused(field, f"out of range: from {least:g}{to}")
    return float(value)


def _point(line: Object, where: str = "") -> tuple[float | None, float | None]:
    lat = _number(line, "lat", f"{where}lat", -90, 90)
    lon = _number(line, "lon", f"{where}lon", -180, 180)
    return (None, None) if lat is None or lon is None else (lat, lon)


def timings(offers: int, build_s: float, rank_s: list[float], peak_rss_mb: float) -> dict[str, Any]:
    """The object of `--timings`: seconds handed in, milliseconds out for each ranking."""
    ordered = sorted(rank_s) or [0.0]

    def at(share: float) -> float:
        return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)

    return {
        "offers": offers,
        "needs": len(rank_s),
        "build_s": round(build_s, 3),
        "rank_ms": {"p50": at(0.5), "p95": at(0.95), "max": at(1)},
        "peak_rss_mb": round(peak_rss_mb, 1),
    }
