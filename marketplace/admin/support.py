"""What a facilitator can do for a need with too few answers: who is silent, what would help."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import DateField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from marketplace import clock
from marketplace.answers import consortia as pure
from marketplace.answers import consortium_queries, queries, support_queries, supporting, wording
from marketplace.answers.relaxing import best_relaxation
from marketplace.answers.supporting import NotProposed
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error, choices_of, cleaned, one_line
from marketplace.guards.roles import facilitator_required, signed_in
from marketplace.guards.scopes import on_desk_of
from marketplace.matching.joint_queries import joint_groups
from marketplace.needs.amending import is_open_at
from marketplace.needs.queries import IN_FULL
from marketplace.needs.tables import Need
from marketplace.structures.tables import Structure

support = Blueprint("support", __name__, url_prefix="/guichet/soutien")

MOST_SILENT = 50
MOST_ASKED = 100
DATE_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "%Y-%m-%d"]


class AskForm(FrenchForm):
    structure = SelectField("Une structure du territoire sans offre", [Optional()])
    siret = StringField(
        "Ou son SIRET",
        [Optional(), Length(max=20, message="Un SIRET a 14 chiffres")],
        filters=[one_line],
    )


class ExtendForm(FrenchForm):
    deadline_on = DateField(
        "Nouvelle date limite",
        [InputRequired("Donnez une date, comme 14/12/2026")],
        format=DATE_FORMATS,
    )
    words = TextAreaField(
        "Pourquoi", [Length(max=1000, message="1 000 caractères au plus")], filters=[cleaned]
    )


class WidenForm(FrenchForm):
    wider_km = IntegerField(
        "Distance admise, en kilomètres",
        [Optional(), NumberRange(1, 500, message="De 1 à 500 km, ou rien pour toute distance")],
    )
    reason = TextAreaField(
        "Pourquoi", [Length(max=1000, message="1 000 caractères au plus")], filters=[cleaned]
    )


class RelaxForm(FrenchForm):
    """`seen` names what the page proposed."""

    seen = HiddenField(filters=[one_line])
    why = TextAreaField(
        "Pourquoi", [Length(max=1000, message="1 000 caractères au plus")], filters=[cleaned]
    )


@support.get("/<slug>")
@facilitator_required
def show(slug: str) -> str:
    return _page(_need(slug), AskForm(), ExtendForm(), WidenForm())


@support.post("/<slug>/inviter")
@facilitator_required
def ask(slug: str) -> ResponseReturnValue:
    """A structure is asked to publish an offer, once."""
    need, form = _need(slug), AskForm()
    form.structure.validate_choice = False
    if not form.validate_on_submit():
        return _page(need, form, ExtendForm(), WidenForm()), 422
    digits = "".join(filter(str.isdigit, form.siret.data or ""))
    by_siret = Structure.siret == digits
    by_slug = Structure.slug == (form.structure.data or "").replace("\0", "")
    named = select(Structure).where(by_siret if form.siret.data else by_slug)
    found = db.session.scalars(named).first()
    if found is None:
        add_error(form.siret, "Choisissez une structure, ou donnez le SIRET d'une structure connue")
        return _page(need, form, ExtendForm(), WidenForm()), 422
    name = found.display_name
    try:
        with transaction() as session:
            who = signed_in().user_id
            is_new = supporting.ask_for_offer(session, need.id, found.id, who, clock.now())
    except NotProposed as error:
        flash(str(error), "error")
    else:
        said = "est invitée à publier une offre" if is_new else "avait déjà été invitée"
        flash(f"{name} {said}.", "success" if is_new else "info")
    return redirect(url_for("support.show", slug=slug))


@support.post("/<slug>/prolonger")
@facilitator_required
def extend(slug: str) -> ResponseReturnValue:
    """Propose a later deadline to the buyer."""
    need, form = _need(slug), ExtendForm()
    if not form.validate_on_submit() or form.deadline_on.data is None:
        return _page(need, AskForm(), form, WidenForm()), 422
    try:
        with transaction() as session:
            supporting.propose_extension(
                session,
                need.id,
                form.deadline_on.data,
                form.words.data or "",
                signed_in().user_id,
                clock.now(),
            )
    except NotProposed as error:
        add_error(form.deadline_on, str(error))
        return _page(_need(slug), AskForm(), form, WidenForm()), 422
    return _proposed(slug)


@support.post("/<slug>/elargir")
@facilitator_required
def widen(slug: str) -> ResponseReturnValue:
    """Propose to the buyer to admit structures from further away."""
    need, form = _need(slug), WidenForm()
    if not form.validate_on_submit():
        return _page(need, AskForm(), ExtendForm(), form), 422
    try:
        with transaction() as session:
            supporting.propose_widening(
                session,
                need.id,
                form.wider_km.data,
                form.reason.data or "",
                signed_in().user_id,
                clock.now(),
            )
    except NotProposed as error:
        add_error(form.wider_km, str(error))
        return _page(_need(slug), AskForm(), ExtendForm(), form), 422
    return _proposed(slug)


@support.post("/<slug>/ouvrir")
@facilitator_required
def relax(slug: str) -> ResponseReturnValue:
    """Propose to the buyer what would admit most structures."""
    need, form = _need(slug), RelaxForm()
    if not form.validate_on_submit():
        return _page(need, AskForm(), ExtendForm(), WidenForm(), form), 422
    try:
        with transaction() as session:
            supporting.propose_relaxation(
                session,
                need.id,
                form.seen.data or "",
                form.why.data or "",
                signed_in().user_id,
                clock.now(),
            )
    except NotProposed as error:
        add_error(form.why, str(error))
        return _page(_need(slug), AskForm(), ExtendForm(), WidenForm(), form), 422
    return _proposed(slug)


def _proposed(slug: str) -> ResponseReturnValue:
    flash("Votre proposition est envoyée à l'acheteur\u00a0: il l'accepte en un clic.", "success")
    return redirect(url_for("support.show", slug=slug))


def _need(slug: str) -> Need:
    """A need of the desk that was published. Raises NoResultFound."""
    named = select(Need).where(
        Need.slug == slug, Need.published_at.is_not(None), on_desk_of(signed_in())
    )
    return db.session.scalars(named.options(*IN_FULL)).unique().one()


def _page(
    need: Need,
    ask_form: AskForm,
    extend_form: ExtendForm,
    widen_form: WidenForm,
    relax_form: RelaxForm | None = None,
) -> str:
    session = db.session()
    asked = support_queries.could_publish(session, need, MOST_ASKED)
    named = {one.slug: f"{one.display_name}, {one.kind.value}" for one in asked}
    ask_form.structure.choices = choices_of({"": "Choisissez"} | named)
    found = joint_groups(session, need, clock.now())
    standing = queries.standing_of(session, need.id)
    is_open = is_open_at(need, clock.now())
    best = best_relaxation(session, need, clock.now()) if is_open else None
    relax_form = relax_form or RelaxForm()
    relax_form.seen.raw_data, relax_form.seen.data = None, best.key if best else ""
    return render_template(
        "admin/support/show.html",
        need=need,
        is_open=is_open,
        standing=standing,
        declined=wording.refusals_counted(standing.declines) if standing.declines else "",
        silent=session.scalars(support_queries.silent_matches(need.id).limit(MOST_SILENT)).all(),
        suggested=found.several,
        uncovered=found.uncovered,
        groups=consortium_queries.groups_of_need(session, need.id),
        invited=support_queries.invited_structures(session, need.id),
        proposals=support_queries.proposals_of(session, need.id),
        in_words=supporting.in_words,
        ask_form=ask_form,
        extend_form=extend_form,
        widen_form=widen_form,
        relax_form=relax_form,
        best=best,
        pure=pure,
    )
