"""What came of a need: recorded by its buyer; and whether Tandem helped, asked to both sides."""

from decimal import Decimal
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import FormField, RadioField, SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, Optional

from marketplace import clock, siret
from marketplace.answers import queries, wording
from marketplace.answers.awarding import Decided, record_outcomes
from marketplace.answers.lifecycle import Help, Refused, Result
from marketplace.answers.surveying import say_whether_it_helped
from marketplace.db import db, transaction
from marketplace.forms import (
    NO_AMOUNT,
    AmountField,
    FrenchForm,
    add_error,
    choices_of,
    cleaned,
    one_line,
)
from marketplace.guards.roles import buyer_required, structure_member_required
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Lot, Need
from marketplace.web.answers import answered_need, own_structure
from marketplace.web.needs import buyer, own_need

outcomes = Blueprint("outcomes", __name__)

LATER = "later"
ELSEWHERE = "0"
OVER = (Status.AWARDED, Status.UNSUCCESSFUL, Status.ABANDONED)


class OutcomeForm(FrenchForm):
    """What comes of one lot, or of a need without lots."""

    class Meta(FrenchForm.Meta):
        csrf = False  # a part of a form that is checked

    result = RadioField("Quelle est l'issue ?", [InputRequired("Choisissez une issue")])
    holder = SelectField("Titulaire", [Optional()])
    holder_name = StringField(
        "Nom de l'entreprise, si elle n'a pas répondu sur Tandem",
        [Optional(), Length(max=200, message="200 caractères au plus")],
        filters=[one_line],
    )
    holder_siret = StringField("Son SIRET", [Optional(), Length(max=60)], filters=[one_line])
    amount = AmountField("Montant hors taxes", [Optional()])
    reason = TextAreaField(
        "Motif",
        [Optional(), Length(max=2000, message="Le motif dépasse 2 000 caractères")],
        filters=[cleaned],
    )

    def validate_holder_siret(self, field: StringField) -> None:
        if field.data:
            try:
                field.data = siret.checked(field.data)
            except siret.WrongSiret as error:
                raise ValidationError(f"{error}"[0].upper() + f"{error}"[1:]) from error

    def validate_amount(self, field: AmountField) -> None:
        amounts = field.data or NO_AMOUNT
        if amounts.least != amounts.most:
            raise ValidationError("Donnez un montant exact, par exemple 12 000,50")

    def check_holder(self) -> bool:
        """Who holds what is awarded has to be said."""
        is_named = self.holder.data not in (None, "", ELSEWHERE) or self.holder_name.data
        if self.result.data == Result.AWARDED and not is_named:
            add_error(self.holder, "Choisissez le titulaire, ou donnez le nom de l'entreprise")
            return False
        return True

    def decided(self, lot_id: int | None) -> Decided:
        result = Result(self.result.data)
        is_awarded = result is Result.AWARDED
        chosen = self.holder.data or ELSEWHERE
        is_ours = is_awarded and chosen != ELSEWHERE
        amount: Decimal | None = (self.amount.data or NO_AMOUNT).least
        return Decided(
            lot_id=lot_id,
            result=result,
            structure_id=int(chosen) if is_ours else None,
            holder_name=(self.holder_name.data or "") if is_awarded and not is_ours else "",
            holder_siret=(self.holder_siret.data or "") if is_awarded and not is_ours else "",
            amount=amount if is_awarded else None,
            reason=self.reason.data or "",
        )


class SurveyForm(FrenchForm):
    helped = RadioField(
        "Tandem vous a-t-il été utile pour ce besoin ?",
        [InputRequired("Choisissez une réponse")],
        choices=choices_of(wording.HELPED),
    )
    comment = TextAreaField(
        "Pourquoi ?",
        [Optional(), Length(max=1000, message="1 000 caractères au plus")],
        filters=[cleaned],
    )


@outcomes.route("/besoins/<slug>/issue", methods=["GET", "POST"])
@buyer_required
def record(slug: str) -> ResponseReturnValue:
    need = own_need(slug)
    done = queries.outcomes_of(db.session(), need.id)
    if need.status is not Status.CLOSED:
        page = render_template(
            "web/outcomes/recorded.html",
            need=need,
            outcomes=done,
            is_over=need.status in OVER,
            wording=wording,
            is_surveyed=queries.has_said_whether_it_helped(db.session(), need.id, None),
        )
        if request.method == "POST":
            flash("L'issue se saisit une fois le besoin clos, et une seule fois.", "error")
            return redirect(url_for("outcomes.record", slug=slug))
        return page
    decided_lots = {outcome.lot_id for outcome in done}
    lots = [lot for lot in need.lots if lot.id not in decided_lots]
    form = _form_of(need, lots)
    parts = [field for field in form if isinstance(field, FormField)]
    if form.validate_on_submit() and _record(need, lots, form, parts):
        flash("L'issue est enregistrée. Les structures concernées sont prévenues.", "success")
        return redirect(url_for("outcomes.record", slug=slug))
    page = render_template(
        "web/outcomes/record.html",
        form=form,
        parts=parts,
        need=own_need(slug),
        outcomes=done,
        wording=wording,
    )
    return page, 422 if form.is_submitted() else 200


def _record(
    need: Need, lots: list[Lot], form: FrenchForm, parts: "list[FormField[OutcomeForm]]"
) -> bool:
    """Whether it is done; the form says why not."""
    # All that is wrong is told at once.
    if [field for field in parts if not field.form.check_holder()]:
        return False
    ids: list[int | None] = [lot.id for lot in lots] or [None]
    decided = [
        field.form.decided(lot_id)
        for lot_id, field in zip(ids, parts, strict=True)
        if field.form.result.data != LATER
    ]
    if not decided:
        form.form_errors.append("Choisissez l'issue d'un lot au moins.")
        return False
    try:
        with transaction() as session:
            who, ip = buyer().user_id, request.remote_addr or ""
            record_outcomes(session, need.id, who, decided, clock.now(), ip)
    except Refused as refused:
        form.form_errors.append(wording.REFUSALS[refused.why])
        return False
    return True


@outcomes.route("/besoins/<slug>/avis", methods=["GET", "POST"])
@buyer_required
def survey_buyer(slug: str) -> ResponseReturnValue:
    need = own_need(slug)
    back = url_for("outcomes.record", slug=slug)
    return _survey(need, None, back)


@outcomes.route("/besoins/<slug>/avis/<structure>", methods=["GET", "POST"])
@structure_member_required
def survey_structure(slug: str, structure: str) -> ResponseReturnValue:
    need, own = answered_need(slug), own_structure(structure)
    if not queries.has_answered(db.session(), need.id, own.id):
        abort(404)
    back = url_for("answers.show", slug=slug, structure=structure)
    return _survey(need, own.id, back)


def _survey(need: Need, structure_id: int | None, back: str) -> ResponseReturnValue:
    if need.status not in OVER:
        flash("Nous vous demanderons votre avis une fois l'issue connue.")
        return redirect(back)
    form = SurveyForm()
    if not form.validate_on_submit():
        page = render_template("web/outcomes/survey.html", form=form, need=need, back=back)
        return page, 422 if form.errors else 200
    try:
        with transaction() as session:
            helped, comment = Help(form.helped.data), form.comment.data or ""
            who, now = current_user.user_id, clock.now()
            say_whether_it_helped(session, need.id, structure_id, who, helped, comment, now)
    except Refused as refused:
        flash(wording.REFUSALS[refused.why])
    else:
        flash("Merci de votre avis.", "success")
    return redirect(back)


def _form_of(need: Need, lots: list[Lot]) -> FrenchForm:
    """One part a lot that waits, or one for a need without lots."""
    holders = {ELSEWHERE: "Une autre entreprise"}
    for match in db.session.scalars(queries.answered_matches(need.id)):
        holders[str(match.structure_id)] = match.structure.display_name
    results: dict[str, str] = {key.value: words for key, words in wording.RESULTS.items()}
    if lots:
        results[LATER] = "Pas encore décidé"
        fields: dict[str, Any] = {
            f"lot_{lot.id}": FormField(OutcomeForm, f"Lot {lot.number}\u00a0: {lot.title}")
            for lot in lots
        }
    else:
        fields = {"whole": FormField(OutcomeForm, "L'issue du besoin")}
    form: FrenchForm = type("OutcomesForm", (FrenchForm,), fields)()
    for field in form:
        if isinstance(field, FormField):
            field.form.result.choices = choices_of(results)
            field.form.holder.choices = choices_of(dict(sorted(holders.items(), key=_by_choice)))
    return form


def _by_choice(item: tuple[str, str]) -> tuple[bool, str]:
    """Structures by name, the firm from elsewhere last."""
    return item[0] == ELSEWHERE, item[1]
