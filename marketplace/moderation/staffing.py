"""People join a desk by an invitation, take a role there, and leave it.

Each deed locks the desk first, then looks whether the person may do it: its leads and the
administrators may, nobody else.
"""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from marketplace import audit, formats, mail
from marketplace.accounts import inviting
from marketplace.accounts.tables import Invitation, InvitationKind, User
from marketplace.moderation.arranging import open_desk_for_update
from marketplace.moderation.desks import hand_on_unstaffed
from marketplace.moderation.tables import DeskMember, DeskRole, QueueEntry


class NotLead(Exception):
    """Only a lead of the desk, or an administrator, may do this."""


class NotAMember(Exception):
    """This person is not, or no longer, of the desk."""


class AlreadyMember(Exception):
    """Who has this address is of the desk already."""


def invite(
    session: Session,
    desk_id: int,
    address: str,
    role: DeskRole,
    by_id: int,
    now: datetime,
    ip: str,
) -> None:
    """Mail an invitation to this address. Raises NoResultFound, NotLead, AlreadyMember."""
    desk = open_desk_for_update(session, desk_id)
    by = _lead(session, desk_id, by_id)
    same_address = func.lower(User.email) == address.lower()
    there = select(DeskMember).join(User).where(DeskMember.desk_id == desk_id, same_address)
    if session.scalars(there).first() is not None:
        raise AlreadyMember
    token = inviting.invite(session, InvitationKind.DESK, desk_id, role, address, by_id, now, ip)
    mail.post(
        session,
        key=f"invitation:{inviting.hash_of(token)}",
        kind="moderation/desk_invitation",
        address=address,
        promise=mail.Promise.AT_LEAST_ONCE,
        link=f"/invitations/{token}",
        name="",
        by=by.full_name,
        desk=desk.name,
        expires=formats.moment(now + inviting.LASTS),
    )


def take_back_invitation(
    session: Session, desk_id: int, invitation_id: int, by_id: int, now: datetime, ip: str
) -> None:
    """Raises NoResultFound, NotLead, DeadInvitation."""
    open_desk_for_update(session, desk_id)
    _lead(session, desk_id, by_id)
    inviting.take_back(session, InvitationKind.DESK, desk_id, invitation_id, by_id, now, ip)


def join(session: Session, invitation: Invitation, user_id: int, now: datetime, ip: str) -> None:
    """Use an invitation to a desk up; who is there already takes its role.

    Raises as `inviting.accept`; NoResultFound when the desk is closed.
    """
    assert invitation.subject_id is not None, "a desk has an id"  # noqa: S101
    open_desk_for_update(session, invitation.subject_id)
    inviting.accept(session, invitation, user_id, now, ip)
    role = DeskRole(invitation.role)
    member = session.get(DeskMember, (invitation.subject_id, user_id))
    if member is None:
        session.add(DeskMember(desk_id=invitation.subject_id, user_id=user_id, role=role))
    else:
        member.role = role
    action = audit.Action.ROLE_CHANGED if member else audit.Action.MEMBER_ADDED
    _note(session, action, invitation.subject_id, user_id, user_id, ip, role=role.value)


def change_role(
    session: Session, desk_id: int, user_id: int, role: DeskRole, by_id: int, ip: str
) -> None:
    """Raises NoResultFound, NotLead, NotAMember."""
    member = _member_for_update(session, desk_id, user_id, by_id)
    member.role = role
    _note(session, audit.Action.ROLE_CHANGED, desk_id, user_id, by_id, ip, role=role.value)


def remove(session: Session, desk_id: int, user_id: int, by_id: int, now: datetime, ip: str) -> int:
    """A person leaves a desk: what it took care of there is anybody's again, and what it
    invited others to is void. The last one hands on what waits there: how many needs, offers
    and claims that is.

    Raises NoResultFound, NotLead, NotAMember.
    """
    session.delete(_member_for_update(session, desk_id, user_id, by_id))
    session.flush()
    inviting.take_back_all_by(session, InvitationKind.DESK, desk_id, user_id, now)
    assigned = update(QueueEntry).where(QueueEntry.desk_id == desk_id)
    session.execute(
        assigned.where(QueueEntry.assignee_id == user_id, QueueEntry.decided_at.is_(None)).values(
            assignee_id=None
        )
    )
    moved = hand_on_unstaffed(session)
    _note(session, audit.Action.MEMBER_REMOVED, desk_id, user_id, by_id, ip, handed_on=moved)
    return moved


def leads(session: Session, desk_id: int, user_id: int) -> bool:
    member = session.get(DeskMember, (desk_id, user_id), populate_existing=True)
    return member is not None and member.role is DeskRole.LEAD


def _lead(session: Session, desk_id: int, by_id: int) -> User:
    by = session.get_one(User, by_id)
    if not by.is_administrator and not leads(session, desk_id, by_id):
        raise NotLead
    return by


def _member_for_update(session: Session, desk_id: int, user_id: int, by_id: int) -> DeskMember:
    open_desk_for_update(session, desk_id)
    _lead(session, desk_id, by_id)
    member = session.get(DeskMember, (desk_id, user_id), populate_existing=True)
    if member is None:
        raise NotAMember(user_id)
    return member


def _note(
    session: Session,
    action: audit.Action,
    desk_id: int,
    user_id: int,
    by_id: int,
    ip: str,
    **details: str | int,
) -> None:
    audit.note(
        session,
        action,
        actor_id=by_id,
        about=("desk", desk_id),
        ip=ip,
        user_id=user_id,
        **details,
    )
