"""A draft on its way: taken up again, thrown away, sent."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from marketplace import clock
from marketplace.db import db, transaction
from marketplace.guards.roles import buyer_required
from marketplace.moderation.tables import QueueEntry
from marketplace.needs.drafting import discard_draft, missing_of
from marketplace.needs.lifecycle import ForbiddenMove, Status
from marketplace.web.needs import own_need
from marketplace.web.step_flow import editable_need

drafts = Blueprint("drafts", __name__)


@drafts.get("/besoins/<slug>/modifier")
@buyer_required
def resume(slug: str) -> ResponseReturnValue:
    """The first step that lacks something; all of them, from the first, once it was sent back."""
    need = editable_need(slug)
    if need.status == Status.CHANGES_REQUESTED:
        return redirect(url_for("steps.what", slug=slug))
    missing = missing_of(db.session(), need, clock.today())
    step = f"steps.{missing[0].step}" if missing else "steps.check"
    return redirect(url_for(step, slug=slug))


@drafts.route("/besoins/<slug>/supprimer", methods=["GET", "POST"])
@buyer_required
def discard(slug: str) -> ResponseReturnValue:
    need = own_need(slug)
    if need.status != Status.DRAFT:
        flash("Seul un brouillon peut être supprimé.")
        return redirect(url_for("needs.show", slug=slug))
    if request.method != "POST":  # a HEAD only looks
        return render_template("web/drafts/discard.html", need=need)
    try:
        with transaction() as session:
            discard_draft(session, need.id)
    except ForbiddenMove:
        flash("Ce besoin vient d'être envoyé\u00a0: il ne peut plus être supprimé.")
        return redirect(url_for("needs.show", slug=slug))
    flash("Votre brouillon est supprimé.")
    return redirect(url_for("dashboard.show"))


@drafts.get("/besoins/<slug>/envoye")
@buyer_required
def sent(slug: str) -> ResponseReturnValue:
    need = own_need(slug)
    came = select(QueueEntry).where(QueueEntry.need_id == need.id, QueueEntry.decided_at.is_(None))
    entry = db.session.scalars(came).first()
    if entry is None:
        return redirect(url_for("needs.show", slug=slug))
    return render_template("web/drafts/sent.html", need=need, entry=entry)
