"""The people of an organisation or of a structure: joining, roles, leaving.

Each deed locks the organisation or the structure first, then looks whether the person may
do it: the slower of two sees what the faster did. Who has had a manager keeps one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit, formats, mail
from marketplace.accounts import inviting
from marketplace.accounts.tables import Invitation, InvitationKind, User
from marketplace.audit import Action
from marketplace.mail import Promise


class Role(StrEnum):
    """The words that both tables of members hold."""

    MANAGER = "manager"
    MEMBER = "member"


class NotManager(Exception):
    """Only a manager, or an administrator, may do this."""


class LastManager(Exception):
    """Nobody would be left to decide who joins."""


class NotVerified(Exception):
    """The person's address is not verified yet."""


class AlreadyMember(Exception):
    """The person is in already."""


class AlreadyAsked(Exception):
    """A request of the same person still waits."""


class AlreadyDecided(Exception):
    """Somebody else decided first."""


@dataclass(frozen=True)
class Team:
    """A kind of thing that people belong to: its tables, its mails, its pages."""

    kind: InvitationKind
    subject: type[Any]
    members: type[Any]
    requests: type[Any]
    key: str
    """The column that names the subject in the two other tables."""
    invitation_mail: str
    request_mail: str
    """What the names of the three messages about a request begin with."""
    name_of: Callable[[Any], str]
    home_of: Callable[[Any], str]
    """The page of its people."""
    page_of: Callable[[Any], str]
    """The page that somebody who is refused may still open, if any."""
    without_manager: Callable[[Session], Sequence[User]]
    """Who is told of a request when there is no manager to decide."""


def members_of(session: Session, team: Team, subject_id: int) -> Sequence[Any]:
    """Its members with their person, managers first, then in the order they came."""
    by_rank = (team.members.role != Role.MANAGER, team.members.joined_at, team.members.user_id)
    wanted = _members(team, subject_id).options(joinedload(team.members.user))
    return session.scalars(wanted.order_by(*by_rank)).all()


def managers_of(session: Session, team: Team, subject_id: int) -> Sequence[User]:
    """The managers whose account is open."""
    of_it = _members(team, subject_id).with_only_columns(User).join(team.members.user)
    active = of_it.where(team.members.role == Role.MANAGER, User.is_active).order_by(User.id)
    return session.scalars(active).all()


def waiting_requests(session: Session, team: Team, subject_id: int) -> Sequence[Any]:
    """Those who ask to join it, first come first."""
    waiting = select(team.requests).filter_by(decided_at=None, **{team.key: subject_id})
    return session.scalars(
        waiting.options(joinedload(team.requests.user)).order_by(team.requests.id)
    ).all()


def is_manager(session: Session, team: Team, subject_id: int, user_id: int) -> bool:
    member = _member(session, team, subject_id, user_id)
    return member is not None and member.role == Role.MANAGER


def locked(session: Session, team: Team, subject_id: int) -> Any:
    """The organisation or the structure, locked until the transaction ends.

    Raises NoResultFound.
    """
    return session.get_one(
        team.subject, subject_id, with_for_update={"key_share": True}, populate_existing=True
    )


def add_member(
    session: Session, team: Team, subject_id: int, user_id: int, role: str, by_id: int, ip: str
) -> None:
    """Take a person in; whoever is in already is never lowered."""
    member = _member(session, team, subject_id, user_id)
    if member is None:
        session.add(team.members(**{team.key: subject_id}, user_id=user_id, role=role))
        _note(session, Action.MEMBER_ADDED, team, subject_id, by_id, ip, user_id=user_id, role=role)
    elif role == Role.MANAGER and member.role != Role.MANAGER:
        _set_role(session, team, member, Role.MANAGER, by_id, ip)
    session.flush()


def invite(
    session: Session,
    team: Team,
    subject_id: int,
    address: str,
    role: Role,
    by_id: int,
    now: datetime,
    ip: str,
) -> None:
    """Mail an invitation to this address. Raises NoResultFound, NotManager, AlreadyMember."""
    subject = locked(session, team, subject_id)
    by = _managing(session, team, subject_id, by_id)
    if any(m.user.email.lower() == address.lower() for m in members_of(session, team, subject_id)):
        raise AlreadyMember
    token = inviting.invite(session, team.kind, subject_id, role, address, by_id, now, ip)
    mail.post(
        session,
        key=f"invitation:{inviting.hash_of(token)}",
        kind=team.invitation_mail,
        address=address,
        promise=Promise.AT_LEAST_ONCE,
        link=f"/invitations/{token}",
        name="",
        by=by.full_name,
        expires=formats.moment(now + inviting.LASTS),
        **_named(team, subject),
    )


def join(
    session: Session, team: Team, invitation: Invitation, user_id: int, now: datetime, ip: str
) -> None:
    """Use an invitation to this kind of team. Raises as `inviting.accept`."""
    assert invitation.subject_id is not None, "a team has an id"  # noqa: S101
    locked(session, team, invitation.subject_id)
    inviting.accept(session, invitation, user_id, now, ip)
    add_member(session, team, invitation.subject_id, user_id, invitation.role, user_id, ip)
    for request in waiting_requests(session, team, invitation.subject_id):
        if request.user_id == user_id:
            request.decided_at, request.decided_by_id = now, invitation.invited_by_id
            request.is_accepted = True


def take_back_invitation(
    session: Session,
    team: Team,
    subject_id: int,
    invitation_id: int,
    by_id: int,
    now: datetime,
    ip: str,
) -> None:
    """Raises NoResultFound, NotManager, DeadInvitation."""
    locked(session, team, subject_id)
    _managing(session, team, subject_id, by_id)
    inviting.take_back(session, team.kind, subject_id, invitation_id, by_id, now, ip)


def change_role(
    session: Session,
    team: Team,
    subject_id: int,
    user_id: int,
    role: Role,
    by_id: int,
    now: datetime,
    ip: str,
) -> None:
    """Raises NoResultFound, NotManager, LastManager."""
    locked(session, team, subject_id)
    _managing(session, team, subject_id, by_id)
    member = session.scalars(_members(team, subject_id).filter_by(user_id=user_id)).one()
    if member.role == role:
        return
    if member.role == Role.MANAGER:
        _keep_a_manager(session, team, subject_id, user_id)
        inviting.take_back_all_by(session, team.kind, subject_id, user_id, now)
    _set_role(session, team, member, role, by_id, ip)


def hand_over(
    session: Session,
    team: Team,
    subject_id: int,
    user_id: int,
    by_id: int,
    now: datetime,
    ip: str,
) -> None:
    """Make another the manager in one's own place. Raises as `change_role`."""
    change_role(session, team, subject_id, user_id, Role.MANAGER, by_id, now, ip)
    change_role(session, team, subject_id, by_id, Role.MEMBER, by_id, now, ip)


def remove(
    session: Session,
    team: Team,
    subject_id: int,
    user_id: int,
    by_id: int,
    now: datetime,
    ip: str,
) -> None:
    """Leave, or make another leave. What they invited others to is void.

    Raises NoResultFound, NotManager, LastManager.
    """
    locked(session, team, subject_id)
    if user_id != by_id:
        _managing(session, team, subject_id, by_id)
    member = session.scalars(_members(team, subject_id).filter_by(user_id=user_id)).one()
    if member.role == Role.MANAGER:
        _keep_a_manager(session, team, subject_id, user_id)
    inviting.take_back_all_by(session, team.kind, subject_id, user_id, now)
    session.delete(member)
    _note(session, Action.MEMBER_REMOVED, team, subject_id, by_id, ip, user_id=user_id)


def ask(
    session: Session,
    team: Team,
    subject_id: int,
    user_id: int,
    message: str,
    now: datetime,
    ip: str,
) -> Any:
    """Write down that a person asks to join; who decides is told by mail.

    Raises NoResultFound, NotVerified, AlreadyMember, AlreadyAsked.
    """
    subject = locked(session, team, subject_id)
    user = session.get_one(User, user_id)
    if user.email_verified_at is None:
        raise NotVerified
    if _member(session, team, subject_id, user_id) is not None:
        raise AlreadyMember
    if any(request.user_id == user_id for request in waiting_requests(session, team, subject_id)):
        raise AlreadyAsked
    request = team.requests(
        **{team.key: subject_id}, user_id=user_id, message=message, asked_at=now, reason=""
    )
    session.add(request)
    session.flush()
    _note(session, Action.CLAIM_ASKED, team, subject_id, user_id, ip, request_id=request.id)
    for decider in managers_of(session, team, subject_id) or team.without_manager(session):
        mail.post(
            session,
            key=f"{team.kind}_request:{request.id}:{decider.id}",
            kind=f"{team.request_mail}_to_decide",
            address=decider.email,
            promise=Promise.AT_LEAST_ONCE,
            user_id=decider.id,
            link=f"{team.home_of(subject)}/demandes/{request.id}",
            name=decider.full_name,
            by=user.full_name,
            **_named(team, subject),
        )
    return request


def decide(
    session: Session,
    team: Team,
    subject_id: int,
    request_id: int,
    by_id: int,
    is_accepted: bool,
    reason: str,
    now: datetime,
    ip: str,
) -> None:
    """A manager takes in, or not, somebody who asked this very team.

    Raises NoResultFound, NotManager, AlreadyDecided.
    """
    locked(session, team, subject_id)
    _managing(session, team, subject_id, by_id)
    settle(session, team, subject_id, request_id, by_id, is_accepted, reason, now, ip)


def settle(
    session: Session,
    team: Team,
    subject_id: int,
    request_id: int,
    by_id: int | None,
    is_accepted: bool,
    reason: str,
    now: datetime,
    ip: str,
) -> None:
    """Decide, whoever has the right to: that is for the caller to know, who holds the lock.

    The first to be accepted becomes the manager. Raises NoResultFound, AlreadyDecided.
    """
    subject = locked(session, team, subject_id)
    asked = select(team.requests).filter_by(id=request_id, **{team.key: subject_id})
    request = session.scalars(asked.execution_options(populate_existing=True)).one()
    if request.decided_at is not None:
        raise AlreadyDecided
    request.decided_at, request.decided_by_id = now, by_id
    request.is_accepted, request.reason = is_accepted, reason
    _note(
        session,
        Action.CLAIM_DECIDED,
        team,
        subject_id,
        by_id,
        ip,
        request_id=request_id,
        is_accepted=is_accepted,
    )
    if is_accepted:
        role = Role.MEMBER if managers_of(session, team, subject_id) else Role.MANAGER
        add_member(session, team, subject_id, request.user_id, role, by_id or request.user_id, ip)
    user = request.user
    context = _named(team, subject)
    if page := team.home_of(subject) if is_accepted else team.page_of(subject):
        context["link"] = page
    mail.post(
        session,
        key=f"{team.kind}_request:{request_id}:decided",
        kind=f"{team.request_mail}_{'accepted' if is_accepted else 'refused'}",
        address=user.email,
        promise=Promise.AT_LEAST_ONCE,
        user_id=user.id,
        name=user.full_name,
        reason=reason,
        **context,
    )


def _managing(session: Session, team: Team, subject_id: int, by_id: int) -> User:
    by = session.get_one(User, by_id)
    if not by.is_administrator and not is_manager(session, team, subject_id, by_id):
        raise NotManager
    return by


def _keep_a_manager(session: Session, team: Team, subject_id: int, leaving_id: int) -> None:
    if all(manager.id == leaving_id for manager in managers_of(session, team, subject_id)):
        raise LastManager


def _set_role(session: Session, team: Team, member: Any, role: Role, by_id: int, ip: str) -> None:
    details = {"user_id": member.user_id, "before": member.role, "role": role}
    member.role = role
    session.flush()
    subject_id = getattr(member, team.key)
    _note(session, Action.ROLE_CHANGED, team, subject_id, by_id, ip, **details)


def _members(team: Team, subject_id: int) -> Select[Any]:
    wanted = select(team.members).filter_by(**{team.key: subject_id})
    return wanted.execution_options(populate_existing=True)


def _member(session: Session, team: Team, subject_id: int, user_id: int) -> Any:
    return session.scalars(_members(team, subject_id).filter_by(user_id=user_id)).one_or_none()


def _named(team: Team, subject: Any) -> dict[str, Any]:
    return {team.kind.value: team.name_of(subject)}


def _note(
    session: Session,
    action: Action,
    team: Team,
    subject_id: int,
    actor_id: int | None,
    ip: str,
    **details: Any,
) -> None:
    about = (team.kind.value, subject_id)
    audit.note(session, action, actor_id=actor_id, about=about, ip=ip, **details)
