"""Spreadsheets as people send and open them: CSV and XLSX, read and written row by row."""

import csv
import io
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from marketplace.text import slug
from marketplace.workbooks import reading, writing
from marketplace.workbooks.parsing import NotAWorkbook
from marketplace.workbooks.sheet import Line, Wrong

LONGEST_LINE = 1_000_000
"""Bytes. A longer line comes from no spreadsheet, and is not worth the memory."""

FORMULAS = frozenset("=+-@\uff1d\uff0b\uff0d\uff20")
"""What makes a spreadsheet run a cell instead of showing it, and the same in full width."""

_MOST_LINES = 200
"""Lines of one row at most: beyond, a quotation mark was opened and never closed."""


class Unreadable(Exception):
    """A sheet that cannot be read at all; the message says why, and where."""


class WrongColumns(Unreadable):
    """A header that does not name what is asked for. `unknown`: the columns that it names
    besides, as written."""

    def __init__(
        self, line: int, missing: Sequence[str], twice: Sequence[str], unknown: Sequence[str]
    ) -> None:
        what = "missing column" if missing else "column given twice"
        super().__init__(f"line {line}: {what}: {', '.join(missing or twice)}")
        self.missing, self.twice, self.unknown = missing, twice, unknown


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
    field: str = "line"
    """The column at fault, when one is."""


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet whatever its columns: their names as written, and the rows below them."""

    header: list[str]
    lines: Iterator[Line]


def table(file: BinaryIO) -> Table:
    """A whole sheet, of a workbook or in CSV, parted by what parts its header the most.

    A row has a cell for each column. Raises Unreadable, as `rows` does.
    """
    if reading.is_workbook(file):
        return _workbook(file)
    lines = _Lines(file)
    _, header = _header(lines)
    delimiter, names = max(
        ((delimiter, _cells_of(header, delimiter)) for delimiter in ",;|\t"),
        key=lambda found: len(found[1]),
    )
    return Table(names, _lines_of(lines, delimiter, len(names)))


def rows(
    file: BinaryIO,
    required: Sequence[str],
    optional: Sequence[str] = (),
    synonyms: Mapping[str, str] | None = None,
) -> Iterator[Row | BrokenRow]:
    """The rows of an XLSX file, or of a CSV one in UTF-8, parted by commas or semicolons, in
    order.

    The header names the columns, in any order and case; those not asked for are passed
    over, and so are empty rows. `synonyms`: the column that another name says. Nothing of a
    workbook is computed: a row with a formula, or with merged cells, is broken.

    Raises Unreadable: at once when the file is empty, or (WrongColumns) a required column is
    missing or given twice; on the way when it is not UTF-8, or no workbook.
    """
    if reading.is_workbook(file):
        found = _workbook(file)
        header, number, lines = found.header, 1, found.lines
        names = _names(header, synonyms)
    else:
        read = _Lines(file)
        number, first = _header(read)
        delimiter, header, names = max(
            (
                (delimiter, cells, _names(cells, synonyms))
                for delimiter in ",;"
                for cells in [_cells_of(first, delimiter)]
            ),
            key=lambda found: len(set(found[2]).intersection(required)),
        )
        lines = _lines_of(read, delimiter, len(names))
    wanted = [name for name in (*required, *optional) if name in names]
    missing = [name for name in required if name not in names]
    twice = [name for name in wanted if names.count(name) > 1]
    if missing or twice:
        told = zip(header, names, strict=True)
        unknown = [said.strip() for said, name in told if said.strip() and name not in wanted]
        raise WrongColumns(number, missing, twice, unknown)
    return _named(lines, names, {name: names.index(name) for name in wanted})


def _named(
    lines: Iterator[Line], names: Sequence[str], places: Mapping[str, int]
) -> Iterator[Row | BrokenRow]:
    for number, cells in lines:
        if isinstance(cells, Wrong):
            at = cells.column
            yield BrokenRow(
                number, cells.reason, "line" if at is None or at >= len(names) else names[at]
            )
        else:
            yield Row(number, {name: cells[place] for name, place in places.items()})


def _workbook(file: BinaryIO) -> Table:
    lines = _told_apart(reading.lines(file))
    number, header = next(lines, (1, None))
    if header is None:
        raise Unreadable("the file is empty")
    if isinstance(header, Wrong):
        raise Unreadable(f"line {number}: {header.reason}")
    return Table(header, _padded(lines, len(header)))


def _told_apart(lines: Iterator[Line]) -> Iterator[Line]:
    try:
        yield from lines
    except NotAWorkbook as error:
        raise Unreadable(str(error)) from error


def _padded(lines: Iterator[Line], columns: int) -> Iterator[Line]:
    for number, cells in lines:
        if isinstance(cells, Wrong):
            yield number, cells
        elif any(cells[columns:]):
            yield number, Wrong(None, f"{len(cells)} cellules pour {columns} colonnes")
        else:
            yield number, (cells + [""] * (columns - len(cells)))[:columns]


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


def _lines_of(lines: _Lines, delimiter: str, columns: int) -> Iterator[Line]:
    while (line := lines.take()) is not None:
        number = line[0]
        try:
            cells = _cells(lines, line, delimiter)
        except csv.Error:
            yield number, Wrong(None, "guillemet jamais fermé, ou cellule trop longue")
            continue
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) < columns or any(cells[columns:]):
            yield number, Wrong(None, f"{len(cells)} cellules pour {columns} colonnes")
            continue
        yield number, cells


def _cells_of(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([header], delimiter=delimiter))
    except csv.Error:
        return []


def _names(header: Sequence[str], synonyms: Mapping[str, str] | None) -> list[str]:
    said = [slug(cell).replace("-", "_") for cell in header]
    return [(synonyms or {}).get(name, name) for name in said]


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


def write_xlsx(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """The pieces of a workbook, as they come: texts stay texts, days and instants of Paris."""
    return writing.write(header, rows)


def neutral(cell: str) -> str:
    """The same text, that no spreadsheet takes for a formula: an apostrophe goes before.

    Source: OWASP, "CSV Injection". Blanks before the sign do not stop every spreadsheet.
    """
    shown = cell.replace("\0", "")
    is_run = shown.startswith(("\t", "\r", "\n")) or shown.lstrip()[:1] in FORMULAS
    return f"'{shown}" if is_run else shown
