"""Which of many places a structure's offers could reach, told at a glance. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from marketplace.matching.index import Index
from marketplace.territories.coverage import (
    COUNTRY,
    JUST_OUTSIDE,
    MET,
    NEAR,
    NOWHERE,
    Numbers,
    Place,
    Reach,
    Rows,
)
from marketplace.territories.distances import Flags, squared


@dataclass(frozen=True, slots=True)
class Site:
    """Where the work of a need is; whether it wants national offers, and whether it may be of a
    sector of these offers: if not, only of the same groups, they have to work there."""

    place: Place
    include_country: bool
    is_shared: bool


def could_reach(index: Index, sites: Sequence[Site]) -> list[bool]:
    """Whether some of a few offers works at each site, or comes near it.

    It errs on one side only: who could reach a place is never left out, which ranking then
    tells for certain at ten times the cost.
    """
    columns = index.columns
    is_national = columns.coverage == COUNTRY
    nationals, rows = bool(is_national.any()), np.flatnonzero(~is_national)
    if not len(rows):
        return [nationals and site.include_country for site in sites]
    reaches = [index.atlas.reach(site.place) for site in sites]
    seats = _known(columns.commune, columns.epci, columns.department, columns.region)
    postcodes, zones = _known(columns.postcode), columns.zones
    told = zip(sites, reaches, _are_close(index, rows, sites, reaches).tolist(), strict=True)
    return [
        (nationals and site.include_country)
        or (
            not reach.everywhere
            and (
                is_close
                or not seats.isdisjoint(zone for _, zone in reach.seat_zones)
                or not postcodes.isdisjoint(reach.postcodes)
                or bool((reach.zone_state[zones] >= (NEAR if site.is_shared else MET)).any())
            )
        )
        for site, reach, is_close in told
    ]


def _are_close(index: Index, rows: Rows, sites: Sequence[Site], reaches: Sequence[Reach]) -> Flags:
    """By the chords to the middles of the places, which are shorter than the ways there; what
    is not known may be close."""
    columns, nowhere = index.columns, np.full(3, np.nan)
    middles = np.array([r.points.centre if len(r.points) else nowhere for r in reaches])
    extents = np.array([r.points.from_centre_km[1] for r in reaches])
    asked = np.array([r.radius_km or 0.0 for r in reaches])
    times = np.where([site.is_shared for site in sites], JUST_OUTSIDE, 1.0)
    close = np.zeros(len(reaches), np.bool_)
    radii = np.nan_to_num(columns.radius_km[rows]).tolist()
    for seat, radius_km in zip(columns.xyz[rows], radii, strict=True):
        farthest = extents + times * np.maximum(asked, radius_km)
        close |= ~(squared(middles.reshape(-1, 3) - seat) > farthest**2)
    return close


def _known(*columns: Numbers) -> set[int]:
    numbers: Iterable[int] = np.unique(np.concatenate(columns)).tolist()
    return set(numbers) - {NOWHERE}
