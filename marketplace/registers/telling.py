"""What pages tell of a register that was handed in: how far it is, and line by line."""

from collections.abc import Iterator, Mapping
from tempfile import SpooledTemporaryFile
from typing import IO, cast

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from marketplace.forms import one_of, paging
from marketplace.registers.forms import StartForm
from marketplace.sheets import Unreadable, write_xlsx
from marketplace.structures.columns import NOTED, cells_of
from marketplace.structures.handing_in import counts
from marketplace.structures.import_tables import (
    ImportStatus,
    Outcome,
    StructureImport,
    StructureImportRow,
)

PER_PAGE = 20
KEPT_IN_MEMORY = 1_000_000
READ_AT_ONCE = 1_000
WORKING = (ImportStatus.CHECKING, ImportStatus.RUNNING)
STATUSES = {
    ImportStatus.READ: "Colonnes à confirmer",
    ImportStatus.CHECKING: "Vérification en cours",
    ImportStatus.CHECKED: "Prêt à importer",
    ImportStatus.RUNNING: "Import en cours",
    ImportStatus.DONE: "Terminé",
}
FORESEEN = {
    Outcome.CREATED: "à créer",
    Outcome.UPDATED: "à modifier",
    Outcome.UNCHANGED: "sans changement",
    Outcome.KEPT: "gardées telles quelles",
    Outcome.REFUSED: "refusées",
    Outcome.REPEATED: "répétées",
}
DONE = {
    Outcome.CREATED: "créées",
    Outcome.UPDATED: "modifiées",
    Outcome.UNCHANGED: "sans changement",
    Outcome.KEPT: "gardées telles quelles",
    Outcome.REFUSED: "refusées",
    Outcome.REPEATED: "répétées",
    Outcome.SKIPPED: "laissées de côté",
}
NOT_UTF8 = "ses lettres ne sont pas en UTF-8. Enregistrez-le en CSV UTF-8 ou en XLSX"
IN_FRENCH = {
    "the file is empty": "il est vide",
    "not UTF-8": NOT_UTF8,
    "longer than": "une de ses lignes est trop longue",
}
GIVEN_UP = "Cet import est abandonné\u00a0: rien n'a changé."
MOVED_ON = "Cet import en est déjà à une autre étape\u00a0: voici où il en est."
TO_LOOK_AT = (Outcome.REFUSED, Outcome.REPEATED, Outcome.SKIPPED, Outcome.KEPT)


def unreadable(error: Unreadable) -> str:
    said = str(error)
    words = next((words for sign, words in IN_FRENCH.items() if sign in said), said)
    return f"Ce fichier ne se lit pas\u00a0: {words}"


def example(session: Session, import_id: int) -> list[str]:
    """The cells of its first line that can be read."""
    first = select(StructureImportRow.cells).where(
        StructureImportRow.import_id == import_id, StructureImportRow.fault.is_(None)
    )
    return session.scalar(first.order_by(StructureImportRow.line).limit(1)) or []


def is_working(handed_in: StructureImport) -> bool:
    return handed_in.status in WORKING


def account(session: Session, handed_in: StructureImport) -> dict[str, object]:
    """What its page shows, of the lines that the address asks for."""
    is_done = handed_in.status in (ImportStatus.RUNNING, ImportStatus.DONE)
    foreseen, done = counts(session, handed_in.id)
    told, words = (done, DONE) if is_done else (foreseen, FORESEEN)
    if handed_in.network_id is None:
        words = {one: said for one, said in words.items() if one is not Outcome.KEPT}
    of_it = StructureImportRow.import_id == handed_in.id
    doubtful = select(func.count()).where(of_it, StructureImportRow.lookalike != "")
    asked = one_of(Outcome, "voir")
    wanted = select(StructureImportRow).where(of_it, _is_shown(asked, is_done))
    at = paging(session, wanted, PER_PAGE)
    rows = session.scalars(at.of(wanted.order_by(StructureImportRow.line))).all()
    return {
        "handed_in": handed_in,
        "form": StartForm(formdata=None),
        "is_working": is_working(handed_in),
        "status": STATUSES[handed_in.status],
        "treated": sum(told.values()),
        "figures": [(told.get(one, 0), words[one]) for one in words],
        "outcomes": [(one, words[one].capitalize(), told[one]) for one in words if one in told],
        "shown": asked,
        "doubtful": session.scalar(doubtful) or 0,
        "rows": [_told(handed_in, row) for row in rows],
        "at": at,
    }


def _is_shown(asked: Outcome | None, is_done: bool) -> ColumnElement[bool]:
    """The lines of an outcome; else those to look at: refused, repeated, or that resemble."""
    column = StructureImportRow.outcome if is_done else StructureImportRow.foreseen
    if asked is not None:
        return column == asked
    return column.in_(TO_LOOK_AT) | (StructureImportRow.lookalike != "")


def _told(handed_in: StructureImport, row: StructureImportRow) -> tuple[object, ...]:
    """A line: its number, SIRET, kind, name, commune, and what there is to say of it."""
    told: Mapping[str, str] = {}
    if row.cells:
        told = cells_of(row.cells, handed_in.mapping, handed_in.kind or "")
    identity = (told.get(field, "")[:80] for field in ("siret", "kind", "name", "city"))
    return (row.line, *identity, _remarks(row))


def _remarks(row: StructureImportRow) -> list[str]:
    remarks = [f"{NOTED.get(field, 'Ligne')}\u00a0: {words}" for field, words in row.notes]
    return [f"Ressemblance\u00a0: {row.lookalike}", *remarks] if row.lookalike else remarks


def report(session: Session, handed_in: StructureImport) -> IO[bytes]:
    """What became of each line, as a workbook; for the caller to close."""
    file = SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    header = ("Ligne", "SIRET", "Type", "Nom", "Commune", "Résultat", "Remarques")
    for piece in write_xlsx(header, _lines(session, handed_in)):
        file.write(piece)
    file.seek(0)
    return cast(IO[bytes], file)


def _lines(session: Session, handed_in: StructureImport) -> Iterator[tuple[object, ...]]:
    lines = select(StructureImportRow).where(StructureImportRow.import_id == handed_in.id)
    ordered = lines.order_by(StructureImportRow.line)
    for row in session.scalars(ordered, execution_options={"yield_per": READ_AT_ONCE}):
        *identity, _ = _told(handed_in, row)
        foreseen = FORESEEN[row.foreseen] if row.foreseen else ""
        outcome = DONE[row.outcome] if row.outcome else foreseen
        yield (*identity, outcome, "\u00a0; ".join(_remarks(row)))
