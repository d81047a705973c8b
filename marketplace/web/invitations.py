"""An invitation that was mailed: what it opens, and accepting it."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts import administering, joining, organisations
from marketplace.accounts.inviting import DeadInvitation, InvitationOfAnother, open_invitation
from marketplace.accounts.tables import Invitation, InvitationKind, Organisation, User
from marketplace.db import db, transaction
from marketplace.guards import sessions
from marketplace.guards.noting import FORBIDDEN, note_refusal
from marketplace.guards.roles import even_unverified, signed_in, viewer, visitor_ip
from marketplace.moderation import claims, staffing
from marketplace.moderation.tables import Desk
from marketplace.structures import partnering
from marketplace.structures.network_tables import Network
from marketplace.structures.tables import Structure

invitations = Blueprint("invitations", __name__)

JOINED_BY: dict[InvitationKind, Callable[[Session, Invitation, int, datetime, str], None]] = {
    InvitationKind.ADMINISTRATOR: administering.join,
    InvitationKind.DESK: staffing.join,
    InvitationKind.NETWORK: partnering.join,
    InvitationKind.ORGANISATION: lambda session, invitation, *by: joining.join(
        session, organisations.TEAM, invitation, *by
    ),
    InvitationKind.STRUCTURE: claims.join,
}


@invitations.get("/invitations/<token>")
def show(token: str) -> ResponseReturnValue:
    """Opened by anybody who holds the link: it changes nothing, and asks to sign in."""
    session = db.session()
    try:
        invitation = open_invitation(session, token, clock.now())
    except DeadInvitation:
        return _dead()
    by = session.get(User, invitation.invited_by_id) if invitation.invited_by_id else None
    who = viewer()
    return render_template(
        "web/invitations/show.html",
        token=token,
        name=_name(session, invitation),
        address=invitation.address,
        expires_at=invitation.expires_at,
        by=by.full_name if by and by.is_active else None,
        who=who,
        is_theirs=who is not None and who.email.lower() == invitation.address.lower(),
    )


@invitations.post("/invitations/<token>")
@even_unverified
def accept(token: str) -> ResponseReturnValue:
    who = signed_in()
    try:
        with transaction() as session:
            now = clock.now()
            invitation = open_invitation(session, token, now)
            name = _name(session, invitation)
            JOINED_BY[invitation.kind](session, invitation, who.user_id, now, visitor_ip())
    except DeadInvitation:
        return _dead()
    except InvitationOfAnother as refused:
        note_refusal(FORBIDDEN, ("invitation", refused.invitation_id))
        return redirect(url_for("invitations.show", token=token))
    sessions.renew()
    flash(f"C'est fait\u00a0: {name} vous compte parmi ses membres.", "success")
    is_of_desk = invitation.kind is InvitationKind.DESK
    return redirect(url_for("desk.queue" if is_of_desk else "dashboard.show"))


def _dead() -> ResponseReturnValue:
    return render_template("web/invitations/dead.html"), 410


def _name(session: Session, invitation: Invitation) -> str:
    """What the invitation is to, in words."""
    if invitation.kind is InvitationKind.ORGANISATION:
        return session.get_one(Organisation, invitation.subject_id).name
    if invitation.kind is InvitationKind.STRUCTURE:
        return session.get_one(Structure, invitation.subject_id).display_name
    if invitation.kind is InvitationKind.DESK:
        return session.get_one(Desk, invitation.subject_id).name
    if invitation.kind is InvitationKind.NETWORK:
        return session.get_one(Network, invitation.subject_id).name
    return "l'administration de Tandem"
