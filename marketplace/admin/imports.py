"""Registers of structures: handed in, rehearsed, then taken in while the page tells how far."""

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from marketplace import audit, clock
from marketplace.audit import Action
from marketplace.db import db, transaction
from marketplace.files.contents import MEDIA_TYPES, Format, clean_name
from marketplace.forms import add_error, paging
from marketplace.guards.roles import administrator_required
from marketplace.registers import telling
from marketplace.registers.forms import ColumnsForm, RegisterForm, StartForm
from marketplace.sheets import Unreadable
from marketplace.structures import handing_in
from marketplace.structures.import_tables import ImportStatus, StructureImport

imports = Blueprint("imports", __name__, url_prefix="/admin/imports")


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
            add_error(form.file, telling.unreadable(error))
    session = db.session()
    wanted = select(StructureImport).options(
        joinedload(StructureImport.user), joinedload(StructureImport.network)
    )
    at = paging(session, wanted, telling.PER_PAGE)
    page = render_template(
        "admin/imports/index.html",
        form=form,
        imports=session.scalars(at.of(wanted.order_by(StructureImport.id.desc()))).all(),
        at=at,
        statuses=telling.STATUSES,
        most=handing_in.MOST_ROWS,
    )
    return page, 422 if form.errors else 200


@imports.route("/<int(max=2147483647):import_id>/colonnes", methods=["GET", "POST"])
@administrator_required
def columns(import_id: int) -> ResponseReturnValue:
    handed_in = _import(import_id)
    form = ColumnsForm(handed_in, telling.example(db.session(), import_id))
    if form.validate_on_submit():
        try:
            with transaction() as session:
                handing_in.confirm_columns(
                    session, import_id, form.mapping(), form.kind_chosen, clock.now()
                )
        except handing_in.NotNow:
            flash(telling.MOVED_ON, "warning")
        return redirect(url_for("imports.show", import_id=import_id))
    page = render_template("admin/imports/columns.html", form=form, handed_in=handed_in)
    return page, 422 if form.errors else 200


@imports.get("/<int(max=2147483647):import_id>")
@administrator_required
def show(import_id: int) -> ResponseReturnValue:
    handed_in = _import(import_id)
    if handed_in.status is ImportStatus.READ:
        return redirect(url_for("imports.columns", import_id=import_id))
    if "HX-Request" in request.headers and not telling.is_working(handed_in):
        return Response(status=204, headers={"HX-Refresh": "true"})
    told = telling.account(db.session(), handed_in)
    return render_template("admin/imports/show.html", told=told)


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
        flash(telling.MOVED_ON, "warning")
    return redirect(url_for("imports.show", import_id=import_id))


@imports.post("/<int(max=2147483647):import_id>/abandonner")
@administrator_required
def give_up(import_id: int) -> ResponseReturnValue:
    try:
        with transaction() as session:
            handing_in.give_up(session, import_id)
    except handing_in.NotNow:
        flash(telling.MOVED_ON, "warning")
        return redirect(url_for("imports.show", import_id=import_id))
    flash(telling.GIVEN_UP, "success")
    return redirect(url_for("imports.index"))


@imports.get("/<int(max=2147483647):import_id>/compte-rendu.xlsx")
@administrator_required
def report(import_id: int) -> ResponseReturnValue:
    """What became of each line, as a workbook."""
    return send_file(
        telling.report(db.session(), _import(import_id)),
        mimetype=MEDIA_TYPES[Format.XLSX],
        as_attachment=True,
        download_name=f"import-{import_id}.xlsx",
    )


def _import(import_id: int) -> StructureImport:
    return db.session.scalars(select(StructureImport).filter_by(id=import_id)).one()
