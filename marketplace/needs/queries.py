"""Reads: needs, by who posted them and by what may still be answered."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from marketplace.clock import PARIS
from marketplace.needs.lifecycle import Move, Status
from marketplace.needs.tables import Lot, Need, NeedAmendment, NeedMove

NEAR = timedelta(days=7)
"""A deadline that comes this soon is shown to its buyer."""

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


def closed_on(session: Session, need: Need, now: datetime) -> date | None:
    """The last day on which a published need took answers: its deadline, or before it the day
    on which its buyer closed it. None while it takes some, or never did."""
    if need.published_at is None or need.deadline_on is None or need.status is Status.WITHDRAWN:
        return None
    if need.deadline_on < now.astimezone(PARIS).date():
        return need.deadline_on
    if need.status is Status.PUBLISHED:
        return None
    closed = select(func.max(NeedMove.moved_at)).where(
        NeedMove.need_id == need.id, NeedMove.move == Move.CLOSE
    )
    closed_at = session.scalar(closed)
    return closed_at.astimezone(PARIS).date() if closed_at else None


def needs_of(organisation_ids: Collection[int]) -> Select[Need]:
    """The needs of these organisations, and those they posted for another: the drafts, then
    the others, newest first."""
    is_theirs = Need.organisation_id.in_(organisation_ids) | Need.platform_id.in_(organisation_ids)
    posted = select(Need).where(is_theirs)
    return posted.order_by((Need.status == Status.DRAFT).desc(), Need.id.desc())


def awaiting_their_buyer(organisation_ids: Collection[int], now: datetime) -> Select[Need]:
    """Of these needs, those that a desk sent back, those that are over without an outcome, and
    the open ones whose deadline is near: the longest waiting first."""
    today = now.astimezone(PARIS).date()
    soon = Need.deadline_on <= today + NEAR
    published = Need.status == Status.PUBLISHED
    waits = Need.status.in_((Status.CHANGES_REQUESTED, Status.CLOSED)) | (published & soon)
    return (
        needs_of(organisation_ids).where(waits).order_by(None).order_by(Need.deadline_on, Need.id)
    )


def amendments_of(session: Session, need_id: int) -> int:
    """How many times a need was changed since it was published."""
    counted = select(func.count()).where(NeedAmendment.need_id == need_id, is_public_change())
    return session.scalar(counted) or 0


def is_public_change() -> ColumnElement[bool]:
    """Of an amendment: made since its need was published. One before that is a correction, which
    its buyer and its desk read alone."""
    published_at = select(Need.published_at).where(Need.id == NeedAmendment.need_id)
    return NeedAmendment.amended_at >= published_at.scalar_subquery()


def corrections_of(session: Session, need_id: int) -> Sequence[NeedAmendment]:
    """What its buyer changed while the need waited for its desk, latest first."""
    made = select(NeedAmendment).where(
        NeedAmendment.need_id == need_id, is_public_change().is_not(True)
    )
    made = made.options(joinedload(NeedAmendment.user))
    return session.scalars(made.order_by(NeedAmendment.id.desc())).all()
