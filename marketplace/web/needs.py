"""Needs: those of everyone, the page of each, taking one back."""

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from marketplace import clock, formats
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, cleaned, page_asked
from marketplace.guards.roles import Viewer, buyer_required, viewer
from marketplace.guards.scopes import (
    bought_by,
    is_bought_by,
    may_see_shortlist,
    visible_needs,
)
from marketplace.matching import queries as matching
from marketplace.matching.tables import Match, Shortlist
from marketplace.moderation.deciding import withdraw as withdraw_need
from marketplace.moderation.queries import desk_of_need
from marketplace.needs import wording
from marketplace.needs.lifecycle import EDITABLE, NEXT, ForbiddenMove, Move, Status
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need
from marketplace.territories.queries import gazetteer

needs = Blueprint("needs", __name__)

PER_PAGE = 20
MATCHES_SHOWN = 20
NEAR_SHOWN = 10
NEARBY_KM = 20


@needs.get("/besoins")
def index() -> str:
    page = page_asked()
    wanted = select(Need).where(is_open(clock.now()))
    total = db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    shown = (
        wanted.options(joinedload(Need.organisation), selectinload(Need.zones))
        .order_by(Need.deadline_on, Need.id)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    places = gazetteer(db.session())
    return render_template(
        "web/needs/index.html",
        needs=[(need, wording.place(need, places)) for need in db.session.scalars(shown)],
        total=total,
        page=page,
        per_page=PER_PAGE,
        today=clock.today(),
    )


@needs.route("/besoins/<slug>/retirer", methods=["GET", "POST"])
@buyer_required
def withdraw(slug: str) -> ResponseReturnValue:
    need = own_need(slug)
    form = WithdrawForm()
    if not form.validate_on_submit():
        page = render_template("web/needs/withdraw.html", form=form, need=need)
        return page, 422 if form.errors else 200
    try:
        with transaction() as session:
            withdraw_need(session, need.id, buyer().user_id, clock.now(), form.reason.data)
    except ForbiddenMove:
        flash("Ce besoin ne peut plus être retiré.")
    else:
        flash("Votre besoin est retiré : plus personne ne peut y répondre.")
    return redirect(url_for("needs.show", slug=slug))


class WithdrawForm(FrenchForm):
    reason = TextAreaField(
        "Pourquoi retirez-vous ce besoin ?",
        [InputRequired("Dites pourquoi, en quelques mots"), Length(max=1000)],
        filters=[cleaned],
    )


@needs.get("/besoins/<slug>")
def show(slug: str) -> ResponseReturnValue:
    session = db.session()
    who = viewer()
    need = session.scalars(
        visible_needs(who)
        .where(Need.slug == slug)
        .options(selectinload(Need.sectors), selectinload(Need.zones))
    ).one()
    is_buyers = who is not None and is_bought_by(who, need)
    if need.status == Status.DRAFT and is_buyers:
        return redirect(url_for("drafts.resume", slug=slug))
    is_insider = may_see_shortlist(session, who, need)
    shortlist = session.get(Shortlist, need.id) if is_insider else None
    if "HX-Request" in request.headers:
        # Asked every two seconds by the page that waits for the ranking.
        is_waiting = shortlist is None and need.status == Status.PUBLISHED
        return Response(status=204, headers={} if is_waiting else {"HX-Refresh": "true"})
    places = gazetteer(session)
    matches = session.scalars(matching.matches_of_need(need.id)).all() if is_insider else []
    eligible = [match for match in matches if not match.near]
    own = matching.matches_of_need(need.id).where(
        Match.structure_id.in_(who.structure_ids if who else ())
    )
    page = page_asked()
    shown = eligible[(page - 1) * MATCHES_SHOWN : page * MATCHES_SHOWN]
    return render_template(
        "web/needs/show.html",
        need=need,
        place=wording.place(need, places),
        centre=places.commune(need.commune_code) if need.commune_code else None,
        sectors=wording.sectors(need),
        reserved=wording.reservation(need),
        is_insider=is_insider,
        own=session.scalars(own).all(),
        shortlist=shortlist,
        eligible=len(eligible),
        nearby=sum(m.distance_km is not None and m.distance_km <= NEARBY_KM for m in eligible),
        shown=[(match, match.structure) for match in shown],
        near=[(match, match.structure) for match in matches if match.near][:NEAR_SHOWN],
        page=page,
        per_page=MATCHES_SHOWN,
        desk=desk_of_need(session, need.id) if is_insider else None,
        history=_history(need) if is_insider else [],
        is_buyers=is_buyers,
        may_edit=is_buyers and need.status in EDITABLE,
        may_withdraw=is_buyers and (need.status, Move.WITHDRAW) in NEXT,
    )


def _history(need: Need) -> list[dict[str, str | None]]:
    """The moves of a need, latest first, as the timeline shows them."""
    return [
        {
            "move": move.move,
            "what": wording.MOVES[move.move],
            "when": formats.moment(move.moved_at),
            "iso": move.moved_at.isoformat(),
            "who": move.user.full_name if move.user else None,
            "text": move.reason,
        }
        for move in reversed(need.moves)
    ]


def buyer() -> Viewer:
    who = viewer()
    assert who is not None, "the guard lets nobody else in"  # noqa: S101
    return who


def own_need(slug: str) -> Need:
    found = db.session.scalars(select(Need).where(Need.slug == slug, bought_by(buyer()))).first()
    return found or abort(404)
