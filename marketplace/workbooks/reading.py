"""Workbooks of the XLSX format, read without trust and without memory. Pure.

Nothing is ever computed: a formula is a cell that cannot be read, whatever value it shows. What is
read is the first sheet that people see. Source: ECMA-376 part 1 §18.2 to §18.4 and §18.8.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from posixpath import join, normpath
from typing import BinaryIO
from xml.parsers import expat

from marketplace.workbooks.parsing import (
    NotAWorkbook,
    local_name,
    new_parser,
    tell_starts,
    whole_number,
)
from marketplace.workbooks.sheet import Line, Merged, Sheet

MB = 1024 * 1024
MOST_UNPACKED = 100 * MB
LARGEST_PART = 20 * MB
"""Of the texts, styles and lists that are held at once, unlike the sheet."""

LARGEST_SHEET = 80 * MB
TOO_MUCH = "ce classeur contient trop de données"
_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""The formats of dates that have a number of their own."""


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
        raise NotAWorkbook(TOO_MUCH)


def _part(packed: zipfile.ZipFile, name: str) -> bytes:
    """Never longer than it says to be: zipfile stops there."""
    if packed.getinfo(name).file_size > LARGEST_PART:
        raise NotAWorkbook(TOO_MUCH)
    return packed.read(name)


def _lines(packed: zipfile.ZipFile) -> Iterator[Line]:
    names = set(packed.namelist())
    sheet = _first_sheet(packed)
    if packed.getinfo(sheet).file_size > LARGEST_SHEET:
        raise NotAWorkbook(TOO_MUCH)
    texts = _texts(packed) if "xl/sharedStrings.xml" in names else []
    dates = _date_styles(packed) if "xl/styles.xml" in names else frozenset()
    merged = _merged(packed, sheet)
    rows = Sheet(texts, dates, merged)
    with packed.open(sheet) as content:
        while piece := content.read(256 * 1024):
            rows.parser.Parse(piece, False)
            yield from rows.take()
            if rows.is_over:
                return
        rows.parser.Parse(b"", True)
    yield from rows.take()


def _first_sheet(packed: zipfile.ZipFile) -> str:
    found: list[str] = []
    targets: dict[str, str] = {}

    def sheets(name: str, said: dict[str, str]) -> None:
        if name == "sheet" and said.get("state", "visible") == "visible":
            found.extend(value for key, value in said.items() if local_name(key) == "id")

    def relations(name: str, said: dict[str, str]) -> None:
        if name == "Relationship":
            targets[said.get("Id", "")] = said.get("Target", "")

    tell_starts(_part(packed, "xl/workbook.xml"), sheets)
    tell_starts(_part(packed, "xl/_rels/workbook.xml.rels"), relations)
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
        open_names.append(local_name(name))
        if open_names[-1] == "si":
            pieces.clear()

    def said(text: str) -> None:
        if open_names and open_names[-1] == "t" and "rPh" not in open_names:
            pieces.append(text)

    def end(name: str) -> None:
        open_names.pop()
        if local_name(name) == "si":
            texts.append("".join(pieces))

    parser = new_parser()
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
        local = local_name(name)
        if local == "numFmt":
            shown = re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", said.get("formatCode", "")).lower()
            if "d" in shown or "yy" in shown or "aa" in shown or "j" in shown:
                formats.add(whole_number(said.get("numFmtId", "")))
        elif local == "cellXfs":
            is_in_cells = True
        elif local == "xf" and is_in_cells:
            styles.append(whole_number(said.get("numFmtId", "")))

    def end(name: str) -> None:
        nonlocal is_in_cells
        if local_name(name) == "cellXfs":
            is_in_cells = False

    parser = new_parser()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(_part(packed, "xl/styles.xml"), True)
    return frozenset(place for place, number in enumerate(styles) if number in formats)


def _merged(packed: zipfile.ZipFile, sheet: str) -> Merged:
    """They are told after the rows, so the sheet is read twice."""
    runs: list[tuple[int, int]] = []

    def start(name: str, said: dict[str, str]) -> None:
        if name.endswith(" mergeCell"):
            ends = [whole_number(re.sub(r"\D", "", end)) for end in said.get("ref", "").split(":")]
            runs.append((min(ends), max(ends)))

    parser = new_parser()
    parser.StartElementHandler = start
    with packed.open(sheet) as content:
        while piece := content.read(256 * 1024):
            parser.Parse(piece, False)
        parser.Parse(b"", True)
    merged = Merged()
    for first, last in sorted(runs):
        if merged.lasts and first <= merged.lasts[-1] + 1:
            merged.lasts[-1] = max(merged.lasts[-1], last)
        else:
            merged.firsts.append(first)
            merged.lasts.append(last)
    return merged
