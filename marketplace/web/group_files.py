"""The files that each member of a group joins to the joint answer."""

from typing import BinaryIO

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.answers.consortia import GroupRefused
from marketplace.answers.consortium_queries import own_files
from marketplace.answers.consortium_tables import Consortium
from marketplace.answers.enclosing import MOST_FILES, enclose, take_out
from marketplace.db import db, transaction
from marketplace.files.contents import LARGEST_MB, ending_names
from marketplace.forms import add_error
from marketplace.guards.roles import sign_in_required
from marketplace.structures.tables import Structure
from marketplace.web.consortia import ID, asking, own_members, seen_group
from marketplace.web.need_files import FilesForm
from marketplace.web.uploads import take_in_all

group_files = Blueprint("group_files", __name__)


@group_files.route(f"/groupements/<{ID}:group_id>/fichiers/<structure>", methods=["GET", "POST"])
@sign_in_required
def index(group_id: int, structure: str) -> ResponseReturnValue:
    """Sound files are joined even when another of the same sending is refused."""
    group = seen_group(group_id)
    own = _own(group, structure)
    form = FilesForm()
    if not form.is_submitted():
        return _page(form, group, own), 200
    form.validate()

    def join(data: BinaryIO, name: str) -> None:
        with transaction() as session:
            enclose(session, group_id, own.id, asking().user_id, data, name, clock.now())

    try:
        for sentence in take_in_all(form.files.data or (), join):
            add_error(form.files, sentence)
    except GroupRefused as refused:
        flash(refused.sentence, "error")
        return redirect(url_for("consortia.show", group_id=group_id))
    if form.errors:
        return _page(form, seen_group(group_id), own), 422
    several = len(form.files.data or ()) > 1
    flash("Vos fichiers sont joints." if several else "Votre fichier est joint.", "success")
    return redirect(url_for("group_files.index", group_id=group_id, structure=structure))


@group_files.post(f"/groupements/<{ID}:group_id>/fichiers/<structure>/<key>/retirer")
@sign_in_required
def remove(group_id: int, structure: str, key: str) -> ResponseReturnValue:
    own = _own(seen_group(group_id), structure)
    try:
        with transaction() as session:
            is_gone = take_out(session, group_id, own.id, key, clock.now())
    except GroupRefused as refused:
        flash(refused.sentence, "error")
        return redirect(url_for("consortia.show", group_id=group_id))
    if not is_gone:
        abort(404)
    flash("Le fichier est retiré.", "success")
    return redirect(url_for("group_files.index", group_id=group_id, structure=structure))


def _own(group: Consortium, slug: str) -> Structure:
    """A structure of the group that the person speaks for; 404 for another."""
    named = [one for one in own_members(asking(), group) if one.slug == slug]
    return named[0] if named else abort(404)


def _page(form: FilesForm, group: Consortium, structure: Structure) -> str:
    joined = own_files(db.session(), group.id, structure.id)
    return render_template(
        "web/group_files/index.html",
        form=form,
        group=group,
        structure=structure,
        files=joined,
        most=MOST_FILES,
        left=MOST_FILES - len(joined),
        formats=ending_names(form.files.accepted),
        largest_mb=LARGEST_MB,
    )
