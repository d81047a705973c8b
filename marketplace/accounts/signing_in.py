"""Signing in, by password or by a mailed link; nothing here tells who has an account.

Passwords are kept as Argon2id hashes, and checked in the same time whether known or not.
"""

from datetime import datetime
from functools import cache

from pwdlib import PasswordHash
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.accounts.links import send_link, use
from marketplace.accounts.passwords import normal
from marketplace.accounts.sessions import close_sessions
from marketplace.accounts.tables import LinkPurpose, User
from marketplace.audit import Action

_hasher = PasswordHash.recommended()


def hashed(password: str) -> str:
    return _hasher.hash(normal(password))


def is_password_of(user: User | None, password: str) -> bool:
    """Whether this is this person's password; it takes as long for nobody, and for who has none.

    The hash is renewed when the settings of Argon2 have changed.
    """
    known = user.password_hash if user and user.password_hash else _hash_of_nobody()
    is_right, renewed = _hasher.verify_and_update(normal(password), known)
    if user is None or user.password_hash is None or not is_right:
        return False
    user.password_hash = renewed or user.password_hash
    return True


@cache
def _hash_of_nobody() -> str:
    return hashed("nobody's password")


def user_of(session: Session, email: str) -> User | None:
    """Whose address this is, whatever its case; the account may be closed."""
    address = email.strip().replace("\0", "").lower()
    return session.scalar(select(User).where(func.lower(User.email) == address))


def sign_in(session: Session, email: str, password: str, ip: str) -> User | None:
    """The person with this address and password.

    None, and a line in the trail, when there is none: which of the two is wrong is not said.
    """
    user = user_of(session, email)
    if is_password_of(user, password) and user is not None and user.is_active:
        return user
    audit.note(
        session,
        Action.SIGN_IN_REFUSED,
        actor_id=None,
        about=("user", user.id) if user else None,
        ip=ip,
    )
    return None


def ask_link(session: Session, purpose: LinkPurpose, email: str, now: datetime) -> None:
    """Mail a link that signs in, or one to choose a password; to an address without an open
    account, that there is none."""
    user = user_of(session, email)
    if user is not None and user.is_active:
        send_link(session, purpose, user, user.email, now)
    else:
        send_link(session, purpose, None, email.strip(), now)


def enter_by_link(session: Session, token: str, now: datetime, ip: str) -> User:
    """The person whom this link signs in. Raises DeadLink.

    It proves that the address is theirs. When nobody had, the password may come from someone
    who signed up with an address of somebody else: it opens nothing any more.
    """
    user = use(session, LinkPurpose.SIGN_IN, token, now).user
    if user.email_verified_at is None:
        user.email_verified_at, user.password_hash = now, None
        close_sessions(session, user.id, now)
        audit.note(session, Action.EMAIL_VERIFIED, actor_id=user.id, about=("user", user.id), ip=ip)
    return user
