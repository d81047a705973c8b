"""The sectors, read only, with what uses each: they come from a file that Tandem ships."""

from flask import Blueprint, render_template, request
from wtforms import BooleanField, SearchField, SelectField

from marketplace import clock
from marketplace.db import db
from marketplace.forms import FrenchForm, choices_of, one_line
from marketplace.guards.roles import administrator_required
from marketplace.insights.figures import Use, use_of_sectors
from marketplace.sectors.queries import all_groups
from marketplace.text import plain

sectors = Blueprint("sectors", __name__, url_prefix="/admin/secteurs")

LONGEST = 200
UNUSED = Use(0, 0)


class SectorFilter(FrenchForm):
    q = SearchField("Nom")
    groupe = SelectField("Groupe", choices=[])
    sans_offre = BooleanField("Seulement ceux que personne n'offre")


@sectors.get("/")
@administrator_required
def index() -> str:
    session = db.session()
    words = plain(one_line(request.args.get("q", ""))[:LONGEST]).split()
    only_unoffered = "sans_offre" in request.args
    groups = {group.slug: group for group in all_groups(session)}
    asked = groups.get(request.args.get("groupe", ""))
    use = use_of_sectors(session, clock.now())
    form = SectorFilter(request.args)
    form.groupe.choices = choices_of({"": "Tous", **{g.slug: g.name for g in groups.values()}})
    every = [
        (sector, group, use.get(sector.slug, UNUSED))
        for group in groups.values()
        for sector in group.sectors
    ]
    return render_template(
        "admin/sectors/index.html",
        form=form,
        active=[
            *([("q", " ".join(words), " ".join(words))] if words else []),
            *([("groupe", asked.slug, asked.name)] if asked else []),
            *([("sans_offre", "y", "Sans offre")] if only_unoffered else []),
        ],
        sectors=[
            (sector, group, used)
            for sector, group, used in every
            if all(word in plain(f"{sector.name} {group.name}") for word in words)
            and (asked is None or group is asked)
            and (used.offers == 0 or not only_unoffered)
        ],
    )
