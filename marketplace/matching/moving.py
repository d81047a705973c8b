"""Each step of a match, written down."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.matching.lifecycle import MatchStatus, check
from marketplace.matching.tables import Match, MatchMove


def match_for_update(session: Session, need_id: int, structure_id: int) -> Match | None:
    """The match of a structure with a need, locked until the transaction ends."""
    named = select(Match).filter_by(need_id=need_id, structure_id=structure_id)
    locked = named.with_for_update(of=Match).execution_options(populate_existing=True)
    return session.scalars(locked).first()


def move_match(
    session: Session,
    match: Match,
    status: MatchStatus,
    user_id: int | None,
    now: datetime,
    reason_code: str = "",
    reason: str = "",
) -> None:
    """Take a locked match one step on. Raises ForbiddenStep."""
    check(match.status, status)
    match.status = status
    session.add(
        MatchMove(
            match_id=match.id,
            status=status,
            user_id=user_id,
            moved_at=now,
            reason_code=reason_code,
            reason=reason,
        )
    )
