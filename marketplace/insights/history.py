"""What others published before Tandem, with its date and source. Pure."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

DATA = files("marketplace.insights") / "data"


@dataclass(frozen=True, slots=True)
class Figure:
    label: str
    value: int
    unit: str
    dated: str
    is_sure: bool = True
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Series:
    """Figures of one programme; two series are never added."""

    region: str
    name: str
    about: str
    source: str
    figures: tuple[Figure, ...]


@cache
def known_series() -> tuple[Series, ...]:
    table = tomllib.loads((DATA / "history.toml").read_text(encoding="utf-8"))
    return tuple(
        Series(**{**row, "figures": tuple(Figure(**figure) for figure in row["figures"])})
        for row in table["series"]
    )


def series_of(region: str) -> list[Series]:
    return [series for series in known_series() if series.region == region]
