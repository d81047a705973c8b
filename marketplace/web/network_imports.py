"""A network's partner brings the members of its network in, as an administrator imports a
register; structures.rights says what it may not change."""

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import joinedload

from marketplace import audit, clock
from marketplace.audit import Action
from marketplace.db import db, transaction
from marketplace.files.contents import MEDIA_TYPES, Format, clean_name
from marketplace.forms import add_error, paging
from marketplace.guards.roles import partner_required, viewer
from marketplace.guards.scopes import followed_network, imports_of_network
from marketplace.registers import telling
from marketplace.registers.forms import ColumnsForm, RegisterForm, StartForm
from marketplace.sheets import Unreadable
from marketplace.structures import handing_in
from marketplace.structures.import_tables import ImportStatus, StructureImport
from marketplace.structures.network_tables import Network

network_imports = Blueprint("network_imports", __name__, url_prefix="/reseaux/<code>/imports")


@network_imports.route("", methods=["GET", "POST"])
@partner_required
def index(code: str) -> ResponseReturnValue:
    form = RegisterForm()
    network = followed_network(db.session(), viewer(), code)
    if form.validate_on_submit():
        sent, network_id = form.file.data, network.id
        try:
            with transaction() as session:
                handed_in = handing_in.hand_in(
                    session,
                    sent.stream,
                    clean_name(sent.filename or ""),
                    current_user.user_id,
                    clock.now(),
                    network_id,
                )
                return redirect(
                    url_for("network_imports.columns", code=code, import_id=handed_in.id)
                )
        except Unreadable as error:
            add_error(form.file, telling.unreadable(error))
    session = db.session()
    wanted = imports_of_network(network.id).options(joinedload(StructureImport.user))
    at = paging(session, wanted, telling.PER_PAGE)
    page = render_template(
        "web/network_imports/index.html",
        network=network,
        form=form,
        imports=session.scalars(at.of(wanted)).all(),
        at=at,
        statuses=telling.STATUSES,
        most=handing_in.MOST_ROWS,
    )
    return page, 422 if form.errors else 200


@network_imports.route("/<int(max=2147483647):import_id>/colonnes", methods=["GET", "POST"])
@partner_required
def columns(code: str, import_id: int) -> ResponseReturnValue:
    network, handed_in = _import(code, import_id)
    form = ColumnsForm(handed_in, telling.example(db.session(), import_id))
    if form.validate_on_submit():
        try:
            with transaction() as session:
                handing_in.confirm_columns(
                    session, import_id, form.mapping(), form.kind_chosen, clock.now()
                )
        except handing_in.NotNow:
            flash(telling.MOVED_ON, "warning")
        return redirect(url_for("network_imports.show", code=code, import_id=import_id))
    page = render_template(
        "web/network_imports/columns.html", network=network, form=form, handed_in=handed_in
    )
    return page, 422 if form.errors else 200


@network_imports.get("/<int(max=2147483647):import_id>")
@partner_required
def show(code: str, import_id: int) -> ResponseReturnValue:
    network, handed_in = _import(code, import_id)
    if handed_in.status is ImportStatus.READ:
        return redirect(url_for("network_imports.columns", code=code, import_id=import_id))
    if "HX-Request" in request.headers and not telling.is_working(handed_in):
        return Response(status=204, headers={"HX-Refresh": "true"})
    told = telling.account(db.session(), handed_in)
    return render_template("web/network_imports/show.html", network=network, told=told)


@network_imports.post("/<int(max=2147483647):import_id>/lancer")
@partner_required
def start(code: str, import_id: int) -> ResponseReturnValue:
    _import(code, import_id)
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
                network=code,
            )
    except handing_in.NotNow:
        flash(telling.MOVED_ON, "warning")
    return redirect(url_for("network_imports.show", code=code, import_id=import_id))


@network_imports.post("/<int(max=2147483647):import_id>/abandonner")
@partner_required
def give_up(code: str, import_id: int) -> ResponseReturnValue:
    _import(code, import_id)
    try:
        with transaction() as session:
            handing_in.give_up(session, import_id)
    except handing_in.NotNow:
        flash(telling.MOVED_ON, "warning")
        return redirect(url_for("network_imports.show", code=code, import_id=import_id))
    flash(telling.GIVEN_UP, "success")
    return redirect(url_for("network_imports.index", code=code))


@network_imports.get("/<int(max=2147483647):import_id>/compte-rendu.xlsx")
@partner_required
def report(code: str, import_id: int) -> ResponseReturnValue:
    """What became of each line, as a workbook."""
    _, handed_in = _import(code, import_id)
    return send_file(
        telling.report(db.session(), handed_in),
        mimetype=MEDIA_TYPES[Format.XLSX],
        as_attachment=True,
        download_name=f"import-{import_id}.xlsx",
    )


def _import(code: str, import_id: int) -> tuple[Network, StructureImport]:
    """Raises NoResultFound: a 404 to who does not speak for the network, and for an import of
    another one, or of the administration."""
    session = db.session()
    network = followed_network(session, viewer(), code)
    of_it = imports_of_network(network.id).where(StructureImport.id == import_id)
    return network, session.scalars(of_it).one()
