"""Messages between a buyer and a structure about a need."""

from typing import BinaryIO, cast

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from wtforms import RadioField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from marketplace import clock
from marketplace.answers import queries
from marketplace.answers.lifecycle import Side
from marketplace.answers.tables import MessageFile, Thread
from marketplace.answers.talking import stamp_read, write
from marketplace.answers.talking import write_to_all as write_to_them
from marketplace.db import db, transaction
from marketplace.files.contents import LARGEST_MB, Refused, ending_names
from marketplace.files.taking_in import take_in
from marketplace.forms import FrenchForm, add_error, choices_of, cleaned, paging
from marketplace.guards.roles import buyer_required, sign_in_required, signed_in, viewer
from marketplace.guards.scopes import PUBLIC_STATUSES, bought_by, is_bought_by
from marketplace.matching.lifecycle import ANSWERED, MatchStatus
from marketplace.matching.tables import Match
from marketplace.needs import wording as need_wording
from marketplace.needs.tables import Need
from marketplace.structures.tables import Structure
from marketplace.web.needs import buyer, own_need
from marketplace.web.uploads import DocumentsField, refusal

threads = Blueprint("threads", __name__)

PER_PAGE = 20
MOST_FILES = 3


class MessageForm(FrenchForm):
    words = TextAreaField(
        "Votre message",
        [
            InputRequired("Écrivez votre message"),
            Length(max=10_000, message="Le message dépasse 10 000 caractères"),
        ],
        filters=[cleaned],
    )
    files = DocumentsField("Fichiers à joindre", [Optional()])

    def validate_files(self, field: DocumentsField) -> None:
        if len(field.data or ()) > MOST_FILES:
            add_error(field, f"{MOST_FILES} fichiers au plus par message")


TO_WHOM = {"all": "À toutes les structures intéressées", "shortlist": "À celles de ma sélection"}


class ToAllForm(FrenchForm):
    to = RadioField(
        "À qui\u00a0?",
        [InputRequired("Choisissez à qui vous écrivez")],
        choices=choices_of(TO_WHOM),
        default="all",
    )
    words = TextAreaField(
        "Votre message",
        [
            InputRequired("Écrivez votre message"),
            Length(max=10_000, message="Le message dépasse 10 000 caractères"),
        ],
        filters=[cleaned],
    )


@threads.get("/messages")
@sign_in_required
def index() -> str:
    """The conversations of what one belongs to, the latest first."""
    session, who = db.session(), viewer()
    assert who is not None, "the guard lets nobody else in"  # noqa: S101
    wanted = queries.conversations(select(Need.id).where(bought_by(who)), who.structure_ids)
    shown = paging(session, wanted, PER_PAGE)
    found = session.scalars(shown.of(wanted)).all()
    return render_template(
        "web/threads/index.html",
        threads=[
            (thread, _is_unread(thread, side), _other_side(thread, side))
            for thread in found
            for side in [Side.BUYER if is_bought_by(who, thread.need) else Side.STRUCTURE]
        ],
        paging=shown,
    )


@threads.route("/besoins/<slug>/messages/<structure>", methods=["GET", "POST"])
@sign_in_required
def show(slug: str, structure: str) -> ResponseReturnValue:
    """A conversation, seen from the side of who asks; what is new in it is read by looking."""
    session = db.session()
    need = session.scalars(
        select(Need).where(Need.slug == slug, Need.status.in_(PUBLIC_STATUSES))
    ).one()
    other = session.scalars(select(Structure).where(Structure.slug == structure)).one()
    side = _side(need, other)
    form = MessageForm()
    if form.is_submitted() and form.validate():
        try:
            _write(need, other, side, form)
        except Refused as error:
            add_error(form.files, refusal("fichier", error))
        else:
            flash("Votre message est envoyé.", "success")
            return redirect(url_for("threads.show", slug=slug, structure=structure))
    thread = queries.thread_of(session, need.id, other.id)
    if thread is not None and "prefetch" not in request.headers.get("Sec-Purpose", ""):
        with transaction() as writing:
            stamp_read(writing, thread, side, clock.now())
        thread = queries.thread_of(session, need.id, other.id)
    is_mutual = other.id in queries.mutual_structures(session, need.id)
    page = render_template(
        "web/threads/show.html",
        form=form,
        need=need,
        structure=other,
        messages=thread.messages if thread else [],
        read_at=_read_by_other(thread, side) if thread else None,
        side=side,
        buyer=need_wording.shown_buyer(need, side is Side.BUYER),
        contact=_contact(need, other, side) if is_mutual else None,
        formats=ending_names(form.files.accepted),
        largest_mb=LARGEST_MB,
        most=MOST_FILES,
    )
    return page, 422 if form.errors else 200


@threads.route("/besoins/<slug>/messages", methods=["GET", "POST"])
@buyer_required
def write_to_all(slug: str) -> ResponseReturnValue:
    """The buyer writes the same to all that are interested, each in its own conversation."""
    need, form = own_need(slug), ToAllForm()
    standing = {MatchStatus.SHORTLISTED} if form.to.data == "shortlist" else ANSWERED
    interested = set(
        db.session.scalars(
            select(Match.structure_id).where(Match.need_id == need.id, Match.status.in_(standing))
        )
    )
    is_good = form.validate_on_submit()
    if is_good and not interested:
        form.form_errors.append("Aucune structure n'est intéressée pour le moment.")
        is_good = False
    if not is_good:
        page = render_template("web/threads/write_to_all.html", form=form, need=need)
        return page, 422 if form.errors else 200
    with transaction() as session:
        words, now = form.words.data or "", clock.now()
        count = write_to_them(session, need.id, interested, buyer().user_id, words, now)
    flash(f"Message envoyé à {count} structure{'s' if count > 1 else ''}.", "success")
    return redirect(url_for("received.index", slug=slug))


def _side(need: Need, structure: Structure) -> Side:
    """From which side the person sees the conversation; 404 from none.

    A structure that the need was not proposed to has no conversation with its buyer.
    """
    who = signed_in()
    is_matched = select(Match.id).filter_by(need_id=need.id, structure_id=structure.id)
    if db.session.scalar(is_matched) is None:
        abort(404)
    if is_bought_by(who, need):
        return Side.BUYER
    if structure.id not in who.structure_ids:
        abort(404)
    return Side.STRUCTURE


def _write(need: Need, structure: Structure, side: Side, form: MessageForm) -> None:
    now, who = clock.now(), current_user.user_id
    with transaction() as session:
        words = form.words.data or ""
        message = write(session, need.id, structure.id, side, who, words, now)
        for sent in form.files.data or ():
            file = take_in(session, cast(BinaryIO, sent.stream), sent.filename or "", who, now)
            session.add(MessageFile(message_id=message.id, file_id=file.id))


def _is_unread(thread: Thread, side: Side) -> bool:
    seen = thread.buyer_read_at if side is Side.BUYER else thread.structure_read_at
    return seen is None or seen < thread.last_message_at


def _read_by_other(thread: Thread, side: Side) -> object:
    return thread.structure_read_at if side is Side.BUYER else thread.buyer_read_at


def _other_side(thread: Thread, side: Side) -> str:
    if side is Side.BUYER:
        return thread.structure.display_name
    return need_wording.shown_buyer(thread.need)


def _contact(need: Need, structure: Structure, side: Side) -> tuple[str, str, str]:
    """Name, address and telephone of the other side; of a structure that gives none, those of
    whoever wrote its answer, else of one of its people."""
    if side is Side.BUYER and (structure.email or structure.phone):
        return structure.contact_name, structure.email, structure.phone
    if side is Side.BUYER:
        session = db.session()
        answer = queries.answer_of(session, need.id, structure.id)
        people = [answer.author] if answer else queries.people_of_structure(session, structure.id)
        return next(((one.full_name, one.email, "") for one in people), ("", "", ""))
    return need.author.full_name, need.author.email, ""
