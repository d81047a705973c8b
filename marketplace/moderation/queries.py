"""Reads: what waits on a desk, and who works there."""

from collections.abc import Collection, Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from marketplace.accounts.queries import bare, holds
from marketplace.accounts.tables import User
from marketplace.moderation.tables import Decision, Desk, DeskMember, DeskRole, QueueEntry
from marketplace.needs.tables import Need
from marketplace.structures.tables import StructureClaim


def waiting_needs(session: Session, desk_ids: Collection[int]) -> Sequence[QueueEntry]:
    """The needs that wait for a decision of these desks, with their buyer, first due first."""
    waiting = (
        select(QueueEntry)
        .where(QueueEntry.desk_id.in_(desk_ids), QueueEntry.need_id.is_not(None))
        .where(QueueEntry.decided_at.is_(None))
        .options(joinedload(QueueEntry.desk))
        .options(joinedload(QueueEntry.need).joinedload(Need.organisation))
        .order_by(QueueEntry.due_at, QueueEntry.id)
    )
    return session.scalars(waiting).all()


def waiting_claims(session: Session, desk_ids: Collection[int]) -> Sequence[QueueEntry]:
    """The claims that wait for a decision of these desks, first due first."""
    of_claim = joinedload(QueueEntry.claim)
    waiting = (
        select(QueueEntry)
        .where(QueueEntry.desk_id.in_(desk_ids), QueueEntry.claim_id.is_not(None))
        .where(QueueEntry.decided_at.is_(None))
        .options(joinedload(QueueEntry.desk))
        .options(of_claim.joinedload(StructureClaim.structure))
        .options(of_claim.joinedload(StructureClaim.user))
        .order_by(QueueEntry.due_at, QueueEntry.id)
    )
    return session.scalars(waiting).all()


def latest_decisions(session: Session, desk_ids: Collection[int], limit: int) -> list[Decision]:
    """What these desks last decided of needs and claims, newest first."""
    decided = (
        select(Decision)
        .where(Decision.desk_id.in_(desk_ids), Decision.offer_id.is_(None))
        .options(joinedload(Decision.need))
        .options(joinedload(Decision.claim).joinedload(StructureClaim.structure))
        .order_by(Decision.id.desc())
        .limit(limit)
    )
    return list(session.scalars(decided))


def desk_of_need(session: Session, need_id: int) -> Desk | None:
    """The desk that a need came to last."""
    entry = session.scalars(
        select(QueueEntry)
        .where(QueueEntry.need_id == need_id)
        .order_by(QueueEntry.id.desc())
        .limit(1)
    ).first()
    return entry.desk if entry else None


def desks_like(words: str, is_open: bool) -> Select[Desk, int, int]:
    """Desks whose name or bearer holds these words, the national one first, then by name;
    each with how many people work there and how many decisions wait."""
    people = (
        select(func.count())
        .select_from(DeskMember)
        .join(User)
        .where(DeskMember.desk_id == Desk.id, User.is_active)
    )
    waiting = select(func.count()).where(
        QueueEntry.desk_id == Desk.id, QueueEntry.decided_at.is_(None)
    )
    return (
        select(Desk, people.scalar_subquery(), waiting.scalar_subquery())
        .where(holds(words, Desk.name, Desk.bearer))
        .where(Desk.closed_at.is_(None) if is_open else Desk.closed_at.is_not(None))
        .order_by(Desk.is_national.desc(), bare(Desk.name), Desk.id)
    )


def members_of_desk(session: Session, desk_id: int) -> Sequence[DeskMember]:
    """Leads first, then by name."""
    members = (
        select(DeskMember)
        .join(DeskMember.user)
        .where(DeskMember.desk_id == desk_id)
        .options(contains_eager(DeskMember.user))
        .order_by(DeskMember.role != DeskRole.LEAD, bare(User.full_name), User.id)
    )
    return session.scalars(members).all()
