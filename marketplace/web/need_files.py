"""The files joined to a need, while its buyer writes it."""

from typing import BinaryIO

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.db import transaction
from marketplace.files.contents import LARGEST_MB, Refused, ending_names
from marketplace.files.taking_in import take_in
from marketplace.forms import FrenchForm, add_error
from marketplace.guards.roles import buyer_required
from marketplace.needs.amending import is_open_at
from marketplace.needs.attaching import MOST_FILES, attach, detach, places_left
from marketplace.needs.lifecycle import EDITABLE, ForbiddenMove
from marketplace.needs.tables import Need
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
    """Sound files are joined even when another of the same sending is refused."""
    need, form = _changeable(slug), FilesForm()
    if not form.is_submitted():
        return _page(need, form), 200
    form.validate()
    sent = form.files.data or []
    try:
        for sentence in take_in_all(sent, lambda data, name: _join(need, data, name)):
            add_error(form.files, sentence)
    except ForbiddenMove:
        flash(NO_LONGER)
        return redirect(url_for("needs.show", slug=slug))
    if form.errors:
        return _page(need, form), 422
    joined = len(sent)
    flash("Votre fichier est joint." if joined == 1 else f"Vos {joined} fichiers sont joints.")
    return redirect(url_for("need_files.index", slug=slug))


def _join(need: Need, data: BinaryIO, name: str) -> None:
    """One file, one transaction: what was joined stays, whatever becomes of the next."""
    who, now = buyer().user_id, clock.now()
    with transaction() as session:
        if places_left(session, need.id, now) <= 0:
            raise Refused(ALL_TAKEN)
        attach(session, need.id, take_in(session, data, name, who, now), who, now)


@need_files.post("/besoins/<slug>/fichiers/<key>/retirer")
@buyer_required
def remove(slug: str, key: str) -> ResponseReturnValue:
    need = _changeable(slug)
    try:
        with transaction() as session:
            is_gone = detach(session, need.id, key, buyer().user_id, clock.now())
    except ForbiddenMove:
        flash(NO_LONGER)
        return redirect(url_for("needs.show", slug=slug))
    if not is_gone:
        abort(404)
    flash("Le fichier est retiré.")
    return redirect(url_for("need_files.index", slug=slug))


def _changeable(slug: str) -> Need:
    """A need that its buyer writes, or one that is open, which is amended so."""
    need = own_need(slug)
    return need if is_open_at(need, clock.now()) else editable_need(slug)


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
