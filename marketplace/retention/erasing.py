"""Erasing an account, because its owner asks or left long ago: needs and decisions stay, and
name an account of which nothing says who it was."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from marketplace import audit, formats, mail
from marketplace.accounts import links, organisations
from marketplace.accounts import personal as accounts
from marketplace.accounts.tables import LinkPurpose, User
from marketplace.accounts.teams import Role, Team, members_of
from marketplace.digests import personal as digests
from marketplace.lists import personal as lists
from marketplace.mail import Promise
from marketplace.moderation import personal as moderation
from marketplace.needs import personal as needs
from marketplace.structures import claiming
from marketplace.structures import personal as structures

TEAMS = (organisations.TEAM, claiming.TEAM)
FAREWELL = "retention/account_erased"


@dataclass(frozen=True)
class Charge:
    """What nobody could manage any more, though others use it; `page` is where to hand it over."""

    name: str
    page: str


class MustHandOver(Exception):
    """The person is the last who can manage something that others use."""


class AccountIsOpen(Exception):
    """Its owner may erase it; another closes it first, which may be undone."""


class AccountIsErased(Exception):
    """There is no such account, or nothing is left of it: as the slower of two is told."""


def charges_of(session: Session, user_id: int) -> list[Charge]:
    """What this person hands over before its account may be erased at its own wish."""
    charges = [
        Charge(team.name_of(subject), team.home_of(subject))
        for team in TEAMS
        for subject in _managed_alone(session, team, user_id)
    ]
    if accounts.is_last_administrator(session, user_id):
        charges.append(Charge("l'administration de Tandem", "/admin/"))
    return charges


def _managed_alone(session: Session, team: Team, user_id: int) -> list[Any]:
    """Where others belong too, and nobody else can manage. Alone, there is no one to tell."""
    managing = _belonging(team, user_id).where(team.members.role == Role.MANAGER)
    found = []
    for subject in session.scalars(managing.order_by(team.subject.id)):
        people = members_of(session, team, subject.id)
        others = [row for row in people if row.user_id != user_id and row.user.is_active]
        if others and all(row.role != Role.MANAGER for row in others):
            found.append(subject)
    return found


def _belonging(team: Team, user_id: int) -> Select[Any]:
    joined = select(team.subject).join(
        team.members, getattr(team.members, team.key) == team.subject.id
    )
    return joined.where(team.members.user_id == user_id)


def _lock_charges(session: Session, user_id: int) -> None:
    """Whoever else leaves or changes a role there meanwhile waits, and then sees what we did."""
    accounts.lock_administrators(session)
    for team in TEAMS:
        locked = _belonging(team, user_id).order_by(team.subject.id)
        session.execute(locked.with_for_update(of=team.subject, key_share=True))


def send_erasure_link(session: Session, user_id: int, now: datetime) -> None:
    """Mail what proves, without a password, that it is this person who asks."""
    user = session.get_one(User, user_id)
    token = links.issue(session, LinkPurpose.ERASE_ACCOUNT, user, user.email, now)
    mail.post(
        session,
        key=f"confirm_erasure:{links.hash_of(token)}",
        kind="retention/confirm_erasure",
        address=user.email,
        promise=Promise.AT_LEAST_ONCE,
        user_id=user.id,
        name=user.full_name,
        link=links.path_of(LinkPurpose.ERASE_ACCOUNT, token),
        expires=formats.moment(now + links.LASTS[LinkPurpose.ERASE_ACCOUNT]),
    )


def erase_own_account(session: Session, user_id: int, now: datetime, ip: str = "") -> None:
    """Raises MustHandOver, AccountIsErased."""
    _lock_charges(session, user_id)
    if charges_of(session, user_id):
        raise MustHandOver
    erase_account(session, user_id, now, actor_id=user_id, why="asked", ip=ip)


def erase_closed_account(
    session: Session, user_id: int, by_id: int, now: datetime, ip: str = ""
) -> None:
    """An administrator does it for somebody who asked in writing, once the account is closed.

    Raises AccountIsOpen, AccountIsErased.
    """
    user = session.get_one(User, user_id, with_for_update=True, populate_existing=True)
    if user.is_active:
        raise AccountIsOpen(user_id)
    erase_account(session, user_id, now, actor_id=by_id, why="asked in writing", ip=ip)


def erase_account(
    session: Session, user_id: int, now: datetime, *, actor_id: int | None, why: str, ip: str = ""
) -> None:
    """Erase whatever it manages, and tell its owner by a last mail, if its address is confirmed.

    Raises AccountIsErased.
    """
    user = session.scalar(
        select(User)
        .where(User.id == user_id, User.erased_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if user is None:
        raise AccountIsErased(user_id)
    address = user.email if user.email_verified_at else None
    moderation.erase(session, user_id, now)
    lists.erase(session, user_id, now)
    needs.erase(session, user_id)
    structures.erase(session, user_id, now)
    digests.erase(session, user_id, address)
    mail.erase(session, user_id, address)
    accounts.erase(session, user_id, now)
    audit.note(
        session, audit.Action.ERASED, actor_id=actor_id, about=("user", user_id), ip=ip, why=why
    )
    if address is not None:
        mail.post(
            session,
            key=f"account_erased:{user_id}",
            kind=FAREWELL,
            address=address,
            promise=Promise.AT_LEAST_ONCE,
        )
