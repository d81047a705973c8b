"""Structures as the public API of the State's marketplace gives them, in JSON. Pure.

A page of its answers, or the list of `results` alone. Source: the OpenAPI description of
lemarche.inclusion.gouv.fr/api, `GET /siae/`.
"""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from marketplace.sheets import Table, Unreadable
from marketplace.workbooks.sheet import Line, Wrong

COLUMNS = (
    "siret",
    "kind",
    "name",
    "brand",
    "address",
    "post_code",
    "city",
    "department",
    "websites",
    "sectors",
)
LONGEST = 4_000
"""Characters of a cell."""


def is_json(file: BinaryIO) -> bool:
    """By its first sign; it is left at its start."""
    head = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
    file.seek(0)
    return head[:1] in (b"{", b"[")


def table(file: BinaryIO) -> Table:
    """The same as a sheet; a line for each structure, counted from 1. Raises Unreadable."""
    try:
        said = json.loads(file.read())
    except (ValueError, RecursionError) as error:
        raise Unreadable("ce n'est pas du JSON") from error
    found = said.get("results") if isinstance(said, dict) else said
    if not isinstance(found, list) or not found:
        raise Unreadable("ce JSON n'a pas de liste «\u00a0results\u00a0»")
    return Table(list(COLUMNS), _lines(found))


def _lines(found: list[Any]) -> Iterator[Line]:
    for number, one in enumerate(found, start=1):
        if isinstance(one, dict):
            yield number, [_words(one.get(name))[:LONGEST] for name in COLUMNS]
        else:
            yield number, Wrong(None, "ce n'est pas une structure")


def _words(value: object) -> str:
    """Of several values, the first website, and all sectors: both are lists of texts or of
    things with a name."""
    if isinstance(value, dict):
        return _words(value.get("name") or value.get("slug") or value.get("website"))
    if isinstance(value, list):
        return "|".join(filter(None, (_words(one) for one in value[:50] if one != value)))
    return "" if value is None else str(value)
