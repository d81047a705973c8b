"""A need on a facilitator's desk: one screen to read it, adjust whom it targets, and decide."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import Any, NamedTuple, NoReturn

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from marketplace import clock, formats
from marketplace.admin.desk import facilitator
from marketplace.admin.desk_forms import CHOICES, DecisionForm, NoteForm, sector_groups
from marketplace.admin.desk_targeting import LotTargetForm, TargetForm
from marketplace.answers.differences import differences_of, in_words
from marketplace.db import db, transaction
from marketplace.guards.roles import facilitator_required, visitor_ip
from marketplace.guards.scopes import entries_on_desk_of, on_desk_of
from marketplace.matching import previewing
from marketplace.moderation import deciding, due
from marketplace.moderation.adjusting import TARGETING, adjust, adjust_lot, write_note
from marketplace.moderation.queries import latest_decision, notes_of
from marketplace.moderation.resembling import resembling
from marketplace.moderation.tables import DeskNote, Escalation, QueueEntry
from marketplace.needs import quality, wording
from marketplace.needs.drafting import ChangedElsewhere, fingerprint, write_answers
from marketplace.needs.lifecycle import ForbiddenMove, Move
from marketplace.needs.lots import LotGone
from marketplace.needs.posting import need_for_update, write_lot
from marketplace.needs.queries import corrections_of
from marketplace.needs.tables import Lot, Need, NeedAmendment, NeedMove, NeedQuestion
from marketplace.sectors.aims import AIMS
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.queries import gazetteer

desk_needs = Blueprint("desk_needs", __name__, url_prefix="/guichet/besoins")


class Corrected(Exception):
    """The buyer corrected the need since the page was shown."""


class Waiting(NamedTuple):
    """A need on a desk, and what it asks structures."""

    entry: QueueEntry
    need: Need
    questions: list[str]


BEST_SHOWN = 10
BEST_OF_LOT = 5
"""A need with lots shows the best of each."""
MOST_TENS = 20
"""As many as a what-if names."""
NEAR_SHOWN = 8


@desk_needs.route("/<slug>", methods=["GET", "POST"])
@facilitator_required
def review(slug: str) -> ResponseReturnValue:
    on_desk = _waiting(slug)
    need, form = on_desk.need, DecisionForm()
    if not form.validate_on_submit():
        return _page(on_desk, decision=form), 422 if form.errors else 200
    move = Move(form.move.data)
    try:
        _decide(need.id, move, form)
    except Corrected:
        return _page(on_desk, decision=form, is_corrected=True), 409
    except ForbiddenMove:
        flash(_decided_before(need.id))
    else:
        flash(
            f"Décision enregistrée\u00a0: {CHOICES[move].lower()}. L'acheteur est prévenu.",
            "success",
        )
    return redirect(url_for("desk.queue"))


@desk_needs.post("/<slug>/ciblage")
@facilitator_required
def target(slug: str) -> ResponseReturnValue:
    """Another targeting: its effect, then, if asked, written into the need."""
    on_desk = _waiting(slug)
    need = on_desk.need
    form = TargetForm(need, gazetteer(db.session()), fingerprint(need, TARGETING))
    is_valid = form.validate()
    if request.form.get("go") == "apply" and is_valid:
        return _apply(need, form)
    status = 200 if is_valid else 422
    with _not_kept():
        write_answers(need, form.answers())
        return _effect(on_desk, targeting=form), status


@desk_needs.post("/<slug>/lots/<int:lot_id>/ciblage")
@facilitator_required
def target_lot(slug: str, lot_id: int) -> ResponseReturnValue:
    """The same of one lot."""
    on_desk = _waiting(slug)
    need = on_desk.need
    lot = next((one for one in need.lots if one.id == lot_id), None) or abort(404)
    form = LotTargetForm(lot, gazetteer(db.session()))
    is_valid = form.validate()
    if request.form.get("go") == "apply" and is_valid:
        return _apply_to_lot(need, lot, form)
    status = 200 if is_valid else 422
    with _not_kept():
        write_lot(lot, form.draft(lot))
        return _effect(on_desk, lot_targeting=(lot.number, form)), status


@contextmanager
def _not_kept() -> Iterator[None]:
    """Nothing of a preview is written."""
    session = db.session()
    try:
        with session.no_autoflush:
            yield
    finally:
        session.rollback()


def _effect(
    on_desk: Waiting,
    targeting: TargetForm | None = None,
    lot_targeting: tuple[int, LotTargetForm] | None = None,
) -> str:
    """Who could answer a need as it is now written: that alone for htmx, the screen otherwise."""
    if "HX-Request" in request.headers:
        found = previewing.targeted(db.session(), on_desk.need, clock.now(), 1)
        return render_template("admin/desk_needs/target.html", found=found)
    return _page(on_desk, targeting=targeting, lot_targeting=lot_targeting)


@desk_needs.post("/<slug>/notes")
@facilitator_required
def note(slug: str) -> ResponseReturnValue:
    on_desk = _waiting(slug)
    need, form = on_desk.need, NoteForm()
    if not form.validate():
        return _page(on_desk, noting=form), 422
    with transaction() as session:
        who = facilitator().user_id
        write_note(session, need.id, on_desk.entry.desk_id, who, form.words.data, clock.now())
    flash("Votre note est gardée pour vos collègues.", "success")
    return redirect(url_for("desk_needs.review", slug=slug, _anchor="notes"))


def _apply(need: Need, form: TargetForm) -> ResponseReturnValue:
    who, ip, now = facilitator().user_id, visitor_ip(), clock.now()
    return _applied(
        need,
        lambda session: adjust(
            session, need.id, who, form.answers(), form.seen.data or "", _said, now, ip
        ),
        "ajuster",
    )


def _apply_to_lot(need: Need, lot: Lot, form: LotTargetForm) -> ResponseReturnValue:
    who, ip, now = facilitator().user_id, visitor_ip(), clock.now()
    draft, seen = form.draft(lot), form.seen.data or ""
    return _applied(
        need,
        lambda session: adjust_lot(session, need.id, lot.id, who, draft, seen, _said, now, ip),
        f"lot-{lot.number}",
    )


def _said(changes: Mapping[str, list[Any]]) -> str:
    lines = in_words(changes, gazetteer(db.session()))
    return "\n".join(f"{one.label}\u00a0: {one.before} devient {one.after}" for one in lines)


def _applied(
    need: Need, adjusted: Callable[[Session], DeskNote | None], anchor: str
) -> ResponseReturnValue:
    try:
        with transaction() as session:
            kept = adjusted(session)
    except ForbiddenMove:
        flash(_decided_before(need.id))
        return redirect(url_for("desk.queue"))
    except (ChangedElsewhere, LotGone):
        flash("Un collègue a changé le ciblage entre-temps. Le voici : reprenez à partir de là.")
    else:
        flash("Ciblage ajusté. L'acheteur l'apprendra avec votre décision." if kept else _SAME)
    return redirect(url_for("desk_needs.review", slug=need.slug, _anchor=anchor))


_SAME = "Le ciblage reste tel qu'il était."


def _page(
    on_desk: Waiting,
    decision: DecisionForm | None = None,
    targeting: TargetForm | None = None,
    noting: NoteForm | None = None,
    lot_targeting: tuple[int, LotTargetForm] | None = None,
    is_corrected: bool = False,
) -> str:
    session, now, today = db.session(), clock.now(), clock.today()
    entry, need, questions = on_desk
    places = gazetteer(session)
    tens = min(max(request.args.get("suite", 1, type=int), 1), MOST_TENS)
    shown = (BEST_OF_LOT if need.lots else BEST_SHOWN) * tens
    found = previewing.reviewed(session, need, now, shown, NEAR_SHOWN, places)
    asked = [move for move in need.moves if move.move is Move.REQUEST_CHANGES]
    forms = [decision, targeting, noting, lot_targeting[1] if lot_targeting else None]
    number, on_lot = lot_targeting or _lot_asked(need, places)
    corrections = corrections_of(session, need.id)
    decision = decision or DecisionForm(formdata=None)
    decision.corrected.data = _latest(corrections)
    return render_template(
        "admin/desk_needs/review.html",
        need=need,
        entry=entry,
        due=due.in_words(entry.due_at, now),
        is_late=entry.due_at < now,
        me=facilitator().user_id,
        place=wording.place(need, places),
        sectors=wording.sectors(need),
        questions=questions,
        reserved=wording.reservation(need),
        band=wording.band(need, today),
        aims=[aim.label for code, aim in AIMS.items() if code in need.environmental_tags],
        valued=[label for code, label in wording.VALUED.items() if code in need.valued],
        lots=[(lot, wording.place(lot, places), wording.sectors(lot)) for lot in need.lots],
        hints=quality.hints(need, today),
        found=found,
        further=tens + 1 if tens < MOST_TENS else None,
        like=resembling(session, need, facilitator().desk_ids),
        notes=notes_of(session, need.id),
        asked=asked[-1].reason if asked else "",
        history=_history(need),
        decision=decision,
        corrections=[
            {
                "when": formats.moment(one.amended_at),
                "who": one.user.full_name,
                "changes": differences_of(one, places),
            }
            for one in corrections
        ],
        is_corrected=is_corrected,
        targeting=targeting or TargetForm(need, places, fingerprint(need, TARGETING)),
        is_targeting=targeting is not None or lot_targeting is not None,
        is_targeting_need=targeting is not None,
        lot_number=number,
        on_lot=on_lot,
        noting=noting or NoteForm(formdata=None),
        groups=sector_groups(),
        wrong=next((form for form in forms if form is not None and form.errors), None),
    )


def _lot_asked(need: Need, places: Gazetteer) -> tuple[int | None, LotTargetForm | None]:
    """The lot whose targeting the address asks for: one at a time, since each has all sectors."""
    number = request.args.get("lot", type=int)
    lot = next((one for one in need.lots if one.number == number), None)
    return (lot.number, LotTargetForm(lot, places)) if lot else (None, None)


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
    who, now, ip = facilitator().user_id, clock.now(), visitor_ip()
    reason = form.reason.data or ""
    with transaction() as session:
        need_for_update(session, need_id)
        if form.corrected.data != _latest(corrections_of(session, need_id)):
            raise Corrected
        if move is Move.APPROVE:
            deciding.approve(session, need_id, who, now, ip)
        elif move is Move.REQUEST_CHANGES:
            deciding.request_changes(session, need_id, who, now, reason, ip, form.remarks)
        else:
            deciding.reject(session, need_id, who, now, reason, ip, form.code.data)


def _latest(corrections: Sequence[NeedAmendment]) -> str:
    """Which correction of its buyer is the last; « 0 » for a need that was not corrected."""
    return str(corrections[0].id if corrections else 0)


def _decided_before(need_id: int) -> str:
    """Who decided, what and when: for the slower of two facilitators."""
    decision = latest_decision(db.session(), need_id)
    if decision is None:
        return "Ce besoin n'attend plus de décision."
    what = wording.MOVES[decision.move].lower()
    by, when = decision.moderator.full_name, formats.moment(decision.decided_at)
    return f"Ce besoin n'attend plus de décision\u00a0: {what} par {by}, le {when}."


def _waiting(slug: str) -> Waiting:
    """A need that waits on a desk of this facilitator, with all that its screen shows; one that
    is decided leads to its page."""
    session, who = db.session(), facilitator()
    of_need = joinedload(QueueEntry.need)
    asked = (
        select(NeedQuestion.words)
        .where(NeedQuestion.need_id == QueueEntry.need_id)
        .order_by(NeedQuestion.number)
        .scalar_subquery()
    )
    found = (
        entries_on_desk_of(who)
        .join(Need, Need.id == QueueEntry.need_id)
        .where(Need.slug == slug, QueueEntry.decided_at.is_(None))
        .add_columns(func.array(asked))
        .options(
            joinedload(QueueEntry.desk),
            joinedload(QueueEntry.assignee),
            joinedload(QueueEntry.escalations).joinedload(Escalation.desk),
            of_need.joinedload(Need.organisation),
            of_need.joinedload(Need.author),
            of_need.joinedload(Need.sectors),
            of_need.joinedload(Need.zones),
            of_need.selectinload(Need.files),
            of_need.selectinload(Need.lots).options(joinedload(Lot.sectors), joinedload(Lot.zones)),
            of_need.selectinload(Need.moves).joinedload(NeedMove.user),
        )
    )
    row = session.execute(found).unique(itemgetter(0)).first()
    if row is None:
        _lead_away(_need_on_desk(session, slug))
    entry, questions = row
    return Waiting(entry, entry.need, questions)


def _lead_away(need: Need) -> NoReturn:
    flash(_decided_before(need.id))
    abort(redirect(url_for("needs.show", slug=need.slug)))


def _need_on_desk(session: Session, slug: str) -> Need:
    mine = select(Need).where(Need.slug == slug, on_desk_of(facilitator()))
    return session.scalars(mine).first() or abort(404)
