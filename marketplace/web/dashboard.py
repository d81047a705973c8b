"""What waits for the person who signs in, by what it belongs to."""

from flask import Blueprint, render_template
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from marketplace import clock
from marketplace.db import db
from marketplace.forms import page_asked
from marketplace.guards.roles import sign_in_required
from marketplace.insights.figures import presence
from marketplace.matching import queries as matching
from marketplace.moderation.queries import queue_summary, waiting
from marketplace.needs import wording
from marketplace.needs.lifecycle import Status
from marketplace.needs.queries import needs_of
from marketplace.needs.tables import Need
from marketplace.structures.queries import structures_of
from marketplace.territories.queries import gazetteer

dashboard = Blueprint("dashboard", __name__)

SUGGESTIONS_SHOWN = 5
NEEDS_PER_PAGE = 20


@dashboard.get("/tableau-de-bord")
@sign_in_required
def show() -> str:
    session, now = db.session(), clock.now()
    places = gazetteer(session)
    page = page_asked()
    posted = needs_of(current_user.organisation_ids)
    needs = session.scalars(
        posted.limit(NEEDS_PER_PAGE)
        .offset((page - 1) * NEEDS_PER_PAGE)
        .options(joinedload(Need.organisation), selectinload(Need.zones))
    ).all()
    sent_back = posted.where(Need.status == Status.CHANGES_REQUESTED)
    suggested = matching.matches_of_structures(current_user.structure_ids, now)
    desks = current_user.desk_ids
    is_staff = current_user.is_facilitator
    return render_template(
        "web/dashboard/show.html",
        needs=[(need, wording.place(need, places)) for need in needs],
        needs_total=session.scalar(select(func.count()).select_from(posted.subquery())),
        sent_back=session.scalars(sent_back).all(),
        page=page,
        per_page=NEEDS_PER_PAGE,
        eligible=matching.eligible_of(session, [need.id for need in needs]),
        structures=structures_of(session, current_user.structure_ids),
        suggestions=[
            (match, wording.place(match.need, places))
            for match in session.scalars(suggested.limit(SUGGESTIONS_SHOWN))
        ],
        queue=queue_summary(session, desks, current_user.user_id, now) if is_staff else None,
        first=session.scalars(waiting(desks, now).limit(1)).first() if is_staff else None,
        presence=presence(session, now) if current_user.is_administrator else None,
        today=clock.today(),
    )
