"""What search engines read: where they may go, and every public page."""

from collections.abc import Iterable

from flask import Blueprint, Response, abort, url_for
from markupsafe import Markup
from sqlalchemy import func, select

from marketplace.clock import PARIS
from marketplace.db import db
from marketplace.structures.tables import Structure
from marketplace.web.schema_org import absolute

crawlers = Blueprint("crawlers", __name__)

PAGES_IN_A_FILE = 50_000
"""The most that the protocol allows (sitemaps.org)."""
PROTOCOL = "http://www.sitemaps.org/schemas/sitemap/0.9"
KEPT_OUT = (
    "/admin/",
    "/connexion",
    "/mes-",
    "/structures?",
    "/offres?",
    "/structures/comparer",
    "/structures/suggerer",
)
"""Nobody's business but their people's, or the same pages asked in a thousand ways."""
PUBLIC_PAGES = (
    "home.show",
    "structures.index",
    "structures.offers",
    "structures.verify",
    "needs.index",
    "facilitators.show",
    "territories.index",
    "figures.country",
    "figures.missing",
    "pages.ranking",
    "pages.accessibility",
    "pages.legal",
    "pages.privacy",
)


@crawlers.get("/robots.txt")
def robots() -> Response:
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in KEPT_OUT), ""]
    lines.append(f"Sitemap: {absolute(url_for('crawlers.sitemap'))}")
    return Response("\n".join(lines) + "\n", mimetype="text/plain")


@crawlers.get("/sitemap.xml")
def sitemap() -> Response:
    """The files that hold the pages, one more for every 50,000 structures."""
    counted = select(func.count()).select_from(Structure).where(Structure.is_active)
    number = -(-((db.session.scalar(counted) or 0) + len(PUBLIC_PAGES)) // PAGES_IN_A_FILE)
    files = [absolute(url_for("crawlers.pages", number=n)) for n in range(1, max(1, number) + 1)]
    told = (Markup("<sitemap><loc>{}</loc></sitemap>").format(file) for file in files)
    return _xml("sitemapindex", told)


@crawlers.get("/sitemap-<int(max=9999):number>.xml")
def pages(number: int) -> Response:
    """The structures of a file, by rising number; the first holds the other pages too."""
    first = [absolute(url_for(endpoint)) for endpoint in PUBLIC_PAGES]
    skipped = (number - 1) * PAGES_IN_A_FILE - (len(first) if number > 1 else 0)
    if number < 1:
        abort(404)
    live = select(Structure.slug, Structure.updated_at).where(Structure.is_active)
    room = PAGES_IN_A_FILE - (len(first) if number == 1 else 0)
    rows = db.session.execute(live.order_by(Structure.id).limit(room).offset(skipped)).all()
    if number > 1 and not rows:
        abort(404)
    entries: list[tuple[str, str | None]] = []
    if number == 1:
        entries += [(address, None) for address in first]
    entries += [
        (absolute(url_for("structures.show", slug=slug)), at.astimezone(PARIS).date().isoformat())
        for slug, at in rows
    ]
    told = (
        Markup("<url><loc>{}</loc><lastmod>{}</lastmod></url>").format(address, changed_on)
        if changed_on
        else Markup("<url><loc>{}</loc></url>").format(address)
        for address, changed_on in entries
    )
    return _xml("urlset", told)


def _xml(root: str, told: Iterable[str]) -> Response:
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{PROTOCOL}">\n'
    body = "\n".join(told)
    return Response(f"{head}{body}\n</{root}>\n", mimetype="application/xml")
