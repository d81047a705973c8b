"""Reads: needs, by who posted them and by what may still be answered."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select

from marketplace.clock import PARIS
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need


def is_open(now: datetime) -> ColumnElement[bool]:
    """Published, and its deadline's Paris day not over."""
    return (Need.status == Status.PUBLISHED) & (Need.deadline_on >= now.astimezone(PARIS).date())


def needs_of(organisation_ids: Collection[int]) -> Select[Need]:
    """The needs of these organisations, and those they posted for another, newest first."""
    is_theirs = Need.organisation_id.in_(organisation_ids) | Need.platform_id.in_(organisation_ids)
    posted = select(Need).where(is_theirs)
    return posted.order_by(Need.id.desc())
