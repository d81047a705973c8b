"""CSV files as people send them, and as they open ours."""

import csv
import io
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.sheets import (
    FORMULAS,
    LONGEST_LINE,
    BrokenRow,
    Row,
    Unreadable,
    rows,
    write_csv,
)


def read(content: bytes) -> list[Row | BrokenRow]:
    return list(rows(io.BytesIO(content), ["name", "city"], ["email"]))


def cells(content: str) -> list[dict[str, str]]:
    found = read(content.encode())
    assert all(isinstance(row, Row) for row in found), found
    return [dict(row.cells) for row in found if isinstance(row, Row)]


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_commas_or_semicolons_are_read_with_or_without_a_mark(
    delimiter: str, mark: str, end: str
) -> None:
    lines = [delimiter.join(line) for line in (("name", "city"), ("Élan", "Dole"))]
    assert cells(mark + end.join(lines)) == [{"name": "Élan", "city": "Dole"}]


def test_columns_come_in_any_order_and_case_and_others_are_ignored() -> None:
    assert cells('"City" ;colour;NAME\nDole;blue;Élan\n') == [{"city": "Dole", "name": "Élan"}]


def test_a_cell_holds_delimiters_quotation_marks_and_line_ends() -> None:
    sheet = 'name,city\n"a, ""b""\nc",Dole\nd,Dijon\n'
    assert [row.line for row in read(sheet.encode())] == [2, 4]
    assert cells(sheet)[0]["name"] == 'a, "b"\nc'


def test_a_quotation_mark_inside_a_bare_cell_is_a_letter_like_another() -> None:
    assert cells('name,city\nTuyaux 5" et plus,Dole\n')[0]["name"] == 'Tuyaux 5" et plus'


def test_empty_rows_are_passed_over() -> None:
    assert cells("\n\nname,city\n\n,\n   \nÉlan,Dole\n") == [{"name": "Élan", "city": "Dole"}]


def test_an_unclosed_quotation_mark_loses_its_own_line_only() -> None:
    found = read(b'name,city\n"a,Dole\n' + b"b,Dole\n" * 500)
    assert isinstance(found[0], BrokenRow)
    assert found[0].line == 2
    assert [row.line for row in found[1:] if isinstance(row, Row)] == list(range(3, 503))


def test_a_row_with_too_few_or_too_many_cells_is_broken() -> None:
    found = read(b"name,city\na\nb,Dole,more\nc,Dole,\n")
    assert [type(row) for row in found] == [BrokenRow, BrokenRow, Row]


def test_a_cell_of_200_000_characters_breaks_its_row_only() -> None:
    found = read(b"name,city\n" + b"a" * 200_000 + b",Dole\nb,Dole\n")
    assert [type(row) for row in found] == [BrokenRow, Row]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"name,town\na,Dole\n", "line 1: missing column: city"),
        (b"name,city,name\na,Dole,b\n", "line 1: column given twice: name"),
        ("name,city\na,Besançon\n".encode("latin-1"), "line 2: not UTF-8"),
        ("name,city\n".encode("utf-16"), "line 1: not UTF-8"),
        (b"\x89PNG\r\n\x1a\n\0\0", "line 1: not UTF-8"),
        (b"\0" * 100, "line 1: missing column"),
        (b"a" * (LONGEST_LINE + 1), "line 1: longer than"),
        (b"name,city\n" + b"a" * (LONGEST_LINE + 1), "line 2: longer than"),
    ],
)
def test_what_is_no_sheet_is_said_with_its_line(content: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read(content)


def test_a_missing_column_is_said_before_the_first_row_is_asked_for() -> None:
    with pytest.raises(Unreadable):
        rows(io.BytesIO(b"name\na\n"), ["name", "city"])


def test_a_file_is_read_no_faster_than_its_rows_are_taken() -> None:
    class Endless(io.RawIOBase):
        taken = 0

        def readline(self, size: int | None = -1) -> bytes:
            self.taken += 1
            return b"name,city\n" if self.taken == 1 else b"a,Dole\n"

    file = Endless()
    sheet: Iterator[Row | BrokenRow] = rows(file, ["name", "city"])  # type: ignore[arg-type]  # enough of one
    for _ in range(10):
        next(sheet)
    assert file.taken == 11


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(TEXTS, TEXTS).filter(lambda row: any(c.strip() for c in row))))
def test_what_a_spreadsheet_writes_is_read_back(written: list[tuple[str, str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("name", "city"), *written])
    assert [(row["name"], row["city"]) for row in cells(file.getvalue())] == written


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_break_the_reading(content: bytes) -> None:
    try:
        found = read(b"name,city\n" + content)
    except Unreadable as error:
        assert "not UTF-8" in str(error)  # noqa: PT017 - most bytes are not
    else:
        assert all(row.line >= 2 for row in found)


def written(*rows: Sequence[object]) -> list[list[str]]:
    file = "".join(write_csv(("texte",), rows))
    return list(csv.reader(io.StringIO(file.removeprefix("\ufeff"), newline=""), delimiter=";"))


@pytest.mark.parametrize(
    "formula",
    ["=1+1", "+33", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "＋1", "－1", "＠x"],
)
def test_a_cell_that_a_spreadsheet_would_run_is_written_as_a_text(formula: str) -> None:
    assert written([formula])[1] == ["'" + formula]


def test_a_written_sheet_says_its_encoding_and_opens_in_columns() -> None:
    lines = list(write_csv(("Nom", "Nombre"), [("Élodie ; « l'été »", -3), ("", None)]))
    assert "".join(lines) == '\ufeffNom;Nombre\r\n"Élodie ; « l\'été »";-3\r\n;\r\n'


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=5))
def test_what_is_written_is_read_again_and_is_never_a_formula(rows: list[list[str]]) -> None:
    for given_row, row in zip(rows, written(*rows)[1:], strict=True):
        assert [cell.removeprefix("'") for cell in row] == [
            cell.replace("\0", "").removeprefix("'") for cell in given_row
        ]
        assert not any(cell.lstrip()[:1] in FORMULAS for cell in row)
