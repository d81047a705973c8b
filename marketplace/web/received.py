"""The buyer's side: who answered, side by side, short list, notes, reminder."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from marketplace import clock
from marketplace.answers import queries, reading, wording
from marketplace.answers.agreeing import as_answer
from marketplace.answers.answering import part_price
from marketplace.answers.choosing import note_down, remind_unopened, take_off_shortlist
from marketplace.answers.choosing import shortlist as put_on_shortlist
from marketplace.answers.consortium_queries import (
    answering_groups,
    files_of_group,
    groups_named,
)
from marketplace.answers.consortium_tables import Consortium
from marketplace.answers.lifecycle import Refused
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, cleaned, one_line, paging, pressed
from marketplace.guards.roles import buyer_required
from marketplace.guards.scopes import may_see_contact
from marketplace.matching.tables import Match
from marketplace.needs.lifecycle import OVER, Status
from marketplace.needs.queries import closed_on
from marketplace.needs.tables import Lot, Need
from marketplace.structures.tables import Structure
from marketplace.web.need_answers import contracts_beside
from marketplace.web.needs import buyer, own_need
from marketplace.web.remedies import remedies_of

received = Blueprint("received", __name__)

PER_PAGE = 50
MOST_COMPARED = 4


class NoteForm(FrenchForm):
    words = TextAreaField(
        "Ajouter une note",
        [InputRequired("Écrivez votre note"), Length(max=2000, message="2 000 caractères au plus")],
        filters=[cleaned],
    )


@received.get("/besoins/<slug>/reponses")
@buyer_required
def index(slug: str) -> str:
    session, need = db.session(), own_need(slug)
    lot = _lot_asked(need)
    by_price = request.args.get("tri") == "prix" and (lot is not None or not need.lots)
    answered = queries.answered_matches(need.id)
    if lot is not None:
        answered = queries.answering_lot(answered, lot.id)
    if by_price:
        answered = queries.cheapest_first(answered, lot.id if lot else None)
    standing, is_over = queries.standing_of(session, need.id), need.status in OVER
    is_published = need.status is Status.PUBLISHED
    shown = paging(session, answered, PER_PAGE, None if lot else standing.interested)
    matches = session.scalars(shown.of(answered)).all()
    unopened = queries.unopened(need.id).with_only_columns(Match.id).subquery()
    return render_template(
        "web/received/index.html",
        need=need,
        lot=lot,
        by_price=by_price,
        rows=_lines(need, matches, groups_named(session, need.id)),
        paging=shown,
        most_compared=MOST_COMPARED,
        standing=standing,
        unopened=session.scalar(select(func.count()).select_from(unopened)) if is_published else 0,
        declined=queries.declined_with_words(session, need.id) if standing.declines else [],
        outcomes=[] if is_published else queries.outcomes_of(session, need.id),
        contracts=contracts_beside(session, buyer(), need) if is_over else [],
        is_over=is_over,
        closed_on=closed_on(session, need, clock.now()),
        remedies=remedies_of(need),
        is_surveyed=is_over and queries.has_said_whether_it_helped(session, need.id, None),
        wording=wording,
        part_price=part_price,
    )


def _lot_asked(need: Need) -> Lot | None:
    number = request.args.get("lot", type=int)
    return next((lot for lot in need.lots if lot.number == number), None)


@received.get("/besoins/<slug>/reponses/comparer")
@buyer_required
def compare(slug: str) -> str:
    """A few answers side by side: those that were ticked, else the short list first."""
    need = own_need(slug)
    answered = queries.answered_matches(need.id)
    chosen = {one_line(name) for name in request.args.getlist("s")}
    if chosen:
        named = select(Structure.id).where(Structure.slug.in_(chosen))
        answered = answered.where(Match.structure_id.in_(named))
    matches = db.session.scalars(answered.limit(MOST_COMPARED)).all()
    page = render_template(
        "web/received/compare.html",
        need=need,
        rows=_rows(need, matches),
        has_chosen=bool(chosen),
        left_out=max(0, len(chosen) - MOST_COMPARED),
        part_price=part_price,
    )
    _stamp_read(need, matches)
    return page


@received.get("/besoins/<slug>/reponses/<structure>")
@buyer_required
def show(slug: str, structure: str) -> str:
    need, match = _answered(slug, structure)
    page = _page(need, match, NoteForm())
    _stamp_read(need, [match])
    return page


@received.post("/besoins/<slug>/reponses/<structure>/notes")
@buyer_required
def note(slug: str, structure: str) -> ResponseReturnValue:
    need, match = _answered(slug, structure)
    form = NoteForm()
    if not form.validate_on_submit():
        return _page(need, match, form), 422
    with transaction() as session:
        words, now = form.words.data or "", clock.now()
        note_down(session, need.id, match.structure_id, buyer().user_id, words, now)
    flash("Votre note est enregistrée\u00a0: vos collègues la voient, la structure non.", "success")
    return redirect(url_for("received.show", slug=slug, structure=structure))


@received.post("/besoins/<slug>/reponses/<structure>/selection")
@buyer_required
def shortlist(slug: str, structure: str) -> ResponseReturnValue:
    """Put a structure on the short list, or take it off."""
    need, match = _answered(slug, structure)
    is_off = pressed("wants", "on", "off") == "off"
    deed = take_off_shortlist if is_off else put_on_shortlist
    try:
        with transaction() as session:
            deed(session, need.id, match.structure_id, buyer().user_id, clock.now())
    except Refused as refused:
        flash(wording.REFUSALS[refused.why], "error")
    else:
        flash("Retirée de votre sélection." if is_off else "Ajoutée à votre sélection.", "success")
    return redirect(url_for("received.show", slug=slug, structure=structure))


@received.post("/besoins/<slug>/reponses/relancer")
@buyer_required
def remind(slug: str) -> ResponseReturnValue:
    need = own_need(slug)
    with transaction() as session:
        key = str(current_app.secret_key)
        reminded = remind_unopened(session, need.id, buyer().user_id, clock.now(), key)
    if not reminded:
        flash("Personne n'est à relancer\u00a0: une structure l'est une seule fois.")
    else:
        structures = "structures sont relancées" if reminded > 1 else "structure est relancée"
        flash(f"{reminded} {structures}.", "success")
    return redirect(url_for("received.index", slug=slug))


def _stamp_read(need: Need, matches: Sequence[Match]) -> None:
    """A buyer looks at these answers: its colleagues and itself have nothing new in them."""
    if "prefetch" in request.headers.get("Sec-Purpose", ""):
        return
    if new := reading.unread(db.session(), need.id, {match.structure_id for match in matches}):
        with transaction() as writing:
            reading.stamp_read(writing, need.id, new)


def _lines(
    need: Need, matches: Sequence[Match], groups: Mapping[int, Sequence[Consortium]]
) -> list[dict[str, Any]]:
    """What the list shows of each structure that answered; `groups`: those that it is in."""
    session = db.session()
    sent = queries.sent_prices(session, need.id)
    notes = queries.notes_of(session, need.id)
    return [
        {
            "match": match,
            "structure": match.structure,
            "answer": sent.get(match.structure_id),
            "notes": notes.get(match.structure_id, []),
            "groups": groups.get(match.structure_id, []),
        }
        for match in matches
    ]


def _rows(need: Need, matches: Sequence[Match]) -> list[dict[str, Any]]:
    """All that is shown of each structure that answered."""
    session = db.session()
    rows = _lines(need, matches, answering_groups(session, need.id))
    sent = queries.sent_answers(session, need.id)
    mutual = queries.mutual_structures(session, need.id)
    for row in rows:
        structure_id = row["structure"].id
        row["answer"] = sent.get(structure_id)
        row["is_mutual"] = structure_id in mutual
        led = [group for group in row["groups"] if group.lead_id == structure_id]
        row["group_files"] = files_of_group(session, led[-1]) if led else []
    return rows


def _answered(slug: str, structure: str) -> tuple[Need, Match]:
    """A need of one's own and the match of a structure that answered it. Raises NoResultFound."""
    need = own_need(slug)
    answered = queries.answered_matches(need.id).join(Structure, Structure.id == Match.structure_id)
    return need, db.session.scalars(answered.where(Structure.slug == structure)).one()


def _page(need: Need, match: Match, form: NoteForm) -> str:
    session = db.session()
    answer = queries.answer_of(session, need.id, match.structure_id)
    return render_template(
        "web/received/show.html",
        need=need,
        row=_rows(need, [match])[0],
        may_see_contact=may_see_contact(buyer(), match.structure),
        earlier=[
            (version, as_answer(version.content, need))
            for version in reversed(answer.versions[:-1] if answer else [])
        ],
        form=form,
        part_price=part_price,
        wording=wording,
    )
