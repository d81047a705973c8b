"""The organisations that one buys for: joining one, opening one."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import RadioField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, Optional

from marketplace import clock, siret
from marketplace.accounts import joining, queries
from marketplace.accounts.joining import AlreadyAsked
from marketplace.accounts.organisations import (
    TEAM,
    AlreadyThere,
    OrganisationDraft,
    open_organisation,
    organisation_of,
)
from marketplace.accounts.tables import Organisation, OrganisationKind, OrganisationRequest
from marketplace.accounts.teams import AlreadyMember
from marketplace.accounts.wording import ORGANISATION_KINDS
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, SiretForm, choices_of, cleaned, one_line
from marketplace.guards import sessions
from marketplace.guards.roles import sign_in_required, signed_in, visitor_ip
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.gazetteer import Kind as ZoneKind
from marketplace.territories.queries import gazetteer

organisations = Blueprint("organisations", __name__, url_prefix="/mes-organismes")


class JoinForm(FrenchForm):
    message = TextAreaField(
        "Qui êtes-vous\u00a0?",
        [Optional(), Length(max=1000, message="Ce texte dépasse 1 000 caractères")],
        filters=[cleaned],
    )


class OrganisationForm(FrenchForm):
    name = StringField(
        "Nom de l'organisme",
        [
            InputRequired("Donnez le nom, par exemple Ville de Besançon"),
            Length(min=2, max=200, message="Le nom compte de 2 à 200 caractères"),
        ],
        filters=[one_line],
    )
    kind = RadioField(
        "Quel organisme est-ce\u00a0?",
        [InputRequired("Choisissez ce qu'est l'organisme")],
        choices=choices_of(ORGANISATION_KINDS),
    )
    commune = StringField("Commune de son siège", [Optional(), Length(max=120)], filters=[one_line])

    def __init__(self, places: Gazetteer, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.places = places
        self.commune_code: str | None = None

    def validate_commune(self, field: StringField) -> None:
        code = naming.zone_named(self.places, field.data)
        if code is None or self.places.zone_kind(code) is not ZoneKind.COMMUNE:
            raise ValidationError(
                "Commune introuvable. Donnez son nom et son département, par exemple Besançon (25)"
            )
        self.commune_code = code


@organisations.get("")
@sign_in_required
def index() -> str:
    session, who = db.session(), signed_in()
    asked = (
        select(OrganisationRequest)
        .filter_by(user_id=who.user_id, decided_at=None)
        .options(joinedload(OrganisationRequest.organisation))
    )
    return render_template(
        "web/organisations/index.html",
        own=queries.organisations(session, who.organisation_ids),
        asked=session.scalars(asked.order_by(OrganisationRequest.id)).all(),
        kinds=ORGANISATION_KINDS,
    )


@organisations.get("/rejoindre")
@sign_in_required
def find() -> ResponseReturnValue:
    """A SIRET leads to the organisation that has it, or to opening it."""
    form = SiretForm(request.args)
    if "siret" not in request.args:
        return render_template("web/organisations/find.html", form=form)
    if not form.validate():
        return render_template("web/organisations/find.html", form=form), 422
    known = organisation_of(db.session(), form.number)
    view = "organisations.join" if known else "organisations.create"
    return redirect(url_for(view, number=form.number))


@organisations.route("/<number>/rejoindre", methods=["GET", "POST"])
@sign_in_required
def join(number: str) -> ResponseReturnValue:
    """Ask the managers of an organisation to be taken in."""
    organisation = db.session.scalars(
        select(Organisation).where(Organisation.siret == cleaned(number))
    ).one()
    form = JoinForm()
    if not form.validate_on_submit():
        page = render_template(
            "web/organisations/join.html",
            form=form,
            organisation=organisation,
            kinds=ORGANISATION_KINDS,
        )
        return page, 422 if form.errors else 200
    try:
        with transaction() as session:
            joining.ask(
                session,
                TEAM,
                organisation.id,
                signed_in().user_id,
                form.message.data,
                clock.now(),
                visitor_ip(),
            )
    except AlreadyMember:
        flash("Vous en faites déjà partie.")
    except AlreadyAsked:
        flash("Votre demande attend déjà une réponse.")
    else:
        flash(
            "Votre demande est partie\u00a0: vous recevrez un courriel dès la réponse.", "success"
        )
    return redirect(url_for("organisations.index"))


@organisations.route("/<number>/creer", methods=["GET", "POST"])
@sign_in_required
def create(number: str) -> ResponseReturnValue:
    try:
        number = siret.checked(number)
    except siret.WrongSiret:
        return redirect(url_for("organisations.find", siret=cleaned(number)[:60]))
    form = OrganisationForm(gazetteer(db.session()))
    if not form.validate_on_submit():
        page = render_template("web/organisations/create.html", form=form, number=number)
        return page, 422 if form.errors else 200
    draft = OrganisationDraft(
        siret=number,
        name=form.name.data,
        kind=OrganisationKind(form.kind.data),
        commune_code=form.commune_code,
    )
    try:
        with transaction() as session:
            ip = visitor_ip()
            open_organisation(session, draft, signed_in().user_id, clock.now(), ip)
    except AlreadyThere:
        flash("Un de vos collègues vient d'ouvrir cet organisme\u00a0: demandez à le rejoindre.")
        return redirect(url_for("organisations.join", number=number))
    sessions.renew()
    flash(f"{draft.name} est prêt\u00a0: vous en êtes responsable.", "success")
    return redirect(url_for("members.index", of="mon-organisme", key=number))
