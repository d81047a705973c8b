"""The lots of a need being written: adding one, changing, moving and taking it out."""

from typing import NoReturn

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.db import db, transaction
from marketplace.guards.roles import buyer_required
from marketplace.needs import lots as cutting
from marketplace.needs.drafting import ChangedElsewhere
from marketplace.needs.lifecycle import ForbiddenMove
from marketplace.needs.lots import LotGone, TooManyLots
from marketplace.needs.tables import Lot, Need
from marketplace.territories.queries import gazetteer
from marketplace.web.lot_forms import LotForm
from marketplace.web.step_flow import LOTS, around, conflict_with, editable_need, lead_away

lots = Blueprint("lots", __name__)


@lots.route("/besoins/<slug>/etapes/lots/ajouter", methods=["GET", "POST"])
@buyer_required
def add(slug: str) -> ResponseReturnValue:
    need = editable_need(slug)
    form = LotForm(need, None, gazetteer(db.session()))
    if not form.is_submitted():
        form.seen.data = cutting.lots_seen(need)
        return _lot_page(need, form, None)
    if not form.validate():
        return _lot_page(need, form, None), 422
    try:
        with transaction() as session:
            seen = form.seen.data or ""
            lot = cutting.add_lot(session, need.id, form.draft(), seen, clock.now())
    except ForbiddenMove:
        lead_away(need)
    except TooManyLots:
        flash(f"Un besoin compte {cutting.MOST} lots au plus.", "warning")
        return redirect(url_for(LOTS.endpoint, slug=slug))
    return _kept(need, lot, form)


@lots.route("/besoins/<slug>/etapes/lots/<int:lot_id>", methods=["GET", "POST"])
@buyer_required
def change(slug: str, lot_id: int) -> ResponseReturnValue:
    need = editable_need(slug)
    lot = _lot(need, lot_id)
    form = LotForm(need, lot, gazetteer(db.session()))
    if not form.is_submitted():
        form.seen.data = cutting.lot_seen(lot)
        return _lot_page(need, form, lot)
    if not form.validate():
        return _lot_page(need, form, lot), 422
    seen = request.form.get("over") or form.seen.data or ""
    try:
        with transaction() as session:
            lot = cutting.change_lot(session, need.id, lot_id, form.draft(), seen, clock.now())
    except ForbiddenMove:
        lead_away(need)
    except LotGone:
        _gone(need)
    except ChangedElsewhere as found:
        told = conflict_with(found, form, url_for("lots.change", slug=slug, lot_id=lot_id))
        return _lot_page(need, form, lot, told), 409
    return _kept(need, lot, form)


@lots.post("/besoins/<slug>/etapes/lots/<int:lot_id>/deplacer")
@buyer_required
def move(slug: str, lot_id: int) -> ResponseReturnValue:
    """One place up, or down."""
    need = editable_need(slug)
    is_up = request.form.get("way") == "up"
    try:
        with transaction() as session:
            seen = request.form.get("seen", "")
            cutting.move_lot(session, need.id, lot_id, is_up, seen, clock.now())
    except ForbiddenMove:
        lead_away(need)
    except LotGone:
        _gone(need)
    return redirect(url_for(LOTS.endpoint, slug=slug, _anchor=f"lot-{lot_id}"))


@lots.route("/besoins/<slug>/etapes/lots/<int:lot_id>/retirer", methods=["GET", "POST"])
@buyer_required
def remove(slug: str, lot_id: int) -> ResponseReturnValue:
    need = editable_need(slug)
    lot = _lot(need, lot_id)
    if request.method != "POST":  # a HEAD only looks
        return render_template("web/lots/remove.html", need=need, lot=lot)
    try:
        with transaction() as session:
            cutting.remove_lot(session, need.id, lot_id, clock.now())
    except ForbiddenMove:
        lead_away(need)
    except LotGone:
        _gone(need)
    flash("Le lot est retiré.", "success")
    return redirect(url_for(LOTS.endpoint, slug=slug))


def _lot(need: Need, lot_id: int) -> Lot:
    found = next((lot for lot in need.lots if lot.id == lot_id), None)
    return found or abort(404)


def _gone(need: Need) -> NoReturn:
    flash("Ce lot vient d'être retiré, dans un autre onglet ou par un collègue.", "warning")
    abort(redirect(url_for(LOTS.endpoint, slug=need.slug)))


def _kept(need: Need, lot: Lot, form: LotForm) -> ResponseReturnValue:
    """Back to the lots, once the sectors that a lot's words speak of were shown."""
    is_read = bool(lot.sectors or request.form.get("proposed") or not form.proposed())
    if is_read:
        flash(f"Le lot {lot.number} est enregistré.", "success")
        return redirect(url_for(LOTS.endpoint, slug=need.slug))
    flash(f"Le lot {lot.number} est enregistré\u00a0: confirmez ses secteurs.", "success")
    here = url_for("lots.change", slug=need.slug, lot_id=lot.id, _anchor="secteurs")
    return redirect(here)


def _lot_page(
    need: Need, form: LotForm, lot: Lot | None, conflict: dict[str, object] | None = None
) -> str:
    proposed = form.proposed()
    return render_template(
        "web/lots/lot.html",
        form=form,
        need=need,
        lot=lot,
        proposed=proposed,
        proposed_key=form.proposed_key(proposed) if lot else "",
        conflict=conflict,
        **around(need, LOTS),
    )
