"""Sessions of signed-in browsers: opened, renewed, closed. A cookie alone opens nothing.

The cookie holds a random token, the row its hash: closing the row signs the browser out.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, update
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.accounts.links import hash_of, new_token
from marketplace.accounts.tables import User, UserSession
from marketplace.audit import Action

IDLE = timedelta(hours=12)
LONGEST = timedelta(days=14)
SEEN_EVERY = timedelta(minutes=5)
"""How old the time of the last page may be before it is written again."""

LONGEST_IP, LONGEST_BROWSER = 45, 200


def is_live(now: datetime) -> ColumnElement[bool]:
    """A session that is neither closed, nor idle, nor too old."""
    return and_(
        UserSession.ended_at.is_(None),
        UserSession.last_seen_at > now - IDLE,
        UserSession.created_at > now - LONGEST,
    )


def open_session(
    session: Session, user_id: int, now: datetime, ip: str, browser: str, means: str
) -> str:
    """The token of a new session. `means` tells the trail how the person proved who it is."""
    token = new_token()
    session.add(
        UserSession(
            token_hash=hash_of(token),
            user_id=user_id,
            created_at=now,
            last_seen_at=now,
            ip=ip[:LONGEST_IP],
            browser="".join(c for c in browser if c.isprintable())[:LONGEST_BROWSER],
        )
    )
    session.execute(
        update(User)
        .where(User.id == user_id)
        .values(previous_sign_in_at=User.last_sign_in_at, last_sign_in_at=now, warned_at=None)
    )
    audit.note(
        session, Action.SIGNED_IN, actor_id=user_id, about=("user", user_id), ip=ip, means=means
    )
    return token


def renew_session(session: Session, session_id: int) -> str:
    """Another token for the same session, as after a change of role: the former opens nothing."""
    token = new_token()
    session.execute(
        update(UserSession).where(UserSession.id == session_id).values(token_hash=hash_of(token))
    )
    return token


def stamp_seen(session: Session, session_id: int, now: datetime) -> None:
    session.execute(
        update(UserSession).where(UserSession.id == session_id).values(last_seen_at=now)
    )


def close_session(session: Session, session_id: int, user_id: int, now: datetime) -> None:
    """Close one session of this person; nothing when it is closed already, or another's."""
    session.execute(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.user_id == user_id)
        .where(UserSession.ended_at.is_(None))
        .values(ended_at=now)
    )


def close_sessions(session: Session, user_id: int, now: datetime, but: int | None = None) -> int:
    """Close every session of a person, or all but one; how many were open."""
    open_ones = update(UserSession).where(
        UserSession.user_id == user_id, UserSession.ended_at.is_(None), UserSession.id != (but or 0)
    )
    closed = session.scalars(open_ones.values(ended_at=now).returning(UserSession.id))
    return len(closed.all())
