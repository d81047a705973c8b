"""The people of a desk: seen by all of them, chosen by its leads and by administrators."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from wtforms import RadioField

from marketplace import clock
from marketplace.accounts.inviting import waiting_invitations
from marketplace.accounts.tables import InvitationKind
from marketplace.admin.invitations import InvitationForm, say_invited, taking_back
from marketplace.db import db, transaction
from marketplace.forms import add_error, choices_of
from marketplace.guards.roles import (
    facilitator_or_administrator_required,
    facilitator_required,
    visitor_ip,
)
from marketplace.moderation import staffing
from marketplace.moderation.queries import members_of_desk
from marketplace.moderation.tables import Desk, DeskMember, DeskRole

team = Blueprint("team", __name__, url_prefix="/guichet/equipe")

ROLES = {DeskRole.FACILITATOR: "Facilitateur", DeskRole.LEAD: "Responsable"}


class DeskInvitationForm(InvitationForm):
    role = RadioField("Son rôle", default=DeskRole.FACILITATOR, choices=choices_of(ROLES))


@team.get("/")
@facilitator_required
def index() -> ResponseReturnValue:
    """The only desk of most facilitators, else a choice."""
    mine = select(Desk).where(Desk.id.in_(current_user.desk_ids)).order_by(Desk.name)
    desks = db.session().scalars(mine).all()
    if len(desks) == 1:
        return redirect(url_for("team.show", desk_id=desks[0].id))
    return render_template("admin/team/index.html", desks=desks)


@team.route("/<int(max=2147483647):desk_id>", methods=["GET", "POST"])
@facilitator_or_administrator_required
def show(desk_id: int) -> ResponseReturnValue:
    """The team; what is posted to it is an invitation."""
    desk, form = _desk(desk_id), DeskInvitationForm()
    if form.is_submitted() and not _is_lead(desk_id):
        abort(403)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                staffing.invite(
                    session,
                    desk_id,
                    form.email.data,
                    DeskRole(form.role.data),
                    current_user.user_id,
                    clock.now(),
                    visitor_ip(),
                )
        except staffing.AlreadyMember:
            add_error(form.email, "La personne qui a cette adresse est déjà de ce guichet")
        else:
            say_invited(form.email.data)
            return redirect(url_for("team.show", desk_id=desk_id))
    session = db.session()
    page = render_template(
        "admin/team/show.html",
        desk=desk,
        members=members_of_desk(session, desk_id),
        waiting=waiting_invitations(session, InvitationKind.DESK, desk_id, clock.now()),
        roles=ROLES,
        is_lead=_is_lead(desk_id),
        form=form,
    )
    return page, 422 if form.errors else 200


@team.post("/<int(max=2147483647):desk_id>/<int(max=2147483647):user_id>/role")
@facilitator_or_administrator_required
def change_role(desk_id: int, user_id: int) -> ResponseReturnValue:
    _led_desk(desk_id)
    try:
        role = DeskRole(request.form.get("role", ""))
    except ValueError:
        abort(400)
    try:
        with transaction() as session:
            staffing.change_role(
                session, desk_id, user_id, role, current_user.user_id, visitor_ip()
            )
    except staffing.NotAMember:
        abort(404)
    flash("Le rôle est changé.", "success")
    return redirect(url_for("team.show", desk_id=desk_id))


@team.route(
    "/<int(max=2147483647):desk_id>/<int(max=2147483647):user_id>/retirer",
    methods=["GET", "POST"],
)
@facilitator_or_administrator_required
def remove(desk_id: int, user_id: int) -> ResponseReturnValue:
    desk = _led_desk(desk_id)
    if request.method != "POST":
        member = db.session().get(DeskMember, (desk_id, user_id)) or abort(404)
        is_last = len(members_of_desk(db.session(), desk_id)) == 1
        return render_template(
            "admin/team/remove.html", desk=desk, person=member.user, is_last=is_last
        )
    try:
        with transaction() as session:
            staffing.remove(
                session, desk_id, user_id, current_user.user_id, clock.now(), visitor_ip()
            )
    except staffing.NotAMember:
        flash("Cette personne n'est plus de ce guichet.", "warning")
    else:
        flash("Cette personne n'est plus de ce guichet.", "success")
    if user_id == current_user.user_id and not current_user.is_administrator:
        return redirect(url_for("dashboard.show"))
    return redirect(url_for("team.show", desk_id=desk_id))


@team.post("/<int(max=2147483647):desk_id>/invitations/<int(max=2147483647):invitation_id>/retirer")
@facilitator_or_administrator_required
def take_back_invitation(desk_id: int, invitation_id: int) -> ResponseReturnValue:
    _led_desk(desk_id)
    taking_back(
        lambda session: staffing.take_back_invitation(
            session, desk_id, invitation_id, current_user.user_id, clock.now(), visitor_ip()
        )
    )
    return redirect(url_for("team.show", desk_id=desk_id))


def _desk(desk_id: int) -> Desk:
    """An open desk of this person, or any for an administrator; else 404."""
    wanted = select(Desk).where(Desk.id == desk_id, Desk.closed_at.is_(None))
    if not current_user.is_administrator:
        wanted = wanted.where(Desk.id.in_(current_user.desk_ids))
    return db.session().scalars(wanted).first() or abort(404)


def _led_desk(desk_id: int) -> Desk:
    """The same, 403 for those who do not lead it: each deed looks again for itself."""
    desk = _desk(desk_id)
    return desk if _is_lead(desk_id) else abort(403)


def _is_lead(desk_id: int) -> bool:
    if current_user.is_administrator:
        return True
    return staffing.leads(db.session(), desk_id, current_user.user_id)
