"""Administrators open and close accounts, and name one another. One of them always stays."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace import audit, formats, mail
from marketplace.accounts import inviting
from marketplace.accounts.links import end_links
from marketplace.accounts.sessions import close_sessions
from marketplace.accounts.tables import Invitation, InvitationKind, User
from marketplace.audit import Action

ADMINISTRATOR = "administrator"


class LastAdministrator(Exception):
    """Nobody would be left to administer Tandem."""


class Erased(Exception):
    """The account was erased: it cannot come back."""


class Closed(Exception):
    """Who has this account cannot sign in."""


class NotVerified(Exception):
    """Whoever holds this account never showed that its address is theirs."""


class AlreadyAdministrator(Exception):
    """Who has this address administers Tandem already."""


def close_account(session: Session, user_id: int, by_id: int, now: datetime, ip: str) -> None:
    """The person can no longer sign in, and is signed out everywhere; what it invited others
    to is void.

    What waits on a desk where nobody else works is for the caller to hand on. Raises
    NoResultFound, LastAdministrator.
    """
    user = _keeping_an_administrator(session, user_id)
    user.is_active = False
    close_sessions(session, user_id, now)
    end_links(session, user_id)
    inviting.take_back_everything_by(session, user_id, now)
    _note(session, Action.ACCOUNT_CLOSED, user_id, by_id, ip)


def reopen_account(session: Session, user_id: int, by_id: int, ip: str) -> None:
    """Raises NoResultFound, Erased."""
    user = _locked(session, user_id)
    if user.erased_at is not None:
        raise Erased
    user.is_active = True
    _note(session, Action.CHANGED, user_id, by_id, ip, what="reopened")


def make_administrator(session: Session, user_id: int, by_id: int, now: datetime, ip: str) -> None:
    """Raises NoResultFound, NotVerified, Closed."""
    user = _locked(session, user_id)
    if not user.is_active:
        raise Closed
    if user.email_verified_at is None:
        raise NotVerified
    _set(session, user, True, by_id, now, ip)


def unmake_administrator(
    session: Session, user_id: int, by_id: int, now: datetime, ip: str
) -> None:
    """What the person invited others to is void. Raises NoResultFound, LastAdministrator."""
    user = _keeping_an_administrator(session, user_id)
    inviting.take_back_everything_by(session, user_id, now)
    _set(session, user, False, by_id, now, ip)


def sign_out_everywhere(session: Session, user_id: int, by_id: int, now: datetime, ip: str) -> int:
    """How many sessions were open. Raises NoResultFound."""
    _locked(session, user_id)
    closed = close_sessions(session, user_id, now)
    _note(session, Action.SESSION_REVOKED, user_id, by_id, ip, sessions=closed)
    return closed


def invite(session: Session, address: str, by_id: int | None, now: datetime, ip: str = "") -> str:
    """Mail an invitation to administer Tandem, by nobody for the command line.

    Gives the path of the link. Raises AlreadyAdministrator.
    """
    same_address = func.lower(User.email) == address.lower()
    if session.scalar(select(User.id).where(same_address, User.is_administrator)) is not None:
        raise AlreadyAdministrator
    by = session.get_one(User, by_id).full_name if by_id is not None else ""
    token = inviting.invite(
        session, InvitationKind.ADMINISTRATOR, None, ADMINISTRATOR, address, by_id, now, ip
    )
    link = f"/invitations/{token}"
    mail.post(
        session,
        key=f"invitation:{inviting.hash_of(token)}",
        kind="accounts/administrator_invitation",
        address=address,
        promise=mail.Promise.AT_LEAST_ONCE,
        link=link,
        name="",
        by=by,
        expires=formats.moment(now + inviting.LASTS),
    )
    return link


def join(session: Session, invitation: Invitation, user_id: int, now: datetime, ip: str) -> None:
    """Use an invitation to administer Tandem up. Raises as `inviting.accept`."""
    inviting.accept(session, invitation, user_id, now, ip)
    _locked(session, user_id).is_administrator = True
    _note(session, Action.ROLE_CHANGED, user_id, user_id, ip, administrator=True)


def _keeping_an_administrator(session: Session, user_id: int) -> User:
    """The person, locked with every administrator: two of them cannot undo each other."""
    remaining = session.scalars(
        select(User.id)
        .where(User.is_administrator, User.is_active)
        .order_by(User.id)
        .with_for_update()
    ).all()
    user = _locked(session, user_id)
    if list(remaining) == [user_id]:
        raise LastAdministrator
    return user


def _locked(session: Session, user_id: int) -> User:
    return session.get_one(User, user_id, with_for_update=True, populate_existing=True)


def _set(
    session: Session, user: User, is_administrator: bool, by_id: int, now: datetime, ip: str
) -> None:
    """The person signs in again: a session does not outlive a change of role."""
    if user.is_administrator == is_administrator:
        return
    user.is_administrator = is_administrator
    close_sessions(session, user.id, now)
    _note(session, Action.ROLE_CHANGED, user.id, by_id, ip, administrator=is_administrator)


def _note(
    session: Session,
    action: Action,
    user_id: int,
    by_id: int,
    ip: str,
    **details: str | int,
) -> None:
    audit.note(session, action, actor_id=by_id, about=("user", user_id), ip=ip, **details)
