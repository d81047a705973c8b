"""The 20 groups and 154 sectors, in the order that forms show them. Pure."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

from marketplace.text import slug

DATA = files("marketplace.sectors") / "data"


@dataclass(frozen=True, slots=True)
class Group:
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Sector:
    """`index` is the sector's place in SECTORS and in every array of 154 probabilities."""

    index: int
    slug: str
    name: str
    group: Group


def _sectors() -> Iterator[tuple[str, Group]]:
    table = tomllib.loads((DATA / "nomenclature.toml").read_text(encoding="utf-8"))
    for row in table["groups"]:
        group = Group(slug(row["name"]), row["name"])
        for name in row["sectors"]:
            yield name, group


SECTORS: tuple[Sector, ...] = tuple(
    Sector(index, slug(name), name, group) for index, (name, group) in enumerate(_sectors())
)
GROUPS: tuple[Group, ...] = tuple(dict.fromkeys(sector.group for sector in SECTORS))
BY_SLUG: dict[str, Sector] = {sector.slug: sector for sector in SECTORS}


def group_of(sector_slug: str) -> str:
    """The slug of the sector's group.

    Raises KeyError for a slug that the nomenclature does not hold.
    """
    return BY_SLUG[sector_slug].group.slug
