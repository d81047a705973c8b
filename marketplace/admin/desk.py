"""The facilitator's desk: the queue, and one screen to decide."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from marketplace import clock, formats
from marketplace.accounts.teams import AlreadyDecided, members_of
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error, choices_of, cleaned
from marketplace.guards.roles import Viewer, facilitator_required, viewer
from marketplace.guards.scopes import claims_on_desk_of, on_desk_of
from marketplace.matching import previewing
from marketplace.moderation import deciding
from marketplace.moderation.claims import decide_claim
from marketplace.moderation.queries import latest_decisions, waiting_claims, waiting_needs
from marketplace.moderation.tables import Decision
from marketplace.needs import wording
from marketplace.needs.lifecycle import ForbiddenMove, Move, Status
from marketplace.needs.tables import Need
from marketplace.structures.claiming import TEAM
from marketplace.structures.tables import StructureClaim
from marketplace.territories import naming
from marketplace.territories.queries import gazetteer

desk = Blueprint("desk", __name__, url_prefix="/guichet")

DECISIONS_SHOWN = 10
PREVIEWED = 10

CHOICES = {
    Move.APPROVE: "Valider et publier",
    Move.REQUEST_CHANGES: "Demander une modification",
    Move.REJECT: "Refuser",
}

CLAIM_MOVES = {Move.APPROVE: "Demande acceptée", Move.REJECT: "Demande refusée"}


class DecisionForm(FrenchForm):
    move = RadioField(
        "Votre décision",
        [InputRequired("Choisissez une décision")],
        choices=choices_of(CHOICES),
    )
    reason = TextAreaField("Motif, lu par l'acheteur", [Length(max=2000)], filters=[cleaned])

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate(extra_validators)
        if self.move.data in (Move.REQUEST_CHANGES, Move.REJECT) and not self.reason.data:
            add_error(self.reason, "Dites pourquoi, pour que l'acheteur sache quoi changer")
            return False
        return bool(is_valid)


class ClaimDecisionForm(FrenchForm):
    move = RadioField(
        "Votre décision",
        [InputRequired("Choisissez une décision")],
        choices=choices_of({Move.APPROVE: "Accepter", Move.REJECT: "Refuser"}),
    )
    reason = TextAreaField("Motif, lu par la personne", [Length(max=2000)], filters=[cleaned])

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate(extra_validators)
        if self.move.data == Move.REJECT and not self.reason.data:
            add_error(self.reason, "Dites pourquoi, pour que la personne sache quoi faire")
            return False
        return bool(is_valid)


@desk.get("/")
@facilitator_required
def queue() -> str:
    session = db.session()
    who = _facilitator()
    places = gazetteer(session)
    return render_template(
        "admin/desk/queue.html",
        waiting=[
            (entry, wording.place(entry.need, places))
            for entry in waiting_needs(session, who.desk_ids)
            if entry.need
        ],
        claims=waiting_claims(session, who.desk_ids),
        decided=[
            [
                _what(decision),
                wording.MOVES[decision.move] if decision.need else CLAIM_MOVES[decision.move],
                formats.moment(decision.decided_at),
                decision.reason or "–",
            ]
            for decision in latest_decisions(session, who.desk_ids, DECISIONS_SHOWN)
        ],
        now=clock.now(),
    )


def _what(decision: Decision) -> str:
    """What a decision was about, in words."""
    if decision.need:
        return decision.need.title
    assert decision.claim is not None, "no decision of an offer is asked for"  # noqa: S101
    return f"Demande pour {decision.claim.structure.display_name}"


@desk.route("/besoins/<slug>", methods=["GET", "POST"])
@facilitator_required
def review(slug: str) -> ResponseReturnValue:
    session = db.session()
    need = _need_on_desk(session, slug)
    if need.status != Status.SUBMITTED:
        flash("Ce besoin n'attend plus de décision.")
        return redirect(url_for("needs.show", slug=slug))
    form = DecisionForm()
    if not form.validate_on_submit():
        found = previewing.preview(session, need, clock.now(), PREVIEWED)
        best = [(match, found.structures[match.structure_id]) for match in found.best]
        page = render_template(
            "admin/desk/review.html",
            form=form,
            need=need,
            place=wording.place(need, gazetteer(session)),
            sectors=wording.sectors(need),
            reserved=wording.reservation(need),
            eligible=found.eligible,
            best=[(match, structure) for match, structure in best if not match.near],
            near=[(match, structure) for match, structure in best if match.near],
            asked=_asked_before(need),
        )
        return page, 422 if form.errors else 200
    try:
        _decide(need.id, Move(form.move.data), form.reason.data)
    except ForbiddenMove:
        flash("Un autre facilitateur a décidé avant vous.")
    else:
        flash(f"Décision enregistrée : {CHOICES[Move(form.move.data)].lower()}.")
    return redirect(url_for("desk.queue"))


@desk.route("/demandes/<int(max=2147483647):claim_id>", methods=["GET", "POST"])
@facilitator_required
def claim(claim_id: int) -> ResponseReturnValue:
    """Who asks to speak for a structure of the territory: accepted or refused."""
    session, who = db.session(), _facilitator()
    asked = session.scalars(claims_on_desk_of(who).where(StructureClaim.id == claim_id)).one()
    if asked.decided_at is not None:
        flash("Cette demande n'attend plus de décision.")
        return redirect(url_for("desk.queue"))
    form = ClaimDecisionForm()
    if not form.validate_on_submit():
        places = gazetteer(session)
        seat = asked.structure.commune_code
        page = render_template(
            "admin/desk/claim.html",
            form=form,
            asked=asked,
            structure=asked.structure,
            place=naming.label(places, seat) if seat else asked.structure.city,
            people=members_of(session, TEAM, asked.structure_id),
        )
        return page, 422 if form.errors else 200
    is_accepted = form.move.data == Move.APPROVE
    try:
        with transaction() as writing:
            decide_claim(
                writing,
                claim_id,
                who.user_id,
                is_accepted,
                form.reason.data,
                clock.now(),
                request.remote_addr or "",
            )
    except AlreadyDecided:
        flash("Quelqu'un d'autre a décidé avant vous.")
    else:
        flash("Décision enregistrée, la personne est prévenue.", "success")
    return redirect(url_for("desk.queue"))


def _asked_before(need: Need) -> str | None:
    """What a facilitator last asked the buyer to change."""
    asked = [move.reason for move in need.moves if move.move is Move.REQUEST_CHANGES]
    return asked[-1] if asked else None


def _decide(need_id: int, move: Move, reason: str) -> None:
    who, now, ip = _facilitator().user_id, clock.now(), request.remote_addr or ""
    with transaction() as session:
        if move is Move.APPROVE:
            deciding.approve(session, need_id, who, now, ip)
        elif move is Move.REQUEST_CHANGES:
            deciding.request_changes(session, need_id, who, now, reason, ip)
        else:
            deciding.reject(session, need_id, who, now, reason, ip)


def _facilitator() -> Viewer:
    who = viewer()
    assert who is not None, "the guard lets nobody else in"  # noqa: S101
    return who


def _need_on_desk(session: Session, slug: str) -> Need:
    mine = select(Need).where(Need.slug == slug, on_desk_of(_facilitator()))
    return session.scalars(mine).first() or abort(404)
