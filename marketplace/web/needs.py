"""Needs: the open ones, a buyer's own, and the page of each."""

from datetime import datetime
from operator import itemgetter

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from marketplace import clock, formats
from marketplace.answers.differences import differences_of
from marketplace.answers.queries import Received, answers_received
from marketplace.db import db
from marketplace.forms import page_asked, paging
from marketplace.guards.roles import Viewer, buyer_required, viewer
from marketplace.guards.scopes import (
    bought_by,
    is_bought_by,
    knows_buyer,
    may_see_shortlist,
    visible_needs,
)
from marketplace.matching import queries as matching
from marketplace.moderation.queries import desk_name_of
from marketplace.needs import wording
from marketplace.needs.amending import is_open_at
from marketplace.needs.closing import why_not_reopen
from marketplace.needs.lifecycle import EDITABLE, NEXT, Move, Status
from marketplace.needs.queries import IN_FULL, closed_on, is_public_change, needs_of
from marketplace.needs.searching import (
    DELAYS,
    RESERVED,
    chosen,
    counts_by_kind,
    open_needs_like,
    sought_in,
)
from marketplace.needs.tables import Need, NeedAmendment, NeedKind, NeedMove, NeedQuestion
from marketplace.sectors.aims import AIMS
from marketplace.sectors.nomenclature import BY_SLUG, GROUPS
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.queries import gazetteer
from marketplace.web.need_answers import Beside, answers_beside, stamp_page_view
from marketplace.web.need_ranking import PER_PAGE as MATCHES_SHOWN
from marketplace.web.need_ranking import Ranking, ranking_of
from marketplace.web.next_steps import STATES, next_step

needs = Blueprint("needs", __name__)

PER_PAGE = 20
NONE = Received(0, 0)


@needs.get("/besoins")
def index() -> str:
    session, now = db.session(), clock.now()
    places, who = gazetteer(session), viewer()
    sought = sought_in(request.args, places)
    wanted = open_needs_like(sought, places, now)
    at = paging(session, wanted, PER_PAGE)
    labels = {group.slug: group.name for group in GROUPS}
    labels |= {slug: sector.name for slug, sector in BY_SLUG.items()}
    counted = counts_by_kind(session, sought, places, now)
    return render_template(
        "web/needs/index.html",
        needs=[
            (need, wording.place(need, places), wording.shown_buyer(need, knows_buyer(who, need)))
            for need in session.scalars(at.of(wanted))
        ],
        at=at,
        sought=sought,
        active=chosen(sought, labels),
        groups=GROUPS,
        sector_name=labels.get(sought.sector, ""),
        kinds=[(kind, wording.KINDS[kind], counted.get(kind, 0)) for kind in NeedKind],
        reserved=RESERVED,
        delays=DELAYS,
        feed=url_for("feeds.needs") + _query(),
        today=clock.today(),
    )


def _query() -> str:
    """What the address asks for, to be asked of the feed too."""
    asked = request.query_string.decode("ascii", "ignore")
    return f"?{asked}" if asked else ""


@needs.get("/mes-besoins")
@buyer_required
def mine() -> str:
    """A buyer's needs, drafts first, with where each stands and what to do next."""
    session, now = db.session(), clock.now()
    posted = needs_of(buyer().organisation_ids)
    counted = select(Need.status, func.count()).where(bought_by(buyer())).group_by(Need.status)
    counts = dict(session.execute(counted).all())
    state = request.args.get("etat", "")
    if state in STATES:
        posted = posted.where(Need.status.in_(STATES[state].statuses))
    at = paging(session, posted, PER_PAGE)
    page = at.of(posted).options(joinedload(Need.organisation), selectinload(Need.zones))
    shown = session.scalars(page).all()
    ids = [need.id for need in shown]
    places = gazetteer(session)
    eligible = matching.eligible_of(session, ids)
    answered = answers_received(session, ids)
    return render_template(
        "web/needs/mine.html",
        needs=[
            {
                "need": need,
                "place": wording.place(need, places),
                "eligible": eligible.get(need.id),
                "answers": (received := answered.get(need.id, NONE)).total,
                "new_answers": received.new,
                "next": next_step(need, eligible.get(need.id), received.total, now),
                "is_open": is_open_at(need, now),
            }
            for need in shown
        ],
        tabs=[
            (key, label, sum(counts.get(status, 0) for status in statuses))
            for key, (label, statuses) in STATES.items()
        ],
        total=sum(counts.values()),
        state=state if state in STATES else "",
        at=at,
        today=clock.today(),
    )


@needs.get("/besoins/<slug>")
def show(slug: str) -> ResponseReturnValue:
    session, now = db.session(), clock.now()
    who = viewer()
    asked = func.array(
        select(NeedQuestion.words)
        .where(NeedQuestion.need_id == Need.id)
        .order_by(NeedQuestion.number)
        .scalar_subquery()
    )
    named = visible_needs(who).where(Need.slug == slug).options(*IN_FULL)
    need, questions, desk = (
        session.execute(named.add_columns(asked, desk_name_of(Need.id))).unique(itemgetter(0)).one()
    )
    is_buyers = who is not None and is_bought_by(who, need)
    if need.status == Status.DRAFT and is_buyers:
        return redirect(url_for("drafts.resume", slug=slug))
    is_insider = may_see_shortlist(session, who, need)
    page = page_asked()
    number = request.args.get("lot", type=int)
    ranking = ranking_of(session, need, number, page) if is_insider else Ranking(None, False)
    if "HX-Request" in request.headers:
        # Asked every two seconds by the page that waits for the ranking.
        is_waiting = ranking.shortlist is None and need.status == Status.PUBLISHED
        return Response(status=204, headers={} if is_waiting else {"HX-Refresh": "true"})
    places = gazetteer(session)
    stamp_page_view(need, who, now)
    beside = answers_beside(session, need, who, is_insider)
    moves = _moves(need.id) if is_insider else []
    is_open = is_open_at(need, now)
    # The page says so where the ranking will be.
    is_waited_for = need.status == Status.SUBMITTED or (is_open and ranking.shortlist is None)
    return render_template(
        "web/needs/show.html",
        need=need,
        buyer=wording.shown_buyer(need, is_insider),
        amount=wording.shown_amount(need, is_insider),
        shows_amounts=is_insider or need.is_amount_shared,
        need_aims=AIMS,
        place=wording.place(need, places),
        centre=places.commune(need.commune_code) if need.commune_code else None,
        sectors=wording.sectors(need),
        reserved=wording.reservation(need),
        answering=_answering(need, is_insider),
        lots=[(lot, wording.place(lot, places), wording.sectors(lot)) for lot in need.lots],
        amendments=_amendments(need, places),
        is_insider=is_insider,
        responses=beside,
        ranking=ranking,
        page=page,
        per_page=MATCHES_SHOWN,
        desk=desk if is_insider else None,
        questions=questions,
        history=_history(moves),
        is_buyers=is_buyers,
        is_open=is_open,
        closed_on=closed_on(session, need, now),
        may_edit=is_buyers and need.status in EDITABLE,
        may_change=is_buyers and is_open,
        may_correct=is_buyers and need.status == Status.SUBMITTED,
        may_withdraw=is_buyers and (need.status, Move.WITHDRAW) in NEXT,
        may_reopen=is_buyers and why_not_reopen(need, moves, ranking.has_outcome, now) is None,
        next=_next(need, ranking, beside, now) if is_buyers and not is_waited_for else "",
    )


def _next(need: Need, ranking: Ranking, beside: Beside, now: datetime) -> str:
    found = ranking.shortlist.eligible if ranking.shortlist else None
    return next_step(need, found, beside.standing.answers if beside.standing else 0, now)


def _answering(need: Need, is_insider: bool) -> list[str]:
    """How one answers; the ways that would name an anonymous buyer are its insiders' alone."""
    if need.is_anonymous and not is_insider:
        return ["Sur Tandem"]
    return wording.answering(need)


def _amendments(need: Need, places: Gazetteer) -> list[dict[str, object]]:
    """What changed since the need was published, latest first."""
    if need.amended_at is None:
        return []
    made = select(NeedAmendment).where(NeedAmendment.need_id == need.id, is_public_change())
    rows = made.order_by(NeedAmendment.id.desc())
    return [
        {
            "when": formats.moment(row.amended_at),
            "iso": row.amended_at.isoformat(),
            "changes": differences_of(row, places),
        }
        for row in db.session.scalars(rows)
    ]


def _moves(need_id: int) -> list[NeedMove]:
    made = select(NeedMove).filter_by(need_id=need_id).options(joinedload(NeedMove.user))
    return list(db.session.scalars(made.order_by(NeedMove.id)))


def _history(moves: list[NeedMove]) -> list[dict[str, str | None]]:
    """The moves of a need, latest first, as the timeline shows them."""
    return [
        {
            "move": move.move,
            "what": wording.MOVES[move.move],
            "when": formats.moment(move.moved_at),
            "iso": move.moved_at.isoformat(),
            "who": move.user.full_name if move.user else None,
            "text": move.reason,
        }
        for move in reversed(moves)
    ]


def buyer() -> Viewer:
    who = viewer()
    assert who is not None, "the guard lets nobody else in"  # noqa: S101
    return who


def own_need(slug: str) -> Need:
    named = select(Need).where(Need.slug == slug, bought_by(buyer())).options(*IN_FULL)
    return db.session.scalars(named).unique().one_or_none() or abort(404)
