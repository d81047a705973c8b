"""What there is in a territory: its desk and partners, structures, needs, hours and awards."""

from collections.abc import Sequence

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import Length

from marketplace import clock
from marketplace.clauses.nesting import part_of
from marketplace.db import db
from marketplace.forms import FrenchForm, one_line
from marketplace.guards.roles import viewer
from marketplace.guards.scopes import knows_buyer
from marketplace.insights import charts
from marketplace.insights.blocks import EXPORTED, Block, exported
from marketplace.insights.describing import Described, describe, is_hidden, partners_block
from marketplace.insights.directory import Around, around
from marketplace.insights.districts import (
    commune_around,
    district_of,
    districts_named,
    generation_label,
    structures_in,
)
from marketplace.insights.history import series_of
from marketplace.insights.partnering import PARTS
from marketplace.insights.periods import MONTHS
from marketplace.insights.slugs import code_in, departments_in, named, slug_of, territory_in
from marketplace.needs import wording
from marketplace.structures.tables import Structure
from marketplace.territories import naming
from marketplace.territories.gazetteer import COUNTRY, Gazetteer, Kind
from marketplace.territories.queries import gazetteer
from marketplace.territories.tables import District
from marketplace.text import plain
from marketplace.web.need_ranking import csv_file

territories = Blueprint("territories", __name__)

LONGEST = 200
MOST_BARS = 12
MOST_ROWS = 30
KINDS = {
    Kind.COMMUNE: "Commune",
    Kind.EPCI: "Intercommunalité",
    Kind.DEPARTMENT: "Département",
    Kind.REGION: "Région",
}


class PlaceForm(FrenchForm):
    lieu = StringField("Votre territoire", [Length(max=LONGEST)], filters=[one_line])


@territories.get("/territoires")
def index() -> ResponseReturnValue:
    """Every region and department; a name leads to its page, that of a district to a choice."""
    session = db.session()
    places = gazetteer(session)
    form = PlaceForm(request.args)
    where = (form.lieu.data or "")[:LONGEST]
    code = naming.zone_named(places, where) if where else None
    districts = districts_named(session, where) if where else []
    # « Planoise » is a district, and is spelt nearly as a village far away.
    if code is not None and not any(plain(one.name) == plain(where) for one in districts):
        return redirect(_address(places, code))
    return render_template(
        "web/territories/index.html",
        form=form,
        where=where,
        other=(naming.label(places, code), _address(places, code)) if code else None,
        districts=[
            (
                one,
                generation_label(one),
                url_for("territories.show", slug=named(one.name, one.code)),
            )
            for one in districts
        ],
        regions=[
            (
                region.name,
                _address(places, region.code),
                [
                    (places.name(one) or one, _address(places, one))
                    for one in departments_in(places, region.code)
                ],
            )
            for region in places.regions
        ],
    )


@territories.get("/territoires/<slug>")
def show(slug: str) -> ResponseReturnValue:
    session, who = db.session(), viewer()
    places = gazetteer(session)
    code = territory_in(places, slug)
    if code is None:
        return _district(places, slug)
    if code == COUNTRY or slug != slug_of(places, code):
        return redirect(_address(places, code))
    near = around(session, places, code)
    if places.zone_kind(code) is Kind.COMMUNE and not near.is_named:
        return redirect(_address(places, places.zones_of(code)[1]))
    found = describe(session, places, code, clock.now())
    return render_template(
        "web/territories/show.html",
        **_page(places, code, near, found),
        kind=KINDS[places.zone_kind(code) or Kind.COMMUNE],
        title=places.name(code),
        population=sum(commune.population for commune in places.communes_in(code)),
        trail=_trail(places, code),
        inside=[
            (naming.label(places, one), _address(places, one)) for one in _inside(places, code)
        ],
        history=series_of(code),
        district=None,
        generation="",
        export=url_for("territories.export", slug=slug),
        needs=[
            (need, wording.place(need, places), wording.shown_buyer(need, knows_buyer(who, need)))
            for need in found.urgent
        ],
    )


@territories.get("/territoires/<slug>/chiffres.csv")
def export(slug: str) -> Response:
    """Every figure of the page, and who does what."""
    session = db.session()
    places = gazetteer(session)
    code = territory_in(places, slug)
    district = _known_district(slug) if code is None else None
    if district is not None:
        code = commune_around(places, district).code
    if code is None or code == COUNTRY:
        abort(404)
    near, found = _told(places, code, district)
    name = district.name if district else naming.label(places, code)
    blocks = [*found.blocks, partners_block(near, places)]
    return csv_file(f"territoire-{slug}.csv", EXPORTED, exported(name, blocks))


def _district(places: Gazetteer, slug: str) -> ResponseReturnValue:
    """The page of a priority district: its structures, and the needs of the commune."""
    who = viewer()
    district = _known_district(slug)
    if slug != named(district.name, district.code):
        return redirect(url_for("territories.show", slug=named(district.name, district.code)))
    code = commune_around(places, district).code
    near, found = _told(places, code, district)
    return render_template(
        "web/territories/show.html",
        **_page(places, code, near, found),
        kind="Quartier prioritaire",
        title=district.name,
        population=0,
        trail=_trail(places, code),
        inside=[],
        history=[],
        district=district,
        generation=generation_label(district),
        export=url_for("territories.export", slug=slug),
        needs=[
            (need, wording.place(need, places), wording.shown_buyer(need, knows_buyer(who, need)))
            for need in found.urgent
        ],
    )


def _known_district(slug: str) -> District:
    return district_of(db.session(), code_in(slug)) or abort(404)


def _told(places: Gazetteer, code: str, district: District | None) -> tuple[Around, Described]:
    session = db.session()
    near = around(session, places, code)
    seat = Structure.id.in_(structures_in(session, district)) if district else None
    return near, describe(session, places, code, clock.now(), seat)


def _page(places: Gazetteer, code: str, near: Around, found: Described) -> dict[str, object]:
    label = naming.label(places, code)
    return {
        "label": label,
        "found": found,
        "near": near,
        "within": [
            (desk, [naming.label(places, one) for one in codes]) for desk, codes in near.within
        ],
        "partners": [
            (part, [one for one in near.partners if one.part == code_of_part])
            for code_of_part, part in PARTS.items()
        ],
        "sectors": found.sectors.first(MOST_ROWS),
        "kind_bars": charts.bars((str(row[0]), row[2]) for row in found.kinds.rows),
        "sector_bars": charts.bars((str(row[0]), row[3]) for row in found.sectors.rows[:MOST_BARS]),
        "trend_lines": trend_lines(found.trend),
        "hour_lines": trend_lines(found.hours_by_month, 1),
        "publics": publics_told(found.publics),
        "detailed_around": _detailed_around(places, code),
        "today": clock.today(),
    }


def _detailed_around(places: Gazetteer, code: str) -> tuple[str, str] | None:
    """What holds all of a commune or an EPCI, and tells its hours in detail."""
    if places.zone_kind(code) not in (Kind.COMMUNE, Kind.EPCI):
        return None
    found = part_of(places, code)
    return naming.label(places, found), _address(places, found)


def publics_told(
    blocks: Sequence[Block],
) -> tuple[list[tuple[Block, list[charts.Bar]]], list[str]]:
    """The tables that show something, as bars; and what the others are by."""
    told = [
        (block, charts.bars((str(row[0]), row[1]) for row in block.rows if row[1]))
        for block in blocks
        if not is_hidden(block)
    ]
    return told, [block.columns[0].lower() for block in blocks if is_hidden(block)]


def trend_lines(block: Block, columns: int | None = None) -> charts.Lines | None:
    """The columns of a table by month, or the first of them, as lines."""
    if not block:
        return None
    names, rows = block.columns[1:][:columns], block.rows[:MONTHS]
    return charts.lines(
        [str(row[0]) for row in rows],
        [
            (name, [_drawn(row[number]) for row in rows])
            for number, name in enumerate(names, start=1)
        ],
        every=3,
    )


def _drawn(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _trail(places: Gazetteer, code: str) -> list[tuple[str, str]]:
    """From all territories down to the one that holds this one."""
    kind = places.zone_kind(code)
    above: list[str | None] = []
    if kind is Kind.DEPARTMENT:
        department = places.department(code)
        above = [department.region if department else None]
    elif kind in (Kind.COMMUNE, Kind.EPCI):
        first = places.communes_in(code)[0]
        above = [first.region, first.department]
    known = [one for one in above if one]
    start = ("Territoires", url_for("territories.index"))
    return [start, *((places.name(one) or one, _address(places, one)) for one in known)]


def _inside(places: Gazetteer, code: str) -> list[str]:
    """The departments of a region, the intercommunalités of a department."""
    kind = places.zone_kind(code)
    if kind is Kind.REGION:
        return departments_in(places, code)
    if kind is Kind.DEPARTMENT:
        codes = {one.epci for one in places.communes_in(code) if one.epci}
        return sorted(codes, key=lambda one: places.name(one) or one)
    return []


def _address(places: Gazetteer, code: str) -> str:
    if code == COUNTRY:
        return url_for("figures.country")
    return url_for("territories.show", slug=slug_of(places, code))
