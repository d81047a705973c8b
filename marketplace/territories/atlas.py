"""A gazetteer in numbers. Pure."""

from collections.abc import Iterable
from functools import cached_property, lru_cache
from math import cos, radians

import numpy as np

from marketplace.territories.coverage import (
    MET,
    NEAR,
    NOWHERE,
    OUT,
    ZONE_MARGIN_KM,
    Numbers,
    Place,
    Reach,
    Seat,
)
from marketplace.territories.distances import Points, earth
from marketplace.territories.gazetteer import Gazetteer

_LEAST_DEGREE_KM = 110.5
_REACHES_KEPT = 1024
"""As many as there are open needs: 36 kB each, and a tenth of a millisecond to make again."""


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
