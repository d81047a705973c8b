"""Every commune, EPCI, department and region of France, in memory. Pure."""

import gzip
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

SHIPPED = Path(__file__).parent / "data" / "territories.tsv.gz"
COUNTRY = "FR"

Degrees = npt.NDArray[np.float64]


class Kind(StrEnum):
    """What a code names."""

    COMMUNE = "commune"
    EPCI = "epci"
    DEPARTMENT = "department"
    REGION = "region"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune of today."""

    code: str
    name: str
    department: str
    region: str | None
    """None in the overseas collectivities."""
    epci: str | None
    postcodes: tuple[str, ...]
    population: int
    lat: float | None
    lon: float | None
    approximate: bool
    """The point is a mean over neighbours, or there is none."""


@dataclass(frozen=True, slots=True)
class Epci:
    """A group of communes with its own taxes; its code is its SIREN."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Department:
    """A department, or an overseas collectivity under the same kind of code."""

    code: str
    name: str
    region: str | None


@dataclass(frozen=True, slots=True)
class Region:
    """A region; its code is INSEE's with an R before it, since « 27 » is a department."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class FormerCommune:
    """A code no longer in use by itself: absorbed communes, arrondissements of a city."""

    code: str
    name: str
    """Empty when the source keeps only the code."""
    commune: str


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """Lookups by code and postcode. Unknown codes give None or nothing, never an error.

    Two gazetteers are equal only when they are the same one, so one can key a cache.
    """

    communes: tuple[Commune, ...]
    epcis: tuple[Epci, ...]
    departments: tuple[Department, ...]
    regions: tuple[Region, ...]
    former: tuple[FormerCommune, ...] = field(default=())

    @staticmethod
    @cache
    def shipped() -> "Gazetteer":
        """The one that the package ships, read once a process."""
        return read(SHIPPED.read_bytes())

    def commune(self, code: str) -> Commune | None:
        """The commune of an INSEE code; a former code gives the commune that absorbed it."""
        return self._by_code.get(code) or self._by_code.get(self._absorbed.get(code, ""))

    def by_postcode(self, postcode: str) -> tuple[Commune, ...]:
        """The communes that a postcode serves, by code."""
        return tuple(self._by_postcode.get(postcode, ()))

    def department(self, code: str) -> Department | None:
        return self._departments.get(code)

    def zone_kind(self, code: str) -> Kind | None:
        """What a code names: « FR », « R27 », « 21 », a 9-digit EPCI or « 21231 »."""
        if code == COUNTRY:
            return Kind.COUNTRY
        if code in self._departments:
            return Kind.DEPARTMENT
        if code in self._regions:
            return Kind.REGION
        if code in self._epcis:
            return Kind.EPCI
        return Kind.COMMUNE if self.commune(code) else None

    def name(self, code: str) -> str | None:
        """The name of whatever a code names; « France » for the country."""
        if code == COUNTRY:
            return "France"
        territory = (
            self._departments.get(code)
            or self._regions.get(code)
            or self._epcis.get(code)
            or self.commune(code)
        )
        return territory.name if territory else None

    def zones_of(self, code: str) -> tuple[str, ...]:
        """The codes of the zones that hold a commune, itself included, narrowest first.

        Commune, EPCI, department, region, less those it has not; nothing when unknown.
        """
        commune = self.commune(code)
        if commune is None:
            return ()
        zones = (commune.code, commune.epci, commune.department, commune.region)
        return tuple(zone for zone in zones if zone)

    def zones_touching(self, code: str) -> frozenset[str]:
        """The zones that have a commune in common with a territory, this one among them.

        Those that hold it, those that it holds and those astride its edge; no commune, unless
        it is the territory itself.
        """
        if code not in self._touching:
            communes = self.communes_in(code)
            zones = {zone for one in communes for zone in self.zones_of(one.code)[1:]}
            self._touching[code] = frozenset({code, *zones})
        return self._touching[code]

    def departments_of(self, code: str) -> tuple[Department, ...]:
        """The departments that have a commune in common with a territory."""
        touching = self.zones_touching(code)
        return tuple(one for one in self.departments if one.code in touching)

    def communes_in(self, code: str) -> tuple[Commune, ...]:
        """The communes of a zone of any kind, by code."""
        if code == COUNTRY:
            return self.communes
        if code in self._by_zone:
            return tuple(self._by_zone[code])
        commune = self.commune(code)
        return (commune,) if commune else ()

    def zone_points(self, code: str) -> tuple[Degrees, Degrees]:
        """Latitudes and longitudes of a zone's communes, less those without a point.

        Read-only: the arrays are kept for the next call.
        """
        known = self._points_of_zones.get(code)
        if known is None:
            known = _points(self.communes_in(code))
            if self.zone_kind(code):
                self._points_of_zones[code] = known
        return known

    @cached_property
    def _touching(self) -> dict[str, frozenset[str]]:
        return {}

    @cached_property
    def _points_of_zones(self) -> dict[str, tuple[Degrees, Degrees]]:
        return {}

    @cached_property
    def _by_code(self) -> dict[str, Commune]:
        return {commune.code: commune for commune in self.communes}

    @cached_property
    def _absorbed(self) -> dict[str, str]:
        return {former.code: former.commune for former in self.former}

    @cached_property
    def _by_postcode(self) -> dict[str, list[Commune]]:
        served = defaultdict(list)
        for commune in self.communes:
            for postcode in commune.postcodes:
                served[postcode].append(commune)
        return dict(served)

    @cached_property
    def _by_zone(self) -> dict[str, list[Commune]]:
        members = defaultdict(list)
        for commune in self.communes:
            for zone in (commune.epci, commune.department, commune.region):
                if zone:
                    members[zone].append(commune)
        return dict(members)

    @cached_property
    def _epcis(self) -> dict[str, Epci]:
        return {epci.code: epci for epci in self.epcis}

    @cached_property
    def _departments(self) -> dict[str, Department]:
        return {department.code: department for department in self.departments}

    @cached_property
    def _regions(self) -> dict[str, Region]:
        return {region.code: region for region in self.regions}


def _points(communes: tuple[Commune, ...]) -> tuple[Degrees, Degrees]:
    points = np.array(
        [(c.lat, c.lon) for c in communes if c.lat is not None and c.lon is not None],
        dtype=np.float64,
    ).reshape(-1, 2)
    lat, lon = np.ascontiguousarray(points.T)
    lat.setflags(write=False)
    lon.setflags(write=False)
    return lat, lon


def read(packed: bytes) -> Gazetteer:
    """The gazetteer of a file that `written` made.

    One tab-separated row a territory: its kind, then the fields of its class in order;
    postcodes are separated by spaces, what is None is empty.
    """
    rows = defaultdict(list)
    for line in gzip.decompress(packed).decode().splitlines():
        kind, *fields = line.split("\t")
        rows[kind].append(fields)
    return Gazetteer(
        communes=tuple(_commune(fields) for fields in rows["commune"]),
        epcis=tuple(Epci(code, name) for code, name in rows["epci"]),
        departments=tuple(
            Department(code, name, region or None) for code, name, region in rows["department"]
        ),
        regions=tuple(Region(code, name) for code, name in rows["region"]),
        former=tuple(FormerCommune(*fields) for fields in rows["former"]),
    )


def _commune(fields: list[str]) -> Commune:
    (
        code,
        name,
        department,
        region,
        epci,
        postcodes,
        population,
        lat,
        lon,
        approximate,
    ) = fields
    return Commune(
        code,
        name,
        department,
        region or None,
        epci or None,
        tuple(postcodes.split()),
        int(population),
        float(lat) if lat else None,
        float(lon) if lon else None,
        approximate == "1",
    )


def written(gazetteer: Gazetteer) -> bytes:
    """The same gazetteer gives the same bytes, whatever the day, from the same zlib."""
    text = "".join("\t".join(row) + "\n" for row in _rows(gazetteer))
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


def _rows(gazetteer: Gazetteer) -> Iterator[tuple[str, ...]]:
    for region in gazetteer.regions:
        yield "region", region.code, region.name
    for department in gazetteer.departments:
        yield "department", department.code, department.name, department.region or ""
    for epci in gazetteer.epcis:
        yield "epci", epci.code, epci.name
    for commune in gazetteer.communes:
        yield (
            "commune",
            commune.code,
            commune.name,
            commune.department,
            commune.region or "",
            commune.epci or "",
            " ".join(commune.postcodes),
            str(commune.population),
            "" if commune.lat is None else f"{commune.lat:.5f}",
            "" if commune.lon is None else f"{commune.lon:.5f}",
            "1" if commune.approximate else "0",
        )
    for former in gazetteer.former:
        yield "former", former.code, former.name, former.commune
