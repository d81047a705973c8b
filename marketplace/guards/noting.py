"""What the guards write in the trail by themselves: sheets taken away, and what was refused."""

import logging
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import Flask, Response, request
from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from marketplace import audit, clock
from marketplace.audit import Action, AuditEntry
from marketplace.db import db, transaction
from marketplace.guards.roles import viewer, visitor_ip

logger = logging.getLogger(__name__)

ONCE_IN = timedelta(hours=1)
"""The same thing refused to the same person is told once in this time."""

MOST_OF_ONE = 30
MOST_OF_VISITORS = 300
"""How many refusals are told in that time: a robot does not fill the trail."""

FORBIDDEN, MISSING, DEAD = 403, 404, 410

_NAMES_A_THING = re.compile(r"[a-z0-9-]{1,100}")
"""A number or a slug; what else somebody writes in an address is not kept."""


def init_app(app: Flask) -> None:
    app.after_request(_note_refused)


def note_export(about: tuple[str, int] | None = None) -> None:
    """The person asking takes this page's sheet away."""
    who = viewer()
    with transaction() as session:
        audit.note(
            session,
            Action.EXPORTED,
            actor_id=who.user_id if who else None,
            about=about,
            ip=visitor_ip(),
            page=request.endpoint,
        )


def note_refusal(status: int, about: tuple[str, int] | None = None) -> None:
    """Tell what was refused, unless the last hour already says so, or enough."""
    who, now = viewer(), clock.now()
    details = {"page": request.endpoint, "status": status, "asked": _asked()}
    with transaction() as session:
        if _is_news(session, who.user_id if who else None, about, details, now):
            audit.note(
                session,
                Action.ACCESS_REFUSED,
                actor_id=who.user_id if who else None,
                about=about,
                ip=visitor_ip(),
                **details,
            )


def _is_news(
    session: Session,
    user_id: int | None,
    about: tuple[str, int] | None,
    details: Mapping[str, object],
    now: datetime,
) -> bool:
    told: list[ColumnElement[bool]] = [
        AuditEntry.action == Action.ACCESS_REFUSED,
        AuditEntry.actor_id.is_not_distinct_from(user_id),
        AuditEntry.at > now - ONCE_IN,
    ]
    rows = session.scalars(select(AuditEntry).where(*told).limit(MOST_OF_VISITORS)).all()
    ip = visitor_ip()
    of_one = [row for row in rows if user_id is not None or row.ip == ip]
    kind, object_id = about or ("", None)
    return (
        len(rows) < MOST_OF_VISITORS
        and len(of_one) < MOST_OF_ONE
        and not any(
            row.details == details and (row.object_kind, row.object_id) == (kind, object_id)
            for row in of_one
        )
    )


def _asked() -> list[str]:
    parts = [str(part) for name, part in (request.view_args or {}).items() if name != "token"]
    return [part for part in parts if _NAMES_A_THING.fullmatch(part)]


def _note_refused(answer: Response) -> Response:
    """Pages of another role, objects of others, dead links. Of visitors, links alone."""
    if request.endpoint in (None, "static") or answer.status_code not in (FORBIDDEN, MISSING, DEAD):
        return answer
    is_link = answer.status_code == DEAD or "token" in (request.view_args or {})
    try:
        db.session.rollback()  # what a refused view left unsaid is not to be written here
        who = viewer()
        if is_link or (who is not None and (request.view_args or answer.status_code == FORBIDDEN)):
            note_refusal(answer.status_code, ("user", who.user_id) if who else None)
    except SQLAlchemyError:
        logger.exception("a refusal could not be noted")
    return answer
