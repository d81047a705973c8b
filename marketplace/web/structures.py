"""Finding structures by words and place, and the page of each."""

from flask import Blueprint, render_template, request
from sqlalchemy import func, select

from marketplace import clock
from marketplace.db import db
from marketplace.forms import one_line, page_asked
from marketplace.guards.roles import viewer
from marketplace.matching.previewing import preview_of
from marketplace.matching.shapes import Need, Ranked
from marketplace.offers import wording
from marketplace.offers.queries import published_offers_of
from marketplace.structures.queries import live_structures
from marketplace.structures.tables import Structure
from marketplace.territories import naming
from marketplace.territories.coverage import Place
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.gazetteer import Kind as ZoneKind
from marketplace.territories.queries import gazetteer

structures = Blueprint("structures", __name__)

PER_PAGE = 20
LONGEST = 200


@structures.get("/structures")
def index() -> str:
    """All structures by name, or those that answer to words and a place, best first."""
    session = db.session()
    places = gazetteer(session)
    page = page_asked()
    words = one_line(request.args.get("q", ""))[:LONGEST]
    where = one_line(request.args.get("lieu", ""))[:LONGEST]
    code = naming.zone_named(places, where) if where else None
    shown: list[tuple[Ranked | None, Structure]] = []
    total = 0
    if not where and not words:
        named = live_structures()
        total = session.scalar(select(func.count()).select_from(named.subquery())) or 0
        paged = named.limit(PER_PAGE).offset((page - 1) * PER_PAGE)
        shown = [(None, structure) for structure in session.scalars(paged)]
    elif code or not where:
        asked = Need(id="search", title=words, place=_place(places, code))
        found = preview_of(session, asked, clock.now(), page * PER_PAGE)
        total = found.eligible
        best = [match for match in found.best if not match.near][(page - 1) * PER_PAGE :]
        shown = [(match, found.structures[match.structure_id]) for match in best]
    return render_template(
        "web/structures/index.html",
        shown=shown,
        total=total,
        page=page,
        per_page=PER_PAGE,
        words=words,
        where=where,
        place=naming.label(places, code) if code else None,
        centre=places.commune(code) if code else None,
        is_unknown_place=bool(where and not code),
    )


def _place(places: Gazetteer, code: str | None) -> Place:
    if code is None or places.zone_kind(code) is ZoneKind.COUNTRY:
        return Place("zones", codes=tuple(region.code for region in places.regions))
    if places.zone_kind(code) is ZoneKind.COMMUNE:
        return Place("point", commune=code)
    return Place("zones", codes=(code,))


@structures.get("/structures/<slug>")
def show(slug: str) -> str:
    session = db.session()
    structure = session.scalars(
        select(Structure).where(Structure.slug == slug, Structure.is_active)
    ).one()
    places, who = gazetteer(session), viewer()
    return render_template(
        "web/structures/show.html",
        structure=structure,
        is_own=who is not None and structure.id in who.structure_ids,
        place=naming.label(places, structure.commune_code) if structure.commune_code else None,
        offers=[
            (offer, wording.sectors(offer), wording.coverage(offer, places))
            for offer in published_offers_of(session, structure.id)
        ],
    )
