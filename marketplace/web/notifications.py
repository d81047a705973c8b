"""What one was told, whatever the rhythm of the mails, and what one has not read yet."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from marketplace import clock
from marketplace.db import db, transaction
from marketplace.digests import reading
from marketplace.digests.queries import notices_of
from marketplace.digests.tables import Notice
from marketplace.digests.topics import LABELS
from marketplace.forms import paging
from marketplace.guards.roles import sign_in_required

notifications = Blueprint("notifications", __name__, url_prefix="/notifications")

PER_PAGE = 20


@notifications.get("")
@sign_in_required
def index() -> str:
    session = db.session()
    only_unread = request.args.get("lues") == "non"
    wanted = notices_of(current_user.user_id, only_unread)
    on = paging(session, wanted, PER_PAGE)
    return render_template(
        "web/notifications/index.html",
        notices=session.scalars(on.of(wanted)).all(),
        paging=on,
        only_unread=only_unread,
        labels=LABELS,
    )


@notifications.post("/<int(max=2147483647):notice_id>/lue")
@sign_in_required
def read(notice_id: int) -> ResponseReturnValue:
    who = current_user.user_id
    db.session.scalars(select(Notice).filter_by(id=notice_id, user_id=who)).one()
    with transaction() as session:
        reading.read(session, who, clock.now(), notice_id)
    return redirect(url_for("notifications.index"))


@notifications.post("/lues")
@sign_in_required
def read_all() -> ResponseReturnValue:
    with transaction() as session:
        reading.read(session, current_user.user_id, clock.now())
    flash("Toutes vos notifications sont lues.", "success")
    return redirect(url_for("notifications.index"))
