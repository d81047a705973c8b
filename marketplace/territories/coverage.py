"""Where a supplier works, where a need is, and when the one meets the other. Pure."""

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from marketplace.territories.distances import (
    Flags,
    Floats,
    Points,
    arc_km,
    squared,
    too_close,
)

Numbers = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int64]
"""Of a table, as wide as NumPy wants them: it would widen others at each reading."""
Codes = npt.NDArray[np.uint8]

COUNTRY, ZONES, RADIUS = 0, 1, 2
NOWHERE = -1
"""The number of a zone that is not known; it indexes the last cell, which is never met."""

JUST_OUTSIDE = 1.5
"""Times a radius: a place beyond it, and within this, is near."""
ZONE_MARGIN_KM = 30.0
"""A place less than this far from a zone, and outside it, is near."""

OUT, NEAR, MET = 0, 1, 2
_ROUND_THE_EARTH_KM = 41_000.0


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
        middle = squared(xyz - self.points.centre)
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
        doubtful = too_close(some, limit_km[these])
        if times > 1:
            doubtful |= too_close(some, farthest[these])
        for i in doubtful.nonzero()[0].tolist():
            row = rows[these[i]]
            some[i] = self.points.exact_km(table.lat[row], table.lon[row], some[i])
        km[these] = some
        return km

    def to_centre_km(self, table: Located, rows: Rows) -> Floats:
        """From each seat to the middle of the place; NaN when either is not known."""
        if not len(self.points):
            return np.full(len(rows), np.nan)
        return arc_km(squared(table.xyz.take(rows, axis=0) - self.points.centre))


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
