"""People: finding them, what they belong to, opening and closing their account."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session
from wtforms import SearchField, SelectField

from marketplace import clock
from marketplace.accounts import administering
from marketplace.accounts.inviting import (
    take_back,
    waiting_invitations,
)
from marketplace.accounts.queries import people
from marketplace.accounts.sessions import is_live
from marketplace.accounts.tables import (
    InvitationKind,
    Organisation,
    OrganisationMember,
    User,
    UserSession,
)
from marketplace.admin.invitations import InvitationForm, say_invited, taking_back
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error, choices_of, one_line, one_of, paging
from marketplace.guards.roles import administrator_required, visitor_ip
from marketplace.moderation.desks import hand_on_unstaffed
from marketplace.moderation.tables import Desk, DeskMember
from marketplace.retention import erasing
from marketplace.structures.tables import Structure, StructureMember

users = Blueprint("users", __name__, url_prefix="/admin/personnes")

PER_PAGE = 20
LONGEST = 200


class Profile(StrEnum):
    ADMINISTRATOR = "administrateur"
    FACILITATOR = "facilitateur"
    BUYER = "acheteur"
    MEMBER = "structure"
    NOTHING = "aucun"


class Standing(StrEnum):
    OPEN = "ouvert"
    UNVERIFIED = "a-confirmer"
    CLOSED = "ferme"


PROFILES = {
    Profile.ADMINISTRATOR: "Administration",
    Profile.FACILITATOR: "Guichet",
    Profile.BUYER: "Acheteur",
    Profile.MEMBER: "Structure",
    Profile.NOTHING: "Sans rattachement",
}
STANDINGS = {
    Standing.OPEN: "Ouvert",
    Standing.UNVERIFIED: "Adresse à confirmer",
    Standing.CLOSED: "Fermé",
}

_BELONGS: dict[Profile, ColumnElement[bool]] = {
    Profile.ADMINISTRATOR: User.is_administrator.is_(True),
    Profile.FACILITATOR: exists().where(DeskMember.user_id == User.id),
    Profile.BUYER: exists().where(OrganisationMember.user_id == User.id),
    Profile.MEMBER: exists().where(StructureMember.user_id == User.id),
}
_STANDS: dict[Standing, ColumnElement[bool]] = {
    Standing.OPEN: and_(User.is_active, User.email_verified_at.is_not(None)),
    Standing.UNVERIFIED: and_(User.is_active, User.email_verified_at.is_(None)),
    Standing.CLOSED: ~User.is_active,
}


class PeopleFilter(FrenchForm):
    q = SearchField("Nom ou adresse")
    profil = SelectField("Profil", choices=choices_of({"": "Tous", **PROFILES}))
    compte = SelectField("Compte", choices=choices_of({"": "Tous", **STANDINGS}))


@users.get("/")
@administrator_required
def index() -> str:
    session = db.session()
    words = one_line(request.args.get("q", ""))[:LONGEST]
    profile, standing = one_of(Profile, "profil"), one_of(Standing, "compte")
    wanted = people(words)
    if profile is Profile.NOTHING:
        wanted = wanted.where(~or_(*_BELONGS.values()))
    elif profile is not None:
        wanted = wanted.where(_BELONGS[profile])
    if standing is not None:
        wanted = wanted.where(_STANDS[standing])
    at = paging(session, wanted, PER_PAGE)
    return render_template(
        "admin/users/index.html",
        form=PeopleFilter(request.args),
        active=[
            *([("q", words, words)] if words else []),
            *([("profil", profile, PROFILES[profile])] if profile else []),
            *([("compte", standing, STANDINGS[standing])] if standing else []),
        ],
        people=[(user, *_told(user, belongs)) for user, *belongs in _rows(session, at.of(wanted))],
        at=at,
    )


def _rows(session: Session, wanted: Select[User]) -> list[tuple[User, bool, bool, bool, bool]]:
    """People with whether each profile is theirs, in the order of `_BELONGS`."""
    rows = session.execute(wanted.add_columns(*_BELONGS.values()))
    return [tuple(row) for row in rows]


def _told(user: User, belongs: list[bool]) -> tuple[list[str], str]:
    """The profiles of a person and the state of its account, in words."""
    profiles = [
        PROFILES[profile] for profile, is_theirs in zip(_BELONGS, belongs, strict=True) if is_theirs
    ]
    return profiles or [PROFILES[Profile.NOTHING]], STANDINGS[_standing(user)]


def _standing(user: User) -> Standing:
    if not user.is_active:
        return Standing.CLOSED
    return Standing.OPEN if user.email_verified_at else Standing.UNVERIFIED


@users.get("/<int(max=2147483647):user_id>")
@administrator_required
def show(user_id: int) -> str:
    session, user = db.session(), _user(user_id)
    bought_for = select(OrganisationMember, Organisation).join(OrganisationMember.organisation)
    speaks_for = select(StructureMember, Structure).join(StructureMember.structure)
    works_at = select(DeskMember, Desk).join(Desk, Desk.id == DeskMember.desk_id)
    sessions = _open_sessions(session, user_id)
    return render_template(
        "admin/users/show.html",
        user=user,
        standing=STANDINGS[_standing(user)],
        organisations=session.execute(
            bought_for.where(OrganisationMember.user_id == user_id)
        ).all(),
        structures=session.execute(speaks_for.where(StructureMember.user_id == user_id)).all(),
        desks=session.execute(works_at.where(DeskMember.user_id == user_id)).all(),
        sessions=sessions,
        acts=[(what, ACTS[what]) for what in ACTS if ACTS[what].is_possible(user, sessions)],
    )


@dataclass(frozen=True)
class Act:
    """What an administrator may do to an account, and how it is asked and told."""

    label: str
    question: str
    consequence: str
    done: str
    deed: Callable[[Session, int, int, datetime, str], object]
    is_possible: Callable[[User, int], bool]
    is_dangerous: bool = False


def _close_account(session: Session, user_id: int, by_id: int, now: datetime, ip: str) -> None:
    administering.close_account(session, user_id, by_id, now, ip)
    session.flush()
    hand_on_unstaffed(session)


ACTS = {
    "fermer": Act(
        "Fermer le compte",
        "Fermer le compte de {} ?",
        "Cette personne ne pourra plus se connecter, et ses sessions ouvertes se ferment. Ce "
        "qu'elle a fait reste. Si elle était seule à son guichet, la file passe à un guichet "
        "plus large.",
        "Le compte est fermé.",
        _close_account,
        lambda user, _: user.is_active,
        is_dangerous=True,
    ),
    "rouvrir": Act(
        "Rouvrir le compte",
        "Rouvrir le compte de {} ?",
        "Cette personne pourra de nouveau se connecter, avec les mêmes rattachements.",
        "Le compte est rouvert.",
        lambda session, user_id, by_id, now, ip: administering.reopen_account(
            session, user_id, by_id, ip
        ),
        lambda user, _: not user.is_active and user.erased_at is None,
    ),
    "effacer": Act(
        "Effacer le compte",
        "Effacer pour toujours le compte de {} ?",
        "Son nom, son adresse et tout ce qui permet de la reconnaître disparaissent, parce que "
        "cette personne l'a demandé. Les besoins et les décisions restent, sous le nom « Compte "
        "effacé ». Personne ne peut revenir en arrière.",
        "Le compte est effacé.",
        erasing.erase_closed_account,
        lambda user, _: not user.is_active and user.erased_at is None,
        is_dangerous=True,
    ),
    "nommer": Act(
        "Nommer à l'administration",
        "Donner à {} l'administration de Tandem ?",
        "Cette personne pourra tout voir, ouvrir et fermer des comptes et des guichets. Elle "
        "devra se reconnecter.",
        "Cette personne administre désormais Tandem.",
        administering.make_administrator,
        lambda user, _: _standing(user) is Standing.OPEN and not user.is_administrator,
        is_dangerous=True,
    ),
    "demettre": Act(
        "Retirer l'administration",
        "Retirer à {} l'administration de Tandem ?",
        "Cette personne garde ses autres rattachements. Elle devra se reconnecter.",
        "Cette personne n'administre plus Tandem.",
        administering.unmake_administrator,
        lambda user, _: user.is_administrator,
        is_dangerous=True,
    ),
    "deconnecter": Act(
        "Fermer ses sessions",
        "Fermer toutes les sessions de {} ?",
        "Cette personne devra se reconnecter sur chacun de ses appareils.",
        "Toutes les sessions sont fermées.",
        administering.sign_out_everywhere,
        lambda _, sessions: sessions > 0,
    ),
}

REFUSALS = {
    administering.LastAdministrator: "Cette personne est la dernière à administrer Tandem : "
    "nommez-en d'abord une autre.",
    administering.Erased: "Ce compte est effacé : il ne peut pas être rouvert.",
    erasing.AccountIsErased: "Ce compte est déjà effacé.",
    erasing.AccountIsOpen: "Ce compte est ouvert : fermez-le d'abord.",
    administering.Closed: "Ce compte est fermé : rouvrez-le d'abord.",
    administering.NotVerified: "Cette personne n'a pas encore confirmé son adresse.",
}


@users.route(
    f"/<int(max=2147483647):user_id>/<any({', '.join(ACTS)}):what>",
    methods=["GET", "POST"],
)
@administrator_required
def change(user_id: int, what: str) -> ResponseReturnValue:
    user, act = _user(user_id), ACTS[what]
    if request.method != "POST":
        return render_template("admin/users/change.html", user=user, what=what, act=act)
    try:
        with transaction() as session:
            act.deed(session, user_id, current_user.user_id, clock.now(), visitor_ip())
    except tuple(REFUSALS) as refusal:
        flash(REFUSALS[type(refusal)], "error")
    else:
        flash(act.done, "success")
    return redirect(url_for("users.show", user_id=user_id))


@users.route("/inviter", methods=["GET", "POST"])
@administrator_required
def invite() -> ResponseReturnValue:
    form = InvitationForm()
    if not form.validate_on_submit():
        return _invitation_page(form)
    try:
        with transaction() as session:
            administering.invite(
                session, form.email.data, current_user.user_id, clock.now(), visitor_ip()
            )
    except administering.AlreadyAdministrator:
        add_error(form.email, "La personne qui a cette adresse administre déjà Tandem")
        return _invitation_page(form)
    say_invited(form.email.data)
    return redirect(url_for("users.invite"))


def _invitation_page(form: InvitationForm) -> ResponseReturnValue:
    waiting = waiting_invitations(db.session(), InvitationKind.ADMINISTRATOR, None, clock.now())
    page = render_template("admin/users/invite.html", form=form, waiting=waiting)
    return page, 422 if form.errors else 200


@users.post("/invitations/<int(max=2147483647):invitation_id>/retirer")
@administrator_required
def take_back_invitation(invitation_id: int) -> ResponseReturnValue:
    by_id, kind = current_user.user_id, InvitationKind.ADMINISTRATOR
    taking_back(
        lambda session: take_back(
            session, kind, None, invitation_id, by_id, clock.now(), visitor_ip()
        )
    )
    return redirect(url_for("users.invite"))


def _user(user_id: int) -> User:
    return db.session().get(User, user_id) or abort(404)


def _open_sessions(session: Session, user_id: int) -> int:
    open_ones = select(func.count()).where(UserSession.user_id == user_id, is_live(clock.now()))
    return session.scalar(open_ones) or 0
