"""Fills the territories table: the shipped edition, then an operator's exact points."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from marketplace.jsonl import Refused, Unreadable
from marketplace.territories.gazetteer import COUNTRY, SHIPPED, Gazetteer, Kind
from marketplace.territories.queries import EXACT_POINTS, edition
from marketplace.territories.tables import ReferenceLoad, Territory
from marketplace.text import sort_key

EDITION = "territories"
"""The name, in `reference_loads`, of the shipped file."""

_INCOMING_TERRITORIES = """
    CREATE TEMPORARY TABLE incoming_territories ON COMMIT DROP AS
    SELECT code, kind, name, sort_key, department, region, epci, postcodes, population, lat, lon,
        approximate
    FROM territories WITH NO DATA
"""
_TAKE_TERRITORIES = """
    INSERT INTO territories AS known
        (code, kind, name, sort_key, department, region, epci, postcodes, population, lat, lon,
        approximate)
    SELECT * FROM incoming_territories
    ON CONFLICT (code) DO UPDATE SET
        kind = excluded.kind,
        name = excluded.name,
        sort_key = excluded.sort_key,
        department = excluded.department,
        region = excluded.region,
        epci = excluded.epci,
        postcodes = excluded.postcodes,
        population = excluded.population,
        lat = CASE WHEN known.approximate THEN excluded.lat ELSE known.lat END,
        lon = CASE WHEN known.approximate THEN excluded.lon ELSE known.lon END,
        approximate = known.approximate AND excluded.approximate
"""
_INCOMING_POINTS = """
    CREATE TEMPORARY TABLE incoming_points ON COMMIT DROP AS
    SELECT code, lat, lon FROM territories WITH NO DATA
"""
_TAKE_POINTS = """
    UPDATE territories AS known
    SET lat = incoming.lat, lon = incoming.lon, approximate = false
    FROM incoming_points AS incoming
    WHERE known.code = incoming.code AND (known.lat, known.lon, known.approximate)
        IS DISTINCT FROM (incoming.lat, incoming.lon, false)
    RETURNING known.code
"""
_Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class RefusedEntry:
    """Why the entry of this rank, from 1, was left out."""

    line: int
    field: str
    reason: str


@dataclass
class PointsReport:
    """What became of each entry of a file of exact points."""

    read: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: list[RefusedEntry] = field(default_factory=list)


def load_reference(session: Session) -> bool:
    """Bring the table to the shipped edition; says whether it was at another one.

    A point that is not approximate stays: an operator may have loaded it. Territories that
    the edition no longer has stay too, since desks and offers may name them.
    """
    digest = hashlib.sha256(SHIPPED.read_bytes()).hexdigest()
    if edition(session, EDITION) == digest:
        return False
    _pour(session, "incoming_territories", _INCOMING_TERRITORIES, _rows(Gazetteer.shipped()))
    session.execute(text(_TAKE_TERRITORIES))
    session.merge(ReferenceLoad(name=EDITION, digest=digest))
    session.flush()
    return True


def load_exact_points(session: Session, path: str) -> PointsReport:
    """Take the points of communes from a JSON file in the format of the State's API Géo.

    An entry of an unknown commune, or without a point on Earth, is refused and named in the
    report; the others are taken. Raises Unreadable when the file is no JSON list.
    """
    content = _content(path)
    entries = _entries(path, content)
    report = PointsReport(read=len(entries))
    known = set(session.scalars(select(Territory.code).where(Territory.kind == Kind.COMMUNE)))
    points: dict[str, tuple[float, float]] = {}
    for line, entry in enumerate(entries, start=1):
        try:
            code, lat, lon = _point(entry, known)
            if code in points:
                raise Refused("code", f"twice in the file: {code}")
        except Refused as refusal:
            report.refused.append(RefusedEntry(line, refusal.field, refusal.reason))
            continue
        points[code] = (lat, lon)
    rows = ((code, lat, lon) for code, (lat, lon) in points.items())
    _pour(session, "incoming_points", _INCOMING_POINTS, rows)
    updated = session.scalars(text(_TAKE_POINTS)).all()
    report.updated = len(updated)
    report.unchanged = len(points) - report.updated
    if updated:
        before = edition(session, EXACT_POINTS) or ""
        digest = hashlib.sha256(before.encode() + content).hexdigest()
        session.merge(ReferenceLoad(name=EXACT_POINTS, digest=digest))
    session.flush()
    session.expire_all()
    return report


def _rows(gazetteer: Gazetteer) -> Iterator[_Row]:
    def zone(code: str, kind: Kind, name: str, region: str | None = None) -> _Row:
        return code, kind, name, sort_key(name), None, region, None, [], None, None, None, False

    yield zone(COUNTRY, Kind.COUNTRY, "France")
    for region in gazetteer.regions:
        yield zone(region.code, Kind.REGION, region.name)
    for department in gazetteer.departments:
        yield zone(department.code, Kind.DEPARTMENT, department.name, department.region)
    for epci in gazetteer.epcis:
        yield zone(epci.code, Kind.EPCI, epci.name)
    for commune in gazetteer.communes:
        yield (
            commune.code,
            Kind.COMMUNE,
            commune.name,
            sort_key(commune.name),
            commune.department,
            commune.region,
            commune.epci,
            list(commune.postcodes),
            commune.population,
            commune.lat,
            commune.lon,
            commune.approximate,
        )


def _pour(session: Session, table: str, creation: str, rows: Iterable[_Row]) -> None:
    """Rows into a temporary table, by COPY: 36,000 of them in a second."""
    session.execute(text(f"DROP TABLE IF EXISTS pg_temp.{table}"))
    session.execute(text(creation))
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from error


def _entries(path: str, content: bytes) -> list[object]:
    if not content.strip():
        raise Unreadable(f"{path}: the file is empty")
    try:
        entries = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path}: not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{path}: not JSON ({error})") from error
    if not isinstance(entries, list):
        raise Unreadable(f"{path}: not a JSON list of communes")
    return entries


def _point(entry: object, known: set[str]) -> tuple[str, float, float]:
    if not isinstance(entry, dict):
        raise Refused("entry", "not an object")
    code = entry.get("code")
    if not isinstance(code, str) or code not in known:
        raise Refused("code", f"no commune of today: {code!r:.40}")
    centre = entry.get("centre")
    if not isinstance(centre, dict) or centre.get("type") != "Point":
        raise Refused("centre", "required, a GeoJSON point")
    match centre.get("coordinates"):
        case [int() | float() as lon, int() | float() as lat, *_] if not (
            isinstance(lon, bool) or isinstance(lat, bool)
        ):
            if not (-180 <= lon <= 180 and -90 <= lat <= 90):
                raise Refused("centre.coordinates", f"out of range: {lon}, {lat}")
            return code, float(lat), float(lon)
    raise Refused("centre.coordinates", "not a longitude and a latitude")
