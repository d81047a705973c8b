"""What a buyer does with a need once it is sent: change it, put it off, end it, begin it again."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug import Response
from wtforms import DateField, HiddenField, TextAreaField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp

from marketplace import clock
from marketplace.answers import announcing
from marketplace.answers.differences import in_words
from marketplace.answers.tables import Outcome
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error, cleaned, one_line
from marketplace.guards.roles import buyer_required
from marketplace.moderation.deciding import withdraw as withdraw_need
from marketplace.needs.amending import (
    DeadlineBroughtForward,
    QuestionTakenBack,
    amend,
    amendable,
    differences,
    extend,
    is_open_at,
)
from marketplace.needs.closing import CannotReopen, close_early, reopen
from marketplace.needs.drafting import ChangedElsewhere, draft_begun, fingerprint, new_key
from marketplace.needs.duplicating import duplicate
from marketplace.needs.lifecycle import NEXT, ForbiddenMove, Move
from marketplace.needs.tables import Need
from marketplace.territories.queries import gazetteer
from marketplace.web.how_form import HowForm
from marketplace.web.needs import buyer, own_need
from marketplace.web.step_forms import DATE_FORMATS, StepForm, WhatForm
from marketplace.web.where_form import LONGEST_DELAY_DAYS, WhereForm

need_life = Blueprint("need_life", __name__)


@dataclass(frozen=True)
class Part:
    """Some of a need's answers, changed together on one page."""

    title: str
    hint: str
    form: Callable[[Need], StepForm]


PARTS = {
    "quoi": Part(
        "Ce que vous cherchez",
        "Titre, description, secteurs, montant",
        lambda need: WhatForm(buyer(), need),
    ),
    "ou-et-quand": Part(
        "Où et quand",
        "Lieu, date limite, début, durée",
        lambda need: WhereForm(need, gazetteer(db.session())),
    ),
    "comment": Part(
        "Qui peut répondre, et comment",
        "Structures admises, prestations, questions, levier",
        HowForm,
    ),
}


@need_life.get("/besoins/<slug>/amender")
@buyer_required
def amend_what(slug: str) -> ResponseReturnValue:
    """Which part to change."""
    need = _open_need(slug)
    told = announcing.told_structures(db.session(), need.id)
    return render_template("web/need_life/amend_what.html", need=need, parts=PARTS, told=told)


@need_life.route("/besoins/<slug>/amender/<part>", methods=["GET", "POST"])
@buyer_required
def amend_part(slug: str, part: str) -> ResponseReturnValue:
    """The answers of a part, then what changes in them, then it is done and told."""
    chosen = PARTS.get(part) or abort(404)
    need = _open_need(slug)
    form = chosen.form(need)
    if not form.is_submitted():
        form.seen.data = fingerprint(need, amendable())
        return _part_page(need, chosen, form)
    if not form.validate() or not _checked(need, form):
        return _part_page(need, chosen, form), 422
    go = request.form.get("go")
    if go == "back":
        return _part_page(need, chosen, form)
    return _confirmed(need, chosen, form) if go == "confirm" else _confirm_page(need, chosen, form)


def _confirmed(need: Need, part: Part, form: StepForm) -> ResponseReturnValue:
    """Seen and wanted: it is done, and told."""
    now = clock.now()
    try:
        with transaction() as session:
            amendment = amend(
                session, need.id, buyer().user_id, form.answers(), form.seen.data, now
            )
            told = announcing.tell_amended(session, need, amendment, now) if amendment else 0
    except ChangedElsewhere as conflict:
        form.seen.data = conflict.fingerprint
        return _confirm_page(need, part, form, is_changed=True)
    except ForbiddenMove:
        return _too_late(need)
    if amendment is None:
        flash("Vous n'avez rien changé.")
    else:
        flash(f"Votre besoin est modifié. {_told(told)}", "success")
    return redirect(url_for("needs.show", slug=need.slug))


def _checked(need: Need, form: StepForm) -> bool:
    """Whether a published need may change so; what may not is said beside its field."""
    try:
        differences(need, form.answers())
    except DeadlineBroughtForward as refused:
        add_error(
            form["deadline_on"],
            "Les structures comptent sur la date annoncée : choisissez le "
            f"{refused.deadline_on:%d/%m/%Y} ou plus tard",
        )
    except QuestionTakenBack as refused_question:
        add_error(
            form["questions"],
            "Des structures ont peut-être déjà répondu à cette question, laissez-la : "
            f"« {refused_question.words} »",
        )
    else:
        return True
    return False


def _part_page(need: Need, part: Part, form: StepForm) -> str:
    return render_template("web/need_life/amend_part.html", need=need, part=part, form=form)


def _confirm_page(
    need: Need, part: Part, form: StepForm, is_changed: bool = False
) -> ResponseReturnValue:
    """What changes; straight back to the need when nothing does."""
    session = db.session()
    changes = differences(need, form.answers())
    if not changes:
        flash("Vous n'avez rien changé.")
        return redirect(url_for("needs.show", slug=need.slug))
    said = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in ("csrf_token", "go", "seen")
    ]
    page = render_template(
        "web/need_life/amend_confirm.html",
        need=need,
        part=part,
        said=[*said, ("seen", form.seen.data)],
        changes=in_words(changes, gazetteer(session)),
        told=announcing.told_structures(session, need.id),
        is_changed=is_changed,
    )
    return page, 409 if is_changed else 200


class DeadlineForm(FrenchForm):
    deadline_on = DateField(
        "Nouvelle date limite",
        [InputRequired("Donnez une date, par exemple 14/12/2026")],
        format=DATE_FORMATS,
    )

    def validate_deadline_on(self, field: DateField) -> None:
        if field.data is None:
            return  # not a date at all: WTForms says so
        days = (field.data - clock.today()).days
        if days < 1:
            raise ValidationError("La date limite est au plus tôt demain")
        if days > LONGEST_DELAY_DAYS:
            raise ValidationError("La date limite est dans deux ans au plus")


@need_life.route("/besoins/<slug>/prolonger", methods=["GET", "POST"])
@buyer_required
def put_off(slug: str) -> ResponseReturnValue:
    need = _open_need(slug)
    form = DeadlineForm()
    if form.validate_on_submit():
        now = clock.now()
        try:
            with transaction() as session:
                amendment = extend(session, need.id, buyer().user_id, form.deadline_on.data, now)
                told = announcing.tell_amended(session, need, amendment, now) if amendment else 0
        except DeadlineBroughtForward as refused:
            add_error(
                form.deadline_on,
                f"Choisissez une date après le {refused.deadline_on:%d/%m/%Y}, celle d'aujourd'hui",
            )
        except ForbiddenMove:
            return _too_late(need)
        else:
            flash(f"La date limite est repoussée. {_told(told)}", "success")
            return redirect(url_for("needs.show", slug=slug))
    told = announcing.told_structures(db.session(), need.id)
    page = render_template("web/need_life/put_off.html", need=need, form=form, told=told)
    return page, 422 if form.errors else 200


class ReasonForm(FrenchForm):
    reason = TextAreaField(
        "Pourquoi ?",
        [
            DataRequired("Dites pourquoi, en quelques mots"),
            Length(max=1000, message="Dites-le en 1 000 caractères au plus"),
        ],
        filters=[cleaned],
    )


@need_life.route("/besoins/<slug>/clore", methods=["GET", "POST"])
@buyer_required
def close(slug: str) -> ResponseReturnValue:
    need = _open_need(slug)
    form = ReasonForm()
    told = announcing.told_structures(db.session(), need.id)
    if not form.validate_on_submit():
        page = render_template("web/need_life/close.html", need=need, form=form, told=told)
        return page, 422 if form.errors else 200
    now, reason = clock.now(), form.reason.data
    try:
        with transaction() as session:
            close_early(session, need.id, buyer().user_id, now, reason)
            told = announcing.tell_closed(session, need, reason, now)
    except ForbiddenMove:
        return _too_late(need)
    flash(f"Votre besoin est clos : il ne prend plus de réponses. {_told(told)}", "success")
    return redirect(url_for("needs.show", slug=slug))


@need_life.route("/besoins/<slug>/retirer", methods=["GET", "POST"])
@buyer_required
def withdraw(slug: str) -> ResponseReturnValue:
    need = own_need(slug)
    if (need.status, Move.WITHDRAW) not in NEXT:
        flash("Ce besoin ne peut plus être retiré.")
        return redirect(url_for("needs.show", slug=slug))
    form = ReasonForm()
    if not form.validate_on_submit():
        page = render_template("web/need_life/withdraw.html", form=form, need=need)
        return page, 422 if form.errors else 200
    now, reason = clock.now(), form.reason.data
    try:
        with transaction() as session:
            withdraw_need(session, need.id, buyer().user_id, now, reason)
            told = announcing.tell_withdrawn(session, need, reason, now)
    except ForbiddenMove:
        flash("Ce besoin ne peut plus être retiré.")
    else:
        flash(f"Votre besoin est retiré : plus personne ne peut y répondre. {_told(told)}")
    return redirect(url_for("needs.show", slug=slug))


class ReopenForm(DeadlineForm):
    reason = TextAreaField(
        "Pourquoi le rouvrez-vous ?",
        [Optional(), Length(max=1000, message="Dites-le en 1 000 caractères au plus")],
        filters=[cleaned],
    )


@need_life.route("/besoins/<slug>/rouvrir", methods=["GET", "POST"])
@buyer_required
def open_again(slug: str) -> ResponseReturnValue:
    need = own_need(slug)
    if is_open_at(need, clock.now()):
        flash("Ce besoin est ouvert.")
        return redirect(url_for("needs.show", slug=slug))
    form = ReopenForm()
    if not form.validate_on_submit():
        page = render_template("web/need_life/open_again.html", need=need, form=form)
        return page, 422 if form.errors else 200
    now = clock.now()
    try:
        with transaction() as session:
            reopen(
                session,
                need.id,
                buyer().user_id,
                form.deadline_on.data,
                now,
                form.reason.data or "",
                has_outcome=has_outcome(session, need),
            )
            told = announcing.tell_reopened(session, need, now)
    except CannotReopen as refused:
        flash(f"{refused}.", "error")
    except ForbiddenMove:
        flash("Ce besoin ne peut pas être rouvert.", "error")
    else:
        flash(f"Votre besoin est rouvert. {_told(told)}", "success")
    return redirect(url_for("needs.show", slug=slug))


def has_outcome(session: Session, need: Need) -> bool:
    """One of its lots at least was awarded, or given up."""
    return session.scalars(select(Outcome.id).where(Outcome.need_id == need.id)).first() is not None


class DuplicateForm(FrenchForm):
    """Nothing but a button: its key makes one draft of two clicks."""

    key = HiddenField(validators=[InputRequired(), Regexp(r"^[0-9a-f]{12}\Z")], filters=[one_line])


@need_life.route("/besoins/<slug>/dupliquer", methods=["GET", "POST"])
@buyer_required
def copy(slug: str) -> ResponseReturnValue:
    need = own_need(slug)
    form = DuplicateForm()
    if not form.validate_on_submit():
        form.key.data = new_key()
        page = render_template("web/need_life/copy.html", need=need, form=form)
        return page, 422 if form.errors else 200
    user_id = buyer().user_id
    with transaction() as session:
        is_new = draft_begun(session, user_id, form.key.data) is None
        draft = duplicate(session, need, user_id, form.key.data, clock.now())
    if is_new:
        flash("Voici une copie en brouillon : donnez-lui ses dates, puis envoyez-la.", "success")
    return redirect(url_for("drafts.resume", slug=draft.slug))


def _open_need(slug: str) -> Need:
    """A buyer's own need that still takes answers; any other leads to its page."""
    need = own_need(slug)
    if not is_open_at(need, clock.now()):
        abort(_too_late(need))
    return need


def _too_late(need: Need) -> Response:
    flash("Ce besoin ne prend plus de réponses : il ne peut plus être modifié.")
    return redirect(url_for("needs.show", slug=need.slug))


def _told(structures: int) -> str:
    if not structures:
        return "Aucune structure n'en avait encore été prévenue."
    if structures == 1:
        return "La structure qui le connaissait est prévenue par courriel."
    return f"Les {structures} structures qui le connaissaient sont prévenues par courriel."
