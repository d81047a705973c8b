"""The session of this browser: entered, renewed, left. Faces sign people in only by this file."""

from flask import request, session
from flask_login import login_user, logout_user

from marketplace import audit, clock
from marketplace.accounts import sessions
from marketplace.audit import Action
from marketplace.db import db, transaction
from marketplace.guards.roles import viewer, viewer_in, visitor_ip


def enter(user_id: int, means: str) -> None:
    """Give this browser a new session of a person: what it held before is over.

    `means` tells the trail how the person proved who it is: "password", "link"…
    """
    now, before = clock.now(), viewer()
    with transaction() as writing:
        if before is not None and before.session_id is not None:
            sessions.close_session(writing, before.session_id, before.user_id, now)
        token = sessions.open_session(
            writing, user_id, now, visitor_ip(), request.user_agent.string, means
        )
    session.clear()
    login_user(viewer_in(db.session(), token, now))


def renew() -> None:
    """Another token for this browser's session, after its person gained or lost a role."""
    who = viewer()
    if who is not None and who.session_id is not None:
        with transaction() as writing:
            token = sessions.renew_session(writing, who.session_id)
        login_user(viewer_in(db.session(), token, clock.now()))


def leave() -> None:
    """Sign this browser out, for good: its cookie opens nothing any more."""
    who = viewer()
    if who is not None and who.session_id is not None:
        with transaction() as writing:
            sessions.close_session(writing, who.session_id, who.user_id, clock.now())
            audit.note(writing, Action.SIGNED_OUT, actor_id=who.user_id, ip=visitor_ip())
    logout_user()
    session.clear()


def stamp_seen() -> None:
    """Before each page: note that the person is still there. Every few minutes is enough."""
    if request.endpoint == "static" or "prefetch" in request.headers.get("Sec-Purpose", ""):
        return
    who, now = viewer(), clock.now()
    if who is None or who.session_id is None or who.seen_at is None:
        return
    if who.seen_at < now - sessions.SEEN_EVERY:
        with transaction() as writing:
            sessions.stamp_seen(writing, who.session_id, now)
