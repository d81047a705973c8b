"""Whether Tandem helped: one question to each side, asked on a page; what they say, counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.answers.lifecycle import Help, Refusal, Refused, Side
from marketplace.answers.tables import Survey
from marketplace.needs.tables import Need

FEWEST = 5
"""Fewer opinions of a side than this could be told apart: they are not shown."""


@dataclass(frozen=True, slots=True)
class Opinions:
    """What a side says; `counts` is empty where `total` is too small."""

    total: int
    counts: Mapping[Help, int]


def opinions(session: Session, of_needs: ColumnElement[bool]) -> dict[Side, Opinions]:
    """What buyers and structures say of the needs that a condition holds for."""
    of_buyer = Survey.structure_id.is_(None)
    counted = (
        select(of_buyer, Survey.helped, func.count())
        .join(Need, Need.id == Survey.need_id)
        .where(of_needs)
        .group_by(of_buyer, Survey.helped)
    )
    found: dict[Side, dict[Help, int]] = {side: {} for side in Side}
    for is_buyer, helped, count in session.execute(counted):
        found[Side.BUYER if is_buyer else Side.STRUCTURE][helped] = count
    return {side: _hidden_if_few(counts) for side, counts in found.items()}


def commented(helped: Help | None) -> Select[Survey]:
    """The opinions that say why, or those of them that say so much of it, latest first."""
    said = select(Survey).where(Survey.comment != "")
    if helped is not None:
        said = said.where(Survey.helped == helped)
    return said.order_by(Survey.id.desc())


def commented_by_help(session: Session) -> dict[Help, int]:
    """How many opinions say why, by what they say."""
    counted = select(Survey.helped, func.count()).where(Survey.comment != "")
    return dict(session.execute(counted.group_by(Survey.helped)).all())


def _hidden_if_few(counts: Mapping[Help, int]) -> Opinions:
    total = sum(counts.values())
    return Opinions(total, counts if total >= FEWEST else {})


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
