"""Where a supplier works, where a need is, and when the one meets the other. Pure.

Distances are those of the WGS84 ellipsoid. Chords through the ellipsoid, bent to arcs, are
within 2 millionths of the geodesic up to 450 km; whatever falls too close to a limit is
measured again by the geodesic itself (see docs/matching.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
from pyproj import Geod

from marketplace.territories.gazetteer import Gazetteer

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]

COUNTRY, ZONES, RADIUS = 0, 1, 2
NOWHERE = -1
"""The number of a zone that is not known; it indexes the last cell, which is never met."""

JUST_OUTSIDE = 1.5
"""Times a radius: a place beyond it, and within this, is near."""
ZONE_MARGIN_KM = 30.0
"""A place less than this far from a zone, and outside it, is near."""

OUT, NEAR, MET = 0, 1, 2
_GEOD = Geod(ellps="WGS84")
_EQUATOR_KM = 6378.137
_E2 = 0.0066943799901413165
_MEAN_KM = 6371.0
_LEAST_DEGREE_KM = 110.5
_DOUBT = 5e-4
_ROOM = 1.01
_ROUND_THE_EARTH_KM = 41_000.0
_CELL_DEGREES = 0.25
_FEW_PAIRS = 60_000
_REACHES_KEPT = 256


@dataclass(frozen=True, slots=True)
class Coverage:
    """The whole country, zones by their codes, or a radius around the seat."""

    type: Literal["country", "zones", "radius"]
    codes: tuple[str, ...] = ()
    km: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The whole country, zones by their codes, or a point: a commune's, or one of its own.

    With `radius_km`, the buyer asks for structures seated within it.
    """

    type: Literal["country", "zones", "point"]
    codes: tuple[str, ...] = ()
    commune: str | None = None
    lat: float | None = None
    lon: float | None = None
    postcode: str | None = None
    department: str | None = None
    region: str | None = None
    radius_km: float | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """Where a structure is, in the atlas's numbers. NaN without coordinates."""

    lat: float
    lon: float
    postcode: int
    commune: int
    epci: int
    department: int
    region: int


class Located(Protocol):
    """Columns of seats and coverages, one row an offer."""

    lat: Floats
    lon: Floats
    xyz: Floats
    postcode: Numbers
    commune: Numbers
    epci: Numbers
    department: Numbers
    region: Numbers
    coverage: Codes
    radius_km: Floats
    zone: Numbers
    """The first zone of a coverage by zones, NOWHERE for the others."""
    zone_start: Numbers
    zone_count: Numbers
    zones: Numbers
    """The zones of the coverages that have several, from `zone_start` on."""


def earth(lat: npt.ArrayLike, lon: npt.ArrayLike) -> Floats:
    """Points in kilometres from the centre of the WGS84 ellipsoid."""
    phi, lam = np.radians(lat), np.radians(lon)
    normal = _EQUATOR_KM / np.sqrt(1 - _E2 * np.sin(phi) ** 2)
    return np.stack(
        [
            normal * np.cos(phi) * np.cos(lam),
            normal * np.cos(phi) * np.sin(lam),
            normal * (1 - _E2) * np.sin(phi),
        ],
        axis=-1,
    )


def geodesic_km(lat: npt.ArrayLike, lon: npt.ArrayLike, lat2: float, lon2: float) -> Floats:
    """The WGS84 geodesics from points to one point."""
    lats, lons = np.atleast_1d(lat).astype(float), np.atleast_1d(lon).astype(float)
    metres = _GEOD.inv(lons, lats, np.full_like(lons, lon2), np.full_like(lats, lat2))[2]
    return np.asarray(metres) / 1000


def arc_km(squared_chord: Floats) -> Floats:
    """The way along the ground, of chords in kilometres, squared."""
    half = np.sqrt(np.maximum(squared_chord, 0)) / (2 * _MEAN_KM)
    return 2 * _MEAN_KM * np.arcsin(np.minimum(half, 1))


def _squared_chords(some: Floats, others: Floats) -> Floats:
    """All pairs. By differences rather than dot products, which lose metres."""
    result = (some[:, None, 0] - others[None, :, 0]) ** 2
    for axis in (1, 2):
        result += (some[:, None, axis] - others[None, :, axis]) ** 2
    return result


class Points:
    """The points of a place: one, or those of the communes of its zones."""

    def __init__(self, lat: Floats, lon: Floats, xyz: Floats | None = None) -> None:
        self.lat = lat
        self.lon = lon
        self.xyz = earth(lat, lon) if xyz is None else xyz

    def __len__(self) -> int:
        return len(self.lat)

    def nearest_km(self, xyz: Floats) -> Floats:
        """From each point given to the nearest of these; NaN for a point that is not known."""
        if not len(self):
            return np.full(len(xyz), np.nan)
        if len(self) == 1:
            away = xyz - self.xyz[0]
            return arc_km(np.einsum("ij,ij->i", away, away))
        if len(self) * len(xyz) <= _FEW_PAIRS:
            return arc_km(_squared_chords(xyz, self.xyz).min(axis=1, initial=np.inf))
        return self._nearest_by_cells(xyz)

    def _nearest_by_cells(self, xyz: Floats) -> Floats:
        """The same for many: only the points of the cells that may hold the nearest one."""
        centres, spread, starts, order = self._cells
        known = np.flatnonzero(~np.isnan(xyz[:, 0]))
        nearest = np.full(len(xyz), np.nan)
        if not known.size:
            return nearest
        to_centre = np.sqrt(_squared_chords(xyz[known], centres))
        surely = (to_centre + spread).min(axis=1)
        row, cell = np.nonzero(to_centre - spread <= surely[:, None] + 1e-9)
        sizes = np.diff(starts)[cell]
        ends = np.cumsum(sizes)
        member = order[np.arange(ends[-1]) + np.repeat(starts[cell] - ends + sizes, sizes)]
        away = xyz[known][np.repeat(row, sizes)] - self.xyz[member]
        chords = np.einsum("ij,ij->i", away, away)
        of_row = np.searchsorted(row, np.arange(len(known)))
        firsts = np.concatenate([[0], ends[:-1]])[of_row]
        nearest[known] = arc_km(np.minimum.reduceat(chords, firsts))
        return nearest

    @cached_property
    def _cells(
        self,
    ) -> tuple[Floats, Floats, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Centres, largest distances from them, and members, of squares of a quarter degree."""
        key = np.floor(self.lat / _CELL_DEGREES) * 10_000 + np.floor(self.lon / _CELL_DEGREES)
        order = np.argsort(key, kind="stable")
        starts = np.concatenate(
            [[0], np.flatnonzero(np.diff(key[order])) + 1, [len(order)]]
        ).astype(np.int64)
        sizes = np.diff(starts)
        centres = np.add.reduceat(self.xyz[order], starts[:-1]) / sizes[:, None]
        away = self.xyz[order] - np.repeat(centres, sizes, axis=0)
        spread = np.sqrt(np.maximum.reduceat(np.einsum("ij,ij->i", away, away), starts[:-1]))
        return centres, spread, starts, order

    def exact_km(self, lat: float, lon: float, about_km: float) -> float:
        """The geodesic to the nearest, knowing about how far that is."""
        chords = arc_km(_squared_chords(earth([lat], [lon]), self.xyz)[0])
        close = np.flatnonzero(chords <= about_km * (1 + 2 * _DOUBT) + 1e-6)
        return float(geodesic_km(self.lat[close], self.lon[close], lat, lon).min())


@dataclass(frozen=True, eq=False)
class Reach:
    """What it takes to be seated in a place, to cover it, or to come near it."""

    everywhere: bool
    radius_km: float | None
    seat_zones: tuple[tuple[str, int], ...]
    """Column of the seat, and the zone it must show there."""
    postcodes: tuple[int, ...]
    zone_state: Codes
    """By zone: met, near or neither."""
    points: Points
    is_zone: bool

    @cached_property
    def centre(self) -> Floats:
        """The middle of the points, as earth() gives them."""
        middle: Floats = self.points.xyz.mean(axis=0)
        return middle

    def seated(self, table: Located, rows: Numbers) -> Flags:
        found = np.zeros(len(rows), np.bool_)
        for column, zone in self.seat_zones:
            found |= getattr(table, column)[rows] == zone
        if self.postcodes:
            postcode = table.postcode[rows]
            for one in self.postcodes:
                found |= postcode == one
        return found

    def distances_km(self, table: Located, rows: Numbers) -> Floats:
        """From each seat: to the point, or to the zone's nearest commune, 0 from inside it."""
        if not self.is_zone:
            return self.points.nearest_km(table.xyz[rows])
        km, outside = np.zeros(len(rows)), ~self.seated(table, rows)
        km[outside] = self.points.nearest_km(table.xyz[rows[outside]])
        return km

    def within(self, table: Located, rows: Numbers, limit_km: Floats) -> tuple[Flags, Flags]:
        """Whether each seat is within a limit of the place, and within JUST_OUTSIDE times it.

        To find the nearest commune of a zone is slow: it is done only for the limits that
        neither surely reach the zone nor surely miss it.
        """
        within, beyond = np.zeros(len(rows), np.bool_), np.zeros(len(rows), np.bool_)
        if not len(self.points):
            return within, beyond
        xyz = table.xyz[rows]
        away = xyz - self.centre
        middle = np.einsum("ij,ij->i", away, away)
        limit_km = np.minimum(limit_km, _ROUND_THE_EARTH_KM)
        farthest = limit_km * JUST_OUTSIDE
        if self.is_zone:
            farthest = farthest + self._extent_km
            within = np.sqrt(middle) + self._heart_km < limit_km
        # A chord is shorter than its arc: who is too far by the chord is too far.
        unsure = np.flatnonzero((middle <= farthest * farthest) & ~within)
        km, limit = self.points.nearest_km(xyz[unsure]), limit_km[unsure]
        within[unsure] = self._is_within(km, limit, table, rows[unsure])
        beyond[unsure] = self._is_within(km, limit * JUST_OUTSIDE, table, rows[unsure])
        return within, beyond

    def _is_within(self, km: Floats, limit: Floats, table: Located, rows: Numbers) -> Flags:
        for i in np.flatnonzero(np.abs(km - limit) <= _DOUBT * limit):
            if km[i] > 0:
                km[i] = self.points.exact_km(table.lat[rows[i]], table.lon[rows[i]], km[i])
        return km <= limit

    def to_centre_km(self, table: Located, rows: Numbers) -> Floats:
        """From each seat to the middle of the place; NaN when either is not known."""
        if not len(self.points):
            return np.full(len(rows), np.nan)
        away = table.xyz[rows] - self.centre
        return arc_km(np.einsum("ij,ij->i", away, away))

    @cached_property
    def _from_centre_km(self) -> Floats:
        away = self.points.xyz - self.centre
        return arc_km(np.einsum("ij,ij->i", away, away))

    @property
    def _heart_km(self) -> float:
        """From the middle to the nearest point, with room for the Earth's curve."""
        return float(self._from_centre_km.min()) * _ROOM + _ROOM

    @property
    def _extent_km(self) -> float:
        """From the middle to the farthest point, with room for the Earth's curve."""
        return float(self._from_centre_km.max()) * _ROOM + _ROOM


@dataclass(frozen=True, slots=True)
class Meeting:
    """For each row: whether it works at the place, or only comes near it."""

    met: Flags
    near: Flags


def meeting(table: Located, rows: Numbers, reach: Reach, include_country: bool = True) -> Meeting:
    """When the coverages of some rows meet a place, and when they only come near it.

    A national offer meets any place when it is included, and none when it is not. One asked
    to be seated within a radius is judged by its seat alone, whatever it says it covers.
    """
    coverage = table.coverage[rows]
    national = coverage == COUNTRY
    met, near = np.zeros_like(national), np.zeros_like(national)
    if reach.radius_km is not None:
        met, near = reach.within(table, rows, np.full(len(rows), reach.radius_km))
    elif not reach.everywhere:
        met = reach.seated(table, rows)
        by_radius = np.flatnonzero((coverage == RADIUS) & ~met)
        these = rows[by_radius]
        met[by_radius], near[by_radius] = reach.within(table, these, table.radius_km[these])
        by_zone = np.flatnonzero(coverage == ZONES)
        state = _zone_states(table, rows[by_zone], reach)
        met[by_zone] |= state == MET
        near[by_zone] = state == NEAR
    if include_country:
        met |= national
    else:
        met &= ~national
    near &= ~met & ~national
    return Meeting(met, near)


def _zone_states(table: Located, rows: Numbers, reach: Reach) -> Codes:
    state = reach.zone_state[table.zone[rows]]
    several = np.flatnonzero(table.zone_count[rows] > 1)
    if several.size:
        starts, sizes = table.zone_start[rows[several]], table.zone_count[rows[several]]
        ends = np.cumsum(sizes)
        cells = np.arange(ends[-1]) + np.repeat(starts - ends + sizes, sizes)
        state[several] = np.maximum.reduceat(reach.zone_state[table.zones[cells]], ends - sizes)
    return state


class Atlas:
    """A gazetteer as numbers, so that thousands of coverages can meet a place at once."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        codes = [
            territory.code
            for level in (
                gazetteer.communes,
                gazetteer.epcis,
                gazetteer.departments,
                gazetteer.regions,
            )
            for territory in level
        ]
        self.codes = codes
        self.names = [gazetteer.name(code) or code for code in codes]
        self._number = {code: number for number, code in enumerate(codes)}
        self._number |= {
            former.code: self._number[former.commune]
            for former in gazetteer.former
            if former.code not in self._number and former.commune in self._number
        }
        communes = gazetteer.communes
        self._commune_count = len(communes)
        self._parents = np.array(
            [
                [
                    self.number(commune.epci),
                    self.number(commune.department),
                    self.number(commune.region),
                ]
                for commune in communes
            ],
            np.int32,
        ).reshape(-1, 3)
        lat = np.array([np.nan if c.lat is None else c.lat for c in communes], np.float64)
        lon = np.array([np.nan if c.lon is None else c.lon for c in communes], np.float64)
        self._lat, self._lon, self._xyz = lat, lon, earth(lat, lon)
        self._by_lat = np.argsort(lat)[: int((~np.isnan(lat)).sum())].astype(np.int32)
        self._sorted_lat = lat[self._by_lat]
        self._members: dict[int, Numbers] = {}
        self._around: dict[int, Numbers] = {}
        self._met: dict[int, Numbers] = {}
        self._reaches: dict[Place, Reach] = {}
        for zone in range(len(codes)):
            if self.level(zone) in ("department", "region"):
                self._communes_around(zone)
                self._zones_met(zone)

    def number(self, code: str | None) -> int:
        """NOWHERE when unknown. A former commune has the number of the one it joined."""
        return self._number.get(code, NOWHERE) if code else NOWHERE

    def seat(
        self,
        commune: str | None,
        lat: float | None,
        lon: float | None,
        postcode: str | None,
        department: str | None,
        region: str | None,
    ) -> Seat:
        """A structure's seat; what is missing is taken from its commune where it tells."""
        number = self._commune(commune)
        epci = own_department = own_region = NOWHERE
        if number != NOWHERE:
            epci, own_department, own_region = (int(n) for n in self._parents[number])
            if postcode is None:
                postcodes = self.gazetteer.communes[number].postcodes
                postcode = postcodes[0] if len(postcodes) == 1 else None
        if department:
            own_department = self.number(department)
            known = self.gazetteer.department(department)
            if not region and known:
                own_region = self.number(known.region)
        if region:
            own_region = self.number(region)
        lat, lon = self._point(number, lat, lon)
        return Seat(lat, lon, _postcode(postcode), number, epci, own_department, own_region)

    def reach(self, place: Place) -> Reach:
        """Kept for the next time the same place is asked for."""
        known = self._reaches.get(place)
        if known is None:
            known = self._reach(place)
            if len(self._reaches) >= _REACHES_KEPT:
                del self._reaches[next(iter(self._reaches))]
            self._reaches[place] = known
        return known

    def zones(self, codes: Iterable[str]) -> list[int]:
        """Their numbers, sorted, each once, less those unknown."""
        return sorted({self.number(code) for code in codes} - {NOWHERE})

    def _commune(self, code: str | None) -> int:
        number = self.number(code)
        return number if number < self._commune_count else NOWHERE

    def _point(self, commune: int, lat: float | None, lon: float | None) -> tuple[float, float]:
        if lat is not None and lon is not None:
            return lat, lon
        if commune == NOWHERE:
            return np.nan, np.nan
        return float(self._lat[commune]), float(self._lon[commune])

    def _reach(self, place: Place) -> Reach:
        if place.type == "country":
            return self._made(place, _NO_ZONES, (), _NO_ZONES, Points(_NONE, _NONE))
        if place.type == "zones":
            return self._reach_of_zones(place)
        seat = self.seat(place.commune, place.lat, place.lon, None, place.department, place.region)
        known = not np.isnan(seat.lat)
        points = Points(np.array([seat.lat][:known]), np.array([seat.lon][:known]))
        around = self._communes_near(points)
        postcodes = {_postcode(place.postcode)}
        if seat.commune != NOWHERE:
            postcodes |= {_postcode(p) for p in self.gazetteer.communes[seat.commune].postcodes}
        met = np.array([seat.commune, seat.epci, seat.department, seat.region], np.int32)
        return self._made(place, met, tuple(sorted(postcodes - {NOWHERE})), around, points)

    def _reach_of_zones(self, place: Place) -> Reach:
        zones = self.zones(place.codes)
        if not zones:
            return self._made(place, _NO_ZONES, (), _NO_ZONES, Points(_NONE, _NONE))
        met = np.concatenate([self._zones_met(zone) for zone in zones])
        around = np.concatenate([self._communes_around(zone) for zone in zones])
        members = [self._communes_of(zone) for zone in zones]
        inside = members[0] if len(members) == 1 else np.unique(np.concatenate(members))
        return self._made(place, met, (), around, self._points_of(inside))

    def _made(
        self,
        place: Place,
        met: Numbers,
        postcodes: tuple[int, ...],
        around: Numbers,
        points: Points,
    ) -> Reach:
        state = np.zeros(len(self.codes) + 1, np.uint8)
        state[around] = NEAR
        state[self._parents[around].ravel()] = NEAR
        state[met] = MET
        state[NOWHERE] = OUT
        zones = [self._commune(place.commune)] if place.type == "point" else self.zones(place.codes)
        return Reach(
            everywhere=place.type == "country",
            radius_km=place.radius_km if place.type == "point" else None,
            seat_zones=tuple((self.level(z), z) for z in zones if z != NOWHERE),
            postcodes=postcodes,
            zone_state=state,
            points=points,
            is_zone=place.type == "zones",
        )

    def level(self, zone: int) -> str:
        """Commune, EPCI, department or region: the name of its column in a table of seats."""
        for size, level in (
            (self._commune_count, "commune"),
            (len(self.gazetteer.epcis), "epci"),
            (len(self.gazetteer.departments), "department"),
        ):
            if zone < size:
                return level
            zone -= size
        return "region"

    @cached_property
    def _zone_sizes(self) -> Numbers:
        return np.bincount(
            self._parents[self._parents != NOWHERE], minlength=len(self.codes)
        ).astype(np.int32)

    def _communes_of(self, zone: int) -> Numbers:
        if zone < self._commune_count:
            return np.array([zone], np.int32)
        if zone not in self._members:
            self._members[zone] = np.flatnonzero((self._parents == zone).any(axis=1)).astype(
                np.int32
            )
        return self._members[zone]

    def _points_of(self, communes: Numbers) -> Points:
        known = communes[~np.isnan(self._lat[communes])]
        return Points(self._lat[known], self._lon[known], self._xyz[known])

    def _zones_met(self, zone: int) -> Numbers:
        """The zone, its communes, the larger zones that hold no other, and those that hold
        them all."""
        if zone not in self._met:
            inside = self._communes_of(zone)
            parents = self._parents[inside]
            larger, sizes = np.unique(parents, return_counts=True)
            within = larger[sizes == self._zone_sizes[larger]]
            around = larger[sizes == len(inside)]
            met = np.concatenate([[zone], inside, within, around])
            self._met[zone] = met[met != NOWHERE].astype(np.int32)
        return self._met[zone]

    def _communes_around(self, zone: int) -> Numbers:
        """Those of the zone and those less than ZONE_MARGIN_KM away from one of its communes."""
        if zone in self._around:
            return self._around[zone]
        inside = self._communes_of(zone)
        parts = [inside]
        if self.level(zone) == "region":
            departments = np.unique(self._parents[inside, 1])
            parts += [self._communes_around(int(department)) for department in departments]
        else:
            parts.append(self._communes_near(self._points_of(inside)))
        around = np.unique(np.concatenate(parts)).astype(np.int32)
        self._around[zone] = around
        return around

    def _communes_near(self, points: Points) -> Numbers:
        if not len(points):
            return np.empty(0, np.int32)
        margin = ZONE_MARGIN_KM / _LEAST_DEGREE_KM
        low, high = np.searchsorted(
            self._sorted_lat, [points.lat.min() - margin, points.lat.max() + margin]
        )
        band = self._by_lat[low:high]
        width = margin / max(0.05, np.cos(np.radians(np.abs(points.lat).max() + margin)))
        lon = self._lon[band]
        band = band[(lon >= points.lon.min() - width) & (lon <= points.lon.max() + width)]
        near: Numbers = band[points.nearest_km(self._xyz[band]) < ZONE_MARGIN_KM]
        return near


@lru_cache(maxsize=4)
def atlas_of(gazetteer: Gazetteer) -> Atlas:
    """The atlas of a gazetteer, made once a process: it takes half a second."""
    return Atlas(gazetteer)


_NONE: Floats = np.empty(0)
_NO_ZONES: Numbers = np.empty(0, np.int32)


def _postcode(text: str | None) -> int:
    return int(text) if text and len(text) == 5 and text.isascii() and text.isdigit() else NOWHERE
