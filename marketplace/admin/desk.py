"""The facilitator's desk: the queue, and one screen to decide."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from marketplace import clock, formats
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error, choices_of, cleaned
from marketplace.guards.roles import Viewer, facilitator_required, viewer
from marketplace.guards.scopes import on_desk_of
from marketplace.matching import previewing
from marketplace.moderation import deciding
from marketplace.moderation.queries import latest_decisions, waiting_needs
from marketplace.needs import wording
from marketplace.needs.lifecycle import ForbiddenMove, Move, Status
from marketplace.needs.tables import Need
from marketplace.territories.queries import gazetteer

desk = Blueprint("desk", __name__, url_prefix="/guichet")

DECISIONS_SHOWN = 10
PREVIEWED = 10

CHOICES = {
    Move.APPROVE: "Valider et publier",
    Move.REQUEST_CHANGES: "Demander une modification",
    Move.REJECT: "Refuser",
}


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
        decided=[
            [
                decision.need.title if decision.need else "",
                wording.MOVES[decision.move],
                formats.moment(decision.decided_at),
                decision.reason or "–",
            ]
            for decision in latest_decisions(session, who.desk_ids, DECISIONS_SHOWN)
        ],
        now=clock.now(),
    )


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


def _asked_before(need: Need) -> str | None:
    """What a facilitator last asked the buyer to change."""
    asked = [move.reason for move in need.moves if move.move is Move.REQUEST_CHANGES]
    return asked[-1] if asked else None


def _decide(need_id: int, move: Move, reason: str) -> None:
    who, now = _facilitator().user_id, clock.now()
    with transaction() as session:
        if move is Move.APPROVE:
            deciding.approve(session, need_id, who, now)
        elif move is Move.REQUEST_CHANGES:
            deciding.request_changes(session, need_id, who, now, reason)
        else:
            deciding.reject(session, need_id, who, now, reason)


def _facilitator() -> Viewer:
    who = viewer()
    assert who is not None, "the guard lets nobody else in"  # noqa: S101
    return who


def _need_on_desk(session: Session, slug: str) -> Need:
    mine = select(Need).where(Need.slug == slug, on_desk_of(_facilitator()))
    return session.scalars(mine).first() or abort(404)
