"""Outgoing mail: what was sent, what was not and why, what is next, and how every message looks."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from wtforms import SelectField

from marketplace import audit, clock, mail
from marketplace.accounts.tables import User
from marketplace.db import db, transaction
from marketplace.digests import composing, periods, queries, stating
from marketplace.digests.composing import Composed
from marketplace.digests.examples import example_of
from marketplace.digests.queries import as_read, outgoing
from marketplace.digests.rechecking import PERSONAL, still_true
from marketplace.digests.sending import ALARM
from marketplace.forms import FrenchForm, choices_of, page_asked, paging
from marketplace.guards.roles import PUBLIC, administrator_required, visitor_ip
from marketplace.mail import MailState, OutgoingMail

mails = Blueprint("mails", __name__, url_prefix="/admin/courriels")

PER_PAGE = 20
DAYS = 14
"""How many days the counts go back."""

STATES = {
    MailState.PENDING: "En attente",
    MailState.SENDING: "En cours d'envoi",
    MailState.SENT: "Envoyé",
    MailState.KEPT: "Gardé ici, non envoyé",
    MailState.UNCERTAIN: "Incertain",
    MailState.FAILED: "Échec",
    MailState.CANCELLED: "Annulé",
}

MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; sandbox"
)
"""A mail carries its styles within; nothing else of it may act on a page of ours."""


_LINK = re.compile(r'\shref="[^"]*"')


class StateFilter(FrenchForm):
    class Meta(FrenchForm.Meta):
        csrf = False

    etat = SelectField("État", choices=[*choices_of({"": "Tous"}), *choices_of(STATES)])


@mails.get("/")
@administrator_required
def index() -> str:
    session = db.session()
    form = StateFilter(request.args)
    state = None
    with suppress(ValueError):
        state = MailState(request.args.get("etat", ""))
    found = outgoing(state)
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    last = max(1, -(-total // PER_PAGE))
    page = min(page_asked(), last)
    shown = session.scalars(found.limit(PER_PAGE).offset((page - 1) * PER_PAGE))
    now = clock.now()
    oldest = queries.oldest_unsent(session, now)
    return render_template(
        "admin/mails/index.html",
        oldest=oldest,
        is_late=oldest is not None and now - oldest > ALARM,
        counts=queries.counts_by_state(session),
        form=form,
        state=state,
        states=STATES,
        mails=[(row, _subject(as_read(row, _base_url()))) for row in shown],
        total=total,
        page=page,
        per_page=PER_PAGE,
    )


@mails.get("/<int(max=2147483647):mail_id>")
@administrator_required
def show(mail_id: int) -> str:
    row = _mail(mail_id)
    composed = as_read(row, _base_url())
    return render_template(
        "admin/mails/show.html",
        mail=row,
        composed=composed,
        subject=_subject(composed),
        states=STATES,
        may_send_again=row.state in mail.SENT_AGAIN_BY_HAND,
    )


@mails.get("/<int(max=2147483647):mail_id>/html")
@administrator_required
def show_html(mail_id: int) -> Response:
    row = _mail(mail_id)
    composed = as_read(row, _base_url()) or abort(404)
    return _as_mail(composed if _opens(row) else _without_links(composed))


def _opens(row: OutgoingMail) -> bool:
    """Whether the link of a mail that is read here leads its reader somewhere: it does for all
    to a public page, to any other for whom it was written to."""
    if row.state is not MailState.KEPT:
        return False
    if row.user_id == current_user.user_id:
        return True
    path = urlsplit(str(row.context.get("link", "/"))).path
    try:
        endpoint, _ = current_app.url_map.bind("").match(path, "GET")
    except HTTPException:
        return False
    return endpoint in PUBLIC


def _without_links(composed: Composed) -> Composed:
    return replace(composed, html=_LINK.sub(" ", composed.html))


@mails.post("/<int(max=2147483647):mail_id>/renvoyer")
@administrator_required
def send_again(mail_id: int) -> ResponseReturnValue:
    if _changed(mail_id, mail.send_again, "again"):
        flash("Le courriel repart dans un instant.", "success")
    else:
        flash("Ce courriel n'attend plus d'être renvoyé.", "warning")
    return redirect(url_for("mails.show", mail_id=mail_id))


@mails.post("/<int(max=2147483647):mail_id>/annuler")
@administrator_required
def cancel(mail_id: int) -> ResponseReturnValue:
    if _changed(mail_id, mail.cancel, "cancelled"):
        flash("Le courriel ne partira pas.", "success")
    else:
        flash("Ce courriel n'attend plus de partir.", "warning")
    return redirect(url_for("mails.show", mail_id=mail_id))


def _changed(mail_id: int, deed: Callable[[Session, int], None], sent: str) -> bool:
    """Whether the mail still waited for a person; what it was told stands in the trail."""
    _mail(mail_id)
    try:
        with transaction() as session:
            deed(session, mail_id)
            audit.note(
                session,
                audit.Action.CHANGED,
                actor_id=current_user.user_id,
                about=("mail", mail_id),
                ip=visitor_ip(),
                sent=sent,
            )
    except mail.NoSuchMail:
        return False
    return True


@mails.get("/par-jour")
@administrator_required
def days() -> str:
    counted = queries.counts_by_day(db.session(), clock.today(), DAYS)
    return render_template("admin/mails/days.html", days=counted)


@mails.get("/prochains")
@administrator_required
def upcoming() -> str:
    session, now = db.session(), clock.now()
    wanted = queries.next_readers()
    on = paging(session, wanted, PER_PAGE)
    return render_template(
        "admin/mails/upcoming.html",
        readers=session.execute(on.of(wanted)).all(),
        paging=on,
        day=periods.next_digest_day(now),
    )


@mails.get("/prochains/<int(max=2147483647):user_id>")
@administrator_required
def upcoming_of(user_id: int) -> str:
    """What a person's next digest says if it leaves as things are now."""
    session, now = db.session(), clock.now()
    user = session.get(User, user_id) or abort(404)
    waiting = queries.waiting_notices(session, user_id)
    true = still_true(session, waiting, now)
    notices = [notice for notice in waiting if notice.id in true]
    composed = None
    if notices:
        facts = stating.facts_of(session, notices, now)
        context = stating.context_of(user.full_name, notices, facts)
        composed = composing.compose(PERSONAL, context, _base_url())
    return render_template(
        "admin/mails/upcoming_of.html",
        person=user,
        composed=composed,
    )


@mails.get("/apercus")
@administrator_required
def previews() -> str:
    return render_template(
        "admin/mails/previews.html",
        messages=[(kind, _example(kind).subject) for kind in composing.kinds()],
    )


@mails.get("/apercus/<path:kind>")
@administrator_required
def preview(kind: str) -> str:
    return render_template("admin/mails/preview.html", kind=kind, composed=_example(kind))


@mails.get("/apercus/<path:kind>/html")
@administrator_required
def preview_html(kind: str) -> Response:
    return _as_mail(_example(kind))


def _mail(mail_id: int) -> OutgoingMail:
    return db.session().get(OutgoingMail, mail_id) or abort(404)


def _example(kind: str) -> Composed:
    if kind not in composing.kinds():
        abort(404)
    return composing.compose(kind, example_of(kind), _base_url())


def _subject(composed: Composed | None) -> str:
    return composed.subject if composed else "Message impossible à composer"


def _base_url() -> str:
    return str(current_app.config["PUBLIC_BASE_URL"])


def _as_mail(composed: Composed) -> Response:
    return Response(
        composed.html, mimetype="text/html", headers={"Content-Security-Policy": MAIL_POLICY}
    )
