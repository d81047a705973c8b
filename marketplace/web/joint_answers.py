"""What a group settles, writes, agrees to and sends together; what the buyer decides later."""

from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers import agreeing, sharing
from marketplace.answers.consortia import GroupRefused, ShareMode
from marketplace.answers.consortium_queries import accepted_members
from marketplace.answers.consortium_tables import Consortium
from marketplace.answers.lifecycle import Refused
from marketplace.db import transaction
from marketplace.forms import FrenchForm
from marketplace.guards.roles import buyer_required, sign_in_required
from marketplace.guards.scopes import is_bought_by
from marketplace.needs.tables import NeedKind
from marketplace.structures.tables import Structure
from marketplace.web.answer_forms import AnswerForm, answer_form
from marketplace.web.consortia import (
    ID,
    act,
    acting_structure,
    confirm_page,
    is_confirmed,
    is_to_confirm,
    seen_group,
    sentence_of,
)
from marketplace.web.consortium_forms import release_form, terms_form
from marketplace.web.needs import buyer

joint_answers = Blueprint("joint_answers", __name__)


@joint_answers.route(f"/groupements/<{ID}:group_id>/parts", methods=["GET", "POST"])
@sign_in_required
def terms(group_id: int) -> ResponseReturnValue:
    """The legal form, and who takes what."""
    group = _led_group(group_id)
    form = terms_form(group)
    if form.validate_on_submit():
        lead, by_lot = group.lead_id, form.mode.data == ShareMode.LOTS
        try:
            with transaction() as session:
                legal, who, now = form.legal_form(), buyer().user_id, clock.now()
                is_sure = is_confirmed()
                if by_lot:
                    sharing.settle_by_lot(
                        session, group_id, lead, legal, form.lots(), who, now, confirmed=is_sure
                    )
                else:
                    shares = form.percents()
                    sharing.settle_by_percent(
                        session, group_id, lead, legal, shares, who, now, confirmed=is_sure
                    )
        except GroupRefused as refused:
            if is_to_confirm(refused):
                return confirm_page(group_id, "Changer la forme ou les parts")
            form.form_errors.append(refused.sentence)
        else:
            flash("La forme et les parts sont enregistrées.", "success")
            return redirect(url_for("consortia.show", group_id=group_id))
    page = render_template("web/joint_answers/terms.html", form=form, group=seen_group(group_id))
    return page, 422 if form.errors else 200


@joint_answers.route(f"/groupements/<{ID}:group_id>/reponse", methods=["GET", "POST"])
@sign_in_required
def write(group_id: int) -> ResponseReturnValue:
    """The lead writes the joint answer; of a tender, only that the group is interested."""
    group = _led_group(group_id)
    form = _joint_form(group)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                agreeing.write_together(
                    session,
                    group_id,
                    group.lead_id,
                    form.said(),
                    form.seen.data or "",
                    buyer().user_id,
                    clock.now(),
                )
        except GroupRefused as refused:
            form.form_errors.append(refused.sentence)
            form.seen.raw_data = None
            form.seen.data = agreeing.words_of(seen_group(group_id))
        else:
            flash(
                "La réponse commune est enregistrée\u00a0: chacun doit donner son accord.",
                "success",
            )
            return redirect(url_for("consortia.show", group_id=group_id))
    page = render_template("web/joint_answers/write.html", form=form, group=seen_group(group_id))
    return page, 422 if form.errors else 200


@joint_answers.post(f"/groupements/<{ID}:group_id>/accord")
@sign_in_required
def agree(group_id: int) -> ResponseReturnValue:
    seen = request.form.get("seen", "")

    def deed(session: Session, acting: Structure, user_id: int, now: datetime) -> None:
        agreeing.agree(session, group_id, acting.id, seen, user_id, now)

    return act(group_id, deed, "Votre accord est noté.", "Donner notre accord")


@joint_answers.post(f"/groupements/<{ID}:group_id>/envoyer")
@sign_in_required
def send(group_id: int) -> ResponseReturnValue:
    seen = request.form.get("seen", "")

    def deed(session: Session, acting: Structure, user_id: int, now: datetime) -> None:
        agreeing.send_together(session, group_id, acting.id, seen, user_id, now)

    said = "La réponse commune est envoyée à l'acheteur."
    return act(group_id, deed, said, "Envoyer la réponse commune")


@joint_answers.post(f"/groupements/<{ID}:group_id>/reprendre")
@sign_in_required
def withdraw(group_id: int) -> ResponseReturnValue:
    def deed(session: Session, acting: Structure, user_id: int, now: datetime) -> None:
        is_sure = is_confirmed()
        agreeing.withdraw_together(session, group_id, acting.id, user_id, now, confirmed=is_sure)

    said = "La réponse commune est retirée\u00a0: l'acheteur ne la voit plus."
    return act(group_id, deed, said, "Retirer la réponse commune")


@joint_answers.route(f"/groupements/<{ID}:group_id>/composition", methods=["GET", "POST"])
@buyer_required
def release(group_id: int) -> ResponseReturnValue:
    """After the deadline, the buyer decides that a member goes."""
    group = seen_group(group_id)
    if not is_bought_by(buyer(), group.need):
        abort(404)
    structures = {m.structure.slug: m.structure for m in accepted_members(group)}
    form = release_form(list(structures.values()))
    if form.validate_on_submit():
        try:
            with transaction() as session:
                sharing.release(
                    session,
                    group_id,
                    structures[form.gone.data].id,
                    structures[form.taker.data].id,
                    buyer().user_id,
                    form.reason.data or "",
                    clock.now(),
                )
        except (GroupRefused, Refused) as refused:
            form.form_errors.append(sentence_of(refused))
        else:
            flash("Votre décision est enregistrée\u00a0: le groupement est prévenu.", "success")
            return redirect(url_for("consortia.show", group_id=group_id))
    page = render_template("web/joint_answers/release.html", form=form, group=seen_group(group_id))
    return page, 422 if form.errors else 200


def _led_group(group_id: int) -> Consortium:
    """A group whose lead the person speaks for; 404 of another."""
    group = seen_group(group_id)
    if acting_structure(group).id != group.lead_id:
        abort(404)
    return group


def _joint_form(group: Consortium) -> AnswerForm:
    form = answer_form(group.need, agreeing.as_answer(group.content, group.need))
    if group.need.kind is NeedKind.TENDER:
        for field in form.parts():
            del form[field.short_name]
    if not FrenchForm.is_submitted(form):
        form.seen.data = agreeing.words_of(group)
    return form
