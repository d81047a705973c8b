"""Links mailed to a person: for one purpose and one address, once, for a while."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, insert, literal, select
from sqlalchemy.orm import Session, joinedload

from marketplace import mail
from marketplace.accounts.tables import AccountLink, LinkPurpose, User
from marketplace.formats import moment
from marketplace.mail import Promise

LASTS = {
    LinkPurpose.VERIFY_EMAIL: timedelta(days=3),
    LinkPurpose.SIGN_IN: timedelta(minutes=10),
    LinkPurpose.RESET_PASSWORD: timedelta(minutes=60),
    LinkPurpose.LEAVE_ADDRESS: timedelta(days=1),
    LinkPurpose.CONFIRM_ADDRESS: timedelta(days=1),
    LinkPurpose.ERASE_ACCOUNT: timedelta(minutes=60),
    LinkPurpose.LINK_IDENTITY: timedelta(minutes=10),
}
SLUGS = {
    LinkPurpose.VERIFY_EMAIL: "inscription",
    LinkPurpose.SIGN_IN: "connexion",
    LinkPurpose.RESET_PASSWORD: "mot-de-passe",
    LinkPurpose.LEAVE_ADDRESS: "ancienne-adresse",
    LinkPurpose.CONFIRM_ADDRESS: "nouvelle-adresse",
    LinkPurpose.ERASE_ACCOUNT: "suppression",
    LinkPurpose.LINK_IDENTITY: "proconnect",
}
"""How the address of a link names its purpose."""

KINDS = {
    LinkPurpose.VERIFY_EMAIL: "accounts/verify_email",
    LinkPurpose.SIGN_IN: "accounts/magic_link",
    LinkPurpose.RESET_PASSWORD: "accounts/reset_password",
    LinkPurpose.LEAVE_ADDRESS: "accounts/leave_address",
    LinkPurpose.CONFIRM_ADDRESS: "accounts/confirm_new_address",
    LinkPurpose.LINK_IDENTITY: "accounts/link_identity",
}
"""The mail that brings each; the room of a purpose that is not here writes its own."""

NOBODY = 0


class DeadLink(Exception):
    """The link was never issued, is used or expired, a later one replaced it, or the password
    or address of its account has changed since."""


def new_token() -> str:
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """What the database keeps of a token: who reads it cannot use it."""
    return sha256(token.encode("utf-8", "replace")).hexdigest()


def path_of(purpose: LinkPurpose, token: str) -> str:
    return f"/lien/{SLUGS[purpose]}/{token}"


def issue(
    session: Session, purpose: LinkPurpose, user: User | None, address: str, now: datetime
) -> str:
    """The token of a link that replaces the earlier ones of this purpose.

    For None, nobody, the same statements run and write nothing: the time that they take
    does not tell who has an account.
    """
    token, user_id = new_token(), user.id if user else NOBODY
    session.execute(
        delete(AccountLink).where(AccountLink.user_id == user_id, AccountLink.purpose == purpose)
    )
    table = AccountLink.__table__.c
    said = {
        table.token_hash: hash_of(token),
        table.purpose: purpose,
        table.address: address,
        table.created_at: now,
        table.expires_at: now + LASTS[purpose],
    }
    values = [literal(value, column.type) for column, value in said.items()]
    holder = select(User.id, *values).where(User.id == user_id)
    session.execute(insert(AccountLink).from_select([table.user_id, *said], holder))
    return token


def send_link(
    session: Session,
    purpose: LinkPurpose,
    user: User | None,
    address: str,
    now: datetime,
    query: str = "",
) -> None:
    """Mail a link to this address; for nobody, that there is no account, after the same work."""
    token = issue(session, purpose, user, address, now)
    if user is None:
        _post(session, "accounts/no_account", token, address, None, link="/inscription")
    else:
        _post(
            session,
            KINDS[purpose],
            token,
            address,
            user,
            link=path_of(purpose, token) + query,
            expires=moment(now + LASTS[purpose]),
        )


def send_account_exists(
    session: Session, purpose: LinkPurpose, holder: User, now: datetime
) -> None:
    """Tell the holder of an address that somebody else gave, after the work of send_link."""
    token = issue(session, purpose, None, holder.email, now)
    _post(session, "accounts/account_exists", token, holder.email, holder, link="/connexion")


def _post(
    session: Session, kind: str, token: str, address: str, user: User | None, **context: Any
) -> None:
    mail.post(
        session,
        key=f"{kind}:{hash_of(token)}",
        kind=kind,
        address=address,
        promise=Promise.AT_LEAST_ONCE,
        user_id=user.id if user else None,
        name=user.full_name if user else "",
        **context,
    )


def living(session: Session, purpose: LinkPurpose, token: str, now: datetime) -> AccountLink:
    """The link of this token, with its person, not used yet. Raises DeadLink."""
    return _living(session, purpose, token, now, is_locked=False)


def use(session: Session, purpose: LinkPurpose, token: str, now: datetime) -> AccountLink:
    """The same, used from now on: the slower of two who use it at once finds it dead."""
    link = _living(session, purpose, token, now, is_locked=True)
    link.used_at = now
    return link


def _living(
    session: Session, purpose: LinkPurpose, token: str, now: datetime, *, is_locked: bool
) -> AccountLink:
    named = (
        select(AccountLink)
        .where(AccountLink.token_hash == hash_of(token), AccountLink.purpose == purpose)
        .options(joinedload(AccountLink.user, innerjoin=True))
        .execution_options(populate_existing=True)
    )
    link = session.scalar(named.with_for_update(of=AccountLink) if is_locked else named)
    if link is None or link.used_at is not None or link.expires_at <= now:
        raise DeadLink
    is_new_address = purpose is LinkPurpose.CONFIRM_ADDRESS
    if not link.user.is_active or (link.address != link.user.email and not is_new_address):
        raise DeadLink
    return link


def end_links(session: Session, user_id: int) -> None:
    """Every link of this person dies, as after a change of password or address."""
    session.execute(delete(AccountLink).where(AccountLink.user_id == user_id))
