"""The texts that levers and rates rest on, each with its source and what it leaves unsure. Pure."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from marketplace.formats import percent

FILE = Path(__file__).parent / "data" / "texts.toml"


@dataclass(frozen=True)
class Text:
    title: str
    about: str
    source: str
    mark: str
    since: date | None = None
    doubt: str = ""

    @property
    def is_sure(self) -> bool:
        return self.mark == "V" and not self.doubt


@cache
def texts() -> dict[str, Text]:
    entries = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {article: Text(**entry) for article, entry in entries.items()}


PROGRAMMES = {
    "npnru": (0.05, "NPNRU, travaux et ingénierie"),
    "gup": (0.10, "Gestion urbaine de proximité"),
}
"""Rates of hours worked asked by the urban renewal charter, with what each applies to."""


def programme_label(code: str) -> str:
    rate, name = PROGRAMMES[code]
    return f"{name}\u00a0: {percent(rate)} des heures travaillées (charte 2014-2024)"
