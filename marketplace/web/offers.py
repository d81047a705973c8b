"""What a structure sells: its offers, written on one page beside the needs they would match."""

from collections.abc import Sequence

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import clock, formats
from marketplace.db import db, transaction
from marketplace.forms import cleaned, pressed
from marketplace.guards.roles import signed_in, structure_member_required
from marketplace.guards.scopes import offers_of, spoken_for_by
from marketplace.matching.explaining import distance
from marketplace.matching.offer_preview import OfferPreview, Widening, preview_offer, shape_of
from marketplace.moderation import first_offers
from marketplace.needs import wording as needs_wording
from marketplace.needs.tables import Need
from marketplace.offers import quality, wording
from marketplace.offers.drafting import (
    Incomplete,
    discard_draft,
    draft_of,
    duplicate,
    save_offer,
    start_draft,
)
from marketplace.offers.lifecycle import EDITABLE, TO_SEND, ForbiddenMove, Move, OfferStatus, may
from marketplace.offers.publishing import has_published, move_by_structure
from marketplace.offers.queries import declared_offers_of
from marketplace.offers.tables import Offer
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.sectors.suggesting import Suggestion, in_words
from marketplace.structures.tables import Structure
from marketplace.territories import naming
from marketplace.territories.queries import gazetteer
from marketplace.web.offer_forms import OfferForm

offers = Blueprint("offers", __name__, url_prefix="/structures/<slug>/offres")

ID = "int(max=2147483647)"

MOVED = {
    Move.PAUSE: "Votre offre est en pause\u00a0: elle n'est plus proposée aux acheteurs.",
    Move.RESUME: "Votre offre est de nouveau publiée.",
    Move.ARCHIVE: "Votre offre est archivée.",
    Move.CONFIRM: "Merci\u00a0: votre offre est confirmée à la date d'aujourd'hui.",
}
TOO_LATE = "Cette offre ne peut plus changer ainsi\u00a0: quelqu'un l'a modifiée entre-temps."


@offers.get("")
@structure_member_required
def index(slug: str) -> str:
    session, structure = db.session(), _structure(slug)
    places = gazetteer(session)
    return render_template(
        "web/offers/index.html",
        structure=structure,
        offers=[
            (
                offer,
                wording.coverage(offer, places),
                wording.sectors(offer),
                wording.last_reason(offer),
                wording.is_to_confirm(offer, clock.now()),
            )
            for offer in declared_offers_of(session, structure.id)
        ],
        may=may,
        is_first=not has_published(session, structure.id),
        to_send=TO_SEND,
        editable=EDITABLE,
    )


@offers.route("/nouvelle", methods=["GET", "POST"])
@structure_member_required
def create(slug: str) -> ResponseReturnValue:
    structure = _structure(slug)
    form = OfferForm(gazetteer(db.session()))
    if not form.is_submitted():
        return _page(structure, form, None)
    return _keep(structure, form, None)


@offers.get(f"/<{ID}:offer_id>")
@structure_member_required
def show(slug: str, offer_id: int) -> str:
    """What an offer says, and every step of its life."""
    structure = _structure(slug)
    offer = _offer(structure, offer_id)
    return render_template(
        "web/offers/show.html",
        structure=structure,
        offer=offer,
        said=wording.facts(offer, gazetteer(db.session())),
        reason=wording.last_reason(offer),
        events=[
            {
                "when": formats.moment(step.moved_at),
                "iso": step.moved_at.isoformat(),
                "what": wording.MOVES[step.move],
                "who": step.user.full_name if step.user else None,
                "text": step.reason,
            }
            for step in reversed(offer.moves)
        ],
        is_editable=offer.status in EDITABLE,
        is_to_confirm=wording.is_to_confirm(offer, clock.now()),
        confirmed_on=wording.holds(offer),
    )


@offers.route(f"/<{ID}:offer_id>/modifier", methods=["GET", "POST"])
@structure_member_required
def edit(slug: str, offer_id: int) -> ResponseReturnValue:
    structure = _structure(slug)
    offer = _offer(structure, offer_id)
    if offer.status not in EDITABLE:
        flash("Cette offre n'est plus modifiable dans son état. Vous pouvez la copier.")
        return redirect(url_for("offers.show", slug=slug, offer_id=offer_id))
    form = OfferForm(gazetteer(db.session()), offer)
    if not form.is_submitted():
        return _page(structure, form, offer)
    return _keep(structure, form, offer)


@offers.post("/apercu")
@structure_member_required
def preview(slug: str) -> ResponseReturnValue:
    """What stands beside the form, as it is being filled; nothing is kept."""
    structure = _structure(slug)
    form = OfferForm(gazetteer(db.session()))
    form.validate_for(is_sent=False)
    proposed = form.proposed()
    key = _key_of(proposed)
    page = render_template(
        "web/offers/preview.html",
        form=form,
        proposed=proposed,
        proposed_key=key,
        is_new=key != request.form.get("proposed", ""),
        **_beside(structure, form),
    )
    return Response(page)


@offers.get(f"/<{ID}:offer_id>/envoyee")
@structure_member_required
def sent(slug: str, offer_id: int) -> str:
    """What happens next, and the needs that the offer matches at once."""
    structure = _structure(slug)
    offer = _offer(structure, offer_id)
    found = preview_offer(db.session(), shape_of(structure, draft_of(offer)), clock.now())
    return render_template(
        "web/offers/sent.html",
        structure=structure,
        offer=offer,
        is_waiting=offer.status == OfferStatus.SUBMITTED,
        count=found.matched,
        needs=_named(found.needs),
        today=clock.today(),
    )


@offers.post(f"/<{ID}:offer_id>/etape")
@structure_member_required
def move(slug: str, offer_id: int) -> ResponseReturnValue:
    """Pause, resume, archive, or say that it still holds."""
    offer = _offer(_structure(slug), offer_id)
    asked = request.form.get("move", "")
    if asked in set(MOVED):
        _move(offer.id, Move(asked))
    return redirect(url_for("offers.index", slug=slug))


@offers.post(f"/<{ID}:offer_id>/copier")
@structure_member_required
def copy(slug: str, offer_id: int) -> ResponseReturnValue:
    offer = _offer(_structure(slug), offer_id)
    with transaction() as session:
        made = duplicate(session, offer.id, clock.now()).id
    flash("Voici la copie, en brouillon\u00a0: changez ce qui diffère.")
    return redirect(url_for("offers.edit", slug=slug, offer_id=made))


@offers.post(f"/<{ID}:offer_id>/supprimer")
@structure_member_required
def discard(slug: str, offer_id: int) -> ResponseReturnValue:
    offer = _offer(_structure(slug), offer_id)
    try:
        with transaction() as session:
            discard_draft(session, offer.id)
    except ForbiddenMove:
        flash(TOO_LATE, "warning")
    else:
        flash("Le brouillon est supprimé.")
    return redirect(url_for("offers.index", slug=slug))


def _move(offer_id: int, asked: Move) -> None:
    who, now = signed_in().user_id, clock.now()
    try:
        with transaction() as session:
            if asked is Move.ARCHIVE:
                first_offers.archive_offer(session, offer_id, who, now)
            else:
                move_by_structure(session, offer_id, asked, who, now)
    except ForbiddenMove:
        flash(TOO_LATE, "warning")
    else:
        flash(MOVED[asked], "success")


def _keep(structure: Structure, form: OfferForm, offer: Offer | None) -> ResponseReturnValue:
    """Do what the button that was pressed says: add a zone, save, or send."""
    if "add" in request.form and "go" not in request.form:
        form.add_zone()
        return _page(structure, form, offer), 422 if form.errors else 200
    is_seen = offer is not None and offer.status not in TO_SEND
    is_sent = pressed("go", "save", "send", "draft") != "draft" or is_seen
    if not form.validate_for(is_sent):
        return _page(structure, form, offer), 422
    slug, who, now = structure.slug, signed_in().user_id, clock.now()
    try:
        with transaction() as session:
            if offer is None:
                offer = start_draft(session, structure.id, form.draft(), now)
            else:
                offer = save_offer(session, offer.id, form.draft(), who, now)
            if is_sent and not is_seen:
                first_offers.send_offer(session, offer.id, who, now)
            offer_id = offer.id
    except (ForbiddenMove, Incomplete):
        flash(TOO_LATE, "warning")
        return redirect(url_for("offers.index", slug=slug))
    if not is_sent:
        flash("Votre brouillon est enregistré\u00a0: reprenez-le quand vous voulez.")
        return redirect(url_for("offers.index", slug=slug))
    if is_seen:
        flash("Vos changements sont enregistrés.", "success")
        return redirect(url_for("offers.index", slug=slug))
    return redirect(url_for("offers.sent", slug=slug, offer_id=offer_id))


def _page(structure: Structure, form: OfferForm, offer: Offer | None) -> str:
    if not form.is_submitted():
        form.validate_for(is_sent=False)
        for field in form:
            field.errors = []
    proposed = form.proposed()
    return render_template(
        "web/offers/edit.html",
        structure=structure,
        form=form,
        offer=offer,
        is_seen=offer is not None and offer.status not in TO_SEND,
        is_first=not has_published(db.session(), structure.id),
        asked=wording.last_reason(offer) if offer else None,
        proposed=proposed,
        proposed_key=_key_of(proposed),
        **_beside(structure, form),
    )


def _beside(structure: Structure, form: OfferForm) -> dict[str, object]:
    """What follows the form as it is filled."""
    draft = form.draft()
    found = OfferPreview(0, [], None)
    if draft.title or draft.sectors:
        found = preview_offer(db.session(), shape_of(structure, draft), clock.now())
    return {
        "is_begun": bool(draft.title or draft.sectors),
        "count": found.matched,
        "needs": _named(found.needs),
        "widening": _widening(found.widening),
        "doubts": quality.doubts(structure.kind, draft.service_types),
        "in_words": in_words,
        "today": clock.today(),
    }


def _named(needs: Sequence[Need]) -> list[tuple[Need, str]]:
    places = gazetteer(db.session())
    return [(need, needs_wording.place(need, places)) for need in needs]


def _widening(found: Widening | None) -> str:
    """« Jusqu'à 75 km : 2 besoins de plus »."""
    if found is None:
        return ""
    more = f"{found.adds} besoins de plus" if found.adds > 1 else "un besoin de plus"
    if found.code == "radius":
        return f"Jusqu'à {distance(float(found.to))}\u00a0: {more}"
    if found.code == "zone":
        return f"En ajoutant {naming.label(gazetteer(db.session()), found.to)}\u00a0: {more}"
    return f"En ajoutant le secteur «\u00a0{BY_SLUG[found.to].name}\u00a0»\u00a0: {more}"


def _key_of(proposed: Sequence[Suggestion]) -> str:
    return " ".join(one.slug for one in proposed)


def _structure(slug: str) -> Structure:
    """A structure that the person speaks for; the others are not there."""
    mine = spoken_for_by(signed_in()).where(Structure.slug == cleaned(slug))
    return db.session.scalars(mine).one()


def _offer(structure: Structure, offer_id: int) -> Offer:
    return db.session.scalars(offers_of(structure).where(Offer.id == offer_id)).one()
