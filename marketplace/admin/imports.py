"""Registers of structures: handed in, rehearsed, then taken in while the page tells how far."""

from collections.abc import Iterator
from tempfile import SpooledTemporaryFile

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit, clock
from marketplace.admin.import_forms import ColumnsForm, RegisterForm, StartForm
from marketplace.audit import Action
from marketplace.db import db, transaction
from marketplace.files.contents import MEDIA_TYPES, Format, clean_name
from marketplace.forms import add_error, one_of, paging
from marketplace.guards.roles import administrator_required
from marketplace.sheets import Unreadable, write_xlsx
from marketplace.structures import handing_in
from marketplace.structures.columns import LABELS, cells_of
from marketplace.structures.import_tables import (
    ImportStatus,
    Outcome,
    StructureImport,
    StructureImportRow,
)

imports = Blueprint("imports", __name__, url_prefix="/admin/imports")

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
    Outcome.REFUSED: "refusées",
    Outcome.REPEATED: "répétées",
}
DONE = {
    Outcome.CREATED: "créées",
    Outcome.UPDATED: "modifiées",
    Outcome.UNCHANGED: "sans changement",
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
MOVED_ON = "Cet import en est déjà à une autre étape : voici où il en est."


@imports.route("", methods=["GET", "POST"])
@administrator_required
def index() -> ResponseReturnValue:
    form = RegisterForm()
    if form.validate_on_submit():
        sent = form.file.data
        try:
            with transaction() as session:
                handed_in = handing_in.hand_in(
                    session,
                    sent.stream,
                    clean_name(sent.filename or ""),
                    current_user.user_id,
                    clock.now(),
                )
                return redirect(url_for("imports.columns", import_id=handed_in.id))
        except Unreadable as error:
            add_error(form.file, f"Ce fichier ne se lit pas : {_in_french(error)}")
    session = db.session()
    wanted = select(StructureImport).options(joinedload(StructureImport.user))
    at = paging(session, wanted, PER_PAGE)
    page = render_template(
        "admin/imports/index.html",
        form=form,
        imports=session.scalars(at.of(wanted.order_by(StructureImport.id.desc()))).all(),
        at=at,
        statuses=STATUSES,
        most=handing_in.MOST_ROWS,
    )
    return page, 422 if form.errors else 200


def _in_french(error: Unreadable) -> str:
    said = str(error)
    return next((words for sign, words in IN_FRENCH.items() if sign in said), said)


@imports.route("/<int(max=2147483647):import_id>/colonnes", methods=["GET", "POST"])
@administrator_required
def columns(import_id: int) -> ResponseReturnValue:
    handed_in = _import(import_id)
    form = ColumnsForm(handed_in, _example(db.session(), import_id))
    if form.validate_on_submit():
        try:
            with transaction() as session:
                handing_in.confirm_columns(
                    session, import_id, form.mapping(), form.kind_chosen, clock.now()
                )
        except handing_in.NotNow:
            flash(MOVED_ON, "warning")
        return redirect(url_for("imports.show", import_id=import_id))
    page = render_template("admin/imports/columns.html", form=form, handed_in=handed_in)
    return page, 422 if form.errors else 200


def _example(session: Session, import_id: int) -> list[str]:
    first = select(StructureImportRow.cells).where(
        StructureImportRow.import_id == import_id, StructureImportRow.fault.is_(None)
    )
    return session.scalar(first.order_by(StructureImportRow.line).limit(1)) or []


@imports.get("/<int(max=2147483647):import_id>")
@administrator_required
def show(import_id: int) -> ResponseReturnValue:
    session, handed_in = db.session(), _import(import_id)
    if handed_in.status is ImportStatus.READ:
        return redirect(url_for("imports.columns", import_id=import_id))
    is_working = handed_in.status in WORKING
    if "HX-Request" in request.headers and not is_working:
        return Response(status=204, headers={"HX-Refresh": "true"})
    is_done = handed_in.status in (ImportStatus.RUNNING, ImportStatus.DONE)
    foreseen, done = handing_in.counts(session, import_id)
    told, words = (done, DONE) if is_done else (foreseen, FORESEEN)
    of_it = StructureImportRow.import_id == import_id
    doubtful = select(func.count()).where(of_it, StructureImportRow.lookalike != "")
    asked = one_of(Outcome, "voir")
    wanted = select(StructureImportRow).where(of_it, _is_shown(asked, is_done))
    at = paging(session, wanted, PER_PAGE)
    rows = session.scalars(at.of(wanted.order_by(StructureImportRow.line))).all()
    return render_template(
        "admin/imports/show.html",
        handed_in=handed_in,
        form=StartForm(formdata=None),
        is_working=is_working,
        status=STATUSES[handed_in.status],
        treated=sum(told.values()),
        figures=[(told.get(one, 0), words[one]) for one in words],
        outcomes=[(one, words[one].capitalize(), told[one]) for one in words if one in told],
        shown=asked,
        doubtful=session.scalar(doubtful) or 0,
        rows=[_told(handed_in, row) for row in rows],
        at=at,
    )


def _is_shown(asked: Outcome | None, is_done: bool) -> ColumnElement[bool]:
    """The lines of an outcome; else those to look at: refused, repeated, or that resemble."""
    column = StructureImportRow.outcome if is_done else StructureImportRow.foreseen
    if asked is not None:
        return column == asked
    to_look_at = (Outcome.REFUSED, Outcome.REPEATED, Outcome.SKIPPED)
    return column.in_(to_look_at) | (StructureImportRow.lookalike != "")


def _told(handed_in: StructureImport, row: StructureImportRow) -> tuple[object, ...]:
    """A line: its number, SIRET, kind, name, commune, and what there is to say of it."""
    cells = cells_of(row.cells, handed_in.mapping, handed_in.kind or "") if row.cells else {}
    identity = (cells.get(field, "")[:80] for field in ("siret", "kind", "name", "city"))
    return (row.line, *identity, _remarks(handed_in, row))


def _remarks(handed_in: StructureImport, row: StructureImportRow) -> list[str]:
    remarks = [f"{LABELS.get(field, 'Ligne')} : {words}" for field, words in row.notes]
    return [f"Ressemblance : {row.lookalike}", *remarks] if row.lookalike else remarks


@imports.post("/<int(max=2147483647):import_id>/lancer")
@administrator_required
def start(import_id: int) -> ResponseReturnValue:
    form = StartForm()
    try:
        with transaction() as session:
            now = clock.now()
            handing_in.start(session, import_id, bool(form.without_lookalikes.data), now)
            audit.note(
                session,
                Action.CHANGED,
                actor_id=current_user.user_id,
                about=("import", import_id),
                ip=request.remote_addr or "",
                what="structures imported",
            )
    except handing_in.NotNow:
        flash(MOVED_ON, "warning")
    return redirect(url_for("imports.show", import_id=import_id))


@imports.post("/<int(max=2147483647):import_id>/abandonner")
@administrator_required
def give_up(import_id: int) -> ResponseReturnValue:
    try:
        with transaction() as session:
            handing_in.give_up(session, import_id)
    except handing_in.NotNow:
        flash(MOVED_ON, "warning")
        return redirect(url_for("imports.show", import_id=import_id))
    flash("Cet import est abandonné : rien n'a changé.", "success")
    return redirect(url_for("imports.index"))


@imports.get("/<int(max=2147483647):import_id>/compte-rendu.xlsx")
@administrator_required
def report(import_id: int) -> ResponseReturnValue:
    """What became of each line, as a workbook."""
    handed_in = _import(import_id)
    file = SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115 - send_file closes it
    header = ("Ligne", "SIRET", "Type", "Nom", "Commune", "Résultat", "Remarques")
    for piece in write_xlsx(header, _report(db.session(), handed_in)):
        file.write(piece)
    file.seek(0)
    return send_file(
        file,
        mimetype=MEDIA_TYPES[Format.XLSX],
        as_attachment=True,
        download_name=f"import-{import_id}.xlsx",
    )


def _report(session: Session, handed_in: StructureImport) -> Iterator[tuple[object, ...]]:
    lines = select(StructureImportRow).where(StructureImportRow.import_id == handed_in.id)
    ordered = lines.order_by(StructureImportRow.line)
    for row in session.scalars(ordered, execution_options={"yield_per": READ_AT_ONCE}):
        *identity, remarks = _told(handed_in, row)
        foreseen = FORESEEN[row.foreseen] if row.foreseen else ""
        outcome = DONE[row.outcome] if row.outcome else foreseen
        yield (*identity, outcome, " ; ".join(_remarks(handed_in, row)) if remarks else "")


def _import(import_id: int) -> StructureImport:
    return db.session.scalars(select(StructureImport).filter_by(id=import_id)).one()
