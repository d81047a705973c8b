"""A file of spending read line by line: what is refused, what is kept in doubt. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import BinaryIO

from marketplace import siret
from marketplace.insights import columns, euros_typed
from marketplace.insights.columns import Refused, Row

MOST_LINES = 50_000

COLUMNS: columns.Columns = {
    "siret": (
        "SIRET",
        (
            "siret",
            "siret-fournisseur",
            "siret-du-fournisseur",
            "numero-siret",
            "n-siret",
            "siret-titulaire",
            "siret-du-titulaire",
            "fournisseur-siret",
        ),
    ),
    "amount": (
        "Montant",
        (
            "montant",
            "montant-ht",
            "montant-h-t",
            "montant-en-euros",
            "montant-ht-en-euros",
            "montant-depense",
            "montant-mandate",
            "montant-paye",
            "depense",
            "amount",
        ),
    ),
    "category": (
        "Catégorie",
        (
            "categorie",
            "categorie-d-achat",
            "famille",
            "famille-d-achat",
            "famille-achat",
            "segment",
            "segment-d-achat",
            "category",
        ),
    ),
    "entity": (
        "Entité",
        (
            "entite",
            "entite-acheteuse",
            "service",
            "service-acheteur",
            "direction",
            "etablissement",
            "entity",
        ),
    ),
    "postcode": (
        "Code postal",
        ("code-postal", "code-postal-fournisseur", "code-postal-du-fournisseur", "cp"),
    ),
    "qpv": ("QPV", ("qpv", "en-qpv", "fournisseur-en-qpv")),
}


class Doubt(StrEnum):
    """Why a line that counts is not known to be of an inclusive supplier."""

    NO_SIRET = "no_siret"
    WRONG_SIRET = "wrong_siret"


DOUBTS = {
    Doubt.NO_SIRET: "SIRET manquant",
    Doubt.WRONG_SIRET: "SIRET faux\u00a0: un chiffre est erroné ou il en manque",
}


@dataclass(frozen=True, slots=True)
class Spent:
    """`siret` is "" when the line is in doubt."""

    line: int
    siret: str
    amount: Decimal
    category: str
    entity: str
    department: str
    is_in_qpv: bool | None
    doubt: Doubt | None


@dataclass(frozen=True)
class Spending:
    lines: Sequence[Spent]
    refused: Sequence[Refused]
    is_mixed: bool
    """Some amounts have a decimal comma, others a point."""
    columns: frozenset[str] = field(default_factory=frozenset)


def read(file: BinaryIO) -> Spending:
    """Raises columns.NotThisSheet."""
    sheet = columns.read(file, COLUMNS, ("siret", "amount"), MOST_LINES)
    refused: list[Refused] = []
    figured: list[tuple[Row, euros_typed.Figure]] = []
    for row in sheet.rows:
        if isinstance(row, Refused):
            refused.append(row)
            continue
        try:
            figured.append((row, euros_typed.figure(row.cells["amount"])))
        except euros_typed.NoAmount as error:
            refused.append(Refused(row.line, str(error)))
    marks = euros_typed.marks_of(figure for _, figure in figured)
    if sheet.is_workbook and not marks:
        marks = frozenset({euros_typed.Mark.POINT})  # as workbooks store their numbers
    lines = []
    for row, figure in figured:
        try:
            lines.append(_spent(row, euros_typed.euros(figure, marks)))
        except euros_typed.NoAmount as error:
            refused.append(Refused(row.line, str(error)))
    refused.sort(key=lambda one: one.line)
    return Spending(lines, refused, len(marks) > 1, sheet.columns)


def _spent(row: Row, amount: Decimal) -> Spent:
    number, doubt = _siret(row.cells["siret"])
    return Spent(
        line=row.line,
        siret=number,
        amount=amount,
        category=row.cells["category"],
        entity=row.cells["entity"],
        department=department_of(row.cells["postcode"]),
        is_in_qpv={"oui": True, "non": False, "1": True, "0": False}.get(row.cells["qpv"].lower()),
        doubt=doubt,
    )


@lru_cache(maxsize=8192)
def _siret(cell: str) -> tuple[str, Doubt | None]:
    """A zero lost at the head, as spreadsheets do to numbers, comes back when the key holds."""
    if not cell:
        return "", Doubt.NO_SIRET
    number = siret.cleaned(cell)
    for candidate in (number, f"0{number}"):
        if siret.is_siret(candidate):
            return candidate, None
    return "", Doubt.WRONG_SIRET


def department_of(postcode: str) -> str:
    """The department of a French postcode; "" of anything else."""
    code = postcode.replace(" ", "").zfill(5) if postcode else ""
    if len(code) != 5 or not (code.isascii() and code.isdigit()):
        return ""
    if code.startswith(("97", "98")):
        return code[:3]
    if code.startswith("20"):
        return "2A" if code < "20200" else "2B"
    return code[:2]
