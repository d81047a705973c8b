"""Whether Tandem helped: one question to each side, asked on a page."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.answers.lifecycle import Help, Refusal, Refused
from marketplace.answers.tables import Survey


def say_whether_it_helped(
    session: Session,
    need_id: int,
    structure_id: int | None,
    user_id: int,
    helped: Help,
    comment: str,
    now: datetime,
) -> None:
    """`structure_id` None: the buyer. Raises Refused when that side has answered already."""
    said = insert(Survey).values(
        need_id=need_id,
        structure_id=structure_id,
        user_id=user_id,
        helped=helped,
        comment=comment,
        said_at=now,
    )
    if session.scalar(said.on_conflict_do_nothing().returning(Survey.id)) is None:
        raise Refused(Refusal.SAID_ALREADY)
