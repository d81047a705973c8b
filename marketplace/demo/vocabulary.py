"""Our own words, out of which the demonstration is made. Pure."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

Words = Mapping[str, Any]


@cache
def words_of(name: str) -> Words:
    shipped = files("marketplace.demo") / "words" / f"{name}.toml"
    return tomllib.loads(shipped.read_text(encoding="utf-8"))
