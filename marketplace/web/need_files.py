"""The files joined to a need, while its buyer writes it."""

from collections.abc import Sequence
from datetime import datetime
from typing import BinaryIO

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from marketplace import clock
from marketplace.answers.announcing import tell_amended
from marketplace.db import transaction
from marketplace.digests.queries import unaware_of
from marketplace.files.contents import LARGEST_MB, Refused, ending_names
from marketplace.files.taking_in import take_in
from marketplace.forms import FrenchForm, add_error
from marketplace.guards.roles import buyer_required
from marketplace.needs.amending import is_open_at
from marketplace.needs.attaching import (
    MOST_FILES,
    attach,
    detach,
    file_names,
    keep_file_changes,
    places_left,
)
from marketplace.needs.lifecycle import EDITABLE, ForbiddenMove, Status
from marketplace.needs.tables import Need
from marketplace.web.need_flow import told_in_words
from marketplace.web.needs import buyer, own_need
from marketplace.web.steps import editable_need
from marketplace.web.uploads import DocumentsField, take_in_all

need_files = Blueprint("need_files", __name__)

ALL_TAKEN = f"un besoin a {MOST_FILES} fichiers au plus, retirez-en un d'abord"
NO_LONGER = "Ce besoin n'est plus modifiable : ses fichiers restent ceux qu'il avait."


class FilesForm(FrenchForm):
    files = DocumentsField("Fichiers à joindre")

    def validate_files(self, field: DocumentsField) -> None:
        if not field.data and not field.errors:
            add_error(field, "Choisissez un fichier à joindre")


@need_files.route("/besoins/<slug>/fichiers", methods=["GET", "POST"])
@buyer_required
def index(slug: str) -> ResponseReturnValue:
    """Sound files are joined even when another of the same sending is refused. Those of one
    sending are told to structures together."""
    need, form = _changeable(slug), FilesForm()
    if not form.is_submitted():
        return _page(need, form), 200
    form.validate()
    sent = form.files.data or []
    try:
        refused, told = _join_all(need, sent)
    except ForbiddenMove:
        flash(NO_LONGER)
        return redirect(url_for("needs.show", slug=slug))
    for sentence in refused:
        add_error(form.files, sentence)
    if form.errors:
        return _page(need, form), 422
    joined = len(sent)
    what = "Votre fichier est joint." if joined == 1 else f"Vos {joined} fichiers sont joints."
    flash(f"{what} {told}".strip())
    return redirect(url_for("need_files.index", slug=slug))


def _join_all(need: Need, sent: Sequence[FileStorage]) -> tuple[list[str], str]:
    """Why some are refused, and who is told of the others, in French."""
    who, now = buyer().user_id, clock.now()

    def join(data: BinaryIO, name: str) -> None:
        if places_left(session, need.id, now) <= 0:
            raise Refused(ALL_TAKEN)
        attach(session, need.id, take_in(session, data, name, who, now), now)

    with transaction() as session:
        before = file_names(session, need.id)
        refused = take_in_all(sent, join)
        return refused, _told(session, need, before, now)


def _told(session: Session, need: Need, before: list[str], now: datetime) -> str:
    """Who knows a need that was sent learns that its files are others; nothing for a draft."""
    amendment = keep_file_changes(session, need.id, before, buyer().user_id, now)
    if amendment is None:
        return ""
    return told_in_words(
        tell_amended(session, need, amendment, now, unaware_of(session, need.id)), need
    )


@need_files.post("/besoins/<slug>/fichiers/<key>/retirer")
@buyer_required
def remove(slug: str, key: str) -> ResponseReturnValue:
    need = _changeable(slug)
    try:
        with transaction() as session:
            now, before = clock.now(), file_names(session, need.id)
            is_gone = detach(session, need.id, key, now)
            told = _told(session, need, before, now) if is_gone else ""
    except ForbiddenMove:
        flash(NO_LONGER)
        return redirect(url_for("needs.show", slug=slug))
    if not is_gone:
        abort(404)
    flash(f"Le fichier est retiré. {told}".strip())
    return redirect(url_for("need_files.index", slug=slug))


def _changeable(slug: str) -> Need:
    """A need that its buyer writes, or one that was sent, which is amended so."""
    need = own_need(slug)
    is_sent = need.status == Status.SUBMITTED or is_open_at(need, clock.now())
    return need if is_sent else editable_need(slug)


def _page(need: Need, form: FilesForm) -> str:
    back = "drafts.resume" if need.status in EDITABLE else "needs.show"
    joined = [row.file for row in need.files]
    return render_template(
        "web/need_files/index.html",
        need=need,
        form=form,
        files=joined,
        back=url_for(back, slug=need.slug),
        most=MOST_FILES,
        left=MOST_FILES - len(joined),
        formats=ending_names(form.files.accepted),
        largest_mb=LARGEST_MB,
    )
