"""Reads: priority districts, and the structures that are seated in one."""

from collections.abc import Sequence

import numpy as np
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.queries import holds
from marketplace.structures.tables import Structure
from marketplace.territories.districts import GENERATIONS
from marketplace.territories.gazetteer import COUNTRY, Commune, Gazetteer
from marketplace.territories.tables import District

MOST_NAMED = 20
LEAST_SQUARE = 1e-5
"""About 350 m: nearer than that, which middle is the nearer means nothing."""


def district_of(session: Session, code: str) -> District | None:
    """The district of this code, as the latest list that holds it draws it."""
    named = select(District).where(District.code == code)
    return session.scalars(named.order_by(District.generation.desc()).limit(1)).first()


def districts_named(session: Session, words: str) -> Sequence[District]:
    """Those whose name holds these words, some at most, by name."""
    named = select(District).where(holds(words, District.name))
    ordered = named.order_by(District.name, District.generation.desc(), District.code)
    return session.scalars(ordered.limit(MOST_NAMED)).all()


def generation_label(district: District) -> str:
    return {str(one): label for one, label in GENERATIONS.items()}[district.generation]


def structures_in(session: Session, district: District) -> list[int]:
    """The structures seated inside; of one whose point is its commune's middle, nobody knows."""
    outline = shapely.from_wkb(district.outline)
    west, south, east, north = outline.bounds
    close = session.execute(
        select(Structure.id, Structure.lon, Structure.lat).where(
            Structure.is_active,
            ~Structure.is_point_approximate,
            Structure.lat.between(south, north),
            Structure.lon.between(west, east),
        )
    ).all()
    return [row.id for row in close if outline.intersects(shapely.Point(row.lon, row.lat))]


def commune_around(places: Gazetteer, district: District) -> Commune:
    """The likeliest commune, since the lists do not say which: the one that draws the most, by
    its people over the square of its distance. Districts are parts of towns, not of the
    villages beside them."""
    middle = shapely.from_wkb(district.outline).representative_point()
    known = [one for one in places.communes_in(COUNTRY) if one.lat is not None]
    lat, lon = places.zone_points(COUNTRY)
    squeezed = (lon - middle.x) * np.cos(np.radians(middle.y))
    square = (lat - middle.y) ** 2 + squeezed**2 + LEAST_SQUARE
    people = np.array([one.population for one in known])
    return known[int(np.argmax(people / square))]
