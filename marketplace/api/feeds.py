"""Open needs to be followed from elsewhere: an Atom feed, and a calendar entry a deadline."""

from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, render_template, request

from marketplace import clock, formats
from marketplace.db import db
from marketplace.guards.scopes import visible_needs
from marketplace.needs import calendar, wording
from marketplace.needs.amending import is_open_at
from marketplace.needs.queries import amendments_of
from marketplace.needs.searching import chosen, open_needs_like, sought_in
from marketplace.needs.tables import Need
from marketplace.sectors.nomenclature import BY_SLUG, GROUPS
from marketplace.territories.queries import gazetteer

feeds = Blueprint("feeds", __name__)

ENTRIES = 50
KEPT_S = 300
LONGEST_SUMMARY = 600
NEVER = datetime(2026, 1, 1, tzinfo=UTC)
"""When an empty feed last changed, as far as anybody knows."""


@feeds.get("/besoins.atom")
def needs() -> Response:
    """The open needs that the filters of the list leave, those published last first."""
    session, now = db.session(), clock.now()
    places = gazetteer(session)
    sought = sought_in(request.args, places)
    wanted = open_needs_like(sought, places, now).order_by(None)
    latest = wanted.order_by(Need.published_at.desc(), Need.id.desc()).limit(ENTRIES)
    entries = [
        {
            "address": f"{_home()}/besoins/{need.slug}",
            "title": _visible(need.title),
            "updated": _instant(need.amended_at or need.published_at or need.created_at),
            "published": _instant(need.published_at or need.created_at),
            "buyer": _visible(wording.shown_buyer(need)),
            "sectors": wording.sectors(need),
            "summary": _visible(_summary(need, wording.place(need, places))),
        }
        for need in session.scalars(latest)
    ]
    labels = {group.slug: group.name for group in GROUPS}
    labels |= {slug: sector.name for slug, sector in BY_SLUG.items()}
    filters = " · ".join(words for _, _, words in chosen(sought, labels))
    query = request.query_string.decode("ascii", "ignore")
    asked = f"?{query}" if query else ""
    page = render_template(
        "api/feeds/needs.xml",
        address=f"{_home()}/besoins.atom{asked}",
        page=f"{_home()}/besoins{asked}",
        title=_visible(f"Besoins ouverts sur Tandem{' : ' + filters if filters else ''}"),
        updated=max((str(entry["updated"]) for entry in entries), default=_instant(NEVER)),
        entries=entries,
    )
    return _cacheable(Response(page, mimetype="application/atom+xml"))


@feeds.get("/besoins/<slug>.ics")
def deadline(slug: str) -> Response:
    """The day until which a need takes answers; an extension moves it in the calendar."""
    session = db.session()
    need = session.scalars(visible_needs(None).where(Need.slug == slug)).one()
    if need.deadline_on is None or not is_open_at(need, clock.now()):
        abort(404)
    host = urlsplit(_home()).hostname or "localhost"
    address = f"{_home()}/besoins/{need.slug}"
    file = calendar.event(
        uid=f"besoin-{need.id}@{host}",
        day=need.deadline_on,
        stamped_at=(need.amended_at or need.published_at or need.created_at).astimezone(UTC),
        version=amendments_of(session, need.id),
        title=f"Dernier jour pour répondre\u00a0: {need.title}",
        description=f"{wording.shown_buyer(need)}\n{address}",
        url=address,
    )
    answer = Response(file, mimetype="text/calendar")
    answer.headers["Content-Disposition"] = f"attachment; filename=besoin-{need.id}.ics"
    return _cacheable(answer)


def _summary(need: Need, place: str) -> str:
    words = " ".join(need.description.split())
    if len(words) > LONGEST_SUMMARY:
        words = f"{words[: LONGEST_SUMMARY - 1]}…"
    until = f"réponses jusqu'au {formats.long_date(need.deadline_on)}" if need.deadline_on else ""
    facts = " · ".join(said for said in (wording.KINDS[need.kind], place, until) if said)
    return f"{facts}. {words}"


def _cacheable(answer: Response) -> Response:
    """Who asks again within minutes is not answered anew; later, only when something changed."""
    answer.headers["Cache-Control"] = f"public, max-age={KEPT_S}"
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def _home() -> str:
    return str(current_app.config["PUBLIC_BASE_URL"]).rstrip("/")


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _visible(words: str) -> str:
    """Without what XML forbids, whatever was typed."""
    return "".join(c for c in words if c in "\n\t" or c.isprintable())
