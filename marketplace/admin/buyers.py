"""The organisations that buy: their name, kind and people, and for whom else they buy."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import SearchField, SelectField, StringField, ValidationError
from wtforms.validators import InputRequired, Length

from marketplace import siret
from marketplace.accounts import mandating
from marketplace.accounts.organisations import TEAM
from marketplace.accounts.queries import (
    doubtful_among,
    mandators_of,
    organisations_like,
    platforms_of,
)
from marketplace.accounts.tables import Organisation, OrganisationKind
from marketplace.accounts.teams import members_of
from marketplace.accounts.wording import ORGANISATION_KINDS
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error, choices_of, one_line, one_of, paging
from marketplace.guards.roles import administrator_required, visitor_ip

buyers = Blueprint("buyers", __name__, url_prefix="/admin/organismes")

PER_PAGE = 20
LONGEST = 200

ANYBODYS = "publiques"
ADDRESSES = {"": "Toutes", ANYBODYS: "Messageries publiques seulement"}
"""An organisation all of whose people write from a public mail service deserves a look."""


class OrganisationFilter(FrenchForm):
    q = SearchField("Nom ou SIRET")
    type = SelectField("Type", choices=choices_of({"": "Tous", **ORGANISATION_KINDS}))
    adresses = SelectField("Adresses de ses acheteurs", choices=choices_of(ADDRESSES))


class OrganisationForm(FrenchForm):
    name = StringField(
        "Nom",
        [
            InputRequired("Donnez son nom, par exemple Ville de Besançon"),
            Length(min=2, max=200, message="Le nom compte de 2 à 200 caractères"),
        ],
        filters=[one_line],
    )
    kind = SelectField("Type", choices=choices_of(ORGANISATION_KINDS))


class MandateForm(FrenchForm):
    siret = StringField(
        "SIRET de l'organisme pour qui acheter",
        [InputRequired("Donnez son SIRET, par exemple 732 829 320 00074"), Length(max=100)],
        filters=[one_line],
    )

    def validate_siret(self, field: StringField) -> None:
        try:
            field.data = siret.checked(field.data or "")
        except siret.WrongSiret as error:
            raise ValidationError(f"SIRET refusé : {error}") from error


@buyers.get("/")
@administrator_required
def index() -> str:
    session = db.session()
    words = one_line(request.args.get("q", ""))[:LONGEST]
    kind = one_of(OrganisationKind, "type")
    is_doubtful = request.args.get("adresses") == ANYBODYS
    wanted = organisations_like(words, kind, is_doubtful)
    at = paging(session, wanted, PER_PAGE)
    shown = session.scalars(at.of(wanted)).all()
    return render_template(
        "admin/buyers/index.html",
        form=OrganisationFilter(request.args),
        active=[
            *([("q", words, words)] if words else []),
            *([("type", kind, ORGANISATION_KINDS[kind])] if kind else []),
            *([("adresses", ANYBODYS, ADDRESSES[ANYBODYS])] if is_doubtful else []),
        ],
        organisations=shown,
        doubtful=doubtful_among(session, {one.id for one in shown}),
        kinds=ORGANISATION_KINDS,
        at=at,
    )


@buyers.route("/<int(max=2147483647):organisation_id>", methods=["GET", "POST"])
@administrator_required
def show(organisation_id: int) -> ResponseReturnValue:
    """Its page; what is posted to it is a mandate to buy for another."""
    organisation, form = _organisation(organisation_id), MandateForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                mandating.give_mandate(
                    session, organisation_id, form.siret.data, current_user.user_id, visitor_ip()
                )
        except mandating.UnknownSiret:
            add_error(form.siret, "Aucun organisme inscrit ici n'a ce SIRET")
        except mandating.ItsOwnMandate:
            add_error(form.siret, "Un organisme achète pour lui-même sans mandat")
        else:
            flash("Le mandat est donné.", "success")
            return redirect(url_for("buyers.show", organisation_id=organisation_id))
    session = db.session()
    page = render_template(
        "admin/buyers/show.html",
        organisation=organisation,
        kind=ORGANISATION_KINDS[organisation.kind],
        is_doubtful=bool(doubtful_among(session, {organisation_id})),
        members=members_of(session, TEAM, organisation_id),
        mandators=mandators_of(session, organisation_id),
        platforms=platforms_of(session, organisation_id),
        form=form,
    )
    return page, 422 if form.errors else 200


@buyers.route("/<int(max=2147483647):organisation_id>/modifier", methods=["GET", "POST"])
@administrator_required
def edit(organisation_id: int) -> ResponseReturnValue:
    organisation = _organisation(organisation_id)
    form = OrganisationForm(data={"name": organisation.name, "kind": organisation.kind})
    if not form.validate_on_submit():
        page = render_template("admin/buyers/edit.html", form=form, organisation=organisation)
        return page, 422 if form.errors else 200
    with transaction() as session:
        mandating.correct_organisation(
            session,
            organisation_id,
            form.name.data,
            OrganisationKind(form.kind.data),
            current_user.user_id,
            visitor_ip(),
        )
    flash("L'organisme est modifié.", "success")
    return redirect(url_for("buyers.show", organisation_id=organisation_id))


@buyers.route(
    "/<int(max=2147483647):organisation_id>/mandats/<int(max=2147483647):for_id>/retirer",
    methods=["GET", "POST"],
)
@administrator_required
def end_mandate(organisation_id: int, for_id: int) -> ResponseReturnValue:
    platform, mandator = _organisation(organisation_id), _organisation(for_id)
    if request.method != "POST":
        return render_template(
            "admin/buyers/end_mandate.html", platform=platform, mandator=mandator
        )
    try:
        with transaction() as session:
            mandating.end_mandate(
                session, organisation_id, for_id, current_user.user_id, visitor_ip()
            )
    except mandating.NoSuchMandate:
        flash("Ce mandat n'existe plus.", "warning")
    else:
        flash("Le mandat est retiré.", "success")
    return redirect(url_for("buyers.show", organisation_id=organisation_id))


def _organisation(organisation_id: int) -> Organisation:
    return db.session().get(Organisation, organisation_id) or abort(404)
