"""The pages where registers are handed in, rehearsed and taken in: one way, for whoever may."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Response, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Select

from marketplace import audit, clock
from marketplace.audit import Action
from marketplace.db import db, transaction
from marketplace.files.contents import MEDIA_TYPES, Format, clean_name
from marketplace.forms import add_error, paging
from marketplace.guards.noting import note_export
from marketplace.guards.roles import visitor_ip
from marketplace.registers import telling
from marketplace.registers.forms import ColumnsForm, RegisterForm, StartForm
from marketplace.sheets import Unreadable
from marketplace.structures import handing_in
from marketplace.structures.import_tables import ImportStatus, StructureImport
from marketplace.structures.network_tables import Network

Page = Callable[..., str]
"""What shows a page of the face, of what it is given."""


@dataclass(frozen=True)
class Home:
    """Whose registers these are: the administration's, or a network's."""

    blueprint: str
    network: Network | None = None
    place: dict[str, Any] = field(default_factory=dict)
    """The further parts of its addresses."""

    def url(self, view: str, import_id: int | None = None) -> str:
        return url_for(f"{self.blueprint}.{view}", import_id=import_id, **self.place)


def index(home: Home, page: Page, wanted: Select[StructureImport]) -> ResponseReturnValue:
    """Those handed in so far, and a form to hand one in."""
    form = RegisterForm()
    if form.validate_on_submit():
        sent, network_id = form.file.data, home.network.id if home.network else None
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
                return redirect(home.url("columns", handed_in.id))
        except Unreadable as error:
            add_error(form.file, telling.unreadable(error))
    session = db.session()
    at = paging(session, wanted, telling.PER_PAGE)
    shown = page(
        form=form,
        imports=session.scalars(at.of(wanted)).all(),
        at=at,
        statuses=telling.STATUSES,
        most=handing_in.MOST_ROWS,
    )
    return shown, 422 if form.errors else 200


def columns(home: Home, page: Page, handed_in: StructureImport) -> ResponseReturnValue:
    """What each column says, guessed and then confirmed."""
    import_id = handed_in.id
    form = ColumnsForm(handed_in, telling.example(db.session(), import_id))
    if form.validate_on_submit():
        try:
            with transaction() as session:
                handing_in.confirm_columns(
                    session, import_id, form.mapping(), form.kind_chosen, clock.now()
                )
        except handing_in.NotNow:
            flash(telling.MOVED_ON, "warning")
        return redirect(home.url("show", import_id))
    return page(form=form, handed_in=handed_in), 422 if form.errors else 200


def show(home: Home, page: Page, handed_in: StructureImport) -> ResponseReturnValue:
    """How far it is, and what becomes of each line."""
    if handed_in.status is ImportStatus.READ:
        return redirect(home.url("columns", handed_in.id))
    if "HX-Request" in request.headers and not telling.is_working(handed_in):
        return Response(status=204, headers={"HX-Refresh": "true"})
    return page(told=telling.account(db.session(), handed_in))


def start(home: Home, import_id: int) -> ResponseReturnValue:
    form = StartForm()
    network = {"network": home.network.code} if home.network else {}
    try:
        with transaction() as session:
            now = clock.now()
            handing_in.start(session, import_id, bool(form.without_lookalikes.data), now)
            audit.note(
                session,
                Action.CHANGED,
                actor_id=current_user.user_id,
                about=("import", import_id),
                ip=visitor_ip(),
                what="structures imported",
                **network,
            )
    except handing_in.NotNow:
        flash(telling.MOVED_ON, "warning")
    return redirect(home.url("show", import_id))


def give_up(home: Home, import_id: int) -> ResponseReturnValue:
    try:
        with transaction() as session:
            handing_in.give_up(session, import_id)
    except handing_in.NotNow:
        flash(telling.MOVED_ON, "warning")
        return redirect(home.url("show", import_id))
    flash(telling.GIVEN_UP, "success")
    return redirect(home.url("index"))


def report(handed_in: StructureImport) -> ResponseReturnValue:
    """What became of each line, as a workbook."""
    note_export(("import", handed_in.id))
    return send_file(
        telling.report(db.session(), handed_in),
        mimetype=MEDIA_TYPES[Format.XLSX],
        as_attachment=True,
        download_name=f"import-{handed_in.id}.xlsx",
    )
