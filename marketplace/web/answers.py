"""A structure answers a need: interest, answer, files, refusal; what became of it."""

from typing import BinaryIO

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from marketplace import clock
from marketplace.answers import consortia, links, queries, wording
from marketplace.answers.answering import part_price, save_answer, send_answer
from marketplace.answers.attaching import MOST_FILES, attach, detach
from marketplace.answers.consortium_queries import groups_of_structure, open_groups_of
from marketplace.answers.differences import Difference, changes_since
from marketplace.answers.eligibility import eligibility_of, lots_for
from marketplace.answers.lifecycle import AnswerStatus, Refused
from marketplace.answers.responding import decline as decline_need
from marketplace.answers.responding import say_interested
from marketplace.answers.tables import Answer
from marketplace.answers.telling import hearing_of
from marketplace.clauses.contract_queries import employs
from marketplace.clauses.contract_tables import Contract
from marketplace.db import db, transaction
from marketplace.files.contents import LARGEST_MB, ending_names
from marketplace.forms import add_error, paging, pressed
from marketplace.guards.roles import structure_member_required, viewer, viewer_of
from marketplace.guards.scopes import PUBLIC_STATUSES
from marketplace.matching.lifecycle import ANSWERED
from marketplace.matching.tables import Match
from marketplace.needs import wording as need_wording
from marketplace.needs.lifecycle import OVER, Status
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need, NeedKind, ResponseMode
from marketplace.structures.tables import Structure
from marketplace.territories.queries import gazetteer
from marketplace.web.answer_forms import AnswerForm, DeclineForm, answer_form
from marketplace.web.need_files import FilesForm
from marketplace.web.uploads import take_in_all

answers = Blueprint("answers", __name__)

PER_PAGE = 20


@answers.get("/mes-reponses")
@structure_member_required
def index() -> str:
    """The needs that one's structures answered or declined."""
    session = db.session()
    touched = queries.answers_of(current_user.structure_ids)
    shown = paging(session, touched, PER_PAGE)
    matches = session.scalars(shown.of(touched)).all()
    written = {
        (answer.need_id, answer.structure_id): answer
        for answer in session.scalars(
            select(Answer).where(
                Answer.need_id.in_([match.need_id for match in matches]),
                Answer.structure_id.in_(current_user.structure_ids),
            )
        )
    }
    return render_template(
        "web/answers/index.html",
        matches=[(match, written.get((match.need_id, match.structure_id))) for match in matches],
        paging=shown,
        groups=open_groups_of(session, current_user.structure_ids, clock.now()),
        pure=consortia,
        statuses=wording.STATUSES,
        today=clock.today(),
    )


@answers.get("/besoins/<slug>/reponse/<structure>")
@structure_member_required
def show(slug: str, structure: str) -> ResponseReturnValue:
    """All that a structure did about a need, what it may still do, and what came of it."""
    session = db.session()
    need, own = answered_need(slug), own_structure(structure)
    match = queries.match_of(session, need.id, own.id)
    answer = queries.answer_of(session, need.id, own.id)
    is_over = need.status in OVER
    return render_template(
        "web/answers/show.html",
        need=need,
        structure=own,
        match=match,
        answer=answer,
        versions=list(reversed(answer.versions)) if answer else [],
        is_open=takes_answers(need),
        eligibility=eligibility_of(need, own.kind),
        is_answered_here=is_answered_here(need),
        is_standing=match is not None and match.status in ANSWERED,
        how=need_wording.answering(need),
        part_price=part_price,
        buyer=need_wording.shown_buyer(need),
        contact=need.author if own.id in queries.mutual_structures(session, need.id) else None,
        heard=hearing_of(session, need.id, [own.id]).of(own.id),
        groups=groups_of_structure(session, need.id, own.id),
        pure=consortia,
        is_over=is_over,
        contracts=session.scalars(_followed(need, own)).all() if is_over else (),
        changes=_changes_since(need, answer),
        last=queries.last_words_of(session, match.id) if match else None,
        is_surveyed=is_over and queries.has_said_whether_it_helped(session, need.id, own.id),
        wording=wording,
    )


def _followed(need: Need, structure: Structure) -> Select[Contract]:
    """The contracts of a need on which a structure works."""
    works = employs([structure.id])
    return select(Contract).where(Contract.need_id == need.id, works).order_by(Contract.id)


@answers.post("/besoins/<slug>/reponse/<structure>/interet")
@structure_member_required
def interest(slug: str, structure: str) -> ResponseReturnValue:
    need, own = answered_need(slug), own_structure(structure)
    try:
        with transaction() as session:
            say_interested(session, need.id, own.id, current_user.user_id, clock.now())
    except Refused as refused:
        flash(wording.REFUSALS[refused.why], "error")
    else:
        flash("C'est noté\u00a0: l'acheteur voit que ce besoin vous intéresse.", "success")
    return redirect(url_for("answers.show", slug=slug, structure=structure))


@answers.route("/besoins/<slug>/repondre/<structure>", methods=["GET", "POST"])
@structure_member_required
def edit(slug: str, structure: str) -> ResponseReturnValue:
    need, own = answered_need(slug), own_structure(structure)
    if not is_answered_here(need) or not takes_answers(need):
        if request.method == "POST":
            flash(
                "Ce besoin n'accepte pas ou plus de réponse ici\u00a0: rien n'est envoyé.", "error"
            )
        return redirect(url_for("answers.show", slug=slug, structure=structure))
    answer = queries.answer_of(db.session(), need.id, own.id)
    eligibility = eligibility_of(need, own.kind)
    if not eligibility.may_answer:
        flash(eligibility.sentence, "error")
        return redirect(url_for("answers.show", slug=slug, structure=structure))
    form = answer_form(need, answer, lots_for(need, own.kind))
    if not form.validate_on_submit():
        return _edit_page(form, need, own), 422 if form.errors else 200
    is_draft = pressed("action", "send", "save") == "save"
    deed = save_answer if is_draft else send_answer
    now, seen = clock.now(), form.seen_version()
    try:
        with transaction() as session:
            deed(session, need.id, own.id, current_user.user_id, form.said(), seen, now)
    except Refused as refused:
        if field := form.field_of(refused.why):
            add_error(field, wording.REFUSALS[refused.why])
            return _edit_page(form, need, own), 422
        form.form_errors.append(wording.REFUSALS[refused.why])
        kept = queries.answer_of(db.session(), need.id, own.id)
        form.seen.raw_data, form.seen.data = None, str(kept.version if kept else 0)
        return _edit_page(form, answered_need(slug), own_structure(structure)), 409
    flash("Brouillon enregistré." if is_draft else "Votre réponse est envoyée.", "success")
    return redirect(url_for("answers.show", slug=slug, structure=structure))


@answers.route("/besoins/<slug>/repondre/<structure>/fichiers", methods=["GET", "POST"])
@structure_member_required
def files(slug: str, structure: str) -> ResponseReturnValue:
    """Sound files are joined even when another of the same sending is refused."""
    need, own = answered_need(slug), own_structure(structure)
    form = FilesForm()
    if not form.is_submitted():
        return _files_page(form, need, own), 200
    form.validate()

    def join(data: BinaryIO, name: str) -> None:
        with transaction() as session:
            who = current_user.user_id
            attach(session, need.id, own.id, who, data, name, clock.now())

    try:
        for sentence in take_in_all(form.files.data or (), join):
            add_error(form.files, sentence)
    except Refused as refused:
        flash(wording.REFUSALS[refused.why], "error")
        return redirect(url_for("answers.show", slug=slug, structure=structure))
    if form.errors:
        return _files_page(form, answered_need(slug), own_structure(structure)), 422
    flash(
        "Vos fichiers sont joints."
        if len(form.files.data or ()) > 1
        else "Votre fichier est joint."
    )
    return redirect(url_for("answers.files", slug=slug, structure=structure))


@answers.post("/besoins/<slug>/repondre/<structure>/fichiers/<key>/retirer")
@structure_member_required
def remove_file(slug: str, structure: str, key: str) -> ResponseReturnValue:
    need, own = answered_need(slug), own_structure(structure)
    try:
        with transaction() as session:
            is_gone = detach(session, need.id, own.id, current_user.user_id, key, clock.now())
    except Refused as refused:
        flash(wording.REFUSALS[refused.why], "error")
        return redirect(url_for("answers.show", slug=slug, structure=structure))
    if not is_gone:
        abort(404)
    flash("Le fichier est retiré.")
    return redirect(url_for("answers.files", slug=slug, structure=structure))


@answers.route("/besoins/<slug>/reponse/<structure>/decliner", methods=["GET", "POST"])
@structure_member_required
def decline(slug: str, structure: str) -> ResponseReturnValue:
    """Say no, with the reason; an answer that was sent is withdrawn by it."""
    need, own = answered_need(slug), own_structure(structure)
    form = DeclineForm()
    if not form.validate_on_submit():
        answer = queries.answer_of(db.session(), need.id, own.id)
        page = render_template(
            "web/answers/decline.html",
            form=form,
            need=need,
            structure=own,
            is_sent=answer is not None and answer.status is AnswerStatus.SENT,
        )
        return page, 422 if form.errors else 200
    try:
        with transaction() as session:
            who, now = current_user.user_id, clock.now()
            decline_need(session, need.id, own.id, who, now, form.code(), form.words.data or "")
    except Refused as refused:
        flash(wording.REFUSALS[refused.why], "error")
    else:
        flash("C'est noté\u00a0: l'acheteur connaît votre raison.", "success")
    return redirect(url_for("answers.show", slug=slug, structure=structure))


@answers.route("/reponse/<token>", methods=["GET", "POST"])
def follow(token: str) -> ResponseReturnValue:
    """Where the link of a mail leads: buttons, for that person and need only."""
    session = db.session()
    try:
        invited = links.invited_by(str(current_app.secret_key), token)
    except links.DeadLink:
        abort(404)
    who = viewer_of(session, invited.user_id)
    need = session.scalars(
        select(Need).where(Need.id == invited.need_id, Need.status.in_(PUBLIC_STATUSES))
    ).one()
    if who is None or invited.structure_id not in who.structure_ids:
        abort(404)
    structure = session.get_one(Structure, invited.structure_id)
    form = DeclineForm()
    wants = pressed("action", "interest", "decline")
    if request.method == "POST":
        try:
            if wants == "interest":
                with transaction() as writing:
                    say_interested(writing, need.id, structure.id, who.user_id, clock.now())
                return redirect(url_for("answers.follow", token=token))
            if form.validate():
                words = form.words.data or ""
                with transaction() as writing:
                    decline_need(
                        writing,
                        need.id,
                        structure.id,
                        who.user_id,
                        clock.now(),
                        form.code(),
                        words,
                    )
                return redirect(url_for("answers.follow", token=token))
        except Refused as refused:
            form.form_errors.append(wording.REFUSALS[refused.why])
    page = render_template(
        "web/answers/follow.html",
        form=form,
        need=need,
        structure=structure,
        match=queries.match_of(session, need.id, structure.id),
        is_open=takes_answers(need),
        eligibility=eligibility_of(need, structure.kind),
        buyer=need_wording.shown_buyer(need),
        place=need_wording.place(need, gazetteer(session)),
    )
    return page, 422 if form.errors else 200


def _changes_since(need: Need, answer: Answer | None) -> list[Difference]:
    """What the buyer changed after an answer was sent, while the answer can follow."""
    if answer is None or answer.status is not AnswerStatus.SENT or answer.sent_at is None:
        return []
    if not takes_answers(need):
        return []
    session = db.session()
    return changes_since(session, need, answer.sent_at, gazetteer(session))


def answered_need(slug: str) -> Need:
    """A need that structures may see; of one that was taken back, those who could
    answer it are told."""
    named = select(Need).where(Need.slug == slug, Need.status.in_(PUBLIC_STATUSES))
    whole = named.options(selectinload(Need.lots), selectinload(Need.questions))
    found = db.session.scalars(whole).one_or_none()
    if found is None and _was_taken_back(slug):
        flash("L'acheteur a retiré ce besoin\u00a0: rien n'est envoyé.", "error")
        abort(redirect(url_for("answers.index")))
    return found or abort(404)


def _was_taken_back(slug: str) -> bool:
    """Whether a need is withdrawn that a structure of the person could answer."""
    who = viewer()
    known = (
        select(Match.id)
        .join(Need, Need.id == Match.need_id)
        .where(Need.slug == slug, Need.status == Status.WITHDRAWN)
        .where(Match.structure_id.in_(who.structure_ids if who else ()))
    )
    return db.session.scalar(known.limit(1)) is not None


def own_structure(slug: str) -> Structure:
    """A structure that the person speaks for. Raises NoResultFound."""
    who = viewer()
    return queries.structure_named(db.session(), slug, who.structure_ids if who else ())


def is_answered_here(need: Need) -> bool:
    """A tender collects interest alone; so does a need whose buyer wants answers elsewhere."""
    modes = need.response_modes
    return need.kind != NeedKind.TENDER and (not modes or ResponseMode.HERE in modes)


def takes_answers(need: Need) -> bool:
    """Whether its deadline is still to come."""
    found = select(Need.id).where(Need.id == need.id, is_open(clock.now()))
    return db.session.scalar(found) is not None


def _edit_page(form: AnswerForm, need: Need, structure: Structure) -> str:
    answer = queries.answer_of(db.session(), need.id, structure.id)
    return render_template(
        "web/answers/edit.html",
        form=form,
        need=need,
        structure=structure,
        answer=answer,
        files=[row.file for row in answer.files] if answer else [],
        is_sent=answer is not None and answer.status is AnswerStatus.SENT,
        buyer=need_wording.shown_buyer(need),
        reserved=eligibility_of(need, structure.kind).sentence,
    )


def _files_page(form: FilesForm, need: Need, structure: Structure) -> str:
    answer = queries.answer_of(db.session(), need.id, structure.id)
    joined = [row.file for row in answer.files] if answer else []
    return render_template(
        "web/answers/files.html",
        form=form,
        need=need,
        structure=structure,
        files=joined,
        most=MOST_FILES,
        left=MOST_FILES - len(joined),
        formats=ending_names(form.files.accepted),
        largest_mb=LARGEST_MB,
    )
