"""Joining the people of an organisation or of a structure: invited, or taken in on request.

Each deed locks the organisation or the structure first, as those of `teams` do.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import formats, mail
from marketplace.accounts import inviting
from marketplace.accounts.tables import Invitation, User
from marketplace.accounts.teams import (
    AlreadyMember,
    NotVerified,
    Role,
    Team,
    add_member,
    locked,
    managers_of,
    managing,
    member_of,
    members_of,
    named,
    note,
)
from marketplace.audit import Action
from marketplace.mail import Promise


class AlreadyAsked(Exception):
    """A request of the same person still waits."""


class AlreadyDecided(Exception):
    """Somebody else decided first."""


def waiting_requests(session: Session, team: Team, subject_id: int) -> Sequence[Any]:
    """Those who ask to join it, first come first."""
    waiting = select(team.requests).filter_by(decided_at=None, **{team.key: subject_id})
    return session.scalars(
        waiting.options(joinedload(team.requests.user)).order_by(team.requests.id)
    ).all()


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
    by = managing(session, team, subject_id, by_id)
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
        **named(team, subject),
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
    managing(session, team, subject_id, by_id)
    inviting.take_back(session, team.kind, subject_id, invitation_id, by_id, now, ip)


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
    if member_of(session, team, subject_id, user_id) is not None:
        raise AlreadyMember
    if any(request.user_id == user_id for request in waiting_requests(session, team, subject_id)):
        raise AlreadyAsked
    request = team.requests(
        **{team.key: subject_id}, user_id=user_id, message=message, asked_at=now, reason=""
    )
    session.add(request)
    session.flush()
    note(session, Action.CLAIM_ASKED, team, subject_id, user_id, ip, request_id=request.id)
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
            **named(team, subject),
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
    managing(session, team, subject_id, by_id)
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
    note(
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
    context = named(team, subject)
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
