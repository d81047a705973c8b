"""Reads: what waits on a desk, and who works there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, or_, select
from sqlalchemy.orm import (
    InstrumentedAttribute,
    Session,
    contains_eager,
    joinedload,
    selectinload,
)

from marketplace.accounts.queries import bare, holds
from marketplace.accounts.tables import User
from marketplace.moderation.tables import (
    Decision,
    Desk,
    DeskMember,
    DeskNote,
    DeskRole,
    Escalation,
    QueueEntry,
)
from marketplace.needs.tables import Need, NeedZone
from marketplace.offers.tables import Offer
from marketplace.structures.tables import Structure, StructureClaim
from marketplace.territories.queries import inside, touches


class Subject(StrEnum):
    """What waits on a desk."""

    NEED = "need"
    CLAIM = "claim"
    OFFER = "offer"


@dataclass(frozen=True)
class Sifted:
    """Which part of a queue is asked for. `assignee_id` 0: what nobody takes care of."""

    subject: Subject | None = None
    assignee_id: int | None = None
    is_overdue: bool = False
    territory: str | None = None
    """The code of a territory where the work, or the seat, is."""


@dataclass(frozen=True)
class Counts:
    """How much waits on some desks."""

    needs: int
    claims: int
    offers: int
    overdue: int
    unassigned: int
    mine: int

    @property
    def total(self) -> int:
        return self.needs + self.claims + self.offers


NOTHING_SIFTED = Sifted()
_OF = {
    Subject.NEED: QueueEntry.need_id,
    Subject.CLAIM: QueueEntry.claim_id,
    Subject.OFFER: QueueEntry.offer_id,
}


def is_on(desk_ids: Collection[int]) -> ColumnElement[bool]:
    """Of an entry: it came to one of these desks, or was escalated to it."""
    escalated = select(Escalation.entry_id).where(Escalation.desk_id.in_(desk_ids))
    return or_(QueueEntry.desk_id.in_(desk_ids), QueueEntry.id.in_(escalated))


def waiting(
    desk_ids: Collection[int], now: datetime, sifted: Sifted = NOTHING_SIFTED
) -> Select[QueueEntry]:
    """What waits for a decision of these desks: the overdue first, then what nobody takes care
    of, then by due time."""
    of_claim = joinedload(QueueEntry.claim)
    return (
        select(QueueEntry)
        .where(is_on(desk_ids), QueueEntry.decided_at.is_(None), *_asked(sifted, now))
        .options(joinedload(QueueEntry.desk), joinedload(QueueEntry.assignee))
        .options(selectinload(QueueEntry.escalations).joinedload(Escalation.desk))
        .options(joinedload(QueueEntry.need).joinedload(Need.organisation))
        .options(joinedload(QueueEntry.need).selectinload(Need.zones))
        .options(of_claim.joinedload(StructureClaim.structure))
        .options(of_claim.joinedload(StructureClaim.user))
        .options(joinedload(QueueEntry.offer).joinedload(Offer.structure))
        .order_by(
            QueueEntry.due_at >= now,
            QueueEntry.assignee_id.is_not(None),
            QueueEntry.due_at,
            QueueEntry.id,
        )
    )


def _asked(sifted: Sifted, now: datetime) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if sifted.subject is not None:
        asked.append(_OF[sifted.subject].is_not(None))
    if sifted.assignee_id is not None:
        asked.append(QueueEntry.assignee_id.is_not_distinct_from(sifted.assignee_id or None))
    if sifted.is_overdue:
        asked.append(QueueEntry.due_at < now)
    if sifted.territory is not None:
        asked.append(_is_in(sifted.territory))
    return asked


def _is_in(code: str) -> ColumnElement[bool]:
    zoned = select(NeedZone.need_id).where(touches(NeedZone.territory_code, code))
    here = inside(code)
    needs = select(Need.id).where(or_(Need.commune_code.in_(here), Need.id.in_(zoned)))
    seated = select(Structure.id).where(
        or_(Structure.commune_code.in_(here), Structure.department_code.in_(here))
    )
    claims = select(StructureClaim.id).where(StructureClaim.structure_id.in_(seated))
    offers = select(Offer.id).where(Offer.structure_id.in_(seated))
    return or_(
        QueueEntry.need_id.in_(needs),
        QueueEntry.claim_id.in_(claims),
        QueueEntry.offer_id.in_(offers),
    )


def queue_summary(
    session: Session, desk_ids: Collection[int], user_id: int, now: datetime
) -> Counts:
    """How much waits on these desks, and how much of it one person takes care of."""
    counted = select(
        func.count(QueueEntry.need_id),
        func.count(QueueEntry.claim_id),
        func.count(QueueEntry.offer_id),
        func.count().filter(QueueEntry.due_at < now),
        func.count().filter(QueueEntry.assignee_id.is_(None)),
        func.count().filter(QueueEntry.assignee_id == user_id),
    ).where(is_on(desk_ids), QueueEntry.decided_at.is_(None))
    return Counts(*session.execute(counted).one())


def colleagues_on(session: Session, entry: QueueEntry) -> Sequence[User]:
    """Who may take care of an entry: the people of the desks that see it, by name."""
    seen_by = [entry.desk_id, *(escalation.desk_id for escalation in entry.escalations)]
    members = select(DeskMember.user_id).where(DeskMember.desk_id.in_(seen_by))
    people = select(User).where(User.id.in_(members), User.is_active)
    return session.scalars(people.order_by(bare(User.full_name), User.id)).all()


def latest_decision(session: Session, need_id: int) -> Decision | None:
    """What was last decided of a need, with the remarks and who decided."""
    decided = (
        select(Decision)
        .where(Decision.need_id == need_id)
        .options(joinedload(Decision.moderator), joinedload(Decision.remarks))
        .order_by(Decision.id.desc())
    )
    return session.scalars(decided.limit(1)).unique().first()


def notes_of(session: Session, need_id: int) -> Sequence[DeskNote]:
    """What facilitators wrote of a need and changed in it, latest first."""
    written = select(DeskNote).where(DeskNote.need_id == need_id).order_by(DeskNote.id.desc())
    return session.scalars(written.options(joinedload(DeskNote.user))).all()


def latest_decisions(session: Session, desk_ids: Collection[int], limit: int) -> list[Decision]:
    """What these desks last decided, newest first."""
    decided = (
        select(Decision)
        .where(Decision.desk_id.in_(desk_ids))
        .options(joinedload(Decision.need), joinedload(Decision.offer))
        .options(joinedload(Decision.moderator))
        .options(joinedload(Decision.claim).joinedload(StructureClaim.structure))
        .order_by(Decision.id.desc())
        .limit(limit)
    )
    return list(session.scalars(decided))


def desk_name_of(need_id: InstrumentedAttribute[int]) -> ScalarSelect[str | None]:
    """The name of the desk that a need came to last, as a column of a query about needs."""
    return (
        select(Desk.name)
        .join(QueueEntry)
        .where(QueueEntry.need_id == need_id)
        .order_by(QueueEntry.id.desc())
        .limit(1)
        .scalar_subquery()
    )


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
