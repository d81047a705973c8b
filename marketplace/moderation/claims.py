"""Who asks to speak for a structure, when a desk has to say."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from marketplace.accounts import joining
from marketplace.accounts.tables import Invitation, User
from marketplace.accounts.teams import Role
from marketplace.moderation.desks import DUE_IN_WORKING_DAYS, desk_for_structure
from marketplace.moderation.tables import Decision, QueueEntry
from marketplace.needs.lifecycle import Move
from marketplace.structures import claiming
from marketplace.structures.claiming import TEAM, Decider
from marketplace.structures.register import Entry
from marketplace.structures.tables import StructureClaim, StructureMember
from marketplace.working_days import end_of_working_day_after

MANAGERS_HAVE = timedelta(days=7)
"""After which a claim that no manager looked at goes to the desk too."""


def claim_structure(
    session: Session, structure_id: int, user_id: int, message: str, now: datetime, ip: str
) -> Decider:
    """Ask to speak for a structure, of whoever has the say. Raises as `claiming.claim`."""
    asked, decider = claiming.claim(session, structure_id, user_id, message, now, ip)
    if decider is Decider.DESK:
        receive_claim(session, asked, now)
    return decider


def propose_structure(
    session: Session, entry: Entry, user_id: int, message: str, now: datetime, ip: str
) -> Decider | None:
    """Claim a structure that is not listed. Returns and raises as `claiming.propose`."""
    asked, decider = claiming.propose(session, entry, user_id, message, now, ip)
    if decider is Decider.DESK:
        receive_claim(session, asked, now)
    return decider


def receive_claim(session: Session, asked: StructureClaim, now: datetime) -> QueueEntry:
    """Put a claim on the desk of the structure's seat. Raises NoDesk."""
    entry = QueueEntry(
        desk=desk_for_structure(session, asked.structure),
        claim_id=asked.id,
        received_at=now,
        due_at=end_of_working_day_after(now, DUE_IN_WORKING_DAYS),
    )
    session.add(entry)
    session.flush()
    return entry


def decide_claim(
    session: Session,
    claim_id: int,
    moderator_id: int,
    is_accepted: bool,
    reason: str,
    now: datetime,
    ip: str,
) -> Decision:
    """A facilitator accepts or refuses a claim on its desk.

    Raises NoResultFound; AlreadyDecided, also for the slower of two who decide at once.
    """
    asked = session.get_one(StructureClaim, claim_id)
    claiming.decide_for_desk(session, asked, moderator_id, is_accepted, reason, now, ip)
    entry = session.scalars(select(QueueEntry).filter_by(claim_id=claim_id, decided_at=None)).one()
    entry.decided_at = now
    decision = Decision(
        desk_id=entry.desk_id,
        claim_id=claim_id,
        moderator_id=moderator_id,
        move=Move.APPROVE if is_accepted else Move.REJECT,
        reason=reason,
        decided_at=now,
    )
    session.add(decision)
    return decision


def leave_settled(session: Session, now: datetime) -> None:
    """Take off the desks the claims that managers settled, or an invitation made useless."""
    session.flush()
    settled = (
        select(QueueEntry)
        .join(StructureClaim)
        .where(QueueEntry.decided_at.is_(None), StructureClaim.decided_at.is_not(None))
    )
    for entry in session.scalars(settled):
        entry.decided_at = now


def decide_as_manager(
    session: Session,
    structure_id: int,
    claim_id: int,
    by_id: int,
    is_accepted: bool,
    reason: str,
    now: datetime,
    ip: str,
) -> None:
    """A manager accepts or refuses who asks its own structure. Raises as `joining.decide`."""
    joining.decide(session, TEAM, structure_id, claim_id, by_id, is_accepted, reason, now, ip)
    leave_settled(session, now)


def join(session: Session, invitation: Invitation, user_id: int, now: datetime, ip: str) -> None:
    """Enter a structure by invitation. Raises as `inviting.accept`."""
    joining.join(session, TEAM, invitation, user_id, now, ip)
    leave_settled(session, now)


def take_up_stalled(session: Session, now: datetime) -> int:
    """Sweep: what managers left waiting, or that nobody can decide any more, goes to a desk.

    How many claims moved.
    """
    manager = (
        select(StructureMember)
        .join(User)
        .where(StructureMember.structure_id == StructureClaim.structure_id)
        .where(StructureMember.role == Role.MANAGER, User.is_active)
        .exists()
    )
    entry = aliased(QueueEntry)
    on_a_desk = select(entry).where(entry.claim_id == StructureClaim.id).exists()
    stalled = (
        select(StructureClaim)
        .where(StructureClaim.decided_at.is_(None), ~on_a_desk)
        .where(or_(StructureClaim.asked_at <= now - MANAGERS_HAVE, ~manager))
        .order_by(StructureClaim.id)
        .with_for_update(of=StructureClaim, skip_locked=True)
    )
    claims = session.scalars(stalled).all()
    for asked in claims:
        receive_claim(session, asked, now)
    return len(claims)
