"""Outgoing mail: what was sent, what was not and why, and how every message looks."""

from contextlib import suppress

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
from wtforms import SelectField

from marketplace import audit, mail
from marketplace.db import db, transaction
from marketplace.digests import composing
from marketplace.digests.composing import Composed
from marketplace.digests.examples import example_of
from marketplace.digests.queries import as_read, outgoing
from marketplace.forms import FrenchForm, choices_of, page_asked
from marketplace.guards.roles import administrator_required
from marketplace.mail import MailState, OutgoingMail

mails = Blueprint("mails", __name__, url_prefix="/admin/courriels")

PER_PAGE = 20

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
    return render_template(
        "admin/mails/index.html",
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
    return _as_mail(as_read(_mail(mail_id), _base_url()) or abort(404))


@mails.post("/<int(max=2147483647):mail_id>/renvoyer")
@administrator_required
def send_again(mail_id: int) -> ResponseReturnValue:
    _mail(mail_id)
    try:
        with transaction() as session:
            mail.send_again(session, mail_id)
            audit.note(
                session,
                audit.Action.CHANGED,
                actor_id=current_user.user_id,
                about=("mail", mail_id),
                ip=request.remote_addr or "",
                sent="again",
            )
    except mail.NoSuchMail:
        flash("Ce courriel n'attend plus d'être renvoyé.", "warning")
    else:
        flash("Le courriel repart dans un instant.", "success")
    return redirect(url_for("mails.show", mail_id=mail_id))


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
