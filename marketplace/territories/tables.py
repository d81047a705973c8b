"""Rows: communes, EPCI, departments, regions and the country, by INSEE code; districts."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.db import Base
from marketplace.territories.gazetteer import Kind


class Territory(Base):
    """A territory and those that hold it. `approximate`: its point is a mean of neighbours'.

    Regions are null for the communes of overseas collectivities; so are points where no
    neighbour has one.
    """

    __tablename__ = "territories"
    __table_args__ = (
        Index("ix_territories_kind_sort_key", "kind", "sort_key"),
        Index("ix_territories_postcodes", "postcodes", postgresql_using="gin"),
    )

    code: Mapped[str] = mapped_column(String(9), primary_key=True)
    kind: Mapped[Kind]
    name: Mapped[str] = mapped_column(String(120))
    sort_key: Mapped[str] = mapped_column(String(140, collation="C"))
    department: Mapped[str | None] = mapped_column(String(3), index=True)
    region: Mapped[str | None] = mapped_column(String(3), index=True)
    epci: Mapped[str | None] = mapped_column(String(9), index=True)
    postcodes: Mapped[list[str]] = mapped_column(ARRAY(String(5)), default=list)
    population: Mapped[int | None]
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    approximate: Mapped[bool] = mapped_column(default=False)


class District(Base):
    """A priority district, by its official code, in one generation of the list.

    `outline` is WKB, in longitudes and latitudes. `is_repaired`: it crossed itself.
    """

    __tablename__ = "districts"

    code: Mapped[str] = mapped_column(String(10), primary_key=True)
    generation: Mapped[str] = mapped_column(String(10), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    outline: Mapped[bytes]
    is_repaired: Mapped[bool] = mapped_column(default=False)
    loaded_at: Mapped[datetime]


class ReferenceLoad(Base):
    """Which edition of a shipped file the tables hold."""

    __tablename__ = "reference_loads"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
