"""A sheet whose columns go by several names, from whatever spreadsheet it comes. Pure."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from marketplace import sheets
from marketplace.text import slug
from marketplace.workbooks.parsing import NotAWorkbook
from marketplace.workbooks.sheet import Wrong

LONGEST = 200
"""Characters kept of a cell."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class NotThisSheet(Exception):
    """It cannot be read, or a column is missing; why, in a French sentence."""


@dataclass(frozen=True, slots=True)
class Row:
    """The cells asked for, on one line and without outer spaces; "" for a column not there."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Refused:
    line: int
    reason: str


Columns = Mapping[str, tuple[str, Sequence[str]]]
"""Column → what people call it, and the other names under which it is looked for, as slugs."""


@dataclass(frozen=True, slots=True)
class Sheet:
    is_workbook: bool
    columns: frozenset[str]
    rows: Iterator[Row | Refused]


def read(file: BinaryIO, columns: Columns, required: Sequence[str], most: int) -> Sheet:
    """The rows of a workbook or of a CSV, whose encoding is guessed as spreadsheets write it.

    Raises NotThisSheet: at once, or on the way beyond `most` rows.
    """
    content = file.read()
    is_workbook = content[:4] == b"PK\x03\x04"
    try:
        table = sheets.table(io.BytesIO(content if is_workbook else _in_utf_8(content)))
    except sheets.Unreadable as error:
        raise NotThisSheet(_why(error)) from error
    names = [slug(name) for name in table.header]
    places: dict[str, int] = {}
    for column, (_, others) in columns.items():
        found = [place for place, name in enumerate(names) if name in others]
        if found:
            places[column] = found[0]
    if missing := [columns[name][0] for name in required if name not in places]:
        raise NotThisSheet(
            f"Il manque {'la colonne' if len(missing) == 1 else 'les colonnes'} "
            f"{', '.join(missing)}. La première ligne du fichier nomme les colonnes."
        )
    rows = _rows(table.lines, columns, places, most)
    return Sheet(is_workbook, frozenset(places), rows)


def _rows(
    lines: Iterator[tuple[int, list[str] | Wrong]],
    columns: Columns,
    places: Mapping[str, int],
    most: int,
) -> Iterator[Row | Refused]:
    try:
        for count, (number, cells) in enumerate(lines, start=1):
            if count > most:
                raise NotThisSheet(
                    f"Ce fichier dépasse {most} lignes\u00a0: partagez-le en plusieurs."
                )
            if isinstance(cells, Wrong):
                yield Refused(number, cells.reason)
                continue
            yield Row(
                number,
                {
                    column: _one_line(cells[places[column]]) if column in places else ""
                    for column in columns
                },
            )
    except sheets.Unreadable as error:
        raise NotThisSheet(_why(error)) from error


def _one_line(cell: str) -> str:
    seen = "".join(c if c.isprintable() else " " for c in cell[: 2 * LONGEST])
    return " ".join(seen.split())[:LONGEST]


def _in_utf_8(content: bytes) -> bytes:
    """French spreadsheets still write CSV in Windows' own encoding, or in UTF-16."""
    if content[:2] in _UTF_16:
        return content.decode("utf-16", "replace").encode()
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", "replace").encode()
    return content


def _why(error: sheets.Unreadable) -> str:
    if isinstance(error.__cause__, NotAWorkbook):
        reason = str(error)
        return f"{reason[0].upper()}{reason[1:]}."
    if "empty" in str(error):
        return "Ce fichier est vide."
    return "Ce fichier n'est pas un tableau lisible\u00a0: enregistrez-le en CSV ou en XLSX."
