"""Choosing another password: the person who knows the present one, or holds a mailed link."""

from datetime import datetime

from sqlalchemy.orm import Session

from marketplace import audit, mail
from marketplace.accounts.links import end_links, use
from marketplace.accounts.sessions import close_sessions
from marketplace.accounts.signing_in import hashed
from marketplace.accounts.tables import LinkPurpose, User
from marketplace.audit import Action
from marketplace.mail import Promise


def reset_password(session: Session, token: str, password: str, now: datetime, ip: str) -> None:
    """Set a password by a mailed link, which proves the address too: every session closes.

    Raises DeadLink.
    """
    user = use(session, LinkPurpose.RESET_PASSWORD, token, now).user
    if user.email_verified_at is None:
        user.email_verified_at = now
        audit.note(session, Action.EMAIL_VERIFIED, actor_id=user.id, about=("user", user.id), ip=ip)
    _set(session, user, password, now, ip, but=None)


def change_password(
    session: Session, user_id: int, password: str, session_id: int | None, now: datetime, ip: str
) -> None:
    """Set a password: every session closes but the one that asks for it."""
    _set(session, session.get_one(User, user_id), password, now, ip, but=session_id)


def _set(
    session: Session, user: User, password: str, now: datetime, ip: str, but: int | None
) -> None:
    user.password_hash = hashed(password)
    end_links(session, user.id)
    close_sessions(session, user.id, now, but)
    audit.note(session, Action.PASSWORD_CHANGED, actor_id=user.id, about=("user", user.id), ip=ip)
    mail.post(
        session,
        key=f"accounts/password_changed:{user.id}:{now.isoformat()}",
        kind="accounts/password_changed",
        address=user.email,
        promise=Promise.AT_LEAST_ONCE,
        user_id=user.id,
        name=user.full_name,
        link="/mot-de-passe/oublie",
    )
