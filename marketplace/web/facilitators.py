"""Finding the facilitator of a place: the desk where what is posted there arrives."""

from flask import Blueprint, render_template, request
from wtforms import StringField
from wtforms.validators import Length

from marketplace.db import db
from marketplace.forms import FrenchForm, one_line
from marketplace.moderation.desks import desk_covering
from marketplace.territories import naming
from marketplace.territories.gazetteer import COUNTRY, Gazetteer
from marketplace.territories.queries import gazetteer
from marketplace.territories.resolving import resolve_commune

facilitators = Blueprint("facilitators", __name__)

LONGEST = 200


class PlaceForm(FrenchForm):
    lieu = StringField("Votre commune", [Length(max=LONGEST)], filters=[one_line])


@facilitators.get("/facilitateurs")
def show() -> str:
    session = db.session()
    places = gazetteer(session)
    form = PlaceForm(request.args)
    where = (form.lieu.data or "")[:LONGEST]
    code = naming.zone_named(places, where) if where else None
    desk = desk_covering(session, [code] if code != COUNTRY else []) if code else None
    return render_template(
        "web/facilitators/show.html",
        form=form,
        where=where,
        place=naming.label(places, code) if code else None,
        homonyms=_homonyms(places, where, code) if code else [],
        desk=desk,
        territories=sorted(naming.label(places, row.territory_code) for row in desk.territories)
        if desk
        else [],
    )


def _homonyms(places: Gazetteer, where: str, code: str) -> list[str]:
    """Other communes that the same words name as well."""
    found = resolve_commune(where, places)
    if not found or found[0].code != code:
        return []
    return [naming.label(places, c.code) for c in found[1:] if c.score == found[0].score]
