"""What a facilitator proposes to change in a need: its buyer accepts or not."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from marketplace import clock
from marketplace.answers import support_queries, supporting
from marketplace.answers.support_tables import NeedProposal
from marketplace.answers.supporting import NotProposed
from marketplace.db import db, transaction
from marketplace.digests.queries import unaware_of
from marketplace.forms import pressed
from marketplace.guards.roles import buyer_required
from marketplace.web.need_flow import told_in_words
from marketplace.web.needs import buyer, own_need

proposals = Blueprint("proposals", __name__)

ID = "int(max=2147483647)"


@proposals.get("/besoins/<slug>/propositions")
@buyer_required
def index(slug: str) -> str:
    need = own_need(slug)
    return render_template(
        "web/proposals/index.html",
        need=need,
        proposals=support_queries.proposals_of(db.session(), need.id),
        in_words=supporting.in_words,
    )


@proposals.post(f"/besoins/<slug>/propositions/<{ID}:proposal_id>")
@buyer_required
def decide(slug: str, proposal_id: int) -> ResponseReturnValue:
    """One click: the need is changed, or is not."""
    need, accepts = own_need(slug), pressed("accepts", "yes", "no") == "yes"
    named = select(NeedProposal.id).filter_by(need_id=need.id, id=proposal_id)
    known = db.session.scalars(named).one()
    who, now = buyer().user_id, clock.now()
    said = "Rien n'est changé\u00a0: le facilitateur le verra."
    try:
        with transaction() as session:
            if accepts:
                unaware = unaware_of(session, need.id)
                told = supporting.accept(session, known, who, now, unaware)
                said = (
                    f"Le besoin est modifié. {told_in_words(told, need)}"
                    if told is not None
                    else "Cette proposition est déjà acceptée."
                )
            else:
                supporting.refuse(session, known, who, now)
    except NotProposed as error:
        flash(str(error), "error")
    else:
        flash(said, "success")
    return redirect(url_for("proposals.index", slug=slug))
