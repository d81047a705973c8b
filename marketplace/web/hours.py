"""The hours of a month: typed by an employer or its desk, by a firm with a link, or in a sheet."""

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from marketplace import clock
from marketplace.clauses import contract_queries as queries
from marketplace.clauses.contract_tables import (
    Contract,
    ContractEmployer,
    ContractLot,
    HourReport,
)
from marketplace.clauses.reading_hours import (
    HEADINGS,
    REQUIRED,
    Sheet,
    column_help,
    read_hours,
    retold,
    to_fill_in,
)
from marketplace.clauses.report_links import DeadLink, employer_of
from marketplace.clauses.reported import (
    STATES,
    month_in_words,
    month_of,
    month_slug,
    months_between,
    most_hours,
)
from marketplace.clauses.reporting import REFUSALS, Refusal, Refused, month_refused, send_report
from marketplace.db import db, transaction
from marketplace.files.contents import MEDIA_TYPES, Format
from marketplace.guards.noting import note_export
from marketplace.guards.roles import sign_in_required
from marketplace.guards.scopes import employers_reported_by, visible_contracts
from marketplace.sheets import Unreadable, WrongColumns, write_csv, write_xlsx
from marketplace.web.contracts import asking, contract_among
from marketplace.web.hour_forms import (
    LARGEST_SHEET,
    ImportForm,
    ReportForm,
    report_shown,
    version_in,
)
from marketplace.web.sheet_field import SHEETS
from marketplace.workbooks.reading import is_workbook

hours = Blueprint("hours", __name__)

NO_FILE = "Choisissez un fichier CSV ou XLSX."
UNREADABLE = (
    "Le fichier n'est pas lisible\u00a0: il faut un CSV ou un classeur XLSX dont la première ligne "
    "nomme les colonnes. Partez du modèle ci-dessous."
)
MOST_NAMED = 12
"""Columns that a sentence names: beyond, this is no sheet of hours."""
LARGEST_CARRIED = 4 * LARGEST_SHEET
"""Bytes that a sheet may have once it is unpacked from the page that carried it on."""


@hours.route(
    "/contrats/<int(max=2147483647):contract_id>/heures/<int(max=2147483647):lot_id>"
    "/<int(max=2147483647):employer_id>/<month>",
    methods=["GET", "POST"],
)
@sign_in_required
def report(contract_id: int, lot_id: int, employer_id: int, month: str) -> ResponseReturnValue:
    contract, own = _reported(contract_id)
    employer = next((one for one in own if one.id == employer_id), None) or abort(404)
    back = url_for("contracts.show", contract_id=contract_id)
    return _report(contract, _lot(contract, lot_id), employer, month, asking().user_id, back)


@hours.get("/heures/<token>")
def by_link(token: str) -> ResponseReturnValue:
    """The months of a contract that a firm without an account reports."""
    employer = _employer_of(token)
    contract, today = employer.contract, clock.today()
    told = {
        (told.lot_id, told.month): told
        for told in queries.reports_of(db.session(), contract.id, [employer.id])
    }
    months = [
        (month, lot, told.get((lot.id, month)), _refused(contract, lot, month, today))
        for month in reversed(months_between(contract.starts_on, min(contract.ends_on, today)))
        for lot in contract.lots
    ]
    return render_template(
        "web/hours/by_link.html",
        token=token,
        employer=employer,
        contract=contract,
        months=months,
        states=STATES,
        month_slug=month_slug,
        month_in_words=month_in_words,
    )


@hours.route("/heures/<token>/<int(max=2147483647):lot_id>/<month>", methods=["GET", "POST"])
def report_by_link(token: str, lot_id: int, month: str) -> ResponseReturnValue:
    employer = _employer_of(token)
    contract, back = employer.contract, url_for("hours.by_link", token=token)
    return _report(contract, _lot(contract, lot_id), employer, month, None, back)


def _refused(contract: Contract, lot: ContractLot, month: date, today: date) -> Refusal | None:
    if lot.closed_at is not None:
        return Refusal.LOT_CLOSED
    return month_refused(contract, month, today)


def _report(
    contract: Contract,
    lot: ContractLot,
    employer: ContractEmployer,
    said_month: str,
    user_id: int | None,
    back: str,
) -> ResponseReturnValue:
    month = _month(said_month)
    if (why := _refused(contract, lot, month, clock.today())) is not None:
        flash(REFUSALS[why], "warning")
        return redirect(back)
    told = queries.report_at(db.session(), lot.id, employer.id, month)
    form = ReportForm(data=report_shown(told))
    form.month = month
    if (go := request.form.get("go", "send")) not in ("send", "add"):
        abort(400)
    is_sent = form.is_submitted() and go == "send"
    if is_sent and form.validate() and _send(form, lot, employer, user_id):
        flash("Les heures sont envoyées au facilitateur.", "success")
        return redirect(back)
    form.more_lines()
    page = render_template(
        "web/hours/report.html",
        form=form,
        contract=contract,
        lot=lot,
        employer=employer,
        report=told,
        states=STATES,
        month=month_in_words(month),
        most=most_hours(month),
        back=back,
    )
    return page, 422 if is_sent else 200


def _send(
    form: ReportForm, lot: ContractLot, employer: ContractEmployer, user_id: int | None
) -> bool:
    """Whether it is done; the form says why not."""
    lines, month, now = form.lines_told, form.month, clock.now()
    try:
        with transaction() as session:
            send_report(session, lot.id, employer.id, month, lines, user_id, now, form.seen)
    except Refused as refused:
        form.form_errors.append(REFUSALS[refused.why])
        return False
    return True


@hours.route("/contrats/<int(max=2147483647):contract_id>/heures/importer", methods=["GET", "POST"])
@sign_in_required
def import_sheet(contract_id: int) -> ResponseReturnValue:
    """A sheet is looked at first, then written whole: a line that is wrong stops all of it."""
    contract, own = _reported(contract_id)
    form, sheet, problem, content = ImportForm(), None, "", b""
    if (go := request.form.get("go", "check")) not in ("check", "import"):
        abort(400)
    if form.validate_on_submit():
        content, problem = _content(form)
        if not problem:
            sheet, problem = _read(content, contract, own)
    is_sound = sheet is not None and not sheet.faults and bool(sheet.reports)
    if sheet is not None and is_sound and go == "import":
        if (problem := _import(sheet, form.seen.data or "")) == "":
            lines = "lignes importées" if sheet.lines > 1 else "ligne importée"
            read = "les relit" if sheet.lines > 1 else "la relit"
            flash(f"{sheet.lines}\u00a0{lines}\u00a0: le facilitateur {read}.", "success")
            return redirect(url_for("contracts.show", contract_id=contract_id))
        is_sound = False
    before = _before(contract, sheet) if sheet is not None and is_sound else []
    form.seen.data = ".".join(str(told.version if told else 0) for told, _ in before)
    page = render_template(
        "web/hours/import.html",
        form=form,
        replaced=[(told, hours) for told, hours in before if told],
        states=STATES,
        month_in_words=month_in_words,
        contract=contract,
        sheet=sheet,
        is_sound=is_sound,
        problem=problem,
        content=_carried_on(content) if is_sound else "",
        columns=column_help(contract),
        headings=HEADINGS,
        accept=SHEETS,
        largest=f"{LARGEST_SHEET // 1_000_000}\u00a0Mo",
    )
    is_told = sheet is not None and not problem and go == "check"  # looking found what it found
    return page, 422 if form.is_submitted() and not is_told else 200


@hours.get(
    "/contrats/<int(max=2147483647):contract_id>/heures/modele.<any(csv, xlsx):kind>",
)
@sign_in_required
def template(contract_id: int, kind: str) -> ResponseReturnValue:
    """A sheet to fill in and import."""
    contract, own = _reported(contract_id)
    note_export(("contract", contract_id))
    header, lines = list(HEADINGS.values()), to_fill_in(contract, own, clock.today())
    if kind == "csv":
        content = "".join(write_csv(header, lines)).encode()
    else:
        content = b"".join(write_xlsx(header, lines))
    return send_file(
        BytesIO(content),
        mimetype=MEDIA_TYPES[Format(kind)],
        as_attachment=True,
        download_name=f"heures-contrat-{contract_id}.{kind}",
    )


def _content(form: ImportForm) -> tuple[bytes, str]:
    """A sheet, from the file or from the page before; else why there is none."""
    sent = form.sheet.data
    if not isinstance(sent, FileStorage) or not sent.filename:
        content = _carried_here(form.content.data or "")
        return content, "" if content.strip() else NO_FILE
    raw = sent.stream.read(LARGEST_SHEET + 1)
    if len(raw) > LARGEST_SHEET:
        return b"", "Le fichier dépasse 1 Mo\u00a0: importez quelques mois à la fois."
    if is_workbook(BytesIO(raw)):
        return raw, ""
    try:
        raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace").encode(), ""  # what Excel writes unasked
    return raw, ""


def _carried_on(content: bytes) -> str:
    """A sheet for the page that asks whether to import it, much smaller than it was."""
    return urlsafe_b64encode(zlib.compress(retold(BytesIO(content)).encode())).decode()


def _carried_here(said: str) -> bytes:
    """What the page before carried on; nothing, when it was tampered with."""
    try:
        return zlib.decompressobj().decompress(urlsafe_b64decode(said), LARGEST_CARRIED)
    except (ValueError, zlib.error):
        return b""


def _read(
    content: bytes, contract: Contract, own: Sequence[ContractEmployer]
) -> tuple[Sheet | None, str]:
    ids = [one.id for one in own]
    try:
        sheet = read_hours(BytesIO(content), contract, ids, clock.today())
    except WrongColumns as error:
        return None, _columns_refused(error)
    except Unreadable:
        return None, UNREADABLE
    return sheet, "" if sheet.lines else "Le fichier n'a aucune ligne d'heures."


def _columns_refused(error: WrongColumns) -> str:
    """Which columns are wrong, in the words of the sheet and in ours."""
    if len(error.missing) == len(REQUIRED):
        return UNREADABLE
    told = [
        ("Colonnes manquantes", [HEADINGS[name] for name in error.missing]),
        ("Colonnes données deux fois", [HEADINGS[name] for name in error.twice]),
        ("Colonnes inconnues", [name[:60] for name in error.unknown[:MOST_NAMED]]),
    ]
    return " ".join(f"{what}\u00a0: {', '.join(names)}." for what, names in told if names)


def _before(contract: Contract, sheet: Sheet) -> list[tuple[HourReport | None, Decimal]]:
    """For each report of a sheet, in order: what it takes the place of, and its hours."""
    told = {
        (report.lot_id, report.employer_id, report.month): report
        for report in queries.reports_of(db.session(), contract.id)
    }
    return [
        (told.get(key), sum((line.hours for line in lines), Decimal(0)))
        for key, lines in sorted(sheet.reports.items())
    ]


def _import(sheet: Sheet, seen: str) -> str:
    """Nothing when it is written, else why not. `seen`: the versions that it was to replace."""
    who, now = asking().user_id, clock.now()
    versions = [version_in(said) for said in seen.split(".")]
    if len(versions) != len(sheet.reports):
        return REFUSALS[Refusal.STALE]
    try:
        with transaction() as session:
            for (key, lines), version in zip(sorted(sheet.reports.items()), versions, strict=True):
                send_report(session, *key, lines, who, now, version)
    except Refused as refused:
        return REFUSALS[refused.why]
    return ""


def _reported(contract_id: int) -> tuple[Contract, list[ContractEmployer]]:
    """A contract, and its employers whose hours the person may report; to all others, a 404."""
    who = asking()
    contract = contract_among(visible_contracts(who), contract_id)
    own = employers_reported_by(db.session(), who, contract)
    return (contract, own) if own else abort(404)


def _lot(contract: Contract, lot_id: int) -> ContractLot:
    return next((lot for lot in contract.lots if lot.id == lot_id), None) or abort(404)


def _month(said: str) -> date:
    try:
        return month_of(said)
    except ValueError:
        abort(404)


def _employer_of(token: str) -> ContractEmployer:
    try:
        employer_id = employer_of(str(current_app.secret_key), token)
    except DeadLink:
        abort(404)
    named = select(ContractEmployer).where(ContractEmployer.id == employer_id)
    return db.session.scalars(named).one_or_none() or abort(404)
