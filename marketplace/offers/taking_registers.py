"""Rehearsing, then taking in, a register that was handed in: a batch at a time.

Each batch is a transaction of its own, which ends by asking for the next one. A job that is
killed leaves its batch to be done again; what was done is marked, so nothing is done twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session

from marketplace.jobs import Job, enqueue
from marketplace.offers.documents import without_documents
from marketplace.offers.importing import take_structures
from marketplace.sheets import BrokenRow
from marketplace.sheets import Row as SheetRow
from marketplace.structures.columns import NOTED, cells_of
from marketplace.structures.handing_in import import_for_update
from marketplace.structures.import_tables import (
    ImportStatus,
    Outcome,
    StructureImport,
    StructureImportRow,
)
from marketplace.structures.importing import Report
from marketplace.structures.locating import locate_in_districts
from marketplace.structures.partnering import ask_to_join
from marketplace.structures.placing import seat_of
from marketplace.structures.register import entry_of
from marketplace.structures.resembling import Named, lookalikes, resembling
from marketplace.territories.queries import gazetteer

BATCH = 500
STILL_AFTER = timedelta(minutes=3)
MOST_NOTES = 20

Lines = Sequence[tuple[int, list[str], dict[str, Any] | None]]
"""By number: the cells, and why they could not be read."""


@dataclass(frozen=True, slots=True)
class _Told:
    outcome: Outcome
    lookalike: str
    notes: list[list[str]]
    asked_to_join: int | None
    """The structure that its own people are to put in the network."""


def rehearse_batch(session: Session, import_id: int, now: datetime) -> None:
    """Find what the next lines would do, for real, and undo it; then ask for the following."""
    handed_in = import_for_update(session, import_id)
    if handed_in.status is not ImportStatus.CHECKING:
        return
    lines = _next(session, import_id, StructureImportRow.foreseen.is_(None))
    handed_in.moved_at = now
    if not lines:
        _note_lookalikes_inside(session, handed_in)
        handed_in.status = ImportStatus.CHECKED
        return
    session.flush()
    rehearsal = session.begin_nested()
    with without_documents(session):
        told = _taken(session, handed_in, lines)
    rehearsal.rollback()
    _write(session, import_id, told, "foreseen")
    enqueue(session, Job.CHECK_IMPORT, import_id=import_id)


def take_batch(session: Session, import_id: int, now: datetime, today: date) -> None:
    """Take in the next lines, then ask for the following; at the end, what follows from all."""
    handed_in = import_for_update(session, import_id)
    if handed_in.status is not ImportStatus.RUNNING:
        return
    lines = _next(session, import_id, StructureImportRow.outcome.is_(None))
    handed_in.moved_at = now
    if lines:
        told = _taken(session, handed_in, lines)
        _write(session, import_id, told, "outcome")
        if handed_in.network is not None:
            asked = {one.asked_to_join for one in told.values() if one.asked_to_join}
            ask_to_join(session, handed_in.network, asked)
        enqueue(session, Job.RUN_IMPORT, import_id=import_id)
        return
    locate_in_districts(session, today)
    handed_in.status, handed_in.finished_at = ImportStatus.DONE, now
    is_news = StructureImportRow.outcome.in_((Outcome.CREATED, Outcome.UPDATED))
    of_it = StructureImportRow.import_id == import_id
    if session.scalar(select(select(StructureImportRow).where(of_it, is_news).exists())):
        enqueue(session, Job.SHORTLIST_OPEN_NEEDS)


def _note_lookalikes_inside(session: Session, handed_in: StructureImport) -> None:
    """Of the lines to create, those that resemble an earlier line, which their batch could not
    see: each batch was undone before the next."""
    made = select(StructureImportRow.line, StructureImportRow.cells, StructureImportRow.lookalike)
    of_it = StructureImportRow.import_id == handed_in.id
    created = made.where(of_it, StructureImportRow.foreseen == Outcome.CREATED)
    places, named, known = gazetteer(session), [], set()
    for line, cells, lookalike in session.execute(created):
        entry = entry_of(cells_of(cells, handed_in.mapping, handed_in.kind or ""))
        commune = seat_of(entry.address, places).commune
        key = (entry.siret, entry.kind, entry.name, entry.details["brand"], commune)
        named.append(Named(line, *key, where=f"ligne {line}"))
        if lookalike:
            known.add(line)
    found = resembling((one for one in named if one.number not in known), named)
    if found:
        session.execute(
            update(StructureImportRow),
            [
                {"import_id": handed_in.id, "line": line, "lookalike": words}
                for line, words in found.items()
            ],
        )


def take_up_stalled(session: Session, now: datetime) -> None:
    """Sweep: imports whose message was lost, or whose job was killed."""
    jobs = {ImportStatus.CHECKING: Job.CHECK_IMPORT, ImportStatus.RUNNING: Job.RUN_IMPORT}
    still = select(StructureImport.id, StructureImport.status).where(
        StructureImport.status.in_(jobs), StructureImport.moved_at < now - STILL_AFTER
    )
    for import_id, status in session.execute(still):
        enqueue(session, jobs[status], import_id=import_id)


def _next(session: Session, import_id: int, is_left: ColumnElement[bool]) -> Lines:
    wanted = select(
        StructureImportRow.line, StructureImportRow.cells, StructureImportRow.fault
    ).where(StructureImportRow.import_id == import_id, is_left)
    found = session.execute(wanted.order_by(StructureImportRow.line).limit(BATCH))
    return [(line, cells, fault) for line, cells, fault in found]


def _taken(session: Session, handed_in: StructureImport, lines: Lines) -> dict[int, _Told]:
    """What becomes of each line."""
    report = Report()
    network = handed_in.network.code if handed_in.network else None
    done = list(take_structures(session, _sheet(handed_in, lines), report, network))
    new = {one.structure_id: one.line for one, outcome in done if outcome is Outcome.CREATED}
    looks = {new[id_]: words for id_, words in lookalikes(session, new).items()}
    outcomes = {line: Outcome.REFUSED for line, *_ in lines}
    outcomes |= {one.line: outcome for one, outcome in done}
    notes: dict[int, list[list[str]]] = {}
    for one, outcome in done:
        if outcome is Outcome.UPDATED:
            told = [(name, was) for name, was in one.before.items() if name in NOTED]
            notes[one.line] = [[name, _replaces(name, was)] for name, was in told]
    for notice in (*report.refused, *report.warnings):
        notes.setdefault(notice.line, []).append([notice.field, notice.reason])
    for line, kept in report.kept.items():
        said = [f"{', '.join(names)}, car {reason}" for reason, names in kept.items()]
        notes.setdefault(line, []).append(["kept", "\u00a0; ".join(said)])
    asked = {one.line: one.structure_id for one, _ in done if one.is_asked_to_join}
    return {
        line: _Told(outcome, looks.get(line, ""), notes.get(line, [])[:MOST_NOTES], asked.get(line))
        for line, outcome in outcomes.items()
    }


def _replaces(name: str, was: object) -> str:
    if name == "networks":
        return "rejoint le réseau"
    return f"remplace «\u00a0{str(was)[:60]}\u00a0»" if was else "était vide"


def _sheet(handed_in: StructureImport, lines: Lines) -> list[SheetRow | BrokenRow]:
    ours = {place: name for name, place in handed_in.mapping.items()}
    kind = handed_in.kind or ""
    sheet: list[SheetRow | BrokenRow] = []
    for line, cells, fault in lines:
        if fault is None:
            sheet.append(SheetRow(line, cells_of(cells, handed_in.mapping, kind)))
        else:
            sheet.append(BrokenRow(line, fault["reason"], ours.get(fault["column"], "line")))
    return sheet


def _write(session: Session, import_id: int, told: dict[int, _Told], column: str) -> None:
    session.execute(
        update(StructureImportRow),
        [
            {
                "import_id": import_id,
                "line": line,
                column: one.outcome,
                "lookalike": one.lookalike,
                "notes": one.notes,
            }
            for line, one in told.items()
        ],
    )
