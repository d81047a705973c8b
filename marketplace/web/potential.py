"""What inclusion could bring to a purchasing programme; nothing is kept unless it is asked."""

from decimal import Decimal

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import joinedload
from wtforms import SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from marketplace import clock
from marketplace.accounts.queries import organisations
from marketplace.accounts.wording import ORGANISATION_KINDS
from marketplace.clauses.contract_words import NATURES
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error, choices_of, cleaned, one_line, paging, pressed
from marketplace.guards.noting import note_export
from marketplace.guards.roles import buyer_required, sign_in_required
from marketplace.guards.scopes import studies_seen_by
from marketplace.insights import programme
from marketplace.insights.columns import NotThisSheet
from marketplace.insights.estimating import (
    Estimate,
    drop_study,
    estimate,
    keep_study,
    studies_of,
)
from marketplace.insights.potential import CAPACITIES, CHOICES, Choice, Potential
from marketplace.insights.programme import Programme
from marketplace.insights.spend_tables import PotentialStudy
from marketplace.territories.queries import gazetteer
from marketplace.web.need_ranking import csv_file, xlsx_file
from marketplace.web.needs import buyer
from marketplace.web.sheet_field import LARGEST, SHEETS, SheetField

potential = Blueprint("potential", __name__)

PER_PAGE = 20
LONGEST = 100_000
COLUMNS = (
    "Intitulé",
    "Lieu",
    "Montant HT",
    "Durée en années",
    "Montant HT d'une année",
    "Nature",
    "Secteurs déduits",
    "Structures trouvées",
    "Insertion",
    "Handicap",
    "À moins de 20 km",
    "Part du chiffre d'affaires médian en %",
    "Capacité",
    "Heures d'insertion à 5 %",
    "Conseil",
    "Pourquoi",
    "Levier",
    "Texte",
    "Obligation",
)


class LinesForm(FrenchForm):
    """A programme as text: what a page of results hands on. `programme` once validated."""

    buyer_kind = SelectField("Vous êtes", choices=choices_of(ORGANISATION_KINDS), default="commune")
    lines = TextAreaField(
        "Le programme, ligne par ligne",
        [
            InputRequired("Donnez au moins une ligne sous celle des titres"),
            Length(max=LONGEST, message="Ce programme dépasse cent mille caractères"),
        ],
        filters=[cleaned],
    )

    programme: Programme

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate(extra_validators)
        return self._read() and is_valid

    def _read(self) -> bool:
        if self.lines.errors:
            return False
        try:
            read = programme.read_again(self.lines.data or "", gazetteer(db.session()))
        except NotThisSheet as error:
            add_error(self.lines, str(error))
            return False
        self.programme = read
        if not read.projects:
            add_error(self.lines, _none_read(read))
        return bool(read.projects)


class SheetForm(FrenchForm):
    """The same from a file."""

    buyer_kind = SelectField("Vous êtes", choices=choices_of(ORGANISATION_KINDS), default="commune")
    sheet = SheetField()

    programme: Programme

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate(extra_validators)
        if self.sheet.errors:
            return False
        try:
            self.programme = programme.read(self.sheet.file, gazetteer(db.session()))
        except NotThisSheet as error:
            add_error(self.sheet, str(error))
            return False
        if not self.programme.projects:
            add_error(self.sheet, _none_read(self.programme))
            return False
        return bool(is_valid)


class KeepForm(LinesForm):
    organisation = SelectField("Pour quel organisme\u00a0?", coerce=int)
    name = StringField(
        "Nom de cette étude",
        [InputRequired("Donnez un nom, par exemple Programme 2027"), Length(max=120)],
        filters=[one_line],
    )

    def __init__(self) -> None:
        super().__init__()
        own = organisations(db.session(), buyer().organisation_ids)
        self.organisation.choices = choices_of({one.id: one.name for one in own})


def _none_read(read: Programme) -> str:
    if not read.refused:
        return "Ce programme n'a que sa ligne de titres."
    first = read.refused[0]
    return f"Aucune ligne n'a pu être lue. Ligne {first.line}\u00a0: {first.reason}."


@potential.route("/potentiel", methods=["GET", "POST"])
@sign_in_required
def start() -> ResponseReturnValue:
    """From a file, or from lines put right on the page of results."""
    form = LinesForm() if "lines" in request.form else SheetForm()
    if not form.validate_on_submit():
        page = render_template(
            "web/potential/start.html",
            form=form,
            columns=programme.COLUMNS,
            accept=SHEETS,
            largest=LARGEST,
            most=programme.MOST_PROJECTS,
        )
        return page, 422 if form.errors else 200
    return _results(form.programme, form.buyer_kind.data)


@potential.post("/potentiel/export")
@sign_in_required
def export() -> ResponseReturnValue:
    form = LinesForm()
    if not form.validate_on_submit():
        abort(422)
    found = _estimate(form.programme, form.buyer_kind.data)
    return _file("potentiel", found, pressed("format", "csv", "xlsx"))


@potential.route("/potentiel/enregistrer", methods=["POST"])
@buyer_required
def keep() -> ResponseReturnValue:
    form = KeepForm()
    if not form.validate_on_submit():
        return render_template("web/potential/keep.html", form=form), 422
    with transaction() as session:
        study = keep_study(
            session,
            form.organisation.data,
            buyer().user_id,
            form.name.data or "",
            programme.written(form.programme.projects),
            clock.now(),
        )
    flash(
        "Votre étude est enregistrée\u00a0: ses chiffres suivent les structures du jour.", "success"
    )
    return redirect(url_for("potential.show", study_id=study.id))


@potential.get("/potentiel/etudes")
@buyer_required
def index() -> str:
    session = db.session()
    studies = studies_of(buyer().organisation_ids)
    at = paging(session, studies, PER_PAGE)
    shown = session.scalars(at.of(studies).options(joinedload(PotentialStudy.organisation)))
    return render_template("web/potential/index.html", studies=shown.all(), at=at)


@potential.get("/potentiel/etudes/<int(max=2147483647):study_id>")
@buyer_required
def show(study_id: int) -> str:
    study = _own(study_id)
    read = programme.read_again(study.lines, gazetteer(db.session()))
    return _results(read, study.organisation.kind, study)


@potential.get("/potentiel/etudes/<int(max=2147483647):study_id>/potentiel")
@buyer_required
def export_study(study_id: int) -> Response:
    study = _own(study_id)
    read = programme.read_again(study.lines, gazetteer(db.session()))
    found = _estimate(read, study.organisation.kind)
    return _file(f"potentiel-{study.id}", found, request.args.get("format", ""))


@potential.post("/potentiel/etudes/<int(max=2147483647):study_id>/supprimer")
@buyer_required
def drop(study_id: int) -> ResponseReturnValue:
    _own(study_id)
    with transaction() as session:
        drop_study(session, study_id)
    flash("Cette étude est supprimée.")
    return redirect(url_for("potential.index"))


def _own(study_id: int) -> PotentialStudy:
    """A study of the buyer's own organisations; anybody else's is not there."""
    named = studies_seen_by(buyer()).filter_by(id=study_id)
    return db.session().scalars(named).first() or abort(404)


def _estimate(read: Programme, buyer_kind: str) -> Estimate:
    return estimate(db.session(), read.projects, buyer_kind, clock.now())


def _results(read: Programme, buyer_kind: str, study: PotentialStudy | None = None) -> str:
    found = _estimate(read, buyer_kind)
    return render_template(
        "web/potential/results.html",
        found=found,
        refused=read.refused,
        choices=[
            (CHOICES[choice], *found.by_choice[choice])
            for choice in Choice
            if choice in found.by_choice
        ],
        labels=CHOICES,
        capacities=CAPACITIES,
        lines=programme.written(read.projects),
        buyer_kind=buyer_kind,
        study=study,
        form=FrenchForm(),
        own=organisations(db.session(), current_user.organisation_ids),
    )


def _file(name: str, found: Estimate, kind: str) -> Response:
    """A workbook when « xlsx » is asked for, whose figures are numbers; else CSV."""
    note_export()
    if kind == "xlsx":
        return xlsx_file(f"{name}.xlsx", COLUMNS, map(_line, found.potentials))
    rows = (tuple(map(_in_french, _line(one))) for one in found.potentials)
    return csv_file(f"{name}.csv", COLUMNS, rows)


def _line(one: Potential) -> tuple[object, ...]:
    project = one.project
    return (
        project.title,
        project.place,
        round(project.amount, 2),
        round(project.years, 2).normalize(),
        round(project.annual, 2),
        NATURES[one.nature],
        ", ".join(sector.name for sector in one.sectors),
        one.count,
        one.insertion,
        one.handicap,
        one.close,
        None if one.dependency is None else round(Decimal(one.dependency * 100), 1),
        CAPACITIES[one.capacity],
        None if one.hours is None else round(one.hours),
        CHOICES[one.choice],
        one.why,
        one.advice.title if one.advice else "",
        ", ".join(text.title for text in one.advice.articles) if one.advice else "",
        one.duty.sentence if one.duty else "",
    )


def _in_french(value: object) -> object:
    """With a comma, which a French spreadsheet takes for a number."""
    return f"{value:f}".replace(".", ",") if isinstance(value, Decimal) else value
