"""Spreadsheets as people send and open them: CSV read and written row by row, however long."""

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from marketplace.text import slug

LONGEST_LINE = 1_000_000
"""Bytes. A longer line comes from no spreadsheet, and is not worth the memory."""

FORMULAS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
"""What makes a spreadsheet run a cell instead of showing it, and the same in full width."""

_MOST_LINES = 200
"""Lines of one row at most: beyond, a quotation mark was opened and never closed."""


class Unreadable(Exception):
    """A sheet that cannot be read at all; the message says why, and where."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row, by the number of its first line; one cell for each column asked for and there."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """A row whose cells cannot be told apart; why, in French."""

    line: int
    reason: str


def rows(
    file: BinaryIO, required: Sequence[str], optional: Sequence[str] = ()
) -> Iterator[Row | BrokenRow]:
    """The rows of a CSV file in UTF-8, parted by commas or semicolons, in order.

    The header names the columns, in any order and case; those not asked for are passed
    over, and so are empty rows.

    Raises Unreadable: at once when the file is empty, or a required column is missing or
    given twice; on the way when it is not UTF-8.
    """
    lines = _Lines(file)
    number, header = _header(lines)
    delimiter, names = max(
        ((delimiter, _names(header, delimiter)) for delimiter in ",;"),
        key=lambda found: len(set(found[1]).intersection(required)),
    )
    wanted = [name for name in (*required, *optional) if name in names]
    if missing := [name for name in required if name not in names]:
        raise Unreadable(f"line {number}: missing column: {', '.join(missing)}")
    if twice := [name for name in wanted if names.count(name) > 1]:
        raise Unreadable(f"line {number}: column given twice: {', '.join(twice)}")
    places = {name: names.index(name) for name in wanted}
    return _rows(lines, delimiter, len(names), places)


class _Lines:
    """The lines of a file with their numbers, which can be given back."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._number = 0
        self._ahead: deque[tuple[int, str]] = deque()

    def take(self) -> tuple[int, str] | None:
        if self._ahead:
            return self._ahead.popleft()
        try:
            line = self._file.readline(LONGEST_LINE + 1)
        except OSError as error:
            raise Unreadable(error.strerror or str(error)) from error
        if not line:
            return None
        self._number += 1
        if len(line) > LONGEST_LINE:
            raise Unreadable(f"line {self._number}: longer than {LONGEST_LINE} bytes")
        try:
            text = line.decode("utf-8-sig" if self._number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise Unreadable(f"line {self._number}: not UTF-8") from error
        return self._number, text

    def give_back(self, lines: Sequence[tuple[int, str]]) -> None:
        self._ahead.extendleft(reversed(lines))


def _header(lines: _Lines) -> tuple[int, str]:
    while (line := lines.take()) is not None:
        if line[1].strip():
            return line
    raise Unreadable("the file is empty")


def _rows(
    lines: _Lines, delimiter: str, columns: int, places: Mapping[str, int]
) -> Iterator[Row | BrokenRow]:
    while (line := lines.take()) is not None:
        number = line[0]
        try:
            cells = _cells(lines, line, delimiter)
        except csv.Error:
            yield BrokenRow(number, "guillemet jamais fermé, ou cellule trop longue")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) < columns or any(cells[columns:]):
            yield BrokenRow(number, f"{len(cells)} cellules pour {columns} colonnes")
            continue
        yield Row(number, {name: cells[place] for name, place in places.items()})


def _names(header: str, delimiter: str) -> list[str]:
    try:
        cells = next(csv.reader([header], delimiter=delimiter))
    except csv.Error:
        return []
    return [slug(cell).replace("-", "_") for cell in cells]


def _cells(lines: _Lines, first: tuple[int, str], delimiter: str) -> list[str]:
    """The cells of the row that starts on a line, further lines taken while a quote is open.

    Raises csv.Error, and then only the first line is lost: reading goes on from the next.
    """
    further: list[tuple[int, str]] = []

    def feed() -> Iterator[str]:
        yield first[1]
        while len(further) < _MOST_LINES and (line := lines.take()) is not None:
            further.append(line)
            yield line[1]
        raise csv.Error("a quotation mark is never closed")

    try:
        return next(csv.reader(feed(), delimiter=delimiter))
    except csv.Error:
        lines.give_back(further)
        raise


def write_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The lines of a file that a French spreadsheet opens by itself: semicolons, UTF-8 said
    at its head. Texts are neutralised, and nothing is written for None."""
    yield "\ufeff"
    line = io.StringIO()
    writer = csv.writer(line, delimiter=";", lineterminator="\r\n")
    for row in chain([header], rows):
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in row])
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def neutral(cell: str) -> str:
    """The same text, that no spreadsheet takes for a formula: an apostrophe goes before.

    Source: OWASP, "CSV Injection". Blanks before the sign do not stop every spreadsheet.
    """
    shown = cell.replace("\0", "")
    is_run = shown.startswith(("\t", "\r", "\n")) or shown.lstrip()[:1] in FORMULAS
    return f"'{shown}" if is_run else shown
