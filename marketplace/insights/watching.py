"""Reads: open needs of some desks that few can or will answer, and structures that stay silent."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Date, Select, cast, func, literal, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from marketplace.answers.lifecycle import AnswerStatus
from marketplace.answers.tables import Answer
from marketplace.clock import PARIS
from marketplace.matching.lifecycle import ANSWERED, MatchStatus
from marketplace.matching.tables import Match, Shortlist
from marketplace.moderation.queries import is_on
from marketplace.moderation.tables import Desk, DeskTerritory, QueueEntry
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need
from marketplace.structures.tables import Structure
from marketplace.territories.tables import Territory

FEW_MATCHES = 3
FEW_ANSWERS = 2
TOLD_LATELY = timedelta(days=90)
TOLD_OFTEN = 3
"""Needs that a structure was told of, and did not even open."""


class Watched(NamedTuple):
    """An open need with how many can answer (None before its ranking), how many are interested
    and how many answered."""

    need: Need
    eligible: int | None
    interested: int
    answers: int


def needs_to_watch(desk_ids: Collection[int], now: datetime) -> Select[Need, int, int, int]:
    """Open needs that fewer than FEW_MATCHES can answer or that, at half of their time, fewer
    than FEW_ANSWERS want to; rows as Watched, most urgent first."""
    today = now.astimezone(PARIS).date()
    came = select(QueueEntry.need_id).where(is_on(desk_ids), QueueEntry.need_id.is_not(None))
    interested = (
        select(func.count())
        .where(Match.need_id == Need.id, Match.status.in_(ANSWERED))
        .scalar_subquery()
    )
    answers = (
        select(func.count())
        .where(Answer.need_id == Need.id, Answer.status == AnswerStatus.SENT)
        .scalar_subquery()
    )
    lacks_matches = func.coalesce(Shortlist.eligible, FEW_MATCHES) < FEW_MATCHES
    lacks_answers = _is_half_over(today) & (func.greatest(interested, answers) < FEW_ANSWERS)
    return (
        select(Need, Shortlist.eligible, interested, answers)
        .outerjoin(Shortlist, Shortlist.need_id == Need.id)
        .where(is_open(now), Need.id.in_(came), or_(lacks_matches, lacks_answers))
        .options(joinedload(Need.organisation), selectinload(Need.zones))
        .order_by(Need.deadline_on, Need.id)
    )


def _is_half_over(today: date) -> ColumnElement[bool]:
    """At least half of the days from its publication to its deadline are gone."""
    published = cast(func.timezone(PARIS.key, Need.published_at), Date)
    return (literal(today, Date) - published) * 2 >= Need.deadline_on - published


def silent_structures(
    session: Session, desk_ids: Collection[int], now: datetime, limit: int
) -> Sequence[tuple[Structure, int]]:
    rows = session.execute(silent(desk_ids, now).limit(limit))
    return [(structure, count) for structure, count in rows]


def silent(desk_ids: Collection[int], now: datetime) -> Select[Structure, int]:
    """Structures of the desks' territories that opened none of the needs they were told of
    lately, TOLD_OFTEN at least, with how many; the most often told first."""
    told = (
        select(Match.structure_id, func.count().label("told"))
        .where(Match.status != MatchStatus.SUGGESTED, Match.first_matched_at > now - TOLD_LATELY)
        .group_by(Match.structure_id)
        .having(func.count() >= TOLD_OFTEN)
        .having(func.bool_and(Match.status == MatchStatus.NOTIFIED))
        .subquery()
    )
    return (
        select(Structure, told.c.told)
        .join(told, told.c.structure_id == Structure.id)
        .where(Structure.is_active, is_around(desk_ids))
        .order_by(told.c.told.desc(), Structure.sort_key, Structure.id)
    )


def is_around(desk_ids: Collection[int]) -> ColumnElement[bool]:
    """Seated in a territory of these desks; anywhere, for the national one."""
    codes = select(DeskTerritory.territory_code).where(DeskTerritory.desk_id.in_(desk_ids))
    inside = select(Territory.code).where(
        or_(
            Territory.code.in_(codes),
            Territory.epci.in_(codes),
            Territory.department.in_(codes),
            Territory.region.in_(codes),
        )
    )
    national = select(Desk.id).where(Desk.id.in_(desk_ids), Desk.is_national).exists()
    return or_(national, Structure.commune_code.in_(inside), Structure.department_code.in_(inside))
