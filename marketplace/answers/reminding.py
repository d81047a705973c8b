"""Buyers are reminded to say what came of their needs: at the deadline, and four weeks later."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import mail
from marketplace.answers import queries
from marketplace.mail import Promise
from marketplace.needs.lifecycle import Move, Status
from marketplace.needs.tables import Need, NeedMove

AFTER = (timedelta(0), timedelta(days=28))
"""How long after the closing."""

CATCH_UP = timedelta(days=7)
"""A sweep that did not run for so long reminds nobody of what is past."""


def remind_outcomes(session: Session, now: datetime) -> None:
    """Sweep: write to the buyers of closed needs without an outcome. May run at any time: a
    reminder is a mail with a key of its own."""
    for number, delay in enumerate(AFTER):
        closed = (
            select(Need, NeedMove.id)
            .join(NeedMove, NeedMove.need_id == Need.id)
            .where(
                Need.status == Status.CLOSED,
                NeedMove.move == Move.CLOSE,
                NeedMove.moved_at <= now - delay,
                NeedMove.moved_at > now - delay - CATCH_UP,
            )
            .options(joinedload(Need.organisation))
            .order_by(NeedMove.id)
        )
        for need, move_id in session.execute(closed).all():
            for person in queries.buyers_of(session, need):
                mail.post(
                    session,
                    key=f"outcome_due:{move_id}:{number}:{person.id}",
                    kind="answers/outcome_due",
                    address=person.email,
                    promise=Promise.AT_MOST_ONCE,
                    user_id=person.id,
                    topic="answers",
                    link=f"/besoins/{need.slug}/issue",
                    name=person.full_name,
                    need=need.title,
                )
