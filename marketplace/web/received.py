"""The buyer's side: who answered, side by side, short list, notes, reminder, export."""

from collections.abc import Iterator, Sequence
from tempfile import SpooledTemporaryFile

from flask import (
    Blueprint,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from wtforms import TextAreaField
from wtforms.validators import InputRequired, Length

from marketplace import audit, clock, formats
from marketplace.answers import queries, wording
from marketplace.answers.answering import part_price
from marketplace.answers.choosing import note_down, remind_unopened, take_off_shortlist
from marketplace.answers.choosing import shortlist as put_on_shortlist
from marketplace.answers.consortium_queries import answering_groups
from marketplace.answers.lifecycle import Refused
from marketplace.answers.tables import Answer
from marketplace.audit import Action
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, cleaned, paging, pressed
from marketplace.guards.roles import buyer_required
from marketplace.matching.tables import Match
from marketplace.needs.tables import Need
from marketplace.sheets import write_csv
from marketplace.structures.tables import Structure
from marketplace.web.needs import buyer, own_need

received = Blueprint("received", __name__)

PER_PAGE = 50
MOST_COMPARED = 4
KEPT_IN_MEMORY = 1_000_000
COLUMNS = (
    "structure",
    "type",
    "siret",
    "ville",
    "etat",
    "lot",
    "prix_min_ht",
    "prix_max_ht",
    "capacite",
    "debut",
    "message",
    "envoyee_le",
    "version",
    "contact",
)


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
    answered = queries.answered_matches(need.id)
    shown = paging(session, answered, PER_PAGE)
    matches = session.scalars(shown.of(answered)).all()
    unopened = queries.unopened(need.id).with_only_columns(Match.id)
    return render_template(
        "web/received/index.html",
        need=need,
        rows=_rows(need, matches),
        paging=shown,
        standing=queries.standing_of(session, need.id),
        counted=queries.counted_by_status(session, need.id),
        unopened=session.scalar(select(func.count()).select_from(unopened.subquery())),
        declined=queries.declined_with_words(session, need.id),
        outcomes=queries.outcomes_of(session, need.id),
        wording=wording,
        part_price=part_price,
    )


@received.get("/besoins/<slug>/reponses/comparer")
@buyer_required
def compare(slug: str) -> str:
    """A few answers side by side, the short list first."""
    need = own_need(slug)
    answered = queries.answered_matches(need.id)
    matches = db.session.scalars(answered.limit(MOST_COMPARED)).all()
    return render_template(
        "web/received/compare.html",
        need=need,
        rows=_rows(need, matches),
        part_price=part_price,
    )


@received.get("/besoins/<slug>/reponses/<structure>")
@buyer_required
def show(slug: str, structure: str) -> str:
    need, match = _answered(slug, structure)
    return _page(need, match, NoteForm())


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
    flash("Votre note est enregistrée : vos collègues la voient, la structure non.", "success")
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
        flash("Personne n'est à relancer : une structure l'est une seule fois.")
    else:
        structures = "structures sont relancées" if reminded > 1 else "structure est relancée"
        flash(f"{reminded} {structures}.", "success")
    return redirect(url_for("received.index", slug=slug))


@received.post("/besoins/<slug>/reponses/exporter")
@buyer_required
def export(slug: str) -> ResponseReturnValue:
    need = own_need(slug)
    with transaction() as session:
        audit.note(
            session,
            Action.EXPORTED,
            actor_id=buyer().user_id,
            about=("need", need.id),
            ip=request.remote_addr or "",
            what="answers",
        )
    matches = db.session.scalars(queries.answered_matches(need.id)).all()
    file = SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115 - send_file closes it
    for line in write_csv(COLUMNS, _cells(need, matches)):
        file.write(line.encode())
    file.seek(0)
    return send_file(
        file, mimetype="text/csv", as_attachment=True, download_name=f"reponses-{slug}.csv"
    )


def _rows(need: Need, matches: Sequence[Match]) -> list[dict[str, object]]:
    """What is shown of each structure that answered."""
    session = db.session()
    sent = queries.sent_answers(session, need.id)
    mutual = queries.mutual_structures(session, need.id)
    notes = queries.notes_of(session, need.id)
    groups = answering_groups(session, need.id)
    return [
        {
            "match": match,
            "structure": match.structure,
            "answer": sent.get(match.structure_id),
            "is_mutual": match.structure_id in mutual,
            "notes": notes.get(match.structure_id, []),
            "groups": groups.get(match.structure_id, []),
        }
        for match in matches
    ]


def _cells(need: Need, matches: Sequence[Match]) -> Iterator[tuple[object, ...]]:
    session = db.session()
    sent = queries.sent_answers(session, need.id)
    mutual = queries.mutual_structures(session, need.id)
    for match in matches:
        structure, answer = match.structure, sent.get(match.structure_id)
        start = (
            structure.display_name,
            structure.kind.value,
            structure.siret,
            structure.city,
            match.status.value,
        )
        contact = structure.email if match.structure_id in mutual else ""
        for part in answer.parts if answer else ():
            yield (
                *start,
                part.lot.number if part.lot else "",
                _plain(part.price_min),
                _plain(part.price_max),
                part.capacity,
                part.starts_on.isoformat() if part.starts_on else "",
                *_end(answer, contact),
            )
        if answer is None or not answer.parts:
            yield (*start, "", "", "", "", "", *_end(answer, contact))


def _end(answer: Answer | None, contact: str) -> tuple[object, ...]:
    if answer is None or answer.sent_at is None:
        return "", "", "", contact
    return answer.message, formats.moment(answer.sent_at), answer.version, contact


def _plain(amount: object) -> str:
    return "" if amount is None else str(amount).replace(".", ",")


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
        versions=list(reversed(answer.versions)) if answer and answer.version else [],
        asked={str(question.id): question.words for question in need.questions},
        lots={lot.id: lot for lot in need.lots},
        form=form,
        part_price=part_price,
        wording=wording,
    )
