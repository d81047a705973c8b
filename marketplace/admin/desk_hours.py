"""The hours that wait on a facilitator's desk, and the people of a year."""

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import (
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from marketplace import clock
from marketplace.clauses import contract_queries as queries
from marketplace.clauses import reported
from marketplace.clauses.contract_tables import Contract, HourReport
from marketplace.clauses.contracting import close_months, declare_people
from marketplace.clauses.informing import tell_closed
from marketplace.clauses.reported import STATES, month_in_words, month_of
from marketplace.clauses.reporting import REFUSALS, Refused, ask, validate
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error, choices_of, cleaned, paging
from marketplace.guards.roles import Viewer, facilitator_required, signed_in, visitor_ip
from marketplace.guards.scopes import reports_on_desk_of
from marketplace.moderation.tables import Desk

desk_hours = Blueprint("desk_hours", __name__, url_prefix="/guichet/heures")

PER_PAGE = 50


def version_in(said: str | None) -> int:
    """The version that a decision is about; 0 for nonsense."""
    words = said or ""
    return int(words) if words.isascii() and words.isdigit() and len(words) < 8 else 0


class DecisionForm(FrenchForm):
    decision = RadioField(
        "Votre décision",
        [InputRequired("Choisissez une décision")],
        choices=choices_of({"validate": "Valider les heures", "ask": "Demander une précision"}),
    )
    question = TextAreaField(
        "Ce que vous demandez à l'employeur",
        [Optional(), Length(max=2000, message="2 000 caractères au plus")],
        filters=[cleaned],
    )
    version = HiddenField()

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate(extra_validators)
        if self.decision.data == "ask" and not self.question.data:
            add_error(self.question, "Dites ce que l'employeur doit préciser")
            return False
        return bool(is_valid)

    @property
    def seen(self) -> int:
        return version_in(self.version.data)


class PeopleForm(FrenchForm):
    desk = SelectField("Guichet", [InputRequired("Choisissez un guichet")])
    year = IntegerField(
        "Année", [InputRequired("Donnez l'année"), NumberRange(2000, 2100, "Donnez une année")]
    )
    count = IntegerField(
        "Personnes différentes",
        [
            InputRequired("Donnez un nombre de personnes"),
            NumberRange(0, 1_000_000, "Donnez un nombre entre 0 et 1\u00a0000\u00a0000"),
        ],
    )

    def validate_year(self, field: IntegerField) -> None:
        if field.data and field.data > clock.today().year:
            raise ValidationError("Cette année n'a pas commencé")


@desk_hours.get("")
@facilitator_required
def queue() -> ResponseReturnValue:
    return _queue(PeopleForm())


def _queue(form: PeopleForm) -> ResponseReturnValue:
    session, who = db.session(), signed_in()
    waiting = queries.waiting_reports(who.desk_ids)
    page = paging(session, waiting, PER_PAGE)
    desks = _desks(who)
    form.desk.choices = choices_of(desks)
    body = render_template(
        "admin/desk_hours/queue.html",
        reports=session.scalars(page.of(waiting)).all(),
        paging=page,
        form=form,
        desks=desks,
        declared=queries.people_declared(session, who.desk_ids),
        month_in_words=month_in_words,
    )
    return body, 422 if form.errors else 200


@desk_hours.post("/personnes")
@facilitator_required
def people() -> ResponseReturnValue:
    """How many different people worked in a year: no sum of months can tell."""
    who, form = signed_in(), PeopleForm()
    form.desk.choices = choices_of(_desks(who))
    if not form.validate_on_submit():
        return _queue(form)
    with transaction() as session:
        year, count = form.year.data or 0, form.count.data or 0
        declare_people(session, int(form.desk.data), year, count, who.user_id, clock.now())
    flash("Le nombre de personnes est enregistré.", "success")
    return redirect(url_for("desk_hours.queue"))


@desk_hours.route("/<int(max=2147483647):report_id>", methods=["GET", "POST"])
@facilitator_required
def review(report_id: int) -> ResponseReturnValue:
    """One screen to read the hours of a month and to validate them, or ask."""
    session, who = db.session(), signed_in()
    named = reports_on_desk_of(who).where(HourReport.id == report_id)
    report = session.scalars(named).one_or_none() or abort(404)
    form = DecisionForm()
    if form.validate_on_submit() and _decide(form, report_id, who):
        return redirect(url_for("desk_hours.queue"))
    body = render_template(
        "admin/desk_hours/review.html",
        report=report,
        contract=report.lot.contract,
        form=form,
        shown=form.seen if form.is_submitted() else report.version,
        states=STATES,
        month=month_in_words(report.month),
        words=reported,
    )
    return body, 422 if form.is_submitted() else 200


def _decide(form: DecisionForm, report_id: int, who: Viewer) -> bool:
    """Whether it is done; the form says why not."""
    now = clock.now()
    try:
        with transaction() as session:
            if form.decision.data == "validate":
                validate(session, report_id, form.seen, who.user_id, now)
            else:
                question, secret = form.question.data or "", str(current_app.secret_key)
                ask(session, report_id, form.seen, question, who.user_id, now, secret)
    except Refused as refused:
        form.form_errors.append(REFUSALS[refused.why])
        return False
    is_valid = form.decision.data == "validate"
    flash("Les heures sont validées." if is_valid else "L'employeur est prévenu.", "success")
    return True


@desk_hours.post("/contrats/<int(max=2147483647):contract_id>/clore")
@facilitator_required
def close(contract_id: int) -> ResponseReturnValue:
    """Hours are no longer reported for the months up to the one that is typed."""
    who = signed_in()
    on_desk = select(Contract).where(Contract.desk_id.in_(who.desk_ids))
    contract = db.session.scalar(on_desk.where(Contract.id == contract_id)) or abort(404)
    try:
        month = month_of(request.form.get("month", ""))
    except ValueError:
        flash("Donnez un mois, par exemple 2026-11.", "error")
    else:
        with transaction() as session:
            close_months(session, contract.id, month, who.user_id, visitor_ip())
            tell_closed(session, contract, month, str(current_app.secret_key))
        flash(f"Les mois sont clos jusqu'à {month_in_words(month)}.", "success")
    return redirect(url_for("contracts.show", contract_id=contract_id))


def _desks(who: Viewer) -> dict[str, str]:
    own = select(Desk).where(Desk.id.in_(who.desk_ids)).order_by(Desk.name)
    return {str(desk.id): desk.name for desk in db.session.scalars(own)}
