"""Priority districts (QPV) from the official GeoJSON, and which of them holds a point.

ZUS, the list of 2015 and that of 2024 are different series, never mixed: each is loaded and
asked for by its generation.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import shapely
from shapely.errors import GEOSException
from shapely.geometry import shape
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from marketplace.jsonl import Refused, Unreadable
from marketplace.territories.importing import RefusedEntry
from marketplace.territories.tables import District

CODES = ("code_qp", "codeqp", "code_qpv", "code")
NAMES = ("lib_qp", "nom_qp", "libelle", "nom", "name")
LONGEST_CODE, LONGEST_NAME = 10, 200


class Generation(StrEnum):
    ZUS = "zus"
    QPV_2015 = "2015"
    QPV_2024 = "2024"


GENERATIONS = {
    Generation.ZUS: "Zones urbaines sensibles",
    Generation.QPV_2015: "Quartiers prioritaires, liste de 2015",
    Generation.QPV_2024: "Quartiers prioritaires, liste de 2024",
}


@dataclass
class DistrictsReport:
    """What became of each feature of a file; `repaired` are codes of polygons that crossed
    themselves and were mended."""

    read: int = 0
    loaded: int = 0
    refused: list[RefusedEntry] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)


def load_districts(
    session: Session, path: str, generation: Generation, now: datetime
) -> DistrictsReport:
    """Put the districts of a file in the place of all those of its generation.

    Raises Unreadable when it is no GeoJSON collection, or holds no district at all.
    """
    features = _features(path)
    report = DistrictsReport(read=len(features))
    rows: dict[str, District] = {}
    for line, feature in enumerate(features, start=1):
        try:
            row = _district(feature, generation, now)
            if row.code in rows:
                raise Refused("code", f"twice in the file: {row.code}")
        except Refused as refusal:
            report.refused.append(RefusedEntry(line, refusal.field, refusal.reason))
            continue
        rows[row.code] = row
        if row.is_repaired:
            report.repaired.append(row.code)
    if not rows:
        raise Unreadable(f"{path}: not one district in it")
    session.execute(delete(District).where(District.generation == generation))
    session.add_all(rows.values())
    session.flush()
    report.loaded = len(rows)
    return report


class Districts:
    """The districts of one generation, ready to be asked which of them holds a point."""

    def __init__(self, session: Session, generation: Generation) -> None:
        rows = session.scalars(
            select(District).filter_by(generation=generation).order_by(District.code)
        ).all()
        self.codes = [row.code for row in rows]
        self._shapes = shapely.from_wkb([row.outline for row in rows])
        self._tree = shapely.STRtree(self._shapes)

    def __bool__(self) -> bool:
        return bool(self.codes)

    def at(self, lat: float, lon: float) -> str | None:
        """The code of the district around a point; its very edge counts as inside."""
        found = self._tree.query(shapely.Point(lon, lat), predicate="intersects")
        return self.codes[min(found)] if len(found) else None


def _features(path: str) -> list[Any]:
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path}: not UTF-8") from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{path}: not JSON ({error})") from error
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        raise Unreadable(f"{path}: not a GeoJSON collection of districts")
    return features


def _district(feature: Any, generation: Generation, now: datetime) -> District:
    properties = feature.get("properties") if isinstance(feature, dict) else None
    if not isinstance(properties, dict):
        raise Refused("properties", "required")
    said = {str(name).lower(): value for name, value in properties.items()}
    code, name = _first(said, CODES), _first(said, NAMES)
    if not code or len(code) > LONGEST_CODE:
        raise Refused("code", "required, ten characters at most")
    outline, is_repaired = _outline(feature.get("geometry"))
    return District(
        code=code,
        generation=generation,
        name=(name or code)[:LONGEST_NAME],
        outline=shapely.to_wkb(outline),
        is_repaired=is_repaired,
        loaded_at=now,
    )


def _first(said: dict[str, Any], names: tuple[str, ...]) -> str:
    values = (said.get(name) for name in names)
    return next((value.strip() for value in values if isinstance(value, str)), "")


def _outline(geometry: Any) -> tuple[Any, bool]:
    if not isinstance(geometry, dict) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise Refused("geometry", "not a polygon")
    try:
        outline = shape(geometry)
    except (GEOSException, ValueError, TypeError, IndexError, KeyError, AttributeError) as error:
        raise Refused("geometry", "not a polygon that can be drawn") from error
    if outline.is_empty:
        raise Refused("geometry", "an empty polygon")
    west, south, east, north = outline.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise Refused("geometry", "out of range: longitudes and latitudes in degrees are expected")
    if outline.is_valid:
        return outline, False
    mended = shapely.make_valid(outline)
    parts = list(_polygons(mended))
    if not parts:
        raise Refused("geometry", "a polygon without an inside")
    return shapely.MultiPolygon(parts), True


def _polygons(geometry: Any) -> Iterator[Any]:
    if geometry.geom_type == "Polygon":
        yield geometry
    for part in getattr(geometry, "geoms", ()):
        yield from _polygons(part)
