"""The home of administrators: what there is, and where each thing is looked after."""

from datetime import timedelta

from flask import Blueprint, render_template, request
from sqlalchemy import func, select, true

from marketplace import clock
from marketplace.accounts.queries import only_anybodys
from marketplace.accounts.tables import Organisation, User
from marketplace.answers import surveying
from marketplace.answers.lifecycle import Help
from marketplace.audit import AuditEntry
from marketplace.db import db
from marketplace.forms import paging
from marketplace.guards.roles import administrator_required
from marketplace.mail import SENT_AGAIN_BY_HAND, OutgoingMail
from marketplace.moderation.desks import is_staffed
from marketplace.moderation.tables import Desk, QueueEntry
from marketplace.sectors.tables import SectorRow

administration = Blueprint("administration", __name__, url_prefix="/admin")

PER_PAGE = 20
RECENT = timedelta(days=30)
"""How long an organisation that deserves a look is told of on the first page."""


@administration.get("/")
@administrator_required
def show() -> str:
    counted = {
        "users": select(func.count()).select_from(User).where(User.is_active),
        "organisations": select(func.count()).select_from(Organisation),
        "doubtful": select(func.count())
        .select_from(Organisation)
        .where(only_anybodys(), Organisation.created_at > clock.now() - RECENT),
        "desks": select(func.count()).select_from(Desk).where(Desk.closed_at.is_(None)),
        "unstaffed": select(func.count())
        .select_from(Desk)
        .where(Desk.closed_at.is_(None), ~is_staffed()),
        "waiting": select(func.count())
        .select_from(QueueEntry)
        .where(QueueEntry.decided_at.is_(None)),
        "sectors": select(func.count()).select_from(SectorRow),
        "stuck_mails": select(func.count())
        .select_from(OutgoingMail)
        .where(OutgoingMail.state.in_(SENT_AGAIN_BY_HAND)),
        "entries": select(func.count()).select_from(AuditEntry),
    }
    session = db.session()
    return render_template(
        "admin/administration/show.html",
        **{name: session.scalar(count) or 0 for name, count in counted.items()},
        opinions=surveying.opinions(session, true()),
    )


@administration.get("/avis")
@administrator_required
def comments() -> str:
    """Why Tandem helped or not, in the words of people who are not named."""
    chosen = next((one for one in Help if one == request.args.get("utile")), None)
    session = db.session()
    on = paging(session, wanted := surveying.commented(chosen), PER_PAGE)
    counted = surveying.commented_by_help(session)
    return render_template(
        "admin/administration/comments.html",
        rows=session.scalars(on.of(wanted)).all(),
        on=on,
        chosen=chosen,
        counted=counted,
        total=sum(counted.values()),
    )
