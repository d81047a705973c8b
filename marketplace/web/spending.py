"""What a buyer's organisation spent, and which share of it went to inclusive structures."""

from collections.abc import Iterator, Sequence

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length

from marketplace import clock
from marketplace.accounts.queries import organisations
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error, choices_of, one_line, paging
from marketplace.guards.noting import note_export
from marketplace.guards.roles import buyer_required
from marketplace.guards.scopes import spending_of
from marketplace.insights import shares, spend_lines
from marketplace.insights.columns import NotThisSheet
from marketplace.insights.shares import By, Family, Share
from marketplace.insights.spend_lines import DOUBTS, Spending
from marketplace.insights.spend_tables import SpendFile
from marketplace.insights.spending import drop_spending, keep_spending
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.queries import gazetteer
from marketplace.web.need_ranking import csv_file
from marketplace.web.needs import buyer
from marketplace.web.sheet_field import LARGEST, SHEETS, SheetField

spending = Blueprint("spending", __name__)

PER_PAGE = 20
MOST_VALUES = 40
"""Rows of one table on the page; the file holds all."""
DOUBTS_SHOWN = 50

SPLITS = {
    By.FAMILY: ("Par famille", "Famille"),
    By.KIND: ("Par type de structure", "Type"),
    By.CATEGORY: ("Par catégorie d'achat", "Catégorie"),
    By.ENTITY: ("Par entité", "Entité"),
    By.DEPARTMENT: ("Par territoire du fournisseur", "Département"),
    By.QPV: ("Par quartier prioritaire", "Siège en QPV"),
}
FAMILIES = {
    Family.INSERTION: "Insertion par l'activité économique",
    Family.HANDICAP: "Handicap",
    Family.PRISON: "Milieu pénitentiaire",
    Family.SEVERAL: "Plusieurs familles sous un même SIRET",
}
IN_QPV = {"yes": "Oui", "no": "Non", "": "Non connu"}
COLUMNS = (
    "Découpage",
    "Valeur",
    "Total HT",
    "Inclusif HT",
    "Part inclusive en %",
    "Insertion HT",
    "Handicap HT",
    "Fournisseurs",
    "Fournisseurs inclusifs",
)


class SpendForm(FrenchForm):
    """`spending` is what the file says, once validated."""

    organisation = SelectField("Pour quel organisme\u00a0?", coerce=int)
    name = StringField(
        "Nom de ces dépenses",
        [InputRequired("Donnez un nom, par exemple Dépenses 2025"), Length(max=120)],
        filters=[one_line],
    )
    sheet = SheetField()

    spending: Spending

    def __init__(self) -> None:
        super().__init__()
        own = organisations(db.session(), buyer().organisation_ids)
        self.organisation.choices = choices_of({one.id: one.name for one in own})

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate(extra_validators)
        if self.sheet.errors:
            return False
        try:
            self.spending = spend_lines.read(self.sheet.file)
        except NotThisSheet as error:
            add_error(self.sheet, str(error))
            return False
        if not self.spending.lines:
            add_error(self.sheet, _none_kept(self.spending))
            return False
        return bool(is_valid)


def _none_kept(found: Spending) -> str:
    if not found.refused:
        return "Ce fichier n'a que sa ligne de titres."
    first = found.refused[0]
    return f"Aucune ligne n'a pu être lue. Ligne {first.line}\u00a0: {first.reason}."


@spending.get("/depenses")
@buyer_required
def index() -> str:
    session = db.session()
    files = shares.files_of(buyer().organisation_ids)
    at = paging(session, files, PER_PAGE)
    shown = session.scalars(at.of(files).options(joinedload(SpendFile.organisation))).all()
    overall = shares.overall(session, [file.id for file in shown])
    return render_template(
        "web/spending/index.html", files=[(file, overall[file.id]) for file in shown], at=at
    )


@spending.route("/depenses/importer", methods=["GET", "POST"])
@buyer_required
def add() -> ResponseReturnValue:
    form = SpendForm()
    if not form.validate_on_submit():
        page = render_template(
            "web/spending/add.html",
            form=form,
            columns=spend_lines.COLUMNS,
            accept=SHEETS,
            largest=LARGEST,
            most=spend_lines.MOST_LINES,
        )
        return page, 422 if form.errors else 200
    with transaction() as session:
        file = keep_spending(
            session,
            form.organisation.data,
            buyer().user_id,
            form.name.data or "",
            form.spending,
            clock.now(),
        )
    kept = len(form.spending.lines)
    flash(f"{kept} ligne{'s' if kept > 1 else ''} enregistrée{'s' if kept > 1 else ''}.", "success")
    if form.spending.is_mixed:
        flash(
            "Ce fichier mélange virgules et points dans ses montants\u00a0: chaque montant clair "
            "est lu comme il est écrit, les autres sont refusés.",
            "warning",
        )
    return redirect(url_for("spending.show", file_id=file.id))


@spending.get("/depenses/<int(max=2147483647):file_id>")
@buyer_required
def show(file_id: int) -> str:
    session, file = db.session(), _own(file_id)
    places = gazetteer(session)
    doubts = shares.doubts(session, file.id)
    return render_template(
        "web/spending/show.html",
        file=file,
        overall=shares.overall(session, [file.id])[file.id],
        splits=[
            (
                by,
                *SPLITS[by],
                [(_value(by, one.value, places), one) for one in _split(file, by, MOST_VALUES)],
            )
            for by in By
        ],
        most=MOST_VALUES,
        doubts=[(DOUBTS[doubt], found) for doubt, found in doubts.items()],
        doubtful=[
            (line, DOUBTS[line.doubt])
            for line in shares.doubtful_lines(session, file.id, DOUBTS_SHOWN)
            if line.doubt
        ],
        same_firm=shares.same_firm(session, file.id),
        form=FrenchForm(),
    )


@spending.get("/depenses/<int(max=2147483647):file_id>/part-inclusive.csv")
@buyer_required
def export(file_id: int) -> Response:
    file = _own(file_id)
    note_export(("organisation", file.organisation_id))
    return csv_file(f"part-inclusive-{file.id}.csv", COLUMNS, _cells(file))


@spending.post("/depenses/<int(max=2147483647):file_id>/supprimer")
@buyer_required
def drop(file_id: int) -> ResponseReturnValue:
    _own(file_id)
    with transaction() as session:
        drop_spending(session, file_id)
    flash("Ces dépenses sont supprimées.")
    return redirect(url_for("spending.index"))


def _own(file_id: int) -> SpendFile:
    """A file of the buyer's own organisations; anybody else's is not there."""
    return db.session().scalars(spending_of(buyer()).filter_by(id=file_id)).first() or abort(404)


def _split(file: SpendFile, by: By, most: int | None = None) -> Sequence[Share]:
    return shares.split(db.session(), file.id, by, most)


def _value(by: By, value: str, places: Gazetteer) -> str:
    if by is By.FAMILY:
        return FAMILIES[Family(value)]
    if by is By.QPV:
        return IN_QPV[value]
    if by is By.DEPARTMENT:
        return f"{places.name(value) or value} ({value})" if value else "Non connu"
    return value or "Non renseignée"


def _cells(file: SpendFile) -> Iterator[tuple[object, ...]]:
    session = db.session()
    places = gazetteer(session)
    yield "Ensemble", "", *_figures(shares.overall(session, [file.id])[file.id])
    for by in By:
        for one in _split(file, by):
            yield SPLITS[by][1], _value(by, one.value, places), *_figures(one)


def _figures(one: Share) -> tuple[object, ...]:
    part = None if one.part is None else _in_french(round(one.part * 100, 2))
    amounts = [_in_french(amount) for amount in (one.total, one.inclusive)]
    families = [_in_french(amount) for amount in (one.insertion, one.handicap)]
    return *amounts, part, *families, one.suppliers, one.inclusive_suppliers


def _in_french(value: object) -> str:
    """With a comma, which a French spreadsheet takes for a number."""
    return str(value).replace(".", ",")
