"""A sheet of hours, read line by line against a contract; what is wrong is said by field."""

import csv
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from io import StringIO
from typing import BinaryIO, TypeVar

from marketplace.clauses.contract_tables import Contract, ContractEmployer
from marketplace.clauses.reported import (
    AGES,
    ALSO_SAID,
    DISTRICTS,
    MOST_LINES,
    PUBLICS,
    SEXES,
    WAYS,
    WORK_CONTRACTS,
    Age,
    District,
    Line,
    Public,
    Sex,
    Way,
    WorkContract,
    faults,
    month_of,
    month_slug,
    months_between,
)
from marketplace.clauses.reporting import REFUSALS, Refusal, month_refused
from marketplace.sheets import BrokenRow, Row, rows
from marketplace.siret import cleaned
from marketplace.text import slug

C = TypeVar("C", bound=StrEnum)

REQUIRED = (
    "mois",
    "siret",
    "modalite",
    "contrat",
    "public",
    "sexe",
    "age",
    "quartier",
    "heures",
    "personnes",
    "nouvelles_personnes",
)
OPTIONAL = ("lot",)
HEADINGS: Mapping[str, str] = {
    "mois": "Mois",
    "siret": "SIRET de l'employeur",
    "lot": "Lot",
    "modalite": "Modalité",
    "contrat": "Contrat de travail",
    "public": "Public",
    "sexe": "Sexe",
    "age": "Âge",
    "quartier": "Quartier d'habitation",
    "heures": "Heures",
    "personnes": "Personnes",
    "nouvelles_personnes": "Nouvelles personnes",
}
"""The columns as a sheet for people calls them, in the order of a sheet to fill in."""
_ALSO = {
    "numero_de_lot": "lot",
    "numero_siret": "siret",
    "public_critere_principal": "public",
    "genre": "sexe",
    "tranche_d_age": "age",
    "heures_d_insertion": "heures",
    "nombre_d_heures": "heures",
    "nombre_de_personnes": "personnes",
    "dont_nouvelles": "nouvelles_personnes",
}
_SYNONYMS = {slug(said).replace("-", "_"): name for name, said in HEADINGS.items()} | _ALSO
MOST_ROWS = 5_000
MOST_FAULTS = 200
_COLUMNS = {
    "age": "age",
    "district": "quartier",
    "hours": "heures",
    "people": "personnes",
    "new_people": "nouvelles_personnes",
}

Wrong = Callable[[str, str], None]
"""How a reader says what is wrong: the column, and why."""

Key = tuple[int, int, date]
"""A lot, an employer, a month: one report."""


@dataclass(frozen=True, slots=True)
class Fault:
    line: int
    field: str
    reason: str


@dataclass
class Sheet:
    """What a sheet says: the lines of each report, and what is wrong in it."""

    reports: dict[Key, list[Line]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    lines: int = 0

    @property
    def hours(self) -> Decimal:
        return sum((line.hours for told in self.reports.values() for line in told), Decimal(0))


def read_hours(
    file: BinaryIO, contract: Contract, employer_ids: Iterable[int], today: date
) -> Sheet:
    """The reports that a sheet holds for a contract; only of these employers.

    Nothing of it is written. Raises sheets.Unreadable, sheets.WrongColumns.
    """
    allowed = set(employer_ids)
    reader = _Reader(
        lots={str(lot.number): lot.id for lot in contract.lots if lot.closed_at is None},
        closed={str(lot.number) for lot in contract.lots if lot.closed_at is not None},
        employers={one.siret: one.id for one in contract.employers if one.id in allowed},
        contract=contract,
        today=today,
    )
    sheet = Sheet()
    for row in rows(file, REQUIRED, OPTIONAL, _SYNONYMS):
        sheet.lines += 1
        if sheet.lines > MOST_ROWS:
            sheet.faults.append(Fault(row.line, "", f"plus de {MOST_ROWS} lignes"))
            break
        if isinstance(row, BrokenRow):
            column = "" if row.field == "line" else row.field
            sheet.faults.append(Fault(row.line, column, row.reason))
        else:
            reader.take(row, sheet)
        if len(sheet.faults) >= MOST_FAULTS:
            break
    return sheet


def retold(file: BinaryIO) -> str:
    """A sheet with nothing wrong in it, in CSV, without what `read_hours` passes over."""
    told = StringIO()
    lines = csv.DictWriter(told, (*REQUIRED, *OPTIONAL), delimiter=";")
    lines.writeheader()
    read = rows(file, REQUIRED, OPTIONAL, _SYNONYMS)
    lines.writerows(row.cells for row in read if isinstance(row, Row))
    return told.getvalue()


@dataclass
class _Reader:
    lots: Mapping[str, int]
    closed: Collection[str]
    employers: Mapping[str, int]
    contract: Contract
    today: date

    def take(self, row: Row, sheet: Sheet) -> None:
        found: list[Fault] = []

        def wrong(column: str, reason: str) -> None:
            found.append(Fault(row.line, column, reason))

        key = self._key(row, wrong)
        line = _line(row, wrong)
        if line is not None and key is not None:
            for name, reason in faults(line, key[2]):
                wrong(_COLUMNS[name], reason)
        if found or key is None or line is None:
            sheet.faults += found
            return
        told = sheet.reports.setdefault(key, [])
        told.append(line)
        if len(told) == MOST_LINES + 1:
            wrong("mois", f"plus de {MOST_LINES} lignes pour un mois et un employeur")
            sheet.faults += found

    def _key(self, row: Row, wrong: Wrong) -> Key | None:
        month = _month(row, wrong)
        if month is not None and (why := month_refused(self.contract, month, self.today)):
            wrong("mois", _lower(REFUSALS[why]))
            month = None
        siret = cleaned(row.cells["siret"])
        employer_id = self.employers.get(siret)
        if employer_id is None:
            wrong("siret", "SIRET inconnu\u00a0: aucun employeur de ce contrat ne le porte")
        number = row.cells.get("lot", "").strip().lower().removeprefix("lot").strip()
        if not number and len(self.lots) == 1:
            number = next(iter(self.lots))
        lot_id = self.lots.get(number)
        if number in self.closed:
            wrong("lot", _lower(REFUSALS[Refusal.LOT_CLOSED]))
        elif lot_id is None:
            wrong("lot", f"lot inconnu\u00a0; connus\u00a0: {', '.join(self.lots)}")
        if month is None or employer_id is None or lot_id is None:
            return None
        return lot_id, employer_id, month


def _month(row: Row, wrong: Wrong) -> date | None:
    try:
        return month_of(row.cells["mois"])
    except ValueError:
        wrong("mois", "donnez un mois, par exemple 2026-11")
        return None


def _line(row: Row, wrong: Wrong) -> Line | None:
    way = _code(row, "modalite", Way, WAYS, wrong)
    work_contract = _code(row, "contrat", WorkContract, WORK_CONTRACTS, wrong)
    public = _code(row, "public", Public, PUBLICS, wrong)
    sex = _code(row, "sexe", Sex, SEXES, wrong)
    age = _code(row, "age", Age, AGES, wrong)
    district = _code(row, "quartier", District, DISTRICTS, wrong)
    hours = _hours(row.cells["heures"])
    if hours is None:
        wrong("heures", "donnez un nombre d'heures, par exemple 35,5")
    people = _count(row.cells["personnes"])
    if people is None:
        wrong("personnes", "donnez un nombre entier")
    new_people = _count(row.cells["nouvelles_personnes"] or "0")
    if new_people is None:
        wrong("nouvelles_personnes", "donnez un nombre entier")
    if (
        way is None
        or work_contract is None
        or public is None
        or sex is None
        or age is None
        or district is None
        or hours is None
        or people is None
        or new_people is None
    ):
        return None
    return Line(way, work_contract, public, sex, age, district, hours, people, new_people)


def _code(row: Row, column: str, codes: type[C], labels: Mapping[C, str], wrong: Wrong) -> C | None:
    """A code, or its words in French."""
    said = slug(row.cells[column][:200])
    for code in codes:
        if said in (slug(code.value), slug(labels[code]), slug(ALSO_SAID.get(code, labels[code]))):
            return code
    wrong(column, f"valeur inconnue\u00a0; connues\u00a0: {', '.join(labels.values())}")
    return None


def _hours(cell: str) -> Decimal | None:
    bare = "".join(cell.split()).replace(",", ".")
    if not bare or len(bare) > 12:
        return None
    try:
        hours = Decimal(bare)
    except InvalidOperation:
        return None
    return round(hours, 2) if hours.is_finite() else None


def _count(cell: str) -> int | None:
    bare = "".join(cell.split())
    sign = bare.removeprefix("-")
    if not (sign.isascii() and sign.isdigit() and len(bare) < 8):
        return None
    return int(bare)


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:].rstrip(".")


def column_help(contract: Contract) -> list[tuple[str, str, str]]:
    """Each column: its name, what it holds, an example for this contract."""
    number = "un nombre entier"
    told = {
        "mois": ("année et mois", month_slug(contract.starts_on)),
        "siret": ("celui d'un employeur du contrat", contract.holder.siret),
        "lot": ("son numéro, si le contrat en a plusieurs", "1"),
        "modalite": (_known(WAYS), WAYS[Way.LENT]),
        "contrat": (_known(WORK_CONTRACTS), WORK_CONTRACTS[WorkContract.TEMP]),
        "public": (_known(PUBLICS), PUBLICS[Public.RSA]),
        "sexe": (_known(SEXES), SEXES[Sex.WOMAN]),
        "age": (_known(AGES), AGES[Age.MIDDLE]),
        "quartier": (_known(DISTRICTS), DISTRICTS[District.QPV_2024]),
        "heures": ("un nombre, deux décimales au plus", "70,5"),
        "personnes": (number, "2"),
        "nouvelles_personnes": (f"{number}, de celles qui commencent sur ce contrat", "1"),
    }
    return [(said, *told[name]) for name, said in HEADINGS.items()]


def _known(labels: Mapping[C, str]) -> str:
    return "\u00a0; ".join(f"{label} ({code.value})" for code, label in labels.items())


def to_fill_in(
    contract: Contract, employers: Sequence[ContractEmployer], today: date
) -> Iterator[list[object]]:
    """The lines of a sheet with nothing but the headings, and who owes the last month that may
    be reported: one line an employer and open lot, where the rest is to be filled in."""
    months = [
        month
        for month in months_between(contract.starts_on, min(contract.ends_on, today))
        if month_refused(contract, month, today) is None
    ]
    over = [month for month in months if month < today.replace(day=1)] or months
    if not over:
        return
    rest = [None] * (len(HEADINGS) - 3)
    for employer in employers:
        for lot in contract.lots:
            if lot.closed_at is None:
                yield [month_slug(over[-1]), employer.siret, lot.number, *rest]
