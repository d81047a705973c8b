"""An offer on a facilitator's desk: a structure's first before people see it, others after."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from marketplace import clock
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error, choices_of, cleaned
from marketplace.guards.roles import facilitator_required, signed_in, visitor_ip
from marketplace.guards.scopes import offers_on_desk_of
from marketplace.moderation.first_offers import decide_offer, waiting_entry
from marketplace.offers import quality, wording
from marketplace.offers.lifecycle import ForbiddenMove, Move, OfferStatus
from marketplace.offers.tables import Offer
from marketplace.territories import naming
from marketplace.territories.queries import gazetteer

desk_offers = Blueprint("desk_offers", __name__, url_prefix="/guichet/offres")

BEFORE = {
    Move.APPROVE: "Valider et publier",
    Move.REQUEST_CHANGES: "Demander une modification",
    Move.REJECT: "Refuser",
}
AFTER = {
    Move.APPROVE: "Rien à redire",
    Move.REQUEST_CHANGES: "La retirer et demander une modification",
    Move.REJECT: "La retirer et la refuser",
}


class OfferDecisionForm(FrenchForm):
    move = RadioField("Votre décision", [InputRequired("Choisissez une décision")])
    reason = TextAreaField(
        "Motif, lu par la structure",
        [Length(max=2000, message="Le motif dépasse 2 000 caractères")],
        filters=[cleaned],
    )

    def __init__(self, choices: dict[Move, str]) -> None:
        super().__init__()
        self.move.choices = choices_of(choices)

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate(extra_validators)
        if self.move.data in (Move.REQUEST_CHANGES, Move.REJECT) and not self.reason.data:
            add_error(self.reason, "Dites pourquoi, pour que la structure sache quoi changer")
            return False
        return bool(is_valid)


@desk_offers.route("/<int(max=2147483647):offer_id>", methods=["GET", "POST"])
@facilitator_required
def review(offer_id: int) -> ResponseReturnValue:
    session, who = db.session(), signed_in()
    offer = session.scalars(offers_on_desk_of(who).where(Offer.id == offer_id)).one()
    if waiting_entry(session, offer_id) is None:
        flash("Cette offre n'attend plus de décision.")
        return redirect(url_for("desk.queue"))
    is_first = offer.status == OfferStatus.SUBMITTED
    choices = BEFORE if is_first else AFTER
    form = OfferDecisionForm(choices)
    if not form.validate_on_submit():
        places = gazetteer(session)
        seat = offer.structure.commune_code
        page = render_template(
            "admin/desk_offers/review.html",
            form=form,
            offer=offer,
            structure=offer.structure,
            is_first=is_first,
            place=naming.label(places, seat) if seat else offer.structure.city,
            said=wording.facts(offer, places),
            doubts=quality.doubts(offer.structure.kind, offer.service_types),
        )
        return page, 422 if form.errors else 200
    chosen, now, ip = Move(form.move.data), clock.now(), visitor_ip()
    try:
        with transaction() as writing:
            decide_offer(writing, offer_id, who.user_id, chosen, form.reason.data or "", now, ip)
    except ForbiddenMove:
        flash("Quelqu'un d'autre a décidé avant vous.")
    else:
        flash(f"Décision enregistrée\u00a0: {choices[chosen].lower()}.", "success")
    return redirect(url_for("desk.queue"))
