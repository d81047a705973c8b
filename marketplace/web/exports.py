"""Sheets that people take along: columns chosen and remembered, the long ones by mail."""

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import RadioField, SelectMultipleField
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace import audit, clock
from marketplace.audit import Action
from marketplace.db import db, transaction
from marketplace.exports import writing
from marketplace.exports.offered import SHEETS
from marketplace.files.contents import MEDIA_TYPES, Format
from marketplace.forms import FrenchForm, choices_of, one_line
from marketplace.guards.roles import Viewer, sign_in_required, viewer, visitor_ip
from marketplace.lists.export_tables import Export, ExportStatus, SheetFormat

exports = Blueprint("exports", __name__)

MOST_PAIRS = 80
LONGEST_VALUE = 200
FORMATS = {
    SheetFormat.XLSX: "Classeur XLSX, pour Excel ou LibreOffice",
    SheetFormat.CSV: "CSV, pour les autres logiciels",
}


class ExportForm(FrenchForm):
    columns = SelectMultipleField(
        "Quelles colonnes\u00a0?",
        [InputRequired("Choisissez au moins une colonne")],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    as_what = RadioField("Sous quelle forme\u00a0?", choices=choices_of(FORMATS))


def _who() -> Viewer:
    who = viewer()
    assert who is not None, "the guard let a visitor in"  # noqa: S101 - for the type checker
    return who


def _asked() -> list[list[str]]:
    """What the address asks, as the page that leads here says it."""
    pairs = list(request.args.items(multi=True))[:MOST_PAIRS]
    return [[one_line(name)[:40], one_line(value)[:LONGEST_VALUE]] for name, value in pairs]


@exports.route(f"/exporter/<any({', '.join(SHEETS)}):sheet>", methods=["GET", "POST"])
@sign_in_required
def choose(sheet: str) -> ResponseReturnValue:
    session, who, asked = db.session(), _who(), _asked()
    offered = SHEETS[sheet]
    columns, as_what = writing.choice_of(session, who.user_id, sheet)
    form = ExportForm(data={"columns": columns, "as_what": as_what})
    form.columns.choices = choices_of({name: told[0] for name, told in offered.columns.items()})
    total = offered.total(session, who, asked)
    if not form.validate_on_submit():
        page = render_template(
            "web/exports/choose.html",
            form=form,
            sheet=offered,
            total=total,
            is_long=total > writing.AT_ONCE,
        )
        return page, 422 if form.errors else 200
    chosen = [name for name in offered.columns if name in (form.columns.data or ())]
    return _taken(sheet, asked, chosen, SheetFormat(form.as_what.data), total)


def _taken(
    sheet: str, asked: list[list[str]], columns: list[str], as_what: SheetFormat, total: int
) -> ResponseReturnValue:
    who, now = _who(), clock.now()
    with transaction() as session:
        writing.remember(session, who.user_id, sheet, columns, as_what)
        audit.note(
            session,
            Action.EXPORTED,
            actor_id=who.user_id,
            ip=visitor_ip(),
            what=sheet,
            rows=total,
        )
        if total > writing.AT_ONCE:
            export = writing.ask(session, who.user_id, sheet, asked, columns, as_what, total, now)
            return redirect(url_for("exports.show", export_id=export.id))
    file = writing.written_now(db.session(), who, sheet, asked, columns, as_what)
    return send_file(
        file,
        mimetype=MEDIA_TYPES[Format(as_what.value)],
        as_attachment=True,
        download_name=f"{sheet}-{clock.today().isoformat()}.{as_what.value}",
    )


@exports.get("/exports/<int(max=2147483647):export_id>")
@sign_in_required
def show(export_id: int) -> ResponseReturnValue:
    """How far a long sheet is, then the way to it."""
    own = select(Export).filter_by(id=export_id, user_id=_who().user_id)
    export = db.session.scalars(own).one()
    is_done = export.status is ExportStatus.DONE
    if "HX-Request" in request.headers and is_done:
        return Response(status=204, headers={"HX-Refresh": "true"})
    return render_template(
        "web/exports/show.html", export=export, sheet=SHEETS[export.sheet], is_done=is_done
    )
