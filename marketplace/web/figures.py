"""The figures of the country and of each region, and where what is asked meets no offer."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import clock
from marketplace.db import db
from marketplace.forms import Paging, one_line, one_of, page_asked, paging
from marketplace.insights import charts
from marketplace.insights.blocks import EXPORTED, exported
from marketplace.insights.comparing import LATELY, MEASURES, Compared, Measure, compare
from marketplace.insights.gaps import ENOUGH, Gap, gaps, lots_with_few, needs_with_few
from marketplace.insights.outlines import outlines_of
from marketplace.insights.slugs import departments_in, slug_of, territory_in
from marketplace.needs import wording
from marketplace.sectors.nomenclature import BY_SLUG, GROUPS, SECTORS
from marketplace.territories import naming
from marketplace.territories.gazetteer import COUNTRY, Gazetteer, Kind
from marketplace.territories.queries import gazetteer
from marketplace.web.need_ranking import csv_file
from marketplace.web.schema_org import absolute
from marketplace.web.territories import publics_told, trend_lines

figures = Blueprint("figures", __name__)

PER_PAGE = 50
LONGEST = 200
COLUMNS = ("secteur", "groupe", "departement", "besoins_en_un_an", "besoins_ouverts", "structures")
NEEDS_COLUMNS = ("besoin", "lieu", "secteurs", "lots", "date_limite", "adresse")


@figures.get("/chiffres")
def country() -> str:
    return _page(gazetteer(db.session()), COUNTRY)


@figures.get("/chiffres/<slug>")
def region(slug: str) -> ResponseReturnValue:
    places = gazetteer(db.session())
    code = _region(places, slug)
    if code == COUNTRY:
        return redirect(url_for("figures.country"))
    if slug != slug_of(places, code):
        return redirect(url_for("figures.region", slug=slug_of(places, code)))
    return _page(places, code)


@figures.get("/chiffres/<slug>/donnees.csv")
def export(slug: str) -> Response:
    """Every table of the page of a region, or of the country."""
    places = gazetteer(db.session())
    code = _region(places, slug)
    found = compare(db.session(), places, code, clock.now())
    name = places.name(code) or code
    return csv_file(f"chiffres-{slug_of(places, code)}.csv", EXPORTED, exported(name, found.blocks))


def _region(places: Gazetteer, slug: str) -> str:
    code = territory_in(places, slug)
    if code is None or places.zone_kind(code) not in (Kind.REGION, Kind.COUNTRY):
        abort(404)
    return code


def _page(places: Gazetteer, code: str) -> str:
    found = compare(db.session(), places, code, clock.now())
    measure = one_of(Measure, "mesure") or Measure.DENSITY
    return render_template(
        "web/figures/show.html",
        found=found,
        name=places.name(code),
        is_country=code == COUNTRY,
        page_of_territory=None if code == COUNTRY else _territory(places, code),
        regions=[
            (one.name, url_for("figures.region", slug=slug_of(places, one.code)))
            for one in places.regions
        ],
        region_links=[
            url_for("figures.region", slug=slug_of(places, one.code)) for one in places.regions
        ],
        department_links=[_territory(places, one.code) for one in found.departments],
        measures=[
            (label, f"?mesure={one}#carte", one is measure, None) for one, label in MEASURES.items()
        ],
        measure=MEASURES[measure],
        map=_map(found, measure),
        kind_bars=charts.bars((str(row[0]), row[2]) for row in found.kinds.rows),
        trend_lines=trend_lines(found.trend),
        hour_lines=trend_lines(found.hours_by_month, 1),
        publics=publics_told(found.publics),
        export=url_for("figures.export", slug=slug_of(places, code)),
        today=clock.today(),
    )


@dataclass(frozen=True, slots=True)
class Drawn:
    """The map of some departments: (name, outline, shade, value) of each, and the legend."""

    view_box: str
    shapes: list[tuple[str, str, int, float | None]]
    bands: tuple[tuple[int, float, float], ...]


def _map(found: Compared, measure: Measure) -> Drawn | None:
    """Nothing overseas, which the drawing does not hold."""
    outlines = outlines_of(frozenset(one.code for one in found.departments))
    if not outlines.paths:
        return None
    drawn = [one for one in found.departments if one.code in outlines.paths]
    values = {one.code: one.measured(measure) for one in drawn}
    shaded = charts.shades(values)
    return Drawn(
        outlines.view_box,
        [
            (one.name, outlines.paths[one.code], shaded.shade[one.code], values[one.code])
            for one in drawn
        ],
        shaded.bands,
    )


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What the address asks of the gaps: nonsense narrows nothing."""

    where: str
    code: str | None
    group: str

    @property
    def is_unknown_place(self) -> bool:
        return bool(self.where) and self.code is None

    @property
    def sectors(self) -> list[str] | None:
        own = [sector.slug for sector in SECTORS if sector.group.slug == self.group]
        return own or None


@figures.get("/chiffres/manques")
def missing() -> str:
    session, now = db.session(), clock.now()
    places = gazetteer(session)
    asked = _narrowed(places)
    found = _gaps(places, asked)
    wanted = needs_with_few(places, asked.code or COUNTRY, now, asked.sectors)
    needs_at = paging(session, wanted, PER_PAGE)
    needs = [] if asked.is_unknown_place else session.scalars(needs_at.of(wanted)).all()
    lots = lots_with_few(session, [need.id for need in needs])
    at = Paging(len(found), min(page_asked(), max(1, -(-len(found) // PER_PAGE))), PER_PAGE)
    skipped = (at.page - 1) * PER_PAGE
    return render_template(
        "web/figures/missing.html",
        asked=asked,
        groups=GROUPS,
        at=at,
        gaps=[
            (
                BY_SLUG[gap.sector],
                places.name(gap.department),
                gap,
                url_for(
                    "structures.index",
                    secteur=gap.sector,
                    lieu=naming.label(places, gap.department),
                ),
            )
            for gap in found[skipped : skipped + PER_PAGE]
        ],
        needs=[
            (
                need,
                wording.place(need, places),
                [BY_SLUG[s.sector_slug].name for s in need.sectors],
                lots.get(need.id, []),
            )
            for need in needs
        ],
        needs_total=0 if asked.is_unknown_place else needs_at.total,
        enough=ENOUGH,
        query={"lieu": asked.where, "groupe": asked.group},
    )


@figures.get("/chiffres/manques.csv")
def missing_export() -> Response:
    places = gazetteer(db.session())
    found = _gaps(places, _narrowed(places))
    return csv_file("manques.csv", COLUMNS, _gap_rows(places, found))


@figures.get("/chiffres/manques/besoins.csv")
def missing_needs_export() -> Response:
    """For networks: the open needs that few could answer."""
    session = db.session()
    places = gazetteer(session)
    asked = _narrowed(places)
    wanted = needs_with_few(places, asked.code or COUNTRY, clock.now(), asked.sectors)
    needs = [] if asked.is_unknown_place else session.scalars(wanted).all()
    lots = lots_with_few(session, [need.id for need in needs])
    return csv_file(
        "besoins-sans-reponse.csv",
        NEEDS_COLUMNS,
        (
            (
                need.title,
                wording.place(need, places),
                ", ".join(BY_SLUG[sector.sector_slug].name for sector in need.sectors),
                ", ".join(map(str, lots.get(need.id, []))),
                need.deadline_on,
                absolute(url_for("needs.show", slug=need.slug)),
            )
            for need in needs
        ),
    )


def _narrowed(places: Gazetteer) -> Narrowed:
    where = one_line(request.args.get("lieu", ""))[:LONGEST]
    group = request.args.get("groupe", "")
    return Narrowed(
        where,
        naming.zone_named(places, where) if where else None,
        group if any(one.slug == group for one in GROUPS) else "",
    )


def _gaps(places: Gazetteer, asked: Narrowed) -> list[Gap]:
    if asked.is_unknown_place:
        return []
    code, now = asked.code or COUNTRY, clock.now()
    kind = places.zone_kind(code)
    if kind in (Kind.COUNTRY, Kind.REGION):
        departments = departments_in(places, code)
    elif kind is Kind.DEPARTMENT:
        departments = [code]
    else:
        departments = sorted({commune.department for commune in places.communes_in(code)})
    return gaps(db.session(), departments, asked.sectors, now, now - LATELY)


def _gap_rows(places: Gazetteer, found: list[Gap]) -> Iterator[tuple[object, ...]]:
    for gap in found:
        sector = BY_SLUG[gap.sector]
        department = places.name(gap.department)
        yield sector.name, sector.group.name, department, gap.needs, gap.opened, gap.structures


def _territory(places: Gazetteer, code: str) -> str:
    return url_for("territories.show", slug=slug_of(places, code))
