"""The rows of a sheet, one after another while it is parsed. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from marketplace.workbooks.parsing import local_name, new_parser, whole_number

MOST_EMPTY = 10_000
"""Empty rows, one after another, before reading stops: they come from a format laid on a column."""

MOST_COLUMNS = 500
FORMULA = "formule\u00a0: collez-la comme une valeur"
ERROR = "la cellule contient une erreur"
MERGED = "cellules fusionnées\u00a0: défusionnez-les"
ENDLESS = f"plus de {MOST_EMPTY} lignes vides de suite\u00a0: la suite n'est pas lue"
TOO_WIDE = f"plus de {MOST_COLUMNS} colonnes"

DAY_0 = date(1899, 12, 30)


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a row is not read, and at which column, from 0; None when it is the whole row."""

    column: int | None
    reason: str


Line = tuple[int, list[str] | Wrong]
"""A row by its number, from 1, and what its cells say."""


@dataclass
class Merged:
    """Which rows hold merged cells: runs of rows, in order, apart from each other."""

    firsts: list[int] = field(default_factory=list)
    lasts: list[int] = field(default_factory=list)

    def __contains__(self, line: int) -> bool:
        place = bisect_right(self.firsts, line) - 1
        return place >= 0 and line <= self.lasts[place]


class Sheet:
    """What a sheet says while it is parsed, row by row."""

    def __init__(self, texts: Sequence[str], dates: frozenset[int], merged: Merged) -> None:
        self.is_over = False
        self._texts, self._dates, self._merged = texts, dates, merged
        self._whole: list[Line] = []
        self._line, self._empty = 0, 0
        self._cells: list[str] = []
        self._wrong: Wrong | None = None
        self._column, self._kind, self._style = -1, "n", 0
        self._pieces: list[str] = []
        self._is_value = False
        self.parser = new_parser()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._said

    def take(self) -> list[Line]:
        whole, self._whole = self._whole, []
        return whole

    def _start(self, name: str, said: dict[str, str]) -> None:
        local = local_name(name)
        if local == "c":
            self._column = _column(said.get("r", "")) if "r" in said else self._column + 1
            self._kind, self._style = said.get("t", "n"), whole_number(said.get("s", "0"))
            self._pieces = []
        elif local == "row":
            number = whole_number(said.get("r", ""))
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
        local = local_name(name)
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
            place = whole_number(said)
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
