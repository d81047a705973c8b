"""XLSX files as people send them, and as spreadsheets open ours."""

import io
import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from marketplace.sheets import BrokenRow, Row, Unreadable, rows, write_xlsx
from marketplace.workbooks.sheet import ENDLESS, ERROR, FORMULA, MERGED, MOST_EMPTY

SHEET = "xl/worksheets/sheet1.xml"
HEAD = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
NAMES = '<row r="1"><c t="str"><v>Nom</v></c><c t="str"><v>Ville</v></c></row>'


def written(header: list[str], *lines: list[object]) -> bytes:
    return b"".join(write_xlsx(header, lines))


def workbook(body: str, after: str = "", whole: str = "") -> bytes:
    """A workbook of ours with rows written by hand."""
    sheet = whole or f"{HEAD}<sheetData>{NAMES}{body}</sheetData>{after}</worksheet>"
    made = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(written(["Nom"]))) as packed,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as again,
    ):
        for name in packed.namelist():
            again.writestr(name, sheet if name == SHEET else packed.read(name))
    return made.getvalue()


def read(content: bytes, *columns: str) -> list[Row | BrokenRow]:
    return list(rows(io.BytesIO(content), columns or ("nom", "ville")))


def line(number: int, *cells: str) -> str:
    return f'<row r="{number}">{"".join(cells)}</row>'


def text(words: str) -> str:
    return f'<c t="inlineStr"><is><t>{words}</t></is></c>'


def test_what_is_written_is_read_again_with_french_dates_at_the_time_of_paris() -> None:
    late = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    sheet = written(
        ["Nom", "Le", "À", "Prix", "Oui"],
        ["=HYPERLINK(0)", date(2026, 2, 1), late, Decimal("12.50"), True],
        ["é😀 <&>\n\0\x07", None, None, 3, False],
    )
    assert [row.cells for row in read(sheet, "nom", "le", "a", "prix", "oui")] == [  # type: ignore[union-attr]  # none is broken
        {"nom": "=HYPERLINK(0)", "le": "01/02/2026", "a": "01/07/2026", "prix": "12.5"}
        | {"oui": "oui"},
        {"nom": "é😀 <&>\n", "le": "", "a": "", "prix": "3", "oui": "non"},
    ]


def test_no_text_that_we_write_is_a_formula() -> None:
    with zipfile.ZipFile(io.BytesIO(written(["=1"], ["=1+1"], ["@SUM(A1)"]))) as packed:
        sheet = packed.read(SHEET).decode()
    assert "<f>" not in sheet
    assert sheet.count('t="inlineStr"') == 3


def test_a_siret_typed_as_a_number_keeps_its_digits() -> None:
    cells = '<c r="A2"><v>2.1890206200015E13</v></c><c r="B2"><v>1.0</v></c>'
    assert read(workbook(line(2, cells))) == [Row(2, {"nom": "21890206200015", "ville": "1"})]


def test_formulas_errors_and_merged_cells_refuse_their_line_alone() -> None:
    sheet = workbook(
        line(2, text("a"), "<c><f>1+1</f><v>2</v></c>")
        + line(3, text("b"), text("Dole"))
        + line(4, '<c t="e"><v>#N/A</v></c>', text("Dole"))
        + line(5, text("c"), text("Dole"))
        + line(6, text("d"), text("Dole")),
        after='<mergeCells><mergeCell ref="A5:A5"/></mergeCells>',
    )
    assert read(sheet) == [
        BrokenRow(2, FORMULA, "ville"),
        Row(3, {"nom": "b", "ville": "Dole"}),
        BrokenRow(4, ERROR, "nom"),
        BrokenRow(5, MERGED),
        Row(6, {"nom": "d", "ville": "Dole"}),
    ]


def test_reading_stops_in_a_million_empty_rows() -> None:
    empty = "".join(f'<row r="{number}"/>' for number in range(3, MOST_EMPTY * 5))
    sheet = workbook(line(2, text("a"), text("Dole")) + empty)
    assert read(sheet) == [
        Row(2, {"nom": "a", "ville": "Dole"}),
        BrokenRow(MOST_EMPTY + 3, ENDLESS),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (workbook("", whole=f'<!DOCTYPE x [<!ENTITY a "b">]>{HEAD}</worksheet>'), "aucun tableur"),
        (workbook("", whole=HEAD + " " * 90_000_000 + "</worksheet>"), "trop de données"),
        (workbook("", whole=HEAD), "abîmé"),
        (b"PK\x03\x04" + b"\0" * 100, "abîmé"),
        (written(["Nom"], ["x"])[:400], "abîmé"),
    ],
    ids=["entities", "bomb", "unfinished", "no archive", "cut short"],
)
def test_what_is_no_sound_workbook_is_refused_in_french(content: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read(content)
