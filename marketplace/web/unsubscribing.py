"""The link at the foot of each mail: without signing in, in one click (RFC 8058).

Mail programs and scanners follow links, so opening it changes nothing; the button does, and
so does the mail program's own, which sends neither cookie nor CSRF token.
"""

from flask import Blueprint, abort, current_app, render_template

from marketplace import clock
from marketplace.db import db, transaction
from marketplace.digests import opting_out
from marketplace.digests.opting_out import BadToken, Whom
from marketplace.digests.topics import LABELS
from marketplace.guards.roles import visitor_ip

unsubscribing = Blueprint("unsubscribing", __name__)


@unsubscribing.get("/desabonnement/<token>")
def show(token: str) -> str:
    who = _whom(token)
    return render_template("web/unsubscribing/show.html", token=token, who=who, labels=LABELS)


@unsubscribing.post("/desabonnement/<token>")
def stop(token: str) -> str:
    who = _whom(token)
    with transaction() as session:
        opting_out.opt_out(session, who, clock.now(), visitor_ip())
    return render_template("web/unsubscribing/stop.html", who=who, labels=LABELS)


def _whom(token: str) -> Whom:
    try:
        return opting_out.whom(db.session(), current_app.config["SECRET_KEY"], token)
    except BadToken:
        abort(404)
