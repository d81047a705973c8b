"""Opening an account, and confirming that its address is one's own."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.accounts.links import (
    end_links,
    living,
    send_account_exists,
    send_link,
    use,
)
from marketplace.accounts.sessions import close_sessions
from marketplace.accounts.signing_in import hashed, is_password_of, user_of
from marketplace.accounts.tables import LinkPurpose, User
from marketplace.audit import Action


class Profile(StrEnum):
    """What somebody comes for: nothing but where its first steps lead."""

    BUYER = "acheteur"
    STRUCTURE = "structure"


class AddressTaken(Exception):
    """Another account has this address, confirmed or closed."""


class WrongPassword(Exception):
    """Whoever confirms an address is not who signed up with it, or mistyped the password."""


@dataclass(frozen=True)
class NewAccount:
    email: str
    full_name: str
    password: str
    profile: Profile


def sign_up(session: Session, new: NewAccount, now: datetime, ip: str) -> None:
    """Open an account, and mail the link that confirms its address.

    The holder of an address with an account is told so by mail, and nobody else: the same
    statements run in both cases. As long as an address is not confirmed, the last to sign
    up with it wins.
    """
    password_hash = hashed(new.password)
    user, is_new = _inserted(session, new.email, new.full_name, password_hash)
    if is_new or (user.email_verified_at is None and user.is_active):
        if not is_new:
            user.full_name, user.password_hash = new.full_name, password_hash
            close_sessions(session, user.id, now)
        query = f"?profil={new.profile}"
        send_link(session, LinkPurpose.VERIFY_EMAIL, user, user.email, now, query)
        action = Action.ACCOUNT_CREATED
    else:
        send_account_exists(session, LinkPurpose.VERIFY_EMAIL, user, now)
        action = Action.ACCESS_REFUSED
    audit.note(session, action, actor_id=None, about=("user", user.id), ip=ip, by="sign_up")


def open_account(session: Session, email: str, full_name: str, now: datetime, ip: str) -> User:
    """An account without a password, whose address an identity provider has proven.

    Raises AddressTaken.
    """
    user, is_new = _inserted(session, email, full_name, None)
    if not is_new:
        if user.email_verified_at is not None or not user.is_active:
            raise AddressTaken
        user.full_name, user.password_hash = full_name, None
        close_sessions(session, user.id, now)
    audit.note(session, Action.ACCOUNT_CREATED, actor_id=user.id, about=("user", user.id), ip=ip)
    _confirm(session, user, now, ip)
    return user


def _inserted(
    session: Session, email: str, full_name: str, password_hash: str | None
) -> tuple[User, bool]:
    """The account of an address, and whether it is new."""
    row = insert(User).values(email=email, full_name=full_name, password_hash=password_hash)
    written = session.scalar(row.on_conflict_do_nothing().returning(User.id))
    user = user_of(session, email)
    if user is None:
        raise RuntimeError("an account vanished while it was written")
    return user, written is not None


def send_verification(session: Session, user_id: int, now: datetime) -> None:
    """Mail the link that confirms an address again; nothing when it is confirmed."""
    user = session.get_one(User, user_id)
    if user.email_verified_at is None:
        send_link(session, LinkPurpose.VERIFY_EMAIL, user, user.email, now)


def verify_address(
    session: Session,
    token: str,
    password: str | None,
    signed_in_id: int | None,
    now: datetime,
    ip: str,
) -> User:
    """The person whose address this link confirms.

    Whoever reads the mail must be who signed up: signed in here, or knowing the password.
    Somebody else could have signed up with this address, and wait for it to be confirmed.

    Raises DeadLink, WrongPassword.
    """
    user = living(session, LinkPurpose.VERIFY_EMAIL, token, now).user
    if user.id != signed_in_id and not is_password_of(user, password or ""):
        raise WrongPassword
    use(session, LinkPurpose.VERIFY_EMAIL, token, now)
    _confirm(session, user, now, ip)
    return user


def _confirm(session: Session, user: User, now: datetime, ip: str) -> None:
    user.email_verified_at = now
    end_links(session, user.id)
    audit.note(session, Action.EMAIL_VERIFIED, actor_id=user.id, about=("user", user.id), ip=ip)
