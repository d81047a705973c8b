"""A need on a facilitator's desk: one screen to read it, adjust whom it targets, and decide."""

from collections.abc import Mapping
from typing import Any, NoReturn

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import clock, formats
from marketplace.admin.desk import facilitator
from marketplace.admin.desk_forms import CHOICES, DecisionForm, NoteForm, TargetForm, sector_groups
from marketplace.answers.differences import in_words
from marketplace.db import db, transaction
from marketplace.guards.roles import facilitator_required
from marketplace.guards.scopes import entries_on_desk_of, on_desk_of
from marketplace.matching import previewing
from marketplace.moderation import deciding, due
from marketplace.moderation.adjusting import TARGETING, adjust, write_note
from marketplace.moderation.queries import latest_decision, notes_of
from marketplace.moderation.resembling import resembling
from marketplace.moderation.tables import Escalation, QueueEntry
from marketplace.needs import quality, wording
from marketplace.needs.drafting import ChangedElsewhere, fingerprint, write_answers
from marketplace.needs.lifecycle import ForbiddenMove, Move
from marketplace.needs.tables import Lot, Need, NeedMove
from marketplace.sectors.aims import AIMS
from marketplace.territories.queries import gazetteer

desk_needs = Blueprint("desk_needs", __name__, url_prefix="/guichet/besoins")

BEST_SHOWN = 10
NEAR_SHOWN = 8


@desk_needs.route("/<slug>", methods=["GET", "POST"])
@facilitator_required
def review(slug: str) -> ResponseReturnValue:
    entry, need = _waiting(slug)
    form = DecisionForm()
    if not form.validate_on_submit():
        return _page(entry, need, decision=form), 422 if form.errors else 200
    move = Move(form.move.data)
    try:
        _decide(need.id, move, form)
    except ForbiddenMove:
        flash(_decided_before(need.id))
    else:
        flash(f"Décision enregistrée : {CHOICES[move].lower()}. L'acheteur est prévenu.", "success")
    return redirect(url_for("desk.queue"))


@desk_needs.post("/<slug>/ciblage")
@facilitator_required
def target(slug: str) -> ResponseReturnValue:
    """Another targeting: its effect, then, if asked, written into the need."""
    entry, need = _waiting(slug)
    form = TargetForm(need, gazetteer(db.session()), fingerprint(need, TARGETING))
    is_valid = form.validate()
    if request.form.get("go") == "apply" and is_valid:
        return _apply(need, form)
    session = db.session()
    try:
        with session.no_autoflush:
            write_answers(need, form.answers())
            if "HX-Request" in request.headers:
                found = previewing.targeted(session, need, clock.now(), 1)
                return Response(render_template("admin/desk_needs/target.html", found=found))
            page = _page(entry, need, targeting=form)
    finally:
        session.rollback()  # nothing of a preview is kept
    return page, 200 if is_valid else 422


@desk_needs.post("/<slug>/notes")
@facilitator_required
def note(slug: str) -> ResponseReturnValue:
    entry, need = _waiting(slug)
    form = NoteForm()
    if not form.validate():
        return _page(entry, need, noting=form), 422
    with transaction() as session:
        who = facilitator().user_id
        write_note(session, need.id, entry.desk_id, who, form.words.data, clock.now())
    flash("Votre note est gardée pour vos collègues.", "success")
    return redirect(url_for("desk_needs.review", slug=slug, _anchor="notes"))


def _apply(need: Need, form: TargetForm) -> ResponseReturnValue:
    places = gazetteer(db.session())

    def said(changes: Mapping[str, list[Any]]) -> str:
        lines = in_words(changes, places)
        return "\n".join(f"{one.label} : {one.before} devient {one.after}" for one in lines)

    try:
        with transaction() as session:
            kept = adjust(
                session,
                need.id,
                facilitator().user_id,
                form.answers(),
                form.seen.data or "",
                said,
                clock.now(),
                request.remote_addr or "",
            )
    except ForbiddenMove:
        flash(_decided_before(need.id))
        return redirect(url_for("desk.queue"))
    except ChangedElsewhere:
        flash("Un collègue a changé le ciblage entre-temps. Le voici : reprenez à partir de là.")
    else:
        flash("Ciblage ajusté. L'acheteur l'apprendra avec votre décision." if kept else _SAME)
    return redirect(url_for("desk_needs.review", slug=need.slug, _anchor="ajuster"))


_SAME = "Le ciblage reste tel qu'il était."


def _page(
    entry: QueueEntry,
    need: Need,
    decision: DecisionForm | None = None,
    targeting: TargetForm | None = None,
    noting: NoteForm | None = None,
) -> str:
    session, now, today = db.session(), clock.now(), clock.today()
    places = gazetteer(session)
    found = previewing.reviewed(session, need, now, BEST_SHOWN, NEAR_SHOWN, places)
    asked = [move for move in need.moves if move.move is Move.REQUEST_CHANGES]
    forms = [form for form in (decision, targeting, noting) if form is not None and form.errors]
    return render_template(
        "admin/desk_needs/review.html",
        need=need,
        entry=entry,
        due=due.in_words(entry.due_at, now),
        is_late=entry.due_at < now,
        me=facilitator().user_id,
        place=wording.place(need, places),
        sectors=wording.sectors(need),
        reserved=wording.reservation(need),
        band=wording.band(need, today),
        aims=[aim.label for code, aim in AIMS.items() if code in need.environmental_tags],
        valued=[label for code, label in wording.VALUED.items() if code in need.valued],
        lots=[(lot, wording.place(lot, places), wording.sectors(lot)) for lot in need.lots],
        hints=quality.hints(need, today),
        found=found,
        like=resembling(session, need, facilitator().desk_ids),
        notes=notes_of(session, need.id),
        asked=asked[-1].reason if asked else "",
        history=_history(need),
        decision=decision or DecisionForm(formdata=None),
        targeting=targeting or TargetForm(need, places, fingerprint(need, TARGETING)),
        is_targeting=targeting is not None,
        noting=noting or NoteForm(formdata=None),
        groups=sector_groups(),
        wrong=forms[0] if forms else None,
    )


def _history(need: Need) -> list[dict[str, str | None]]:
    """The moves of a need, latest first, as the timeline shows them."""
    return [
        {
            "what": wording.MOVES[move.move],
            "when": formats.moment(move.moved_at),
            "iso": move.moved_at.isoformat(),
            "who": move.user.full_name if move.user else None,
            "text": move.reason,
        }
        for move in reversed(need.moves)
    ]


def _decide(need_id: int, move: Move, form: DecisionForm) -> None:
    who, now, ip = facilitator().user_id, clock.now(), request.remote_addr or ""
    reason = form.reason.data or ""
    with transaction() as session:
        if move is Move.APPROVE:
            deciding.approve(session, need_id, who, now, ip)
        elif move is Move.REQUEST_CHANGES:
            deciding.request_changes(session, need_id, who, now, reason, ip, form.remarks)
        else:
            deciding.reject(session, need_id, who, now, reason, ip, form.code.data)


def _decided_before(need_id: int) -> str:
    """Who decided, what and when: for the slower of two facilitators."""
    decision = latest_decision(db.session(), need_id)
    if decision is None:
        return "Ce besoin n'attend plus de décision."
    what = wording.MOVES[decision.move].lower()
    by, when = decision.moderator.full_name, formats.moment(decision.decided_at)
    return f"Ce besoin n'attend plus de décision : {what} par {by}, le {when}."


def _waiting(slug: str) -> tuple[QueueEntry, Need]:
    """A need that waits on a desk of this facilitator, with all that its screen shows; one that
    is decided leads to its page."""
    session, who = db.session(), facilitator()
    of_need = joinedload(QueueEntry.need)
    found = (
        entries_on_desk_of(who)
        .join(Need, Need.id == QueueEntry.need_id)
        .where(Need.slug == slug, QueueEntry.decided_at.is_(None))
        .options(
            joinedload(QueueEntry.desk),
            joinedload(QueueEntry.assignee),
            joinedload(QueueEntry.escalations).joinedload(Escalation.desk),
            of_need.joinedload(Need.organisation),
            of_need.joinedload(Need.author),
            of_need.joinedload(Need.sectors),
            of_need.joinedload(Need.zones),
            of_need.selectinload(Need.questions),
            of_need.selectinload(Need.files),
            of_need.selectinload(Need.lots).options(joinedload(Lot.sectors), joinedload(Lot.zones)),
            of_need.selectinload(Need.moves).joinedload(NeedMove.user),
        )
    )
    entry = session.scalars(found).unique().first()
    if entry is None or entry.need is None:
        _lead_away(_need_on_desk(session, slug))
    return entry, entry.need


def _lead_away(need: Need) -> NoReturn:
    flash(_decided_before(need.id))
    abort(redirect(url_for("needs.show", slug=need.slug)))


def _need_on_desk(session: Session, slug: str) -> Need:
    mine = select(Need).where(Need.slug == slug, on_desk_of(facilitator()))
    return session.scalars(mine).first() or abort(404)
