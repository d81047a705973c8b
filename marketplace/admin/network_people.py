"""Networks of structures: who speaks for each, invited and let go."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import func, select

from marketplace import clock
from marketplace.accounts.inviting import (
    take_back,
    waiting_invitations,
)
from marketplace.accounts.tables import InvitationKind, User
from marketplace.admin.invitations import InvitationForm, say_invited, taking_back
from marketplace.db import db, transaction
from marketplace.forms import add_error
from marketplace.guards.roles import administrator_required, visitor_ip
from marketplace.structures import partnering
from marketplace.structures.network_tables import Network, NetworkPartner
from marketplace.structures.networks import NETWORKS
from marketplace.structures.tables import Structure

network_people = Blueprint("network_people", __name__, url_prefix="/admin/reseaux")


@network_people.get("")
@administrator_required
def index() -> str:
    session = db.session()
    code = func.unnest(Structure.networks)
    members: dict[str, int] = dict(
        session.execute(select(code, func.count()).where(Structure.is_active).group_by(code)).all()
    )
    partners = dict(
        session.execute(
            select(Network.code, func.count()).join(NetworkPartner).group_by(Network.code)
        ).all()
    )
    return render_template(
        "admin/network_people/index.html",
        networks=[
            (code, name, members.get(code, 0), partners.get(code, 0))
            for code, name in NETWORKS.items()
        ],
    )


@network_people.route("/<code>", methods=["GET", "POST"])
@administrator_required
def show(code: str) -> ResponseReturnValue:
    if code not in NETWORKS:
        abort(404)
    form = InvitationForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                by = session.get_one(User, current_user.user_id)
                partnering.invite(session, code, form.email.data, by, clock.now(), visitor_ip())
        except partnering.AlreadyPartner:
            add_error(form.email, "Cette personne suit déjà ce réseau")
        else:
            say_invited(form.email.data)
            return redirect(url_for("network_people.show", code=code))
    session = db.session()
    network = session.scalars(select(Network).filter_by(code=code)).one_or_none()
    kind, now = InvitationKind.NETWORK, clock.now()
    page = render_template(
        "admin/network_people/show.html",
        form=form,
        code=code,
        name=NETWORKS[code],
        partners=partnering.partners_of(session, network.id) if network else [],
        waiting=waiting_invitations(session, kind, network.id, now) if network else [],
    )
    return page, 422 if form.errors else 200


@network_people.post("/<code>/partenaires/<int(max=2147483647):user_id>/retirer")
@administrator_required
def let_go(code: str, user_id: int) -> ResponseReturnValue:
    with transaction() as session:
        network = session.scalars(select(Network).filter_by(code=code)).one()
        partnering.let_go(session, network.id, user_id, current_user.user_id, visitor_ip())
    flash("Cette personne ne suit plus ce réseau.", "success")
    return redirect(url_for("network_people.show", code=code))


@network_people.post("/<code>/invitations/<int(max=2147483647):invitation_id>/retirer")
@administrator_required
def take_back_invitation(code: str, invitation_id: int) -> ResponseReturnValue:
    kind, by_id = InvitationKind.NETWORK, current_user.user_id
    network = db.session.scalars(select(Network).filter_by(code=code)).one()
    network_id = network.id
    taking_back(
        lambda session: take_back(
            session, kind, network_id, invitation_id, by_id, clock.now(), visitor_ip()
        )
    )
    return redirect(url_for("network_people.show", code=code))
