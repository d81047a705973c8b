"""Where a supplier works, where a need is, and when the one meets the other. Pure.

Distances are those of the WGS84 ellipsoid. Chords through the ellipsoid, bent to arcs, are
within 2 millionths of the geodesic up to 450 km; whatever falls too close to a limit is
measured again by the geodesic itself (see docs/matching.md).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import cos, radians
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
from pyproj import Geod

from marketplace.territories.gazetteer import Gazetteer

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int64]
"""Of a table, as wide as NumPy wants them: it would widen others at each reading."""
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
_PAIRS_AT_ONCE = 100_000
_REACHES_KEPT = 1024
"""As many as there are open needs: 36 kB each, and a tenth of a millisecond to make again."""


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
    there = np.full_like(lons, lon2), np.full_like(lats, lat2)
    metres = _GEOD.inv(lons, lats, *there, return_back_azimuth=False)[2]
    return np.asarray(metres) / 1000


def arc_km(squared_chord: Floats) -> Floats:
    """The way along the ground, of chords in kilometres, squared."""
    half = np.sqrt(np.maximum(squared_chord, 0)) / (2 * _MEAN_KM)
    return 2 * _MEAN_KM * np.arcsin(np.minimum(half, 1))


def _squared(away: Floats) -> Floats:
    """The squared lengths of some vectors."""
    lengths: Floats = np.einsum("ij,ij->i", away, away)
    return lengths


class Points:
    """The points of a place: one, or those of the communes of its zones."""

    def __init__(self, lat: Floats, lon: Floats, xyz: Floats | None = None) -> None:
        self.lat = lat
        self.lon = lon
        self.xyz = earth(lat, lon) if xyz is None else xyz
        self.centre: Floats = self.xyz.ravel()
        """The middle of the points, as earth() gives them."""
        self.from_centre_km = (_ROOM, _ROOM)
        """From it to the nearest and to the farthest, with room for the Earth's curve."""
        if len(self) > 1:
            self.centre = self.xyz.mean(axis=0)
            away = self.xyz - self.centre
            squared = _squared(away)
            km = arc_km(squared)
            self.from_centre_km = (
                float(km.min()) * _ROOM + _ROOM,
                float(km.max()) * _ROOM + _ROOM,
            )
            self._halves = np.vstack([away.T, squared / -2])

    def __len__(self) -> int:
        return len(self.lat)

    def nearest_km(self, xyz: Floats) -> Floats:
        """From each point given to the nearest of these; NaN for a point that is not known."""
        if not len(self):
            return np.full(len(xyz), np.nan)
        if len(self) == 1:
            return arc_km(_squared(xyz - self.xyz))
        return arc_km(_squared(xyz - self.xyz[self._nearest(xyz)]))

    def _nearest(self, xyz: Floats) -> npt.NDArray[np.int64]:
        """Which of these is the nearest to each point given.

        |p - q|² is |p|² - 2 (p.q - |q|²/2): a product of matrices tells the least. Counted
        from the middle of the place, not of the Earth, it is exact to less than a millimetre.
        """
        away = np.ones((len(xyz), 4))
        away[:, :3] = xyz - self.centre
        nearest = np.empty(len(xyz), np.int64)
        step = 1 + _PAIRS_AT_ONCE // len(self)
        for start in range(0, len(xyz), step):
            these = slice(start, start + step)
            (away[these] @ self._halves).argmax(axis=1, out=nearest[these])
        return nearest

    def exact_km(self, lat: float, lon: float, about_km: float) -> float:
        """The geodesic to the nearest, knowing about how far that is."""
        km = arc_km(_squared(self.xyz - earth(lat, lon)))
        close = np.flatnonzero(km <= about_km * (1 + 2 * _DOUBT) + 1e-6)
        return float(geodesic_km(self.lat[close], self.lon[close], lat, lon).min())


def _too_close(km: Floats, limit_km: Floats) -> Flags:
    """Whether an arc is too close to a limit to tell its side: the geodesic has to."""
    doubtful: Flags = (np.abs(km - limit_km) <= _DOUBT * limit_km) & (km > 0)
    return doubtful


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

    def seated(self, table: Located, rows: Rows) -> Flags:
        found = np.zeros(len(rows), np.bool_)
        for column, zone in self.seat_zones:
            found |= getattr(table, column)[rows] == zone
        if self.postcodes:
            postcode = table.postcode[rows]
            for one in self.postcodes:
                found |= postcode == one
        return found

    def distances_km(self, table: Located, rows: Rows) -> Floats:
        """From each seat: to the point, or to the zone's nearest commune, 0 from inside it."""
        if not self.is_zone:
            return self.points.nearest_km(table.xyz.take(rows, axis=0))
        km, outside = np.zeros(len(rows)), ~self.seated(table, rows)
        km[outside] = self.points.nearest_km(table.xyz.take(rows[outside], axis=0))
        return km

    def km_to_tell(
        self, table: Located, rows: Rows, limit_km: Floats, times: float = 1.0
    ) -> Floats:
        """From each seat to the place, just well enough to be compared with a limit and with
        so many times it: 0 when surely within the limit, infinite when surely beyond both.

        To find the nearest commune of a zone is slow: it is done only for the limits that
        neither surely reach the zone nor surely miss it.
        """
        km = np.full(len(rows), np.inf)
        if not len(self.points):
            return km
        xyz = table.xyz.take(rows, axis=0)
        middle = _squared(xyz - self.points.centre)
        farthest = limit_km * times
        # A chord is shorter than its arc: who is too far by the chord is too far.
        if self.is_zone:
            heart_km, extent_km = self.points.from_centre_km
            surely = np.sqrt(middle) + heart_km < limit_km
            km[surely] = 0.0
            these = ((middle <= (farthest + extent_km) ** 2) & ~surely).nonzero()[0]
            some = self.points.nearest_km(xyz[these])
        else:
            these = (middle <= farthest**2).nonzero()[0]
            some = arc_km(middle[these])
        doubtful = _too_close(some, limit_km[these])
        if times > 1:
            doubtful |= _too_close(some, farthest[these])
        for i in doubtful.nonzero()[0].tolist():
            row = rows[these[i]]
            some[i] = self.points.exact_km(table.lat[row], table.lon[row], some[i])
        km[these] = some
        return km

    def to_centre_km(self, table: Located, rows: Rows) -> Floats:
        """From each seat to the middle of the place; NaN when either is not known."""
        if not len(self.points):
            return np.full(len(rows), np.nan)
        return arc_km(_squared(table.xyz.take(rows, axis=0) - self.points.centre))


@dataclass(frozen=True, slots=True)
class Meeting:
    """For each row: whether it works at the place, or only comes near it."""

    met: Flags
    near: Flags


def meeting(
    table: Located,
    rows: Rows,
    reach: Reach,
    include_country: bool = True,
    just_outside: float = JUST_OUTSIDE,
) -> Meeting:
    """When the coverages of some rows meet a place, and when they only come near it.

    A national offer meets any place when it is included, and none when it is not. One asked
    to be seated within a radius is judged by its seat alone, whatever it says it covers.
    Who wants none near by its radius says 1 for `just_outside`: it is quicker.
    """
    coverage = table.coverage[rows]
    national = coverage == COUNTRY
    met, near = np.zeros(len(rows), np.bool_), np.zeros(len(rows), np.bool_)
    if reach.radius_km is not None:
        limit_km = np.full(len(rows), min(reach.radius_km, _ROUND_THE_EARTH_KM))
        km = reach.km_to_tell(table, rows, limit_km, just_outside)
        met, near = km <= limit_km, km <= limit_km * just_outside
    elif not reach.everywhere:
        met = reach.seated(table, rows)
        by_radius = ((coverage == RADIUS) & ~met).nonzero()[0]
        these = rows[by_radius]
        limit_km = np.minimum(table.radius_km[these], _ROUND_THE_EARTH_KM)
        km = reach.km_to_tell(table, these, limit_km, just_outside)
        met[by_radius], near[by_radius] = km <= limit_km, km <= limit_km * just_outside
        by_zone = (coverage == ZONES).nonzero()[0]
        state = _zone_states(table, rows[by_zone], reach)
        met[by_zone] |= state == MET
        near[by_zone] = state == NEAR
    if include_country:
        met |= national
    else:
        met &= ~national
    near &= ~met & ~national
    return Meeting(met, near)


def _zone_states(table: Located, rows: Rows, reach: Reach) -> Codes:
    state = reach.zone_state[table.zone[rows]]
    several = (table.zone_count[rows] > 1).nonzero()[0]
    if several.size:
        starts, sizes = table.zone_start[rows[several]], table.zone_count[rows[several]]
        ends = sizes.cumsum()
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
        self._sorted_lat, self._lon_by_lat = lat[self._by_lat], lon[self._by_lat]
        self._xyz_by_lat = self._xyz[self._by_lat]
        self._members: dict[int, Numbers] = {}
        self._around: dict[int, Numbers] = {}
        self._met: dict[int, Numbers] = {}
        self._reaches: dict[Place, Reach] = {}
        self._reach_of_one = {
            zone: self._reach_of_zones([zone])
            for zone in range(len(codes))
            if self.level(zone) in ("department", "region")
        }

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
            if not region and (known := self.gazetteer.department(department)):
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
            return self._made(place, [], _NO_ZONES, (), _NO_ZONES, _NO_POINTS)
        if place.type == "zones":
            zones = self.zones(place.codes)
            ready = self._reach_of_one.get(zones[0]) if len(zones) == 1 else None
            return ready or self._reach_of_zones(zones)
        seat = self.seat(place.commune, place.lat, place.lon, None, place.department, place.region)
        known = not np.isnan(seat.lat)
        points = Points(np.array([seat.lat][:known]), np.array([seat.lon][:known]))
        around = self._communes_near(points)
        postcodes = {_postcode(place.postcode)}
        own = []
        if seat.commune != NOWHERE:
            own = [seat.commune]
            postcodes |= {_postcode(p) for p in self.gazetteer.communes[seat.commune].postcodes}
        met = np.array([seat.commune, seat.epci, seat.department, seat.region], np.int32)
        return self._made(place, own, met, tuple(sorted(postcodes - {NOWHERE})), around, points)

    def _reach_of_zones(self, zones: list[int]) -> Reach:
        place = Place("zones")
        if not zones:
            return self._made(place, [], _NO_ZONES, (), _NO_ZONES, _NO_POINTS)
        met = np.concatenate([self._zones_met(zone) for zone in zones])
        around = np.concatenate([self._communes_around(zone) for zone in zones])
        members = [self._communes_of(zone) for zone in zones]
        inside = members[0] if len(members) == 1 else np.unique(np.concatenate(members))
        return self._made(place, zones, met, (), around, self._points_of(inside))

    def _made(
        self,
        place: Place,
        zones: list[int],
        met: Numbers,
        postcodes: tuple[int, ...],
        around: Numbers,
        points: Points,
    ) -> Reach:
        state = np.zeros(len(self.codes) + 1, np.uint8)
        state[around] = NEAR
        state[self._parents.take(around, axis=0).ravel()] = NEAR
        state[met] = MET
        state[NOWHERE] = OUT
        return Reach(
            everywhere=place.type == "country",
            radius_km=place.radius_km if place.type == "point" else None,
            seat_zones=tuple((self.level(zone), zone) for zone in zones),
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
        lats, lons = points.lat.tolist(), points.lon.tolist()
        south, north = min(lats) - margin, max(lats) + margin
        low, high = self._sorted_lat.searchsorted([south, north])
        width = margin / max(0.05, cos(radians(max(-south, north))))
        lon = self._lon_by_lat[low:high]
        close = low + ((lon >= min(lons) - width) & (lon <= max(lons) + width)).nonzero()[0]
        km = points.nearest_km(self._xyz_by_lat.take(close, axis=0))
        near: Numbers = self._by_lat[close[km < ZONE_MARGIN_KM]]
        return near


@lru_cache(maxsize=4)
def atlas_of(gazetteer: Gazetteer) -> Atlas:
    """The atlas of a gazetteer, made once a process: it takes half a second."""
    return Atlas(gazetteer)


_NO_ZONES: Numbers = np.empty(0, np.int32)
_NO_POINTS = Points(np.empty(0), np.empty(0))


def _postcode(text: str | None) -> int:
    return int(text) if text and len(text) == 5 and text.isascii() and text.isdigit() else NOWHERE
