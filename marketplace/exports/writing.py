"""Writing a sheet: at once when it is short, in the background and with a mail when it is not."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from tempfile import SpooledTemporaryFile, TemporaryFile
from typing import IO, cast

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace import mail
from marketplace.accounts.tables import User
from marketplace.exports.offered import SHEETS, Pairs, Told
from marketplace.files.contents import Format
from marketplace.files.taking_in import keep_made
from marketplace.guards.roles import Viewer, viewer_of
from marketplace.jobs import Job, enqueue
from marketplace.lists.export_tables import Export, ExportChoice, ExportStatus, SheetFormat
from marketplace.mail import Promise
from marketplace.sheets import write_csv, write_xlsx

AT_ONCE = 2_000
"""Rows that somebody may be kept waiting for."""

TOLD_EVERY = 500
KEPT_IN_MEMORY = 1_000_000
KEPT_FOR = timedelta(days=7)
LATE_AFTER = timedelta(minutes=10)


def choice_of(session: Session, user_id: int, sheet: str) -> tuple[list[str], SheetFormat]:
    """The columns and the format that a person last took, or the usual ones."""
    kept = session.get(ExportChoice, (user_id, sheet))
    offered = SHEETS[sheet]
    if kept is None:
        return list(offered.usual), SheetFormat.XLSX
    columns = [name for name in kept.columns if name in offered.columns]
    return columns or list(offered.usual), kept.format


def remember(
    session: Session, user_id: int, sheet: str, columns: Sequence[str], as_what: SheetFormat
) -> None:
    said = insert(ExportChoice).values(
        user_id=user_id, sheet=sheet, columns=list(columns), format=as_what
    )
    session.execute(
        said.on_conflict_do_update(
            index_elements=["user_id", "sheet"],
            set_={"columns": said.excluded.columns, "format": said.excluded.format},
        )
    )


def written_now(
    session: Session,
    viewer: Viewer,
    sheet: str,
    asked: Pairs,
    columns: Sequence[str],
    as_what: SheetFormat,
) -> IO[bytes]:
    """The whole sheet, from its start; for the caller to close."""
    file = SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    told = SHEETS[sheet].rows(session, viewer, asked)
    _write(cast(IO[bytes], file), sheet, columns, as_what, told)
    return cast(IO[bytes], file)


def _write(
    file: IO[bytes],
    sheet: str,
    columns: Sequence[str],
    as_what: SheetFormat,
    told: Iterator[Told],
) -> None:
    offered = SHEETS[sheet].columns
    header = [offered[name][0] for name in columns]
    values = [offered[name][1] for name in columns]
    rows = ([value(one) for value in values] for one in told)
    if as_what is SheetFormat.XLSX:
        for piece in write_xlsx(header, rows):
            file.write(piece)
    else:
        for line in write_csv(header, ([_in_csv(cell) for cell in row] for row in rows)):
            file.write(line.encode())
    file.seek(0)


def _in_csv(cell: object) -> object:
    """As a French spreadsheet reads it."""
    if isinstance(cell, bool):
        return "oui" if cell else "non"
    if isinstance(cell, date):
        return cell.strftime("%d/%m/%Y")
    if isinstance(cell, float):
        return str(cell).replace(".", ",")
    return cell


def ask(
    session: Session,
    user_id: int,
    sheet: str,
    asked: Pairs,
    columns: Sequence[str],
    as_what: SheetFormat,
    total: int,
    now: datetime,
) -> Export:
    """Have a long sheet written in the background."""
    export = Export(
        user_id=user_id,
        sheet=sheet,
        asked=[list(pair) for pair in asked],
        columns=list(columns),
        format=as_what,
        total=total,
        asked_at=now,
    )
    session.add(export)
    session.flush()
    enqueue(session, Job.WRITE_EXPORT, export_id=export.id)
    return export


def write(session: Session, export_id: int, now: datetime) -> None:
    """Write a sheet that was asked for, keep it, and say so by mail.

    Whoever may see nothing any more gets nothing. Done twice at the same time, the second
    file to be ready is dropped.
    """
    export = session.get(Export, export_id)
    viewer = viewer_of(session, export.user_id) if export else None
    if export is None or viewer is None or export.status is ExportStatus.DONE:
        return
    told = SHEETS[export.sheet].rows(session, viewer, export.asked)
    columns, as_what, sheet = list(export.columns), export.format, export.sheet
    with TemporaryFile() as file:
        _write(file, sheet, columns, as_what, _counting(session, export_id, told))
        locked = select(Export).where(Export.id == export_id).with_for_update()
        fresh = session.scalars(locked.execution_options(populate_existing=True)).one()
        if fresh.status is ExportStatus.DONE:
            return
        ending = Format.XLSX if as_what is SheetFormat.XLSX else Format.CSV
        name = f"{sheet}-{now:%Y-%m-%d}.{ending.value}"
        fresh.file = keep_made(session, file, name, ending, fresh.user_id, now)
        fresh.status, fresh.finished_at = ExportStatus.DONE, now
        _mail(session, fresh)


def _counting(session: Session, export_id: int, told: Iterator[Told]) -> Iterator[Told]:
    """The same rows. How far they are is written in a transaction apart, else nobody would see
    it before the end."""
    for number, one in enumerate(told):
        if number % TOLD_EVERY == 0:
            with Session(session.get_bind()) as apart, apart.begin():
                apart.execute(
                    update(Export)
                    .where(Export.id == export_id)
                    .values(written=number, status=ExportStatus.WRITING)
                )
        yield one


def _mail(session: Session, export: Export) -> None:
    person = session.get_one(User, export.user_id)
    mail.post(
        session,
        key=f"export:{export.id}",
        kind="exports/ready",
        address=person.email,
        promise=Promise.AT_MOST_ONCE,
        user_id=person.id,
        topic="exports",
        link=f"/exports/{export.id}",
        name=person.full_name,
        sheet=SHEETS[export.sheet].title,
    )


def ask_again(session: Session, now: datetime) -> None:
    """Sweep: sheets whose message was lost, or whose job was killed."""
    late = select(Export.id).where(
        Export.status != ExportStatus.DONE, Export.asked_at < now - LATE_AFTER
    )
    for export_id in session.scalars(late):
        enqueue(session, Job.WRITE_EXPORT, export_id=export_id)


def forget_old(session: Session, now: datetime) -> None:
    """Sweep: what was taken long ago; the file then belongs to nothing, and goes too."""
    session.execute(delete(Export).where(Export.asked_at < now - KEPT_FOR))
