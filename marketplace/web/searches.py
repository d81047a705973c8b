"""A person's saved searches."""

from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import BooleanField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from marketplace import clock
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error, one_line
from marketplace.guards.roles import sign_in_required, viewer
from marketplace.lists.queries import asked_by, saved_searches_of
from marketplace.lists.saving_searches import (
    MOST_SEARCHES,
    TooManySearches,
    change_search,
    forget_search,
    save_search,
)
from marketplace.lists.tables import SavedSearch
from marketplace.offers.narrowing import Asked, Face, chips
from marketplace.web.finding import ENDPOINTS, asked_here

searches = Blueprint("searches", __name__, url_prefix="/mes-recherches")

UNNAMED = "Donnez un nom à la recherche, par exemple «\u00a0Traiteurs du Doubs\u00a0»"


class SearchForm(FrenchForm):
    name = StringField(
        "Nom de la recherche",
        [
            InputRequired(UNNAMED),
            DataRequired(UNNAMED),
            Length(max=80, message="Le nom dépasse 80 caractères"),
        ],
        filters=[one_line],
    )
    is_watched = BooleanField("M'écrire quand une nouvelle structure ou offre y répond")


def _user_id() -> int:
    who = viewer()
    assert who is not None, "the guard let a visitor in"  # noqa: S101 - for the type checker
    return who.user_id


def _own(session: Session, search_id: int) -> SavedSearch:
    own = select(SavedSearch).filter_by(id=search_id, user_id=_user_id())
    return session.scalars(own).one()


def _address(face: Face, asked: Asked) -> str:
    return f"{url_for(ENDPOINTS[face])}?{urlencode(asked.pairs())}"


def _in_words(asked: Asked) -> list[str]:
    return [chip.label for chip in chips(asked)]


def _face() -> Face:
    return Face.OFFERS if request.args.get("vue") == Face.OFFERS else Face.STRUCTURES


@searches.get("")
@sign_in_required
def index() -> str:
    saved = [(one, asked_by(one)) for one in saved_searches_of(db.session(), _user_id())]
    return render_template(
        "web/searches/index.html",
        searches=[(one, _address(one.face, asked), _in_words(asked)) for one, asked in saved],
    )


@searches.route("/nouvelle", methods=["GET", "POST"])
@sign_in_required
def save() -> ResponseReturnValue:
    """Keep the search whose arguments stand in the address."""
    asked, face = asked_here(), _face()
    if not _in_words(asked):
        flash("Cherchez d'abord\u00a0: des mots, un lieu ou un filtre.", "error")
        return redirect(url_for(ENDPOINTS[face]))
    form = SearchForm(is_watched=True)
    if not form.is_submitted():
        form.name.data = ", ".join(filter(None, (asked.words, asked.where)))[:80]
    if form.validate_on_submit():
        name, is_watched = form.name.data, form.is_watched.data
        try:
            with transaction() as session:
                save_search(session, _user_id(), name, face, asked, is_watched, clock.now())
        except TooManySearches:
            add_error(
                form.name, f"Vous avez déjà {MOST_SEARCHES} recherches\u00a0: supprimez-en une"
            )
        else:
            flash("Votre recherche est enregistrée.", "success")
            return redirect(url_for("searches.index"))
    page = render_template(
        "web/searches/edit.html",
        form=form,
        asked=_in_words(asked),
        back=_address(face, asked),
        is_new=True,
    )
    return page, 422 if form.errors else 200


@searches.route("/<int(max=2147483647):search_id>/modifier", methods=["GET", "POST"])
@sign_in_required
def edit(search_id: int) -> ResponseReturnValue:
    with transaction() as session:
        saved = _own(session, search_id)
        form = SearchForm(obj=saved)
        if form.validate_on_submit():
            change_search(saved, form.name.data, form.is_watched.data)
            flash("Votre recherche est modifiée.", "success")
            return redirect(url_for("searches.index"))
        page = render_template(
            "web/searches/edit.html",
            form=form,
            asked=_in_words(asked_by(saved)),
            back=url_for("searches.index"),
            is_new=False,
        )
        return page, 422 if form.errors else 200


@searches.post("/<int(max=2147483647):search_id>/supprimer")
@sign_in_required
def delete(search_id: int) -> ResponseReturnValue:
    with transaction() as session:
        forget_search(session, _own(session, search_id))
    flash("La recherche est supprimée.", "success")
    return redirect(url_for("searches.index"))
