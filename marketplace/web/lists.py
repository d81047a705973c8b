"""A person's lists of structures: kept alone, or with the colleagues of an organisation."""

from collections.abc import Sequence

from flask import (
    Blueprint,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import DataRequired, InputRequired, Length, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from marketplace import clock
from marketplace.accounts.queries import organisations
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error, choices_of, cleaned, one_line
from marketplace.guards.roles import Viewer, sign_in_required, viewer
from marketplace.guards.scopes import rules_list, visible_lists
from marketplace.lists import favouring
from marketplace.lists.queries import favourites_in, lists_holding, with_sizes
from marketplace.lists.tables import Favourite, FavouriteList
from marketplace.structures.tables import Structure

lists = Blueprint("lists", __name__)

UNNAMED = "Donnez un nom à la liste, par exemple «\u00a0Espaces verts 2027\u00a0»"
LONGEST_NAME = 80
LONGEST_NOTE = 1_000


class ListForm(FrenchForm):
    name = StringField(
        "Nom de la liste",
        [
            InputRequired(UNNAMED),
            DataRequired(UNNAMED),
            Length(max=LONGEST_NAME, message="Le nom dépasse 80 caractères"),
        ],
        filters=[one_line],
    )
    shared_with = SelectField("Qui la voit\u00a0?", validate_choice=True)

    def __init__(self, who: Viewer, of: FavouriteList | None = None) -> None:
        super().__init__(obj=of)
        named = organisations(db.session(), who.organisation_ids)
        offered = {"": "Moi seulement"}
        offered |= {str(one.id): f"Moi et mes collègues\u00a0: {one.name}" for one in named}
        self.shared_with.choices = choices_of(offered)
        if of is not None and not self.is_submitted():
            self.shared_with.data = str(of.organisation_id or "")

    @property
    def organisation_id(self) -> int | None:
        return int(self.shared_with.data) if self.shared_with.data else None


class NoteForm(FrenchForm):
    note = TextAreaField(
        "Note",
        [Length(max=LONGEST_NOTE, message="La note dépasse 1 000 caractères")],
        filters=[cleaned],
    )


class KeepForm(FrenchForm):
    kept_in = SelectMultipleField(
        "Dans quelles listes\u00a0?",
        coerce=int,
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    new_list = StringField(
        "Ou dans une nouvelle liste",
        [Optional(), Length(max=LONGEST_NAME, message="Le nom dépasse 80 caractères")],
        filters=[one_line],
    )


def _who() -> Viewer:
    who = viewer()
    assert who is not None, "the guard let a visitor in"  # noqa: S101 - for the type checker
    return who


def _visible(session: Session, list_id: int) -> FavouriteList:
    return session.scalars(visible_lists(_who()).where(FavouriteList.id == list_id)).one()


def _ruled(session: Session, list_id: int) -> FavouriteList:
    """Raises NoResultFound, a 404, for a list that this person may not name or delete."""
    wanted = visible_lists(_who()).where(FavouriteList.id == list_id)
    seen = session.scalars(wanted).one()
    if not rules_list(_who(), seen):
        wanted = wanted.where(FavouriteList.owner_id == _who().user_id)
    return session.scalars(wanted).one()


def _kept(session: Session, list_id: int, slug: str) -> Favourite:
    wanted = favourites_in(list_id).where(Structure.slug == slug)
    return session.scalars(wanted).one()


@lists.get("/mes-listes")
@sign_in_required
def index() -> str:
    return render_template(
        "web/lists/index.html",
        lists=with_sizes(db.session(), visible_lists(_who())),
        who=_who(),
    )


@lists.route("/mes-listes/nouvelle", methods=["GET", "POST"])
@sign_in_required
def create() -> ResponseReturnValue:
    form = ListForm(_who())
    if form.validate_on_submit():
        try:
            with transaction() as session:
                made = favouring.open_list(
                    session, _who().user_id, form.name.data, form.organisation_id, clock.now()
                )
                return redirect(url_for("lists.show", list_id=made.id))
        except favouring.TooMany:
            add_error(
                form.name, f"Vous avez déjà {favouring.MOST_LISTS} listes\u00a0: supprimez-en une"
            )
    page = render_template("web/lists/edit.html", form=form, kept=None)
    return page, 422 if form.errors else 200


@lists.get("/mes-listes/<int(max=2147483647):list_id>")
@sign_in_required
def show(list_id: int) -> str:
    session = db.session()
    kept = _visible(session, list_id)
    return render_template(
        "web/lists/show.html",
        kept=kept,
        favourites=session.scalars(favourites_in(list_id)).all(),
        rules=rules_list(_who(), kept),
        who=_who(),
    )


@lists.route("/mes-listes/<int(max=2147483647):list_id>/modifier", methods=["GET", "POST"])
@sign_in_required
def edit(list_id: int) -> ResponseReturnValue:
    with transaction() as session:
        kept = _ruled(session, list_id)
        form = ListForm(_who(), kept)
        if form.validate_on_submit():
            favouring.rename_list(session, kept, form.name.data, form.organisation_id, clock.now())
            flash("Votre liste est modifiée.", "success")
            return redirect(url_for("lists.show", list_id=list_id))
        page = render_template("web/lists/edit.html", form=form, kept=kept)
        return page, 422 if form.errors else 200


@lists.route("/mes-listes/<int(max=2147483647):list_id>/supprimer", methods=["GET", "POST"])
@sign_in_required
def delete(list_id: int) -> ResponseReturnValue:
    with transaction() as session:
        kept = _ruled(session, list_id)
        if request.method != "POST":  # a HEAD only looks
            return render_template("web/lists/delete.html", kept=kept)
        favouring.delete_list(session, kept)
    flash("La liste est supprimée.", "success")
    return redirect(url_for("lists.index"))


@lists.route("/structures/<slug>/listes", methods=["GET", "POST"])
@sign_in_required
def keep(slug: str) -> ResponseReturnValue:
    """In which of a person's lists a structure stands."""
    now, who = clock.now(), _who()
    try:
        with transaction() as session:
            structure = session.scalars(
                select(Structure).where(Structure.slug == slug, Structure.is_active)
            ).one()
            own = session.scalars(
                visible_lists(who).order_by(FavouriteList.changed_at.desc(), FavouriteList.id)
            ).all()
            form = KeepForm()
            form.kept_in.choices = [(one.id, one.name) for one in own]
            if not form.is_submitted():
                form.kept_in.data = sorted(lists_holding(session, structure.id, own))
            if form.validate_on_submit():
                chosen = [one for one in own if one.id in (form.kept_in.data or ())]
                among = list(own)
                if form.new_list.data:
                    named = form.new_list.data
                    fresh = favouring.open_list(session, who.user_id, named, None, now)
                    chosen.append(fresh)
                    among.append(fresh)
                favouring.keep(session, structure.id, who.user_id, chosen, among, now)
                flash(_kept_in_words(structure, chosen), "success")
                return redirect(url_for("structures.show", slug=slug))
            page = render_template("web/lists/keep.html", form=form, structure=structure)
            return page, 422 if form.errors else 200
    except favouring.TooMany:
        flash(
            f"Pas plus de {favouring.MOST_LISTS} listes, ni de {favouring.MOST_KEPT} structures "
            "par liste\u00a0: faites de la place d'abord.",
            "error",
        )
        return redirect(url_for("lists.index"))


def _kept_in_words(structure: Structure, chosen: Sequence[FavouriteList]) -> str:
    if not chosen:
        return f"{structure.display_name} n'est plus dans vos listes."
    return f"{structure.display_name} est dans\u00a0: {', '.join(one.name for one in chosen)}."


@lists.route("/mes-listes/<int(max=2147483647):list_id>/<slug>/note", methods=["GET", "POST"])
@sign_in_required
def note(list_id: int, slug: str) -> ResponseReturnValue:
    with transaction() as session:
        kept_in = _visible(session, list_id)
        kept = _kept(session, list_id, slug)
        form = NoteForm(obj=kept)
        if form.validate_on_submit():
            favouring.note(session, kept, form.note.data, kept_in, clock.now())
            flash("Votre note est enregistrée.", "success")
            return redirect(url_for("lists.show", list_id=list_id))
        page = render_template("web/lists/note.html", form=form, kept=kept_in, favourite=kept)
        return page, 422 if form.errors else 200


@lists.post("/mes-listes/<int(max=2147483647):list_id>/<slug>/retirer")
@sign_in_required
def take_out(list_id: int, slug: str) -> ResponseReturnValue:
    with transaction() as session:
        kept_in = _visible(session, list_id)
        kept = _kept(session, list_id, slug)
        name = kept.structure.display_name
        favouring.take_out(session, kept, kept_in, clock.now())
    flash(f"{name} n'est plus dans cette liste.", "success")
    return redirect(url_for("lists.show", list_id=list_id))
