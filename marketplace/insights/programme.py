"""A purchasing programme: what a buyer means to buy, where, for how much and how long. Pure.

It is read from a sheet, and written again so that nothing has to be kept to go on with it.
"""

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import BinaryIO

from marketplace.insights import columns, euros_typed
from marketplace.insights.columns import Refused, Row
from marketplace.sheets import write_csv
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer

MOST_PROJECTS = 200
MOST_YEARS = 10

COLUMNS: columns.Columns = {
    "title": (
        "Intitulé",
        ("intitule", "intitule-du-marche", "objet", "objet-du-marche", "titre", "projet", "title"),
    ),
    "place": (
        "Lieu",
        (
            "lieu",
            "lieu-d-execution",
            "perimetre",
            "territoire",
            "commune",
            "ville",
            "departement",
            "place",
        ),
    ),
    "amount": (
        "Montant",
        (
            "montant",
            "montant-ht",
            "montant-estime",
            "montant-estime-ht",
            "montant-total",
            "budget",
            "budget-ht",
            "amount",
        ),
    ),
    "years": (
        "Durée en années",
        ("duree", "duree-en-annees", "annees", "nombre-d-annees", "years"),
    ),
}
_DURATION = re.compile(r"([0-9]{1,3})(?:[.,]0+)? ?(ans?|annees?|années?|mois)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Project:
    """One purchase. `amount`: euros, excluding tax, of the whole contract; `code`: of its place."""

    line: int
    title: str
    place: str
    code: str
    amount: Decimal
    years: Decimal

    @property
    def annual(self) -> Decimal:
        """What it comes to in a year: a longer contract is not a larger one. A contract of
        some months is not made larger than it is."""
        return self.amount / max(self.years, Decimal(1))


@dataclass(frozen=True)
class Programme:
    projects: Sequence[Project]
    refused: Sequence[Refused]


def read(file: BinaryIO, gazetteer: Gazetteer) -> Programme:
    """Raises columns.NotThisSheet."""
    sheet = columns.read(file, COLUMNS, ("title", "place", "amount"), MOST_PROJECTS)
    refused: list[Refused] = []
    figured: list[tuple[Row, euros_typed.Figure]] = []
    for row in sheet.rows:
        try:
            if isinstance(row, Refused):
                refused.append(row)
            else:
                figured.append((row, euros_typed.figure(row.cells["amount"])))
        except euros_typed.NoAmount as error:
            refused.append(Refused(row.line, str(error)))
    marks = euros_typed.marks_of(figure for _, figure in figured)
    if sheet.is_workbook and not marks:
        marks = frozenset({euros_typed.Mark.POINT})
    codes: dict[str, str | None] = {}
    projects = []
    for row, figure in figured:
        try:
            place = row.cells["place"]
            if place not in codes:
                codes[place] = naming.zone_named(gazetteer, place)
            amount = euros_typed.euros(figure, marks)
            projects.append(_project(row, amount, codes[place]))
        except ValueError as error:
            refused.append(Refused(row.line, str(error)))
    return Programme(projects, sorted(refused, key=lambda one: one.line))


def read_again(text: str, gazetteer: Gazetteer) -> Programme:
    """What `written` gave, or what somebody typed in its place. Raises columns.NotThisSheet."""
    return read(io.BytesIO(text.encode("utf-8", "replace")), gazetteer)


def written(projects: Iterable[Project]) -> str:
    """The programme in CSV, that `read_again` takes back."""
    header = [name for name, _ in COLUMNS.values()]
    rows = (
        (one.title, one.place, f"{one.amount:.2f}".replace(".", ","), _plain(one.years))
        for one in projects
    )
    return "".join(write_csv(header, rows)).lstrip("\ufeff")


def _plain(years: Decimal) -> str:
    return f"{years:.0f}" if years == int(years) else f"{round(years * 12)} mois"


def _project(row: Row, amount: Decimal, code: str | None) -> Project:
    """Raises ValueError, which says in French what is wrong."""
    cells = row.cells
    if not cells["title"]:
        raise ValueError("intitulé manquant")
    if amount <= 0:
        raise ValueError("le montant est plus grand que zéro")
    if not cells["place"]:
        raise ValueError("lieu manquant")
    if code is None:
        raise ValueError(f"lieu introuvable\u00a0: «\u00a0{cells['place'][:60]}\u00a0»")
    years = _years(cells["years"])
    return Project(row.line, cells["title"].lstrip("'"), cells["place"], code, amount, years)


def _years(cell: str) -> Decimal:
    if not cell:
        return Decimal(1)
    found = _DURATION.fullmatch(cell)
    count = int(found[1]) if found else 0
    years = Decimal(count) / 12 if found and (found[2] or "").lower() == "mois" else Decimal(count)
    if not 0 < years <= MOST_YEARS:
        raise ValueError(
            f"durée illisible\u00a0: «\u00a0{cell[:20]}\u00a0». Donnez un nombre d'années"
        )
    return years
