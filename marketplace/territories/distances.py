"""Distances on the ground. Pure.

They are those of the WGS84 ellipsoid. Chords through the ellipsoid, bent to arcs, are within 2
millionths of the geodesic up to 450 km; whatever falls too close to a limit is measured again by
the geodesic itself (see docs/matching.md).
"""

import numpy as np
import numpy.typing as npt
from pyproj import Geod

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_GEOD = Geod(ellps="WGS84")
_EQUATOR_KM = 6378.137
_E2 = 0.0066943799901413165
_MEAN_KM = 6371.0
_DOUBT = 5e-4
_ROOM = 1.01
_PAIRS_AT_ONCE = 100_000


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


def squared(away: Floats) -> Floats:
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
            lengths = squared(away)
            km = arc_km(lengths)
            self.from_centre_km = (
                float(km.min()) * _ROOM + _ROOM,
                float(km.max()) * _ROOM + _ROOM,
            )
            self._halves = np.vstack([away.T, lengths / -2])

    def __len__(self) -> int:
        return len(self.lat)

    def nearest_km(self, xyz: Floats) -> Floats:
        """From each point given to the nearest of these; NaN for a point that is not known."""
        if not len(self):
            return np.full(len(xyz), np.nan)
        if len(self) == 1:
            return arc_km(squared(xyz - self.xyz))
        return arc_km(squared(xyz - self.xyz[self._nearest(xyz)]))

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
        km = arc_km(squared(self.xyz - earth(lat, lon)))
        close = np.flatnonzero(km <= about_km * (1 + 2 * _DOUBT) + 1e-6)
        return float(geodesic_km(self.lat[close], self.lon[close], lat, lon).min())


def too_close(km: Floats, limit_km: Floats) -> Flags:
    """Whether an arc is too close to a limit to tell its side: the geodesic has to."""
    doubtful: Flags = (np.abs(km - limit_km) <= _DOUBT * limit_km) & (km > 0)
    return doubtful
