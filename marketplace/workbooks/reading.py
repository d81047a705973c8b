"""Workbooks of the XLSX format, read without trust and without memory. Pure.

Nothing is ever computed: a formula is a cell that cannot be read, whatever value it shows. What is
read is the first sheet that people see. Source: ECMA-376 part 1 §18.2 to §18.4 and §18.8.
"""

import re
import zipfile
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from posixpath import join, normpath
from typing import BinaryIO
from xml.parsers import expat

MB = 1024 * 1024
MOST_UNPACKED = 100 * MB
LARGEST_PART = 20 * MB
"""Of the texts, styles and lists that are held at once, unlike the sheet."""

LARGEST_SHEET = 80 * MB
MOST_EMPTY = 10_000
"""Empty rows, one after another, before reading stops: they come from a format laid on a column."""

MOST_COLUMNS = 500
LONGEST_CELL = 32_767
"""Characters, of which a spreadsheet shows no more."""

FORMULA = "formule\u00a0: collez-la comme une valeur"
ERROR = "la cellule contient une erreur"
MERGED = "cellules fusionnées\u00a0: défusionnez-les"
ENDLESS = f"plus de {MOST_EMPTY} lignes vides de suite\u00a0: la suite n'est pas lue"
TOO_WIDE = f"plus de {MOST_COLUMNS} colonnes"

DAY_0 = date(1899, 12, 30)
_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""The formats of dates that have a number of their own."""


class NotAWorkbook(Exception):
    """It cannot be read at all; why, in French."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a row is not read, and at which column, from 0; None when it is the whole row."""

    column: int | None
    reason: str


Line = tuple[int, list[str] | Wrong]
"""A row by its number, from 1, and what its cells say."""


def is_workbook(file: BinaryIO) -> bool:
    """By its first bytes; it is left at its start."""
    if not file.seekable():
        return False
    head = file.read(4)
    file.seek(0)
    return head == b"PK\x03\x04"


def lines(file: BinaryIO) -> Iterator[Line]:
    """The rows of the first sheet that are not empty, in order. Raises NotAWorkbook."""
    try:
        with zipfile.ZipFile(file) as packed:
            _check(packed)
            yield from _lines(packed)
    except expat.ExpatError as error:
        raise NotAWorkbook("ce classeur est abîmé") from error
    # What zipfile says of archives that are none, or not of our age.
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, RuntimeError, OSError) as error:
        raise NotAWorkbook("ce classeur est abîmé ou protégé par un mot de passe") from error


def _check(packed: zipfile.ZipFile) -> None:
    if sum(entry.file_size for entry in packed.infolist()) > MOST_UNPACKED:
        raise NotAWorkbook("ce classeur contient trop de données")


def _part(packed: zipfile.ZipFile, name: str) -> bytes:
    """Never longer than it says to be: zipfile stops there."""
    if packed.getinfo(name).file_size > LARGEST_PART:
        raise NotAWorkbook("ce classeur contient trop de données")
    return packed.read(name)


def _parser() -> expat.XMLParserType:
    """Names come after their namespace and a space. No document type, so no entity at all."""

    def refuse(*_: object) -> None:
        raise NotAWorkbook("ce classeur contient ce qu'aucun tableur n'écrit")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse
    parser.buffer_text = True
    return parser


def _starts(content: bytes, told: Callable[[str, dict[str, str]], None]) -> None:
    parser = _parser()
    parser.StartElementHandler = lambda name, said: told(_local(name), said)
    parser.Parse(content, True)


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _lines(packed: zipfile.ZipFile) -> Iterator[Line]:
    names = set(packed.namelist())
    sheet = _first_sheet(packed)
    if packed.getinfo(sheet).file_size > LARGEST_SHEET:
        raise NotAWorkbook("ce classeur contient trop de données")
    texts = _texts(packed) if "xl/sharedStrings.xml" in names else []
    dates = _date_styles(packed) if "xl/styles.xml" in names else frozenset()
    merged = _merged(packed, sheet)
    reading = _Reading(texts, dates, merged)
    with packed.open(sheet) as content:
        while piece := content.read(256 * 1024):
            reading.parser.Parse(piece, False)
            yield from reading.take()
            if reading.is_over:
                return
        reading.parser.Parse(b"", True)
    yield from reading.take()


def _first_sheet(packed: zipfile.ZipFile) -> str:
    found: list[str] = []
    targets: dict[str, str] = {}

    def sheets(name: str, said: dict[str, str]) -> None:
        if name == "sheet" and said.get("state", "visible") == "visible":
            found.extend(value for key, value in said.items() if _local(key) == "id")

    def relations(name: str, said: dict[str, str]) -> None:
        if name == "Relationship":
            targets[said.get("Id", "")] = said.get("Target", "")

    _starts(_part(packed, "xl/workbook.xml"), sheets)
    _starts(_part(packed, "xl/_rels/workbook.xml.rels"), relations)
    target = targets.get(found[0], "") if found else ""
    if not target:
        raise NotAWorkbook("ce classeur n'a pas de feuille visible")
    return target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))


def _texts(packed: zipfile.ZipFile) -> list[str]:
    """The texts that cells point to; how they are read aloud is passed over."""
    texts: list[str] = []
    pieces: list[str] = []
    open_names: list[str] = []

    def start(name: str, _: dict[str, str]) -> None:
        open_names.append(_local(name))
        if open_names[-1] == "si":
            pieces.clear()

    def said(text: str) -> None:
        if open_names and open_names[-1] == "t" and "rPh" not in open_names:
            pieces.append(text)

    def end(name: str) -> None:
        open_names.pop()
        if _local(name) == "si":
            texts.append("".join(pieces))

    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = said
    parser.Parse(_part(packed, "xl/sharedStrings.xml"), True)
    return texts


def _date_styles(packed: zipfile.ZipFile) -> frozenset[int]:
    """The styles of cells that show a day."""
    formats: set[int] = set(_DATES)
    styles: list[int] = []
    is_in_cells = False

    def start(name: str, said: dict[str, str]) -> None:
        nonlocal is_in_cells
        local = _local(name)
        if local == "numFmt":
            shown = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", said.get("formatCode", "")).lower()
            if "d" in shown or "yy" in shown or "aa" in shown or "j" in shown:
                formats.add(_whole(said.get("numFmtId", "")))
        elif local == "cellXfs":
            is_in_cells = True
        elif local == "xf" and is_in_cells:
            styles.append(_whole(said.get("numFmtId", "")))

    def end(name: str) -> None:
        nonlocal is_in_cells
        if _local(name) == "cellXfs":
            is_in_cells = False

    parser = _parser()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(_part(packed, "xl/styles.xml"), True)
    return frozenset(place for place, number in enumerate(styles) if number in formats)


def _whole(said: str) -> int:
    return int(said) if said.isdecimal() and len(said) < 10 else -1


@dataclass
class _Merged:
    """Which rows hold merged cells: runs of rows, in order, apart from each other."""

    firsts: list[int] = field(default_factory=list)
    lasts: list[int] = field(default_factory=list)

    def __contains__(self, line: int) -> bool:
        place = bisect_right(self.firsts, line) - 1
        return place >= 0 and line <= self.lasts[place]


def _merged(packed: zipfile.ZipFile, sheet: str) -> _Merged:
    """They are told after the rows, so the sheet is read twice."""
    runs: list[tuple[int, int]] = []

    def start(name: str, said: dict[str, str]) -> None:
        if name.endswith(" mergeCell"):
            ends = [_whole(re.sub(r"\D", "", end)) for end in said.get("ref", "").split(":")]
            runs.append((min(ends), max(ends)))

    parser = _parser()
    parser.StartElementHandler = start
    with packed.open(sheet) as content:
        while piece := content.read(256 * 1024):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    merged = _Merged()
    for first, last in sorted(runs):
        if merged.lasts and first <= merged.lasts[-1] + 1:
            merged.lasts[-1] = max(merged.lasts[-1], last)
        else:
            merged.firsts.append(first)
            merged.lasts.append(last)
    return merged


class _Reading:
    """What a sheet says while it is parsed, row by row."""

    def __init__(self, texts: Sequence[str], dates: frozenset[int], merged: _Merged) -> None:
        self.is_over = False
        self._texts, self._dates, self._merged = texts, dates, merged
        self._whole: list[Line] = []
        self._line, self._empty = 0, 0
        self._cells: list[str] = []
        self._wrong: Wrong | None = None
        self._column, self._kind, self._style = -1, "n", 0
        self._pieces: list[str] = []
        self._is_value = False
        self.parser = _parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._said

    def take(self) -> list[Line]:
        whole, self._whole = self._whole, []
        return whole

    def _start(self, name: str, said: dict[str, str]) -> None:
        local = _local(name)
        if local == "c":
            self._column = _column(said.get("r", "")) if "r" in said else self._column + 1
            self._kind, self._style = said.get("t", "n"), _whole(said.get("s", "0"))
            self._pieces = []
        elif local == "row":
            number = _whole(said.get("r", ""))
            self._line = number if number > self._line else self._line + 1
            self._cells, self._wrong, self._column = [], None, -1
        elif local == "f":
            self._refuse(FORMULA)
        elif local in ("v", "t"):
            self._is_value = True

    def _said(self, text: str) -> None:
        if self._is_value:
            self._pieces.append(text)

    def _end(self, name: str) -> None:
        local = _local(name)
        if local in ("v", "t"):
            self._is_value = False
        elif local == "c":
            self._keep("".join(self._pieces))
        elif local == "row":
            self._finish()

    def _keep(self, said: str) -> None:
        if not said:
            return
        if self._kind == "e":
            self._refuse(ERROR)
        if self._column >= MOST_COLUMNS:
            self._wrong = self._wrong or Wrong(None, TOO_WIDE)
            return
        self._cells += [""] * (self._column + 1 - len(self._cells))
        self._cells[self._column] = self._shown(said)

    def _shown(self, said: str) -> str:
        if self._kind == "s":
            place = _whole(said)
            return self._texts[place] if 0 <= place < len(self._texts) else ""
        if self._kind == "b":
            return "oui" if said == "1" else "non"
        if self._kind == "n":
            return _number(said, self._style in self._dates)
        return said

    def _refuse(self, reason: str) -> None:
        self._wrong = self._wrong or Wrong(self._column, reason)

    def _finish(self) -> None:
        if self.is_over:
            return
        if self._wrong is None and not any(cell.strip() for cell in self._cells):
            self._empty += 1
            if self._empty > MOST_EMPTY:
                self._whole.append((self._line, Wrong(None, ENDLESS)))
                self.is_over = True
            return
        self._empty = 0
        if self._line in self._merged:
            self._wrong = Wrong(None, MERGED)
        self._whole.append((self._line, self._wrong or self._cells))


def _column(reference: str) -> int:
    """« B7 » is column 1."""
    place = 0
    for letter in reference[:4]:
        if not "A" <= letter <= "Z":
            break
        place = place * 26 + ord(letter) - 64
    return place - 1 if place else MOST_COLUMNS


def _number(said: str, is_date: bool) -> str:
    """A whole number without its point: a SIRET is often one, in scientific notation."""
    try:
        number = Decimal(said.strip())
    except InvalidOperation:
        return said
    if not number.is_finite() or abs(number.adjusted()) > 30:
        return said
    if is_date and 0 <= number < 2_958_466:  # the year 10000
        return (DAY_0 + timedelta(days=int(number))).strftime("%d/%m/%Y")
    plain = f"{number:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
