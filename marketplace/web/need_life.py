"""What a buyer does with a need once it is sent: change it, put it off, end it, begin it again."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers import announcing
from marketplace.answers.differences import in_words
from marketplace.answers.tables import Outcome
from marketplace.db import db, transaction
from marketplace.digests.queries import unaware_of
from marketplace.forms import add_error
from marketplace.guards.roles import buyer_required
from marketplace.moderation.deciding import withdraw as withdraw_need
from marketplace.needs import wording
from marketplace.needs.amending import (
    DeadlineBroughtForward,
    Decided,
    QuestionTakenBack,
    amend,
    amendable,
    as_seen,
    differences,
    extend,
    is_open_at,
)
from marketplace.needs.closing import CannotReopen, close_early, reopen
from marketplace.needs.drafting import ChangedElsewhere, draft_begun, fingerprint, new_key
from marketplace.needs.duplicating import duplicate
from marketplace.needs.lifecycle import NEXT, ForbiddenMove, Move
from marketplace.needs.lots import MOST as MOST_LOTS
from marketplace.needs.tables import Need
from marketplace.territories.queries import gazetteer
from marketplace.web.how_form import HowForm
from marketplace.web.need_flow import (
    changeable_need,
    decided,
    open_need,
    told_in_words,
    too_late,
)
from marketplace.web.need_life_forms import DeadlineForm, DuplicateForm, ReasonForm, ReopenForm
from marketplace.web.needs import buyer, own_need
from marketplace.web.step_forms import StepForm, WhatForm
from marketplace.web.where_form import WhereForm

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
    need = changeable_need(slug)
    session = db.session()
    places = gazetteer(session)
    return render_template(
        "web/need_life/amend_what.html",
        need=need,
        parts=PARTS,
        told=announcing.told_structures(session, need.id, unaware_of(session, need.id)),
        lots=[(lot, wording.place(lot, places)) for lot in need.lots],
        most_lots=MOST_LOTS,
    )


@need_life.route("/besoins/<slug>/amender/<part>", methods=["GET", "POST"])
@buyer_required
def amend_part(slug: str, part: str) -> ResponseReturnValue:
    """The answers of a part, then what changes in them, then it is done and told."""
    chosen = PARTS.get(part) or abort(404)
    need = changeable_need(slug)
    form = chosen.form(need)
    if not form.is_submitted():
        form.seen.data = as_seen(need, fingerprint(need, amendable()))
        return form_page(need, form, chosen.title)
    if not form.validate() or not _checked(need, form):
        return form_page(need, form, chosen.title), 422
    go = request.form.get("go")
    if isinstance(form, WhatForm):
        form.keep_codes()
    if go in ("back", "cpv"):
        return form_page(need, form, chosen.title)
    return _confirmed(need, form) if go == "confirm" else _confirm_page(need, form)


def _confirmed(need: Need, form: StepForm) -> ResponseReturnValue:
    """Seen and wanted: it is done, and told."""
    now = clock.now()
    try:
        with transaction() as session:
            amendment = amend(
                session, need.id, buyer().user_id, form.answers(), form.seen.data, now
            )
            told = (
                announcing.tell_amended(session, need, amendment, now, unaware_of(session, need.id))
                if amendment
                else 0
            )
    except ChangedElsewhere as conflict:
        form.seen.data = conflict.fingerprint
        return _confirm_page(need, form, is_changed=True)
    except Decided:
        return decided(need)
    except ForbiddenMove:
        return too_late(need)
    if amendment is None:
        flash("Vous n'avez rien changé.")
    else:
        flash(f"Votre besoin est modifié. {told_in_words(told, need)}", "success")
    return redirect(url_for("needs.show", slug=need.slug))


def _checked(need: Need, form: StepForm) -> bool:
    """Whether a need may change so; what may not is said beside its field."""
    try:
        differences(need, form.answers())
    except DeadlineBroughtForward as refused:
        add_error(
            form["deadline_on"],
            "Les structures comptent sur la date annoncée\u00a0: choisissez le "
            f"{refused.deadline_on:%d/%m/%Y} ou plus tard",
        )
    except QuestionTakenBack as refused_question:
        add_error(
            form["questions"],
            "Des structures ont peut-être déjà répondu à cette question, laissez-la\u00a0: "
            f"«\u00a0{refused_question.words}\u00a0»",
        )
    else:
        return True
    return False


def form_page(need: Need, form: StepForm, title: str) -> str:
    """Some of a need's answers, or those of one of its lots, to be changed."""
    return render_template("web/need_life/amend_part.html", need=need, title=title, form=form)


def confirm_page(
    need: Need,
    seen: str,
    changes: Mapping[str, list[Any]],
    is_changed: bool = False,
    left_out: Iterable[str] = (),
) -> ResponseReturnValue:
    """What changes, before it is done; straight back to the need when nothing does. What was typed
    is carried on, but the fields that are `left_out`."""
    session = db.session()
    if not changes:
        flash("Vous n'avez rien changé.")
        return redirect(url_for("needs.show", slug=need.slug))
    aside = {"csrf_token", "go", "seen", *left_out}
    said = [item for item in request.form.items(multi=True) if item[0] not in aside]
    page = render_template(
        "web/need_life/amend_confirm.html",
        need=need,
        said=[*said, ("seen", seen)],
        changes=in_words(changes, gazetteer(session)),
        told=announcing.told_structures(session, need.id, unaware_of(session, need.id)),
        is_changed=is_changed,
    )
    return page, 409 if is_changed else 200


def _confirm_page(need: Need, form: StepForm, is_changed: bool = False) -> ResponseReturnValue:
    """What changes; straight back to the need when nothing does."""
    changes = differences(need, form.answers())
    return confirm_page(need, form.seen.data or "", changes, is_changed)


@need_life.route("/besoins/<slug>/prolonger", methods=["GET", "POST"])
@buyer_required
def put_off(slug: str) -> ResponseReturnValue:
    need = open_need(slug)
    form = DeadlineForm()
    if form.validate_on_submit():
        now = clock.now()
        try:
            with transaction() as session:
                amendment = extend(session, need.id, buyer().user_id, form.deadline_on.data, now)
                told = (
                    announcing.tell_amended(
                        session, need, amendment, now, unaware_of(session, need.id)
                    )
                    if amendment
                    else 0
                )
        except DeadlineBroughtForward as refused:
            add_error(
                form.deadline_on,
                f"Choisissez une date après le {refused.deadline_on:%d/%m/%Y}, celle d'aujourd'hui",
            )
        except ForbiddenMove:
            return too_late(need)
        else:
            flash(f"La date limite est repoussée. {told_in_words(told, need)}", "success")
            return redirect(url_for("needs.show", slug=slug))
    told = announcing.told_structures(db.session(), need.id, unaware_of(db.session(), need.id))
    page = render_template("web/need_life/put_off.html", need=need, form=form, told=told)
    return page, 422 if form.errors else 200


@need_life.route("/besoins/<slug>/clore", methods=["GET", "POST"])
@buyer_required
def close(slug: str) -> ResponseReturnValue:
    need = open_need(slug)
    form = ReasonForm()
    told = announcing.told_structures(db.session(), need.id, unaware_of(db.session(), need.id))
    if not form.validate_on_submit():
        page = render_template("web/need_life/close.html", need=need, form=form, told=told)
        return page, 422 if form.errors else 200
    now, reason = clock.now(), form.reason.data
    try:
        with transaction() as session:
            close_early(session, need.id, buyer().user_id, now, reason)
            told = announcing.tell_closed(session, need, reason, now, unaware_of(session, need.id))
    except ForbiddenMove:
        return too_late(need)
    flash(
        f"Votre besoin est clos\u00a0: il ne prend plus de réponses. {told_in_words(told, need)}",
        "success",
    )
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
            told = announcing.tell_withdrawn(
                session, need, reason, now, unaware_of(session, need.id)
            )
    except ForbiddenMove:
        flash("Ce besoin ne peut plus être retiré.")
    else:
        flash(
            "Votre besoin est retiré\u00a0: plus personne ne peut y répondre. "
            f"{told_in_words(told, need)}"
        )
    return redirect(url_for("needs.show", slug=slug))


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
            told = announcing.tell_reopened(session, need, now, unaware_of(session, need.id))
    except CannotReopen as refused:
        flash(f"{refused}.", "error")
    except ForbiddenMove:
        flash("Ce besoin ne peut pas être rouvert.", "error")
    else:
        flash(f"Votre besoin est rouvert. {told_in_words(told, need)}", "success")
    return redirect(url_for("needs.show", slug=slug))


def has_outcome(session: Session, need: Need) -> bool:
    """One of its lots at least was awarded, or given up."""
    return session.scalars(select(Outcome.id).where(Outcome.need_id == need.id)).first() is not None


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
        flash(
            "Voici une copie en brouillon\u00a0: donnez-lui ses dates, puis envoyez-la.", "success"
        )
    return redirect(url_for("drafts.resume", slug=draft.slug))
