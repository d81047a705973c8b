"""Invitations to join an organisation, a structure, a desk or the administrators.

What the person then belongs to is written by the room that keeps its members; this file
only says whether the link is good, and whose it is.
"""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.accounts.links import hash_of
from marketplace.accounts.tables import Invitation, InvitationKind, User
from marketplace.audit import Action

LASTS = timedelta(days=7)


class DeadInvitation(Exception):
    """Forged, expired, taken back, replaced or already used: which of them is not said."""


class InvitationOfAnother(Exception):
    """The person who accepts has not the address that was invited."""

    def __init__(self, invitation_id: int) -> None:
        super().__init__(invitation_id)
        self.invitation_id = invitation_id


def invite(
    session: Session,
    kind: InvitationKind,
    subject_id: int | None,
    role: str,
    address: str,
    by_id: int | None,
    now: datetime,
    ip: str = "",
) -> str:
    """The token to put in the link `/invitations/<token>` of a mail that the caller posts.

    It replaces an invitation of the same address to the same thing that still waits.
    """
    session.execute(
        update(Invitation)
        .where(func.lower(Invitation.address) == address.lower(), *_to(kind, subject_id, now))
        .values(withdrawn_at=now)
    )
    token = secrets.token_urlsafe(32)
    invitation = Invitation(
        token_hash=hash_of(token),
        kind=kind,
        subject_id=subject_id,
        role=role,
        address=address,
        invited_by_id=by_id,
        created_at=now,
        expires_at=now + LASTS,
    )
    session.add(invitation)
    session.flush()
    _note(session, Action.INVITED, invitation, by_id, ip)
    return token


def open_invitation(session: Session, token: str, now: datetime) -> Invitation:
    """The invitation that this token opens. Raises DeadInvitation."""
    found = session.scalar(
        select(Invitation).where(Invitation.token_hash == hash_of(token), _waits(now))
    )
    if found is None:
        raise DeadInvitation
    return found


def accept(
    session: Session, invitation: Invitation, user_id: int, now: datetime, ip: str = ""
) -> None:
    """Use an invitation up. The mail reached its address, which is thereby verified.

    Raises InvitationOfAnother; DeadInvitation, also for the slower of two clicks.
    """
    user = session.get_one(User, user_id)
    if user.email.lower() != invitation.address.lower():
        raise InvitationOfAnother(invitation.id)
    used = session.scalar(
        update(Invitation)
        .where(Invitation.id == invitation.id, _waits(now))
        .values(accepted_at=now, accepted_by_id=user_id)
        .returning(Invitation.id)
    )
    if used is None:
        raise DeadInvitation
    if user.email_verified_at is None:
        user.email_verified_at = now
        audit.note(session, Action.EMAIL_VERIFIED, actor_id=user_id, about=("user", user_id), ip=ip)
    _note(session, Action.INVITATION_ACCEPTED, invitation, user_id, ip)


def waiting_invitations(
    session: Session, kind: InvitationKind, subject_id: int | None, now: datetime
) -> Sequence[Invitation]:
    """Those to join this thing that can still be accepted, newest first."""
    return session.scalars(
        select(Invitation).where(*_to(kind, subject_id, now)).order_by(Invitation.id.desc())
    ).all()


def take_back(
    session: Session,
    kind: InvitationKind,
    subject_id: int | None,
    invitation_id: int,
    by_id: int,
    now: datetime,
    ip: str = "",
) -> None:
    """Make an invitation to join this very thing useless. Raises DeadInvitation."""
    taken = session.scalar(
        update(Invitation)
        .where(Invitation.id == invitation_id, *_to(kind, subject_id, now))
        .values(withdrawn_at=now)
        .returning(Invitation)
    )
    if taken is None:
        raise DeadInvitation
    _note(session, Action.INVITATION_WITHDRAWN, taken, by_id, ip)


def take_back_all_by(
    session: Session, kind: InvitationKind, subject_id: int | None, user_id: int, now: datetime
) -> None:
    """Make useless those that a person sent, who may no longer send any."""
    session.execute(
        update(Invitation)
        .where(Invitation.invited_by_id == user_id, *_to(kind, subject_id, now))
        .values(withdrawn_at=now)
    )


def take_back_everything_by(session: Session, user_id: int, now: datetime) -> None:
    """The same, whatever they are to: the person may no longer invite at all."""
    session.execute(
        update(Invitation)
        .where(Invitation.invited_by_id == user_id, _waits(now))
        .values(withdrawn_at=now)
    )


def _to(
    kind: InvitationKind, subject_id: int | None, now: datetime
) -> tuple[ColumnElement[bool], ...]:
    is_of_it = Invitation.subject_id.is_not_distinct_from(subject_id)
    return _waits(now), Invitation.kind == kind, is_of_it


def _waits(now: datetime) -> ColumnElement[bool]:
    return (
        Invitation.accepted_at.is_(None)
        & Invitation.withdrawn_at.is_(None)
        & (Invitation.expires_at > now)
    )


def _note(
    session: Session, action: Action, invitation: Invitation, actor_id: int | None, ip: str
) -> None:
    audit.note(
        session,
        action,
        actor_id=actor_id,
        about=("invitation", invitation.id),
        ip=ip,
        kind=invitation.kind,
        subject_id=invitation.subject_id,
        role=invitation.role,
    )
