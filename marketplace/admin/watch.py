"""What a facilitator keeps an eye on once needs are published."""

from flask import Blueprint, render_template

from marketplace import clock
from marketplace.admin.desk import facilitator
from marketplace.db import db
from marketplace.forms import paging
from marketplace.guards.roles import facilitator_required
from marketplace.insights.watching import (
    FEW_ANSWERS,
    FEW_MATCHES,
    TOLD_LATELY,
    TOLD_OFTEN,
    Watched,
    needs_to_watch,
    silent_structures,
)
from marketplace.needs import wording
from marketplace.territories.queries import gazetteer

watch = Blueprint("watch", __name__, url_prefix="/guichet")

PER_PAGE = 25
SILENT_SHOWN = 20


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
        few_matches=FEW_MATCHES,
        few_answers=FEW_ANSWERS,
        told_often=TOLD_OFTEN,
        told_days=TOLD_LATELY.days,
        today=clock.today(),
    )
