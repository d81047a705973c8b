"""What came of a need: recorded by its buyer, checked before anybody is told, corrected; and
whether Tandem helped, asked to both sides."""

from collections.abc import Sequence
from enum import Enum, auto

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from marketplace import clock
from marketplace.answers import queries, telling, wording
from marketplace.answers.awarding import (
    correct_outcome,
    decided_of,
    news_of,
    own_reasons_of,
    record_outcomes,
)
from marketplace.answers.lifecycle import Decided, Help, Refusal, Refused, Result
from marketplace.answers.surveying import say_whether_it_helped
from marketplace.answers.tables import Outcome
from marketplace.answers.telling import Told
from marketplace.clauses.changing import By
from marketplace.clauses.correcting import follow_correction
from marketplace.clauses.correction_queries import Following, HoursReported, what_follows
from marketplace.clauses.correction_queries import Step as FollowStep
from marketplace.db import db, transaction
from marketplace.forms import add_error, pressed
from marketplace.guards.roles import buyer_required, structure_member_required, visitor_ip
from marketplace.needs.lifecycle import OVER, Status
from marketplace.needs.tables import Need
from marketplace.structures.tables import Structure
from marketplace.web.answers import answered_need, own_structure
from marketplace.web.need_answers import contracts_beside
from marketplace.web.needs import buyer, own_need
from marketplace.web.outcome_forms import (
    OWN,
    CorrectionForm,
    OutcomesForm,
    SurveyForm,
    correction_form,
    outcomes_form,
    part_name,
)

outcomes = Blueprint("outcomes", __name__)


class Step(Enum):
    FORM = auto()
    CHECK = auto()
    DONE = auto()


@outcomes.route("/besoins/<slug>/issue", methods=["GET", "POST"])
@buyer_required
def record(slug: str) -> ResponseReturnValue:
    """What is decided of each lot, then who is told what, then it is done."""
    need = own_need(slug)
    if need.status is not Status.CLOSED:
        if request.method == "POST":
            flash(wording.REFUSALS[Refusal.NOT_CLOSED], "error")
            return redirect(url_for("outcomes.record", slug=slug))
        return _recorded(need)
    done = queries.outcomes_of(db.session(), need.id)
    over = {outcome.lot_id for outcome in done}
    form = outcomes_form([lot for lot in need.kept_lots if lot.id not in over], _answered(need))
    step = _step(form)
    if step is Step.FORM:
        page = render_template(
            "web/outcomes/record.html", form=form, need=need, outcomes=done, wording=wording
        )
        return page, 422 if form.errors else 200
    decided, own = form.decided(), form.own_reasons()
    if step is Step.CHECK:
        told = telling.told_of(db.session(), need, decided, own)
        return _check_page(need, form, decided, told), 422 if form.errors else 200
    try:
        with transaction() as session:
            who, ip = buyer().user_id, visitor_ip()
            record_outcomes(session, need.id, who, decided, clock.now(), ip, own)
    except Refused as refused:
        flash(wording.REFUSALS[refused.why], "error")
    else:
        flash("L'issue est enregistrée. Les structures concernées sont prévenues.", "success")
    return redirect(url_for("outcomes.record", slug=slug))


@outcomes.route(
    "/besoins/<slug>/issue/<int(max=2147483647):outcome_id>/corriger", methods=["GET", "POST"]
)
@buyer_required
def correct(slug: str, outcome_id: int) -> ResponseReturnValue:
    """Put right what was recorded of a lot: why, then who is told what, then it is done."""
    need, session = own_need(slug), db.session()
    outcome = session.scalars(select(Outcome).filter_by(id=outcome_id, need_id=need.id)).one()
    before, own_before = decided_of(outcome), own_reasons_of(session, outcome.id)
    form = correction_form(outcome.lot, _answered(need), before, own_before)
    step, consequence = _step(form), ""
    if step is not Step.FORM:
        [decided], own = form.decided(), form.own_reasons()
        try:
            followed = what_follows(session, need.id, before, decided)
            consequence = _consequence(followed, before, decided)
        except HoursReported as reported:
            _say_reported(form, reported)
            step = Step.FORM
    if step is Step.CHECK:
        was_told = telling.told_of(session, need, [before], own_before)
        told = telling.told_of(session, need, [decided], own)
        news = news_of(was_told, told)
        page = _check_page(need, form, [decided], told, news, consequence)
        return page, 422 if form.errors else 200
    if step is Step.DONE:
        try:
            count = _correct(need, outcome_id, form)
        except Refused as refused:
            flash(wording.REFUSALS[refused.why], "error")
            return redirect(url_for("outcomes.correct", slug=slug, outcome_id=outcome_id))
        except HoursReported as reported:
            _say_reported(form, reported)
        else:
            said = f"L'issue est corrigée. {_warned(count)} {consequence}"
            flash(said.strip(), "success")
            return redirect(url_for("outcomes.record", slug=slug))
    page = render_template(
        "web/outcomes/correct.html",
        form=form,
        need=need,
        contracts=contracts_beside(session, buyer(), need),
    )
    return page, 422 if form.errors else 200


def _correct(need: Need, outcome_id: int, form: CorrectionForm) -> int:
    """The outcome and its contracts, or neither; how many structures are told."""
    [decided], own, why = form.decided(), form.own_reasons(), form.why.data or ""
    who, ip, now = buyer().user_id, visitor_ip(), clock.now()
    with transaction() as session:
        corrected = correct_outcome(session, need.id, outcome_id, who, decided, why, now, ip, own)
        by, key = (
            By(who, now, f"Issue corrigée\u00a0: {why}"[:500], ip),
            str(current_app.secret_key),
        )
        follow_correction(session, need.id, corrected.before, decided, by, key)
    return corrected.structures


def _say_reported(form: CorrectionForm, reported: HoursReported) -> None:
    [part] = form.parts()
    is_awarded = part.form.result.data == Result.AWARDED
    first = "clôturez d'abord ce lot" if reported.leaves else "changez d'abord son titulaire"
    add_error(
        part.form.holder if is_awarded else part.form.result,
        f"Des heures de {reported.holder} sont déclarées sur le contrat\u00a0: {first} sur la page"
        " du contrat, puis corrigez l'issue",
    )


def _consequence(found: Following, before: Decided, after: Decided) -> str:
    """What a correction does to the contracts, in a sentence; nothing when that is nothing."""
    has_one = found.to is not None
    former, holder = _holder(before), _holder(after)
    return {
        FollowStep.NOTHING: "",
        FollowStep.KEPT: "Le contrat reste tel quel\u00a0: son titulaire a été changé sur sa page.",
        FollowStep.RENAMED: f"Le contrat nomme désormais son titulaire {holder}.",
        FollowStep.HANDED_OVER: f"Sur le contrat, {holder} remplace {former}.",
        FollowStep.MOVED: f"Le lot passe du contrat de {former} à celui de {holder}."
        if has_one
        else f"Le lot quitte le contrat de {former}\u00a0: un contrat s'ouvre pour {holder}.",
        FollowStep.ADDED: f"Le lot s'ajoute au contrat de {holder}."
        if has_one
        else f"Un contrat s'ouvre pour {holder}.",
        FollowStep.REMOVED: f"Le lot est retiré du contrat de {former}.",
        FollowStep.DROPPED: f"Le contrat de {former}, sans heure déclarée, est supprimé.",
    }[found.step]


def _step(form: OutcomesForm) -> Step:
    """Where the buyer is: what is wrong leads back to where it is typed."""
    asked = pressed("step", "check", "confirm", "back")
    if not form.is_submitted():
        return Step.FORM
    is_right = form.validate() and form.check()
    if not is_right:
        own_alone = form.errors and all(name and name.startswith(OWN) for name in form.errors)
        return Step.CHECK if own_alone else Step.FORM
    return {"confirm": Step.DONE, "back": Step.FORM}.get(asked, Step.CHECK)


def _warned(structures: int) -> str:
    if not structures:
        return "Rien ne change pour les structures\u00a0: aucune n'est prévenue."
    return f"{structures} structure{'s sont prévenues' if structures > 1 else ' est prévenue'}."


def _answered(need: Need) -> list[Structure]:
    """Those that may hold it, by name."""
    matches = db.session.scalars(queries.answered_matches(need.id)).all()
    return sorted((m.structure for m in matches), key=lambda one: (one.sort_key, one.id))


def _check_page(
    need: Need,
    form: OutcomesForm,
    decided: Sequence[Decided],
    told: Sequence[Told],
    news: Sequence[Told] | None = None,
    consequence: str = "",
) -> str:
    """Of a correction, `news` are those of `told` for whom it changes something, and
    `consequence` what it does to the contracts."""
    typed = request.form.items(multi=True)
    return render_template(
        "web/outcomes/check.html",
        form=form,
        need=need,
        decided=[(_about(need, one.lot_id), one, _holder(one)) for one in decided],
        told=told,
        news=[one.structure.id for one in (told if news is None else news)],
        typed=[
            (name, value)
            for name, value in typed
            if name not in ("csrf_token", "step") and not name.startswith(OWN)
        ],
        wording=wording,
        is_correction=news is not None,
        consequence=consequence,
    )


def _about(need: Need, lot_id: int | None) -> str:
    named = (part_name(lot) for lot in need.lots if lot.id == lot_id)
    return next(named, "Ensemble du besoin")


def _holder(one: Decided) -> str:
    if one.structure_id is None:
        return one.holder_name
    return db.session.get_one(Structure, one.structure_id).display_name


def _recorded(need: Need) -> str:
    return render_template(
        "web/outcomes/recorded.html",
        need=need,
        outcomes=queries.outcomes_of(db.session(), need.id),
        is_over=need.status in OVER,
        wording=wording,
        contracts=contracts_beside(db.session(), buyer(), need),
        is_surveyed=queries.has_said_whether_it_helped(db.session(), need.id, None),
    )


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
