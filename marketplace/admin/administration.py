"""The home of administrators: what there is, and where each thing is looked after."""

from flask import Blueprint, render_template
from sqlalchemy import func, select, true

from marketplace.accounts.tables import Organisation, User
from marketplace.answers.surveying import opinions
from marketplace.audit import AuditEntry
from marketplace.db import db
from marketplace.guards.roles import administrator_required
from marketplace.mail import SENT_AGAIN_BY_HAND, OutgoingMail
from marketplace.moderation.desks import is_staffed
from marketplace.moderation.tables import Desk, QueueEntry
from marketplace.sectors.tables import SectorRow

administration = Blueprint("administration", __name__, url_prefix="/admin")


@administration.get("/")
@administrator_required
def show() -> str:
    counted = {
        "users": select(func.count()).select_from(User).where(User.is_active),
        "organisations": select(func.count()).select_from(Organisation),
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
        opinions=opinions(session, true()),
    )
