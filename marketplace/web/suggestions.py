"""The needs that a structure could answer, with the reasons."""

from flask import Blueprint, render_template
from flask_login import current_user
from sqlalchemy import func, select

from marketplace import clock
from marketplace.db import db
from marketplace.forms import page_asked
from marketplace.guards.roles import structure_member_required
from marketplace.matching.queries import matches_of_structures
from marketplace.needs import wording
from marketplace.structures.queries import structures_of
from marketplace.territories.queries import gazetteer

suggestions = Blueprint("suggestions", __name__)

PER_PAGE = 20


@suggestions.get("/besoins-pour-vous")
@structure_member_required
def index() -> str:
    session = db.session()
    page = page_asked()
    suggested = matches_of_structures(current_user.structure_ids, clock.now())
    total = session.scalar(select(func.count()).select_from(suggested.order_by(None).subquery()))
    shown = session.scalars(suggested.limit(PER_PAGE).offset((page - 1) * PER_PAGE))
    places = gazetteer(session)
    return render_template(
        "web/suggestions/index.html",
        structures=structures_of(session, current_user.structure_ids),
        suggestions=[(match, wording.place(match.need, places)) for match in shown],
        total=total or 0,
        page=page,
        per_page=PER_PAGE,
        today=clock.today(),
    )
