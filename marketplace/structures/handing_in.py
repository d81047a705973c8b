"""Handing in a register of structures: its lines are kept, its columns confirmed."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, BinaryIO

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from marketplace import sheets
from marketplace.jobs import Job, enqueue
from marketplace.sheets import Unreadable
from marketplace.structures import peer_format
from marketplace.structures.columns import cells_of, guessed
from marketplace.structures.import_tables import (
    ImportStatus,
    Outcome,
    StructureImport,
    StructureImportRow,
)
from marketplace.structures.kinds import Kind
from marketplace.workbooks.sheet import MOST_COLUMNS, Line, Wrong

MOST_ROWS = 20_000
KEPT_FOR = timedelta(days=90)
"""How long lines are kept once the import is done: they hold addresses of people."""

_AT_ONCE = 1_000


class NotNow(Exception):
    """The import is at another step."""


def hand_in(
    session: Session,
    file: BinaryIO,
    file_name: str,
    user_id: int,
    now: datetime,
    network_id: int | None = None,
) -> StructureImport:
    """Keep the lines of a file, and guess its columns. Raises Unreadable, in French where it
    can."""
    table = peer_format.table(file) if peer_format.is_json(file) else sheets.table(file)
    if not 1 < len(table.header) <= MOST_COLUMNS:
        raise Unreadable("aucune colonne n'y est reconnue")
    handed_in = StructureImport(
        user_id=user_id,
        network_id=network_id,
        file_name=file_name,
        header=[_kept(name)[:120] for name in table.header],
        mapping=guessed(table.header),
        total=0,
        handed_in_at=now,
        moved_at=now,
    )
    session.add(handed_in)
    session.flush()
    rows = (_row(handed_in.id, line) for line in table.lines)
    while batch := list(islice(rows, _AT_ONCE)):
        handed_in.total += len(batch)
        if handed_in.total > MOST_ROWS:
            raise Unreadable(f"plus de {MOST_ROWS} lignes\u00a0: partagez-le en plusieurs")
        session.execute(insert(StructureImportRow), batch)
    if not handed_in.total:
        raise Unreadable("il n'y a aucune ligne sous les noms des colonnes")
    return handed_in


def _row(import_id: int, line: Line) -> dict[str, Any]:
    number, cells = line
    row: dict[str, Any] = {"import_id": import_id, "line": number, "cells": [], "fault": None}
    if isinstance(cells, Wrong):
        return row | {"fault": {"column": cells.column, "reason": cells.reason}}
    for place, cell in enumerate(cells):
        if "\0" in cell:
            return row | {"fault": {"column": place, "reason": "caractère nul"}}
    return row | {"cells": [_kept(cell) for cell in cells]}


def _kept(cell: str) -> str:
    """What a database can hold of it."""
    return cell.replace("\0", "").encode("utf-8", "replace").decode()


def import_for_update(session: Session, import_id: int) -> StructureImport:
    """Raises NoResultFound."""
    wanted = select(StructureImport).where(StructureImport.id == import_id)
    fresh = wanted.with_for_update().execution_options(populate_existing=True)
    return session.scalars(fresh).one()


def confirm_columns(
    session: Session, import_id: int, mapping: Mapping[str, int], kind: Kind | None, now: datetime
) -> StructureImport:
    """Take these columns, and ask for the rehearsal. Raises NotNow once the import has begun.

    Of several lines that tell the same structure, the first one counts.
    """
    handed_in = import_for_update(session, import_id)
    if handed_in.status in (ImportStatus.RUNNING, ImportStatus.DONE):
        raise NotNow
    handed_in.mapping, handed_in.kind = dict(mapping), kind
    handed_in.status, handed_in.moved_at = ImportStatus.CHECKING, now
    of_it = StructureImportRow.import_id == import_id
    session.execute(
        update(StructureImportRow)
        .where(of_it)
        .values(foreseen=None, outcome=None, lookalike="", notes=[])
    )
    repeated = list(_repeated(session, handed_in))
    if repeated:
        session.execute(update(StructureImportRow), repeated)
    enqueue(session, Job.CHECK_IMPORT, import_id=import_id)
    return handed_in


def _repeated(session: Session, handed_in: StructureImport) -> Iterator[dict[str, Any]]:
    lines = select(StructureImportRow.line, StructureImportRow.cells).where(
        StructureImportRow.import_id == handed_in.id, StructureImportRow.fault.is_(None)
    )
    seen: dict[tuple[str, ...], int] = {}
    for line, cells in session.execute(lines.order_by(StructureImportRow.line)):
        told = cells_of(cells, handed_in.mapping, handed_in.kind or "")
        key = (
            "".join(told["siret"].split()),
            told["kind"].upper(),
            " ".join(told["name"].split()),
        )
        first = seen.setdefault(key, line)
        if first != line and key[0]:
            note = ["siret", f"déjà lue ligne {first}\u00a0: même SIRET, type et nom"]
            yield {
                "import_id": handed_in.id,
                "line": line,
                "foreseen": Outcome.REPEATED,
                "outcome": Outcome.REPEATED,
                "notes": [note],
            }


def start(session: Session, import_id: int, without_lookalikes: bool, now: datetime) -> None:
    """Begin what was rehearsed. Raises NotNow unless the rehearsal has just ended."""
    handed_in = import_for_update(session, import_id)
    if handed_in.status is not ImportStatus.CHECKED:
        raise NotNow
    handed_in.status, handed_in.moved_at = ImportStatus.RUNNING, now
    if without_lookalikes:
        session.execute(
            update(StructureImportRow)
            .where(
                StructureImportRow.import_id == import_id,
                StructureImportRow.outcome.is_(None),
                StructureImportRow.lookalike != "",
            )
            .values(outcome=Outcome.SKIPPED)
        )
    enqueue(session, Job.RUN_IMPORT, import_id=import_id)


def give_up(session: Session, import_id: int) -> None:
    """Forget an import that has not begun. Raises NotNow."""
    handed_in = import_for_update(session, import_id)
    if handed_in.status in (ImportStatus.RUNNING, ImportStatus.DONE):
        raise NotNow
    session.delete(handed_in)


def forget_old(session: Session, now: datetime) -> None:
    """Sweep: the lines of imports that were done, or left, long ago."""
    session.execute(delete(StructureImport).where(StructureImport.moved_at < now - KEPT_FOR))


def counts(session: Session, import_id: int) -> tuple[dict[Outcome, int], dict[Outcome, int]]:
    """How many lines of each outcome: foreseen, and done."""
    foreseen, done = (
        dict(
            session.execute(
                select(column, func.count())
                .where(StructureImportRow.import_id == import_id)
                .group_by(column)
            ).all()
        )
        for column in (StructureImportRow.foreseen, StructureImportRow.outcome)
    )
    return _told(foreseen), _told(done)


def _told(counted: Mapping[Outcome | None, int]) -> dict[Outcome, int]:
    return {outcome: number for outcome, number in counted.items() if outcome is not None}
