"""« C'est ma structure » : finding it by SIRET, asking to speak for it, proposing a new one."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import joinedload
from wtforms import EmailField, RadioField, StringField, TextAreaField, URLField
from wtforms.validators import InputRequired, Length, Optional

from marketplace import clock, siret
from marketplace.accounts.joining import AlreadyAsked
from marketplace.accounts.teams import AlreadyMember
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, SiretForm, add_error, choices_of, cleaned, one_line
from marketplace.guards import sessions
from marketplace.guards.roles import sign_in_required, signed_in, visitor_ip
from marketplace.jsonl import Refused
from marketplace.moderation.claims import claim_structure, propose_structure
from marketplace.structures.claiming import AlreadyListed, Decider
from marketplace.structures.kinds import LABELS, Kind
from marketplace.structures.placing import seat_of
from marketplace.structures.queries import live_structures, structures_of
from marketplace.structures.register import OPTIONAL, REQUIRED, Entry, entry_of
from marketplace.structures.tables import Structure, StructureClaim
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.queries import gazetteer

claims = Blueprint("claims", __name__, url_prefix="/structures")

MESSAGE = "Qui êtes-vous dans cette structure\u00a0?"
TOLD = {
    Decider.NOBODY: "C'est fait\u00a0: votre adresse est celle de la structure. Vous en êtes "
    "responsable.",
    Decider.MANAGERS: "Votre demande est partie à ses responsables : vous recevrez un courriel "
    "dès leur réponse.",
    Decider.DESK: "Votre demande est partie au guichet de son territoire, qui répond sous deux "
    "jours ouvrés.",
}
CORRECTED = (
    "Votre demande attend déjà une réponse\u00a0: elle porte maintenant ce que vous venez de dire."
)


class ClaimForm(FrenchForm):
    message = TextAreaField(
        MESSAGE,
        [Optional(), Length(max=1000, message="Ce texte dépasse 1 000 caractères")],
        filters=[cleaned],
    )


class StructureForm(FrenchForm):
    """A structure that nobody knows here, checked as a row of a register is."""

    name = StringField(
        "Nom",
        [InputRequired("Donnez son nom, tel qu'à l'Insee"), Length(max=255)],
        filters=[one_line],
    )
    brand = StringField("Nom d'usage", [Optional(), Length(max=255)], filters=[one_line])
    kind = RadioField(
        "De quel type est-elle\u00a0?",
        [InputRequired("Choisissez son type")],
        choices=choices_of({kind: f"{kind}\u00a0: {LABELS[kind]}" for kind in Kind}),
    )
    address = StringField("Adresse", [Optional(), Length(max=255)], filters=[one_line])
    postcode = StringField(
        "Code postal",
        [InputRequired("Donnez son code postal, par exemple 25000"), Length(max=10)],
        filters=[one_line],
    )
    city = StringField(
        "Commune", [InputRequired("Donnez sa commune"), Length(max=120)], filters=[one_line]
    )
    email = EmailField("Adresse de contact", [Optional(), Length(max=254)], filters=[one_line])
    website = URLField("Site internet", [Optional(), Length(max=255)], filters=[one_line])
    message = TextAreaField(
        MESSAGE,
        [InputRequired("Dites en deux mots qui vous êtes"), Length(max=1000)],
        filters=[cleaned],
    )

    def __init__(self, number: str, places: Gazetteer, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.number = number
        self.places = places
        self.entry: Entry | None = None

    def validate(self, extra_validators: object = None) -> bool:
        if not super().validate(extra_validators):
            return False
        asked = ("name", "brand", "kind", "address", "postcode", "city", "email", "website")
        cells = dict.fromkeys((*REQUIRED, *OPTIONAL), "")
        cells |= {name: self[name].data or "" for name in asked} | {"siret": self.number}
        try:
            self.entry = entry_of(cells)
        except Refused as refusal:
            add_error(self[refusal.field], refusal.reason)
            return False
        doubts = (*self.entry.doubts, *seat_of(self.entry.address, self.places).doubts)
        for doubt in doubts:
            add_error(self[doubt.field], f"{doubt.reason[0].upper()}{doubt.reason[1:]}")
        return not doubts


@claims.get("/revendiquer")
@sign_in_required
def find() -> ResponseReturnValue:
    """A SIRET leads to the structures that have it, or to proposing one."""
    session, who = db.session(), signed_in()
    form = SiretForm(request.args)
    number = form.number if "siret" in request.args and form.validate() else ""
    asked = (
        select(StructureClaim)
        .filter_by(user_id=who.user_id, decided_at=None)
        .options(joinedload(StructureClaim.structure))
        .order_by(StructureClaim.id)
    )
    found = live_structures().where(Structure.siret == number)
    page = render_template(
        "web/claims/find.html",
        form=form,
        number=number,
        found=session.scalars(found).all() if number else [],
        own=structures_of(session, who.structure_ids),
        asked=session.scalars(asked).all(),
    )
    return page, 422 if form.errors else 200


@claims.route("/<slug>/revendiquer", methods=["GET", "POST"])
@sign_in_required
def ask(slug: str) -> ResponseReturnValue:
    structure = db.session.scalars(
        select(Structure).where(Structure.slug == cleaned(slug), Structure.is_active)
    ).one()
    form = ClaimForm()
    if not form.validate_on_submit():
        page = render_template("web/claims/ask.html", form=form, structure=structure)
        return page, 422 if form.errors else 200
    return _claim(structure, form.message.data)


@claims.route("/proposer/<number>", methods=["GET", "POST"])
@sign_in_required
def create(number: str) -> ResponseReturnValue:
    """Propose a structure that Tandem does not list: its desk looks at it first."""
    try:
        number = siret.checked(number)
    except siret.WrongSiret:
        return redirect(url_for("claims.find", siret=cleaned(number)[:60]))
    form = StructureForm(number, gazetteer(db.session()))
    if not form.validate_on_submit() or form.entry is None:
        page = render_template("web/claims/create.html", form=form, number=number)
        return page, 422 if form.errors else 200
    try:
        return _claim(form.entry, form.message.data)
    except AlreadyListed as known:
        flash(f"{known.structure.display_name} est déjà sur Tandem\u00a0: demandez à la gérer.")
        return redirect(url_for("claims.ask", slug=known.structure.slug))


def _claim(claimed: Structure | Entry, message: str) -> ResponseReturnValue:
    """Claim what is listed, or what is proposed, and say what happens next."""
    who, now, ip = signed_in(), clock.now(), visitor_ip()
    try:
        with transaction() as session:
            if isinstance(claimed, Entry):
                slug, decider = (
                    "",
                    propose_structure(session, claimed, who.user_id, message, now, ip),
                )
            else:
                slug = claimed.slug
                decider = claim_structure(session, claimed.id, who.user_id, message, now, ip)
    except AlreadyMember:
        flash("Vous faites déjà partie de cette structure.")
        return redirect(url_for("claims.find"))
    except AlreadyAsked:
        flash("Votre demande attend déjà une réponse.")
        return redirect(url_for("claims.find"))
    flash(TOLD[decider] if decider else CORRECTED, "success")
    if decider is not Decider.NOBODY:
        return redirect(url_for("claims.find"))
    sessions.renew()
    return redirect(url_for("members.index", of="ma-structure", key=slug))
