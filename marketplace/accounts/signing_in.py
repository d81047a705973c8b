"""Passwords: kept as Argon2id hashes, checked in the same time whether known or not."""

from datetime import datetime
from functools import cache

from pwdlib import PasswordHash
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User

_hasher = PasswordHash.recommended()


class WrongCredentials(Exception):
    """No active account has this address and this password; which of the two is not said."""


def hashed(password: str) -> str:
    return _hasher.hash(password)


def sign_in(session: Session, email: str, password: str, now: datetime) -> User:
    """The person with this address and password, its hash renewed when the settings changed.

    Raises WrongCredentials.
    """
    found = select(User).where(func.lower(User.email) == email.strip().lower())
    user = session.scalar(found)
    known = user.password_hash if user and user.password_hash else _hash_of_nobody()
    is_right, renewed = _hasher.verify_and_update(password, known)
    if user is None or user.password_hash is None or not is_right or not user.is_active:
        raise WrongCredentials
    if renewed:
        user.password_hash = renewed
    user.last_sign_in_at = now
    return user


@cache
def _hash_of_nobody() -> str:
    """Verified when the address is unknown, so that both answers take the same time."""
    return hashed("nobody's password")
