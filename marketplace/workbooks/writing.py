"""Workbooks of the XLSX format, written row by row, whatever their length. Pure.

Source: ECMA-376 part 1 §18.3 and §18.8.
"""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from marketplace.workbooks.sheet import DAY_0

LONGEST_CELL = 32_767
"""Characters, of which a spreadsheet shows no more."""

_PARIS = ZoneInfo("Europe/Paris")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PACK = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TEXT, _TITLE, _DAY, _INSTANT = 1, 2, 3, 4
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACK}/content-types">'
    '<Default Extension="rels"'
    ' ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/>'
    "</Types>",
    "_rels/.rels": f'<Relationships xmlns="{_PACK}/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    "</Relationships>",
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="Feuille 1" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACK}/relationships">'
    f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="2"><numFmt numFmtId="164" formatCode="dd/mm/yyyy"/>'
    '<numFmt numFmtId="165" formatCode="dd/mm/yyyy\\ hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"'
    ' applyNumberFormat="1"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" quotePrefix="1"'
    ' applyNumberFormat="1" applyFont="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    "</cellXfs></styleSheet>",
}
_UNSEEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML cannot hold."""


class _Sink(io.RawIOBase):
    """Gives what was written to it since it was last asked."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: object) -> int:
        written = bytes(piece)  # type: ignore[call-overload]  # any buffer, as io has it
        self._pieces.append(written)
        return len(written)

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def write(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """A workbook of one sheet, piece by piece, its first row kept in sight.

    Texts are told to be texts, so that none is taken for a formula. Days and instants are
    shown as in France, at the time of Paris; True is « oui »; None leaves the cell empty.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in _PARTS.items():
            packed.writestr(name, _HEAD + content)
        with packed.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write(_opening(len(header)).encode())
            sheet.write(_row(1, header, _TITLE).encode())
            pending: list[str] = []
            for number, row in enumerate(rows, start=2):
                pending.append(_row(number, row, _TEXT))
                if len(pending) == 500:
                    sheet.write("".join(pending).encode())
                    pending.clear()
                    yield sink.take()
            sheet.write(("".join(pending) + "</sheetData></worksheet>").encode())
    yield sink.take()


def _opening(columns: int) -> str:
    return (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f'</sheetView></sheetViews><cols><col min="1" max="{max(1, columns)}" width="22"'
        ' customWidth="1"/></cols><sheetData>'
    )


def _row(number: int, cells: Sequence[object], text_style: int) -> str:
    return f'<row r="{number}">{"".join(_cell(cell, text_style) for cell in cells)}</row>'


def _cell(value: object, text_style: int) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, bool):
        value = "oui" if value else "non"
    if isinstance(value, int | float | Decimal):
        return f"<c><v>{value}</v></c>"
    if isinstance(value, datetime):
        local = value.astimezone(_PARIS) if value.tzinfo else value
        seconds = timedelta(hours=local.hour, minutes=local.minute).total_seconds()
        days = (local.date() - DAY_0).days + seconds / 86_400
        return f'<c s="{_INSTANT}"><v>{days:.10f}</v></c>'
    if isinstance(value, date):
        return f'<c s="{_DAY}"><v>{(value - DAY_0).days}</v></c>'
    text = escape(_UNSEEN.sub("", str(value))[:LONGEST_CELL])
    return f'<c t="inlineStr" s="{text_style}"><is><t xml:space="preserve">{text}</t></is></c>'
