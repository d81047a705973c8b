"""The people of an organisation or of a structure: roles, leaving; they come by `joining`.

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

from marketplace import audit
from marketplace.accounts import inviting
from marketplace.accounts.tables import InvitationKind, User
from marketplace.audit import Action


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


def is_manager(session: Session, team: Team, subject_id: int, user_id: int) -> bool:
    member = member_of(session, team, subject_id, user_id)
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
    member = member_of(session, team, subject_id, user_id)
    if member is None:
        session.add(team.members(**{team.key: subject_id}, user_id=user_id, role=role))
        note(session, Action.MEMBER_ADDED, team, subject_id, by_id, ip, user_id=user_id, role=role)
    elif role == Role.MANAGER and member.role != Role.MANAGER:
        _set_role(session, team, member, Role.MANAGER, by_id, ip)
    session.flush()


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
    managing(session, team, subject_id, by_id)
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
        managing(session, team, subject_id, by_id)
    member = session.scalars(_members(team, subject_id).filter_by(user_id=user_id)).one()
    if member.role == Role.MANAGER:
        _keep_a_manager(session, team, subject_id, user_id)
    inviting.take_back_all_by(session, team.kind, subject_id, user_id, now)
    session.delete(member)
    note(session, Action.MEMBER_REMOVED, team, subject_id, by_id, ip, user_id=user_id)


def managing(session: Session, team: Team, subject_id: int, by_id: int) -> User:
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
    note(session, Action.ROLE_CHANGED, team, subject_id, by_id, ip, **details)


def _members(team: Team, subject_id: int) -> Select[Any]:
    wanted = select(team.members).filter_by(**{team.key: subject_id})
    return wanted.execution_options(populate_existing=True)


def member_of(session: Session, team: Team, subject_id: int, user_id: int) -> Any:
    return session.scalars(_members(team, subject_id).filter_by(user_id=user_id)).one_or_none()


def named(team: Team, subject: Any) -> dict[str, Any]:
    return {team.kind.value: team.name_of(subject)}


def note(
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
