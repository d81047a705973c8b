"""The lots of a need that was sent: changing one, adding one, ending one before the others."""

from typing import NoReturn

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField

from marketplace import clock
from marketplace.answers import announcing
from marketplace.answers.ending_lots import end_lot, ending_of
from marketplace.db import db, transaction
from marketplace.digests.queries import unaware_of
from marketplace.forms import FrenchForm, one_line
from marketplace.guards.roles import buyer_required
from marketplace.needs import wording
from marketplace.needs.amending import Decided, as_seen
from marketplace.needs.amending_lots import (
    LastLot,
    NotCut,
    add_to_sent,
    amend_lot,
    lot_differences,
    new_lot_differences,
)
from marketplace.needs.drafting import ChangedElsewhere
from marketplace.needs.lifecycle import NotOpen, Status
from marketplace.needs.lots import MOST, LotGone, TooManyLots, lot_seen, lots_seen
from marketplace.needs.recutting import take_out as take_out_lot
from marketplace.needs.tables import Lot, LotEnding, Need, NeedAmendment
from marketplace.territories.queries import gazetteer
from marketplace.web.lot_forms import LotForm
from marketplace.web.need_flow import (
    changeable_need,
    decided,
    open_need,
    told_in_words,
    too_late,
)
from marketplace.web.need_life import confirm_page, form_page
from marketplace.web.need_life_forms import ReasonForm
from marketplace.web.needs import buyer

lot_life = Blueprint("lot_life", __name__)


@lot_life.route("/besoins/<slug>/amender/lots/ajouter", methods=["GET", "POST"])
@buyer_required
def add(slug: str) -> ResponseReturnValue:
    need = changeable_need(slug)
    if not need.lots:
        return redirect(url_for("need_cutting.cut", slug=slug))
    if len(need.lots) >= MOST:
        _back(need, f"Un besoin compte {MOST} lots au plus.")
    form = LotForm(need, None, gazetteer(db.session()))
    if not form.is_submitted():
        form.seen.data = as_seen(need, lots_seen(need))
        return form_page(need, form, "Ajouter un lot")
    if not form.validate():
        return form_page(need, form, "Ajouter un lot"), 422
    go = request.form.get("go")
    if go == "back":
        return form_page(need, form, "Ajouter un lot")
    said = form.draft()
    if go != "confirm":
        return confirm_page(
            need, form.seen.data or "", new_lot_differences(len(need.lots) + 1, said)
        )
    now = clock.now()
    try:
        with transaction() as session:
            seen, who = form.seen.data or "", buyer().user_id
            added = add_to_sent(session, need.id, who, said, seen, now)
            told = (
                announcing.tell_amended(session, need, added, now, unaware_of(session, need.id))
                if added
                else 0
            )
    except Decided:
        abort(decided(need))
    except NotOpen:
        abort(too_late(need))
    except (NotCut, TooManyLots):
        _back(need, f"Un besoin compte {MOST} lots au plus.")
    return _done(need, added, told, "Le lot est ajouté.")


@lot_life.route("/besoins/<slug>/amender/lots/<int:lot_id>", methods=["GET", "POST"])
@buyer_required
def change(slug: str, lot_id: int) -> ResponseReturnValue:
    need = changeable_need(slug)
    lot = _lot(need, lot_id)
    if lot.ending is not None:
        _ended(need, lot)
    form = LotForm(need, lot, gazetteer(db.session()))
    title = f"Modifier le lot {lot.number}"
    if not form.is_submitted():
        form.seen.data = as_seen(need, lot_seen(lot))
        return form_page(need, form, title)
    if not form.validate():
        return form_page(need, form, title), 422
    go = request.form.get("go")
    if go == "back":
        return form_page(need, form, title)
    said = form.draft()
    if go != "confirm":
        return confirm_page(need, form.seen.data or "", lot_differences(lot, said))
    now = clock.now()
    try:
        with transaction() as session:
            seen, who = form.seen.data or "", buyer().user_id
            amended = amend_lot(session, need.id, lot_id, who, said, seen, now)
            told = (
                announcing.tell_amended(session, need, amended, now, unaware_of(session, need.id))
                if amended
                else 0
            )
    except ChangedElsewhere as found:
        form.seen.data = found.fingerprint
        need = changeable_need(slug)
        return confirm_page(
            need, form.seen.data or "", lot_differences(_lot(need, lot_id), said), is_changed=True
        )
    except Decided:
        abort(decided(need))
    except NotOpen:
        abort(too_late(need))
    except LotGone:
        _ended(need, lot)
    return _done(need, amended, told, f"Le lot {lot.number} est modifié.")


@lot_life.route("/besoins/<slug>/amender/lots/<int:lot_id>/terminer", methods=["GET", "POST"])
@buyer_required
def end(slug: str, lot_id: int) -> ResponseReturnValue:
    """Withdrawn when nobody answered it, closed otherwise: the page says which."""
    need = open_need(slug)
    lot = _lot(need, lot_id)
    if lot.ending is not None:
        _ended(need, lot)
    if len(need.open_lots) == 1:
        _last_lot(need)
    form = ReasonForm()
    if not form.validate_on_submit():
        page = render_template(
            "web/lot_life/end.html",
            need=need,
            lot=lot,
            form=form,
            is_answered=ending_of(db.session(), lot_id) is LotEnding.CLOSED,
            told=announcing.told_structures(
                db.session(), need.id, unaware_of(db.session(), need.id)
            ),
        )
        return page, 422 if form.errors else 200
    now = clock.now()
    try:
        with transaction() as session:
            who, reason = buyer().user_id, form.reason.data
            ended = end_lot(session, need.id, lot_id, who, reason, now)
            told = announcing.tell_amended(session, need, ended, now, unaware_of(session, need.id))
    except NotOpen:
        abort(too_late(need))
    except LotGone:
        _ended(need, lot)
    except LastLot:
        _last_lot(need)
    return _done(need, ended, told, f"Le lot {lot.number} ne prend plus de réponses.")


class SeenForm(FrenchForm):
    """Nothing but a button: what it takes out is what was seen."""

    seen = HiddenField(filters=[one_line])


@lot_life.route("/besoins/<slug>/amender/lots/<int:lot_id>/retirer", methods=["GET", "POST"])
@buyer_required
def take_out(slug: str, lot_id: int) -> ResponseReturnValue:
    """Of a need that waits for its desk; once it is published, a lot ends instead."""
    need = changeable_need(slug)
    lot = _lot(need, lot_id)
    if need.status != Status.SUBMITTED:
        return redirect(url_for("lot_life.end", slug=slug, lot_id=lot_id))
    form, is_changed = SeenForm(), False
    if form.validate_on_submit():
        try:
            with transaction() as session:
                seen, who = form.seen.data or "", buyer().user_id
                gone = take_out_lot(session, need.id, lot_id, who, seen, clock.now())
        except Decided:
            abort(decided(need))
        except NotOpen:
            abort(too_late(need))
        except LotGone:
            _back(need, "Ce lot vient d'être retiré, dans un autre onglet ou par un collègue.")
        except ChangedElsewhere:
            need, is_changed = changeable_need(slug), True
            lot = _lot(need, lot_id)
        else:
            return _done(need, gone, 0, "Le lot est retiré.")
    form.seen.data = as_seen(need, lot_seen(lot))
    page = render_template(
        "web/lot_life/take_out.html",
        need=need,
        lot=lot,
        place=wording.place(lot, gazetteer(db.session())),
        form=form,
        is_changed=is_changed,
    )
    return page, 409 if is_changed else 200


def _lot(need: Need, lot_id: int) -> Lot:
    return next((lot for lot in need.lots if lot.id == lot_id), None) or abort(404)


def _done(need: Need, amendment: NeedAmendment | None, told: int, what: str) -> ResponseReturnValue:
    if amendment is None:
        flash("Vous n'avez rien changé.")
    else:
        flash(f"{what} {told_in_words(told, need)}", "success")
    return redirect(url_for("needs.show", slug=need.slug, _anchor="lots"))


def _ended(need: Need, lot: Lot) -> NoReturn:
    _back(need, f"Le lot {lot.number} ne prend plus de réponses\u00a0: il reste tel qu'il est.")


def _last_lot(need: Need) -> NoReturn:
    _back(
        need,
        "C'est le dernier lot ouvert\u00a0: pour ne plus rien recevoir, fermez ou retirez le "
        "besoin lui-même.",
    )


def _back(need: Need, why: str) -> NoReturn:
    flash(why)
    abort(redirect(url_for("need_life.amend_what", slug=need.slug)))
