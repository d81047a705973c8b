"""Who does what in a desk's territories: written by its facilitators, read by everyone."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from wtforms import SelectField, StringField, TextAreaField, ValidationError
from wtforms.validators import InputRequired, Length, Optional

from marketplace import clock
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error, choices_of, one_line
from marketplace.guards.roles import (
    facilitator_or_administrator_required,
    facilitator_required,
    visitor_ip,
)
from marketplace.insights import partnering
from marketplace.insights.directory import partners_of
from marketplace.insights.partnering import MOST, PARTS, Said
from marketplace.insights.tables import Part, TerritoryPartner
from marketplace.moderation.tables import Desk
from marketplace.territories import naming
from marketplace.territories.gazetteer import COUNTRY, Gazetteer
from marketplace.territories.queries import gazetteer

directory = Blueprint("directory", __name__, url_prefix="/guichet/annuaire")


class PartnerForm(FrenchForm):
    name = StringField(
        "Nom de l'organisme",
        [
            InputRequired("Donnez un nom, par exemple Mission locale du Haut-Doubs"),
            Length(min=2, max=200, message="Le nom compte de 2 à 200 caractères"),
        ],
        filters=[one_line],
    )
    part = SelectField("Son rôle", choices=choices_of(PARTS))
    role = TextAreaField(
        "Ce qu'il fait ici",
        [
            InputRequired("Dites en une phrase ce qu'il fait"),
            Length(min=3, max=300, message="La phrase compte de 3 à 300 caractères"),
        ],
        filters=[one_line],
    )
    place = StringField(
        "Où ?",
        [Optional(), Length(max=200, message="Le nom dépasse 200 caractères")],
        filters=[one_line],
    )
    contact = StringField(
        "Contact public",
        [Optional(), Length(max=200, message="Le contact dépasse 200 caractères")],
        filters=[one_line],
    )
    website = StringField(
        "Site internet",
        [Optional(), Length(max=255, message="L'adresse du site dépasse 255 caractères")],
        filters=[one_line],
    )

    def __init__(self, places: Gazetteer, partner: TerritoryPartner | None = None) -> None:
        super().__init__(data=_filled(partner, places) if partner else None)
        self.places = places
        self.code: str | None = None

    def validate_place(self, field: StringField) -> None:
        self.code = naming.zone_named(self.places, field.data or "")
        if self.code is None or self.code == COUNTRY:
            raise ValidationError("Territoire introuvable : donnez par exemple Besançon (25)")

    def validate_website(self, field: StringField) -> None:
        address = field.data or ""
        if not address.startswith(("https://", "http://")) or " " in address:
            raise ValidationError("Donnez une adresse qui commence par https://")

    @property
    def said(self) -> Said:
        return Said(
            name=self.name.data or "",
            part=Part(self.part.data),
            role=self.role.data or "",
            contact=self.contact.data or "",
            website=self.website.data or "",
            territory_code=self.code,
        )


@directory.get("/")
@facilitator_required
def index() -> ResponseReturnValue:
    """The only desk of most facilitators, else a choice."""
    mine = select(Desk).where(Desk.id.in_(current_user.desk_ids)).order_by(Desk.name)
    desks = db.session().scalars(mine).all()
    if len(desks) == 1:
        return redirect(url_for("directory.show", desk_id=desks[0].id))
    return render_template("admin/directory/index.html", desks=desks)


@directory.route("/<int(max=2147483647):desk_id>", methods=["GET", "POST"])
@facilitator_or_administrator_required
def show(desk_id: int) -> ResponseReturnValue:
    """The directory; what is posted to it is one more partner."""
    desk, places = _desk(desk_id), gazetteer(db.session())
    form = PartnerForm(places)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                partnering.add_partner(
                    session, desk_id, form.said, current_user.user_id, clock.now(), visitor_ip()
                )
        except partnering.TooMany:
            add_error(form.name, f"L'annuaire compte déjà {MOST} partenaires")
        else:
            flash("L'annuaire est complété : tout le monde peut le lire.", "success")
            return redirect(url_for("directory.show", desk_id=desk_id))
    page = render_template(
        "admin/directory/show.html",
        desk=desk,
        form=form,
        roles=PARTS,
        partners=[
            (one, naming.label(places, one.territory_code) if one.territory_code else "")
            for one in partners_of(db.session(), desk_id)
        ],
    )
    return page, 422 if form.errors else 200


@directory.route(
    "/<int(max=2147483647):desk_id>/<int(max=2147483647):partner_id>", methods=["GET", "POST"]
)
@facilitator_or_administrator_required
def edit(desk_id: int, partner_id: int) -> ResponseReturnValue:
    desk, places = _desk(desk_id), gazetteer(db.session())
    partner = db.session().get(TerritoryPartner, partner_id)
    if partner is None or partner.desk_id != desk_id:
        abort(404)
    form = PartnerForm(places, partner)
    if not form.validate_on_submit():
        page = render_template("admin/directory/edit.html", desk=desk, form=form, partner=partner)
        return page, 422 if form.errors else 200
    with transaction() as session:
        partnering.change_partner(
            session, desk_id, partner_id, form.said, current_user.user_id, clock.now(), visitor_ip()
        )
    flash("L'annuaire est modifié.", "success")
    return redirect(url_for("directory.show", desk_id=desk_id))


@directory.post("/<int(max=2147483647):desk_id>/<int(max=2147483647):partner_id>/retirer")
@facilitator_or_administrator_required
def drop(desk_id: int, partner_id: int) -> ResponseReturnValue:
    _desk(desk_id)
    with transaction() as session:
        partnering.drop_partner(session, desk_id, partner_id, current_user.user_id, visitor_ip())
    flash("Le partenaire est retiré de l'annuaire.", "success")
    return redirect(url_for("directory.show", desk_id=desk_id))


def _desk(desk_id: int) -> Desk:
    """An open desk of the person's own; an administrator's are all of them."""
    desk = db.session().get(Desk, desk_id)
    is_theirs = desk_id in current_user.desk_ids or current_user.is_administrator
    return desk if desk and desk.closed_at is None and is_theirs else abort(404)


def _filled(partner: TerritoryPartner, places: Gazetteer) -> dict[str, object]:
    code = partner.territory_code
    return {
        "name": partner.name,
        "part": partner.part,
        "role": partner.role,
        "place": naming.label(places, code) if code else "",
        "contact": partner.contact,
        "website": partner.website,
    }
