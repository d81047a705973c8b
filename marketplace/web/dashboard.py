"""What waits for the person who signs in, by what it belongs to."""

from flask import Blueprint, render_template
from flask_login import current_user
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from marketplace import clock
from marketplace.answers import consortia
from marketplace.answers.queries import answers_received
from marketplace.answers.waiting_queries import invitations_of, unread_conversations
from marketplace.clauses.contract_queries import count_waiting
from marketplace.db import db
from marketplace.forms import page_asked
from marketplace.guards.roles import sign_in_required
from marketplace.guards.scopes import bought_by
from marketplace.insights.figures import presence
from marketplace.matching import queries as matching
from marketplace.moderation.queries import queue_summary, waiting
from marketplace.needs import wording
from marketplace.needs.amending import is_open_at
from marketplace.needs.lifecycle import Status
from marketplace.needs.queries import awaiting_their_buyer, needs_of
from marketplace.needs.tables import Need
from marketplace.structures.queries import structures_of
from marketplace.territories.queries import gazetteer

dashboard = Blueprint("dashboard", __name__)

SUGGESTIONS_SHOWN = 5
NEEDS_PER_PAGE = 20
AWAITING_SHOWN = 15


@dashboard.get("/tableau-de-bord")
@sign_in_required
def show() -> str:
    session, now = db.session(), clock.now()
    places = gazetteer(session)
    page = page_asked()
    posted = needs_of(current_user.organisation_ids)
    shown = posted.limit(NEEDS_PER_PAGE).offset((page - 1) * NEEDS_PER_PAGE)
    in_short = (joinedload(Need.organisation), selectinload(Need.zones))
    counted = session.execute(shown.options(*in_short).add_columns(func.count().over())).all()
    needs = [need for need, _ in counted]
    # Beyond the last page there is no row to say how many there are.
    total = counted[0][1] if counted else _count(session, posted) if page > 1 else 0
    waiting_for_buyer = awaiting_their_buyer(current_user.organisation_ids, now)
    awaiting = session.scalars(waiting_for_buyer.limit(AWAITING_SHOWN)).all()
    ids = {need.id for need in (*needs, *awaiting)}
    theirs = current_user.structure_ids
    suggested = matching.matches_of_structures(theirs, now)
    desks = current_user.desk_ids
    is_staff = current_user.is_facilitator
    return render_template(
        "web/dashboard/show.html",
        needs=[(need, wording.place(need, places)) for need in needs],
        needs_total=total,
        sent_back=[need for need in awaiting if need.status == Status.CHANGES_REQUESTED],
        over=[need for need in awaiting if need.status == Status.CLOSED],
        near=[need for need in awaiting if is_open_at(need, now)],
        received=answers_received(session, ids),
        page=page,
        per_page=NEEDS_PER_PAGE,
        eligible=matching.eligible_of(session, [need.id for need in needs]),
        structures=structures_of(session, theirs) if theirs else [],
        invitations=invitations_of(session, theirs, now) if theirs else [],
        unread=unread_conversations(
            session, select(Need.id).where(bought_by(current_user)), theirs
        ),
        pure=consortia,
        suggestions=[
            (match, wording.place(match.need, places))
            for match in (session.scalars(suggested.limit(SUGGESTIONS_SHOWN)) if theirs else ())
        ],
        queue=queue_summary(session, desks, current_user.user_id, now) if is_staff else None,
        hours_waiting=count_waiting(session, desks) if is_staff else 0,
        first=session.scalars(waiting(desks, now).limit(1)).first() if is_staff else None,
        presence=presence(session, now) if current_user.is_administrator else None,
        today=clock.today(),
    )


def _count(session: Session, posted: Select[Need]) -> int:
    return session.scalar(select(func.count()).select_from(posted.subquery())) or 0
