"""Territories read from the database."""

from dataclasses import replace

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from marketplace.territories.gazetteer import Gazetteer, Kind
from marketplace.territories.tables import ReferenceLoad, Territory

EXACT_POINTS = "exact_points"
"""The name, in `reference_loads`, of the points that an operator loaded, all files together."""

_with_exact_points: dict[str, Gazetteer] = {}


def gazetteer(session: Session) -> Gazetteer:
    """Every territory of the shipped edition, with the points that an operator loaded.

    One small query, unless points were loaded since this process last asked: the very same
    gazetteer comes back, so what others keep beside it stays good.
    """
    loaded = edition(session, EXACT_POINTS)
    if loaded is None:
        return Gazetteer.shipped()
    if loaded not in _with_exact_points:
        fresh = _read(session)
        _with_exact_points.clear()
        _with_exact_points[loaded] = fresh
    return _with_exact_points[loaded]


def inside(code: str) -> Select[str]:
    """The code of a territory and of those that lie in it, an EPCI's own in no other zone."""
    return select(Territory.code).where(
        or_(
            Territory.code == code,
            Territory.epci == code,
            Territory.department == code,
            Territory.region == code,
        )
    )


def touches(column: InstrumentedAttribute[str], code: str) -> ColumnElement[bool]:
    """Of a column of codes: the territory that it names and this one have a commune in common.

    The shipped edition says so: points that an operator loads move no commune to another zone.
    """
    return or_(column.in_(inside(code)), column.in_(Gazetteer.shipped().zones_touching(code)))


def edition(session: Session, name: str) -> str | None:
    """The digest of what was last loaded under a name."""
    return session.scalar(select(ReferenceLoad.digest).where(ReferenceLoad.name == name))


def _read(session: Session) -> Gazetteer:
    shipped = Gazetteer.shipped()
    rows = session.execute(
        select(Territory.code, Territory.lat, Territory.lon, Territory.approximate).where(
            Territory.kind == Kind.COMMUNE
        )
    )
    points = {code: (lat, lon, approximate) for code, lat, lon, approximate in rows}
    return replace(
        shipped,
        communes=tuple(
            replace(commune, lat=point[0], lon=point[1], approximate=point[2])
            if (point := points.get(commune.code))
            else commune
            for commune in shipped.communes
        ),
    )
