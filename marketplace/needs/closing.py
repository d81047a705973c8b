"""The end of a need, at its deadline or before, and the one way back."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.clock import PARIS
from marketplace.jobs import Job, enqueue
from marketplace.needs.lifecycle import Move, NotOpen, Status
from marketplace.needs.posting import make_move, need_for_update
from marketplace.needs.tables import Need, NeedAmendment, NeedMove

REOPENED_WITHIN = timedelta(days=30)


class CannotReopen(Exception):
    """The need stays closed; the message says why, in French."""


def close_early(session: Session, need_id: int, user_id: int, now: datetime, reason: str) -> Need:
    """The buyer takes no more answers. Raises ForbiddenMove, NotOpen once the deadline is over."""
    need = need_for_update(session, need_id)
    if need.status is Status.PUBLISHED and _is_over(need, now):
        raise NotOpen(need.status, Move.CLOSE)
    make_move(session, need, Move.CLOSE, user_id, now, reason)
    return need


def close_due(session: Session, now: datetime) -> int:
    """Record the close of every need whose deadline's Paris day is over; how many there were.

    Nobody made these moves. A need that somebody holds is left for the next time.
    """
    due = (
        select(Need)
        .where(Need.status == Status.PUBLISHED, Need.deadline_on < now.astimezone(PARIS).date())
        .order_by(Need.id)
        .with_for_update(of=Need, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    closed = session.scalars(due).all()
    for need in closed:
        make_move(session, need, Move.CLOSE, None, now)
    return len(closed)


def reopen(
    session: Session,
    need_id: int,
    user_id: int,
    deadline_on: date,
    now: datetime,
    reason: str,
    *,
    has_outcome: bool = False,
) -> NeedAmendment | None:
    """Take answers again until a new deadline; what changed, None when the date is the same.

    `has_outcome`: one of its lots has. Raises CannotReopen, and ForbiddenMove when the need
    is not closed.
    """
    need = need_for_update(session, need_id)
    if need.status is Status.PUBLISHED and _is_over(need, now):
        make_move(session, need, Move.CLOSE, None, now)
        session.flush()
    moves = session.scalars(select(NeedMove).filter_by(need_id=need.id).order_by(NeedMove.id))
    if why := why_not_reopen(need, moves.all(), has_outcome, now):
        raise CannotReopen(why)
    if deadline_on <= now.astimezone(PARIS).date():
        raise CannotReopen("La nouvelle date limite est au plus tôt demain")
    make_move(session, need, Move.REOPEN, user_id, now, reason)
    before, need.deadline_on = need.deadline_on, deadline_on
    enqueue(session, Job.SHORTLIST_NEED, need_id=need.id)
    if before == deadline_on or before is None:
        return None
    need.amended_at = now
    amendment = NeedAmendment(
        need_id=need.id,
        user_id=user_id,
        amended_at=now,
        changes={"deadline_on": [before.isoformat(), deadline_on.isoformat()]},
    )
    session.add(amendment)
    session.flush()
    return amendment


def why_not_reopen(
    need: Need, moves: Sequence[NeedMove], has_outcome: bool, now: datetime
) -> str | None:
    """What keeps a closed need closed, in French; None for one that may open again."""
    if need.status is not Status.CLOSED or has_outcome:
        return "Seul un besoin clos, dont la suite n'est pas donnée, peut être rouvert"
    if any(move.move is Move.REOPEN for move in moves):
        return (
            "Ce besoin a déjà été rouvert une fois\u00a0: dupliquez-le pour le publier de nouveau"
        )
    closed = [move.moved_at for move in moves if move.move is Move.CLOSE]
    if closed and now - closed[-1] > REOPENED_WITHIN:
        return "Ce besoin est clos depuis plus de 30 jours\u00a0: dupliquez-le pour le publier"
    return None


def _is_over(need: Need, now: datetime) -> bool:
    return need.deadline_on is not None and need.deadline_on < now.astimezone(PARIS).date()
