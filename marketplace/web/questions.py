"""Questions to the buyer: asked without a name, answered to all."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from marketplace import clock
from marketplace.answers import queries, wording
from marketplace.answers.asking import answer_enquiry, may_ask
from marketplace.answers.asking import ask as ask_buyer
from marketplace.answers.lifecycle import Refused
from marketplace.answers.tables import Enquiry
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, cleaned
from marketplace.guards.roles import buyer_required, structure_member_required, viewer
from marketplace.guards.scopes import is_bought_by, visible_needs
from marketplace.needs.tables import Need
from marketplace.structures.queries import structures_of
from marketplace.web.answers import answered_need, own_structure, takes_answers
from marketplace.web.needs import buyer, own_need

questions = Blueprint("questions", __name__)


class QuestionForm(FrenchForm):
    words = TextAreaField(
        "Votre question",
        [
            InputRequired("Écrivez votre question"),
            Length(max=2000, message="La question dépasse 2 000 caractères"),
        ],
        filters=[cleaned],
    )


class ReplyForm(FrenchForm):
    words = TextAreaField(
        "Votre réponse",
        [
            InputRequired("Écrivez votre réponse"),
            Length(max=5000, message="La réponse dépasse 5 000 caractères"),
        ],
        filters=[cleaned],
    )


@questions.get("/besoins/<slug>/questions")
def index(slug: str) -> str:
    """The questions answered, for all; those that wait, for the buyer and who asked them."""
    session, who = db.session(), viewer()
    need = session.scalars(visible_needs(who).where(Need.slug == slug)).one()
    is_buyers = who is not None and is_bought_by(who, need)
    own = who.structure_ids if who else frozenset()
    asked = queries.enquiries_of(session, need.id)
    is_asking_open = may_ask(need, clock.now()) and takes_answers(need)
    return render_template(
        "web/questions/index.html",
        need=need,
        answered=[one for one in asked if one.answered_at],
        waiting=[
            one for one in asked if not one.answered_at and (is_buyers or one.structure_id in own)
        ],
        is_buyers=is_buyers,
        is_asking_open=is_asking_open,
        structures=structures_of(session, own) if is_asking_open and own else [],
    )


@questions.route("/besoins/<slug>/questions/poser/<structure>", methods=["GET", "POST"])
@structure_member_required
def ask(slug: str, structure: str) -> ResponseReturnValue:
    need, own, form = answered_need(slug), own_structure(structure), QuestionForm()
    is_good = form.validate_on_submit()
    if is_good:
        try:
            with transaction() as session:
                words, now = form.words.data or "", clock.now()
                ask_buyer(session, need.id, own.id, current_user.user_id, words, now)
        except Refused as refused:
            form.form_errors.append(wording.REFUSALS[refused.why])
            is_good = False
    if not is_good:
        page = render_template("web/questions/ask.html", form=form, need=need, structure=own)
        return page, 422 if form.errors else 200
    flash("Votre question est envoyée à l'acheteur, sans votre nom.", "success")
    return redirect(url_for("questions.index", slug=slug))


@questions.route("/besoins/<slug>/questions/<int:enquiry_id>/repondre", methods=["GET", "POST"])
@buyer_required
def answer(slug: str, enquiry_id: int) -> ResponseReturnValue:
    need = own_need(slug)
    named = select(Enquiry).filter_by(need_id=need.id, id=enquiry_id)
    enquiry = db.session.scalars(named).one()
    form = ReplyForm(words=enquiry.answer)
    if not form.validate_on_submit():
        page = render_template("web/questions/answer.html", form=form, need=need, enquiry=enquiry)
        return page, 422 if form.errors else 200
    with transaction() as session:
        words, now = form.words.data or "", clock.now()
        answer_enquiry(session, need.id, enquiry_id, buyer().user_id, words, now)
    flash("Votre réponse est publiée\u00a0: tous la voient.", "success")
    return redirect(url_for("questions.index", slug=slug))
