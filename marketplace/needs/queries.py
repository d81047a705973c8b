"""Reads: needs, by who posted them and by what may still be answered."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from marketplace.clock import PARIS
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Lot, Need, NeedAmendment

IN_FULL = (
    joinedload(Need.organisation),
    joinedload(Need.sectors),
    joinedload(Need.zones),
    selectinload(Need.lots).joinedload(Lot.sectors),
    selectinload(Need.lots).joinedload(Lot.zones),
)
"""Loads a need with all that it says but its questions and files: two queries, rows to be made
unique."""


def is_open(now: datetime) -> ColumnElement[bool]:
    """Published, and its deadline's Paris day not over."""
    return (Need.status == Status.PUBLISHED) & (Need.deadline_on >= now.astimezone(PARIS).date())


def needs_of(organisation_ids: Collection[int]) -> Select[Need]:
    """The needs of these organisations, and those they posted for another: the drafts, then
    the others, newest first."""
    is_theirs = Need.organisation_id.in_(organisation_ids) | Need.platform_id.in_(organisation_ids)
    posted = select(Need).where(is_theirs)
    return posted.order_by((Need.status == Status.DRAFT).desc(), Need.id.desc())


def amendments_of(session: Session, need_id: int) -> int:
    """How many times a need was changed since it was published."""
    counted = select(func.count()).where(NeedAmendment.need_id == need_id)
    return session.scalar(counted) or 0
