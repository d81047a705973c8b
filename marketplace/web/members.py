"""The people of an organisation or of a structure: who is in, who is asked, who asks."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms import EmailField, RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from marketplace import clock
from marketplace.accounts import joining, organisations, teams
from marketplace.accounts.inviting import LASTS, DeadInvitation, waiting_invitations
from marketplace.accounts.joining import AlreadyDecided
from marketplace.accounts.tables import User
from marketplace.accounts.teams import (
    AlreadyMember,
    LastManager,
    NotManager,
    Role,
    Team,
)
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error, choices_of, cleaned, one_line
from marketplace.guards import sessions
from marketplace.guards.roles import Viewer, sign_in_required, viewer, visitor_ip
from marketplace.moderation import claims
from marketplace.structures import claiming
from marketplace.web.account_forms import check_address

members = Blueprint(
    "members", __name__, url_prefix='/<any("ma-structure", "mon-organisme"):of>/<key>'
)

TEAMS = {
    "ma-structure": (claiming.TEAM, claiming.TEAM.subject.slug),
    "mon-organisme": (organisations.TEAM, organisations.TEAM.subject.siret),
}
ID = "int(max=2147483647)"
HAND_OVER = "hand_over"

ROLES = {Role.MANAGER: "Responsable", Role.MEMBER: "Membre"}
LAST_MANAGER = "Il faut au moins un responsable\u00a0: nommez-en d'abord un autre."


class InvitationForm(FrenchForm):
    address = EmailField(
        "Son adresse électronique",
        [
            InputRequired("Saisissez son adresse, par exemple nom@mairie.fr"),
            Length(max=254),
            check_address,
        ],
        filters=[one_line],
    )
    role = RadioField(
        "Son rôle",
        [InputRequired("Choisissez son rôle")],
        default=Role.MEMBER,
        choices=choices_of({Role.MEMBER: "Membre", Role.MANAGER: "Responsable"}),
    )


class RoleForm(FrenchForm):
    role = RadioField("Son rôle", [InputRequired("Choisissez son rôle")])


class AnswerForm(FrenchForm):
    answer = RadioField(
        "Votre réponse",
        [InputRequired("Choisissez une réponse")],
        choices=choices_of({"accept": "Accepter", "refuse": "Refuser"}),
    )
    reason = TextAreaField(
        "Motif, lu par la personne",
        [Length(max=1000, message="Le motif dépasse 1 000 caractères")],
        filters=[cleaned],
    )

    @property
    def is_accepted(self) -> bool:
        return bool(self.answer.data == "accept")

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate(extra_validators)
        if self.answer.data == "refuse" and not self.reason.data:
            add_error(self.reason, "Dites pourquoi, pour que la personne sache quoi faire")
            return False
        return bool(is_valid)


@dataclass(frozen=True)
class Here:
    """The team of this page, as the person who asks may see it."""

    team: Team
    subject: Any
    of: str
    key: str
    who: Viewer
    is_manager: bool

    @property
    def name(self) -> str:
        return self.team.name_of(self.subject)

    def url(self, view: str, **more: Any) -> str:
        return url_for(f"members.{view}", of=self.of, key=self.key, **more)

    def back(self) -> ResponseReturnValue:
        return redirect(self.url("index"))


def _here(of: str, key: str) -> Here:
    """What the person belongs to, or any for an administrator; else 404."""
    session, who = db.session(), viewer()
    assert who is not None, "the guard lets nobody else in"  # noqa: S101
    team, named = TEAMS[of]
    ids = who.structure_ids if team is claiming.TEAM else who.organisation_ids
    wanted = select(team.subject).where(named == cleaned(key))
    if not who.is_administrator:
        wanted = wanted.where(team.subject.id.in_(ids))
    subject = session.scalars(wanted).first() or abort(404)
    is_manager = who.is_administrator or teams.is_manager(session, team, subject.id, who.user_id)
    return Here(team, subject, of, cleaned(key), who, is_manager)


def _managing(of: str, key: str) -> Here:
    here = _here(of, key)
    if not here.is_manager:
        abort(403)
    return here


@members.get("/equipe")
@sign_in_required
def index(of: str, key: str) -> str:
    session, here = db.session(), _here(of, key)
    subject_id, now = here.subject.id, clock.now()
    return render_template(
        "web/members/index.html",
        here=here,
        people=teams.members_of(session, here.team, subject_id),
        requests=joining.waiting_requests(session, here.team, subject_id)
        if here.is_manager
        else [],
        invitations=waiting_invitations(session, here.team.kind, subject_id, now)
        if here.is_manager
        else [],
        roles=ROLES,
    )


@members.route("/equipe/inviter", methods=["GET", "POST"])
@sign_in_required
def invite(of: str, key: str) -> ResponseReturnValue:
    here = _managing(of, key)
    form = InvitationForm()
    if not form.validate_on_submit():
        return _invite_page(here, form)
    try:
        with transaction() as session:
            joining.invite(
                session,
                here.team,
                here.subject.id,
                form.address.data,
                Role(form.role.data),
                here.who.user_id,
                clock.now(),
                visitor_ip(),
            )
    except AlreadyMember:
        add_error(form.address, "La personne qui a cette adresse en fait déjà partie")
        return _invite_page(here, form)
    except NotManager:
        abort(403)
    flash(f"L'invitation part à {form.address.data}. Elle vaut {LASTS.days} jours.", "success")
    return here.back()


def _invite_page(here: Here, form: InvitationForm) -> ResponseReturnValue:
    page = render_template("web/members/invite.html", form=form, here=here)
    return page, 422 if form.errors else 200


@members.post(f"/equipe/invitations/<{ID}:invitation_id>/annuler")
@sign_in_required
def take_back(of: str, key: str, invitation_id: int) -> ResponseReturnValue:
    here = _managing(of, key)
    try:
        with transaction() as session:
            joining.take_back_invitation(
                session,
                here.team,
                here.subject.id,
                invitation_id,
                here.who.user_id,
                clock.now(),
                visitor_ip(),
            )
    except NotManager:
        abort(403)
    except DeadInvitation:
        flash("Cette invitation ne vaut déjà plus.")
    else:
        flash("L'invitation est annulée.", "success")
    return here.back()


@members.route(f"/equipe/<{ID}:user_id>/role", methods=["GET", "POST"])
@sign_in_required
def role(of: str, key: str, user_id: int) -> ResponseReturnValue:
    here = _managing(of, key)
    member = _member(here, user_id)
    form = RoleForm(data={"role": member.role})
    form.role.choices = choices_of(_roles_to_give(here, user_id))
    if not form.validate_on_submit():
        return _role_page(here, form, member)
    theirs = here.team, here.subject.id, user_id
    done_by = here.who.user_id, clock.now(), visitor_ip()
    try:
        with transaction() as session:
            if form.role.data == HAND_OVER:
                teams.hand_over(session, *theirs, *done_by)
            else:
                teams.change_role(session, *theirs, Role(form.role.data), *done_by)
    except NotManager:
        abort(403)
    except LastManager:
        add_error(form.role, LAST_MANAGER)
        return _role_page(here, form, _member(here, user_id))
    if form.role.data == HAND_OVER or user_id == here.who.user_id:
        sessions.renew()
    flash("Le rôle est enregistré.", "success")
    return here.back()


def _roles_to_give(here: Here, user_id: int) -> dict[str, str]:
    said: dict[str, str] = {
        Role.MEMBER: "Membre",
        Role.MANAGER: "Responsable\u00a0: invite, accepte, retire et change les rôles",
    }
    is_own = teams.is_manager(db.session(), here.team, here.subject.id, here.who.user_id)
    if is_own and user_id != here.who.user_id:
        said[HAND_OVER] = "Responsable à ma place\u00a0: je deviens membre"
    return said


def _role_page(here: Here, form: RoleForm, member: Any) -> ResponseReturnValue:
    page = render_template("web/members/role.html", form=form, here=here, person=member.user)
    return page, 422 if form.errors else 200


@members.route(f"/equipe/<{ID}:user_id>/retirer", methods=["GET", "POST"])
@sign_in_required
def remove(of: str, key: str, user_id: int) -> ResponseReturnValue:
    """Make somebody leave, or leave."""
    here = _here(of, key)
    is_leaving = user_id == here.who.user_id
    if not is_leaving and not here.is_manager:
        abort(403)
    person: User = _member(here, user_id).user
    form = FrenchForm()
    if not form.validate_on_submit():
        page = render_template(
            "web/members/remove.html", here=here, person=person, is_leaving=is_leaving
        )
        return page, 422 if form.errors else 200
    try:
        with transaction() as session:
            teams.remove(
                session,
                here.team,
                here.subject.id,
                user_id,
                here.who.user_id,
                clock.now(),
                visitor_ip(),
            )
    except NotManager:
        abort(403)
    except LastManager:
        flash(LAST_MANAGER, "error")
        return here.back()
    if is_leaving:
        sessions.renew()
        flash(f"C'est fait\u00a0: vous avez quitté {here.name}.", "success")
        return redirect(url_for("dashboard.show"))
    flash("La personne est retirée.", "success")
    return here.back()


def _member(here: Here, user_id: int) -> Any:
    people = teams.members_of(db.session(), here.team, here.subject.id)
    found = [member for member in people if member.user_id == user_id]
    return found[0] if found else abort(404)


@members.route(f"/equipe/demandes/<{ID}:request_id>", methods=["GET", "POST"])
@sign_in_required
def answer(of: str, key: str, request_id: int) -> ResponseReturnValue:
    """Accept or refuse somebody who asks to join: only what asks this very team."""
    here = _managing(of, key)
    session = db.session()
    asked = session.scalars(
        select(here.team.requests).filter_by(id=request_id, **{here.team.key: here.subject.id})
    ).one()
    form = AnswerForm()
    if asked.decided_at is not None:
        flash("Cette demande a déjà reçu une réponse.")
        return here.back()
    if not form.validate_on_submit():
        page = render_template("web/members/answer.html", form=form, here=here, asked=asked)
        return page, 422 if form.errors else 200
    decision = here.who.user_id, form.is_accepted, form.reason.data, clock.now(), visitor_ip()
    try:
        with transaction() as writing:
            if here.team is claiming.TEAM:
                claims.decide_as_manager(writing, here.subject.id, request_id, *decision)
            else:
                joining.decide(writing, here.team, here.subject.id, request_id, *decision)
    except NotManager:
        abort(403)
    except AlreadyDecided:
        flash("Quelqu'un d'autre a répondu avant vous.")
    else:
        flash("Votre réponse est enregistrée, la personne est prévenue.", "success")
    return here.back()
