"""What a facilitator keeps an eye on once needs are published."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, render_template, request, url_for
from sqlalchemy.orm import Session

from marketplace import clock, formats
from marketplace.admin.desk import facilitator
from marketplace.answers.surveying import opinions
from marketplace.clauses.contract_tables import HourReport
from marketplace.clauses.reported import month_in_words
from marketplace.db import db
from marketplace.forms import paging
from marketplace.guards.roles import facilitator_required
from marketplace.guards.scopes import on_desk_of
from marketplace.insights import weeks
from marketplace.insights.watching import (
    FEW_ANSWERS,
    FEW_MATCHES,
    TOLD_LATELY,
    TOLD_OFTEN,
    Watched,
    needs_to_watch,
    silent_structures,
)
from marketplace.insights.weeks import Event, Week
from marketplace.needs import wording
from marketplace.needs.tables import Need
from marketplace.offers.tables import Offer
from marketplace.structures.tables import Structure
from marketplace.territories.queries import gazetteer

watch = Blueprint("watch", __name__, url_prefix="/guichet")

PER_PAGE = 25
SILENT_SHOWN = 20
OF_AN_EVENT = 20
"""Shown on the page of a week."""
FIRST_WEEK = date(2020, 1, 6)

Line = tuple[str, str, Sequence[str]]


@watch.get("/suivi")
@facilitator_required
def index() -> str:
    session, now, who = db.session(), clock.now(), facilitator()
    places = gazetteer(session)
    wanted = needs_to_watch(who.desk_ids, now)
    at = paging(session, wanted, PER_PAGE)
    found = [Watched(*row) for row in session.execute(at.of(wanted))]
    return render_template(
        "admin/watch/index.html",
        watched=[(one, wording.place(one.need, places)) for one in found],
        at=at,
        silent=silent_structures(session, who.desk_ids, now, SILENT_SHOWN),
        opinions=opinions(session, on_desk_of(who)),
        few_matches=FEW_MATCHES,
        few_answers=FEW_ANSWERS,
        told_often=TOLD_OFTEN,
        told_days=TOLD_LATELY.days,
        today=clock.today(),
    )


@dataclass(frozen=True)
class Happened:
    """What the page of a week says of an event: in words, then a line for each thing: its name,
    its page, and what else the columns tell. `has_more`: others are not shown."""

    event: Event
    title: str
    columns: Sequence[str]
    lines: Sequence[Line]
    has_more: bool


@watch.get("/semaine")
@facilitator_required
def week() -> str:
    """The last week that is over or, with `du`, the one that holds that day."""
    session, now = db.session(), clock.now()
    last = weeks.last_monday(now)
    monday = last
    with suppress(ValueError):
        monday = weeks.monday_of(date.fromisoformat(request.args.get("du", "")))
    monday = min(max(monday, FIRST_WEEK), last + weeks.WEEK)
    asked = Week(facilitator().desk_ids, monday, now)
    counted = weeks.counts(session, asked)
    return render_template(
        "admin/watch/week.html",
        happened=[_happened(session, asked, event, count) for event, count in counted.items()],
        monday=monday,
        sunday=monday + weeks.WEEK - date.resolution,
        before=monday - weeks.WEEK if monday > FIRST_WEEK else None,
        after=monday + weeks.WEEK if monday <= last else None,
        is_over=monday <= last,
    )


def _happened(session: Session, asked: Week, event: Event, count: Decimal) -> Happened:
    title = weeks.said(event, count)
    if event is Event.SILENT:
        return Happened(event, title, [], [], has_more=False)
    wanted, columns, line = _of(asked, event)
    lines = [line(thing) for thing in session.scalars(wanted.limit(OF_AN_EVENT + 1))]
    return Happened(event, title, columns, lines[:OF_AN_EVENT], len(lines) > OF_AN_EVENT)


def _of(asked: Week, event: Event) -> tuple[Any, Sequence[str], Callable[[Any], Line]]:
    """What to look for, the columns of its table, and how a line tells it."""
    if event is Event.STRUCTURES:
        return weeks.structures(asked), ("Structure", "Commune"), _structure
    if event is Event.OFFERS:
        return weeks.offers(asked), ("Prestation", "Structure"), _offer
    if event is Event.HOURS:
        return weeks.reports(asked), ("Employeur", "Marché", "Mois"), _report
    return weeks.needs(asked, event), ("Besoin", "Acheteur", "Réponses jusqu'au"), _need


def _need(need: Need) -> Line:
    until = formats.short_date(need.deadline_on) if need.deadline_on else "–"
    return need.title, url_for("needs.show", slug=need.slug), (need.organisation.name, until)


def _structure(structure: Structure) -> Line:
    href = url_for("structures.show", slug=structure.slug)
    return structure.display_name, href, (structure.city or "–",)


def _offer(offer: Offer) -> Line:
    href = url_for("structures.show", slug=offer.structure.slug)
    return offer.title, href, (offer.structure.display_name,)


def _report(report: HourReport) -> Line:
    href = url_for("desk_hours.review", report_id=report.id)
    cells = report.lot.contract.title, month_in_words(report.month)
    return report.employer.name, href, cells
