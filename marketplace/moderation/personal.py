"""What desks hold about a person: handed over, or forgotten."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from marketplace.moderation.desks import hand_on_unstaffed
from marketplace.moderation.tables import Decision, Desk, DeskMember, DeskNote, QueueEntry
from marketplace.needs.tables import Need
from marketplace.offers.tables import Offer
from marketplace.structures.tables import StructureClaim


def export_of(session: Session, user_id: int) -> dict[str, list[dict[str, object]]]:
    memberships = session.execute(
        select(Desk.name, DeskMember.role)
        .join(DeskMember, DeskMember.desk_id == Desk.id)
        .where(DeskMember.user_id == user_id)
        .order_by(Desk.name)
    )
    decisions = session.execute(
        select(Decision, Desk.name, Need.title, Offer.title)
        .join(Desk, Desk.id == Decision.desk_id)
        .outerjoin(Need, Need.id == Decision.need_id)
        .outerjoin(Offer, Offer.id == Decision.offer_id)
        .where(Decision.moderator_id == user_id)
        .order_by(Decision.id)
    )
    assigned = session.scalars(select(QueueEntry).filter_by(assignee_id=user_id))
    notes = session.execute(
        select(DeskNote, Need.title)
        .join(Need, Need.id == DeskNote.need_id)
        .where(DeskNote.user_id == user_id)
        .order_by(DeskNote.id)
    )
    return {
        "guichets": [{"guichet": name, "role": role} for name, role in memberships],
        "decisions": [
            {
                "guichet": desk,
                "besoin": need,
                "offre": offer,
                "demande_de_rattachement": row.claim_id,
                "decision": row.move,
                "motif": row.reason,
                "le": row.decided_at,
            }
            for row, desk, need, offer in decisions
        ],
        "dossiers_suivis": [
            {"recu_le": row.received_at, "decide_le": row.decided_at} for row in assigned
        ],
        "notes_de_guichet": [
            {"besoin": title, "le": row.written_at, "note": row.words, "ajuste": row.changes}
            for row, title in notes
        ],
    }


def erase(session: Session, user_id: int, now: datetime) -> None:
    """It belongs to no desk any more, and what it asked a desk is no longer asked.

    Its decisions and notes stay, which colleagues rely on. Decisions about its own claims lose
    their words, which speak of it.
    """
    claims = select(StructureClaim.id).where(StructureClaim.user_id == user_id)
    session.execute(
        update(QueueEntry)
        .where(QueueEntry.claim_id.in_(claims), QueueEntry.decided_at.is_(None))
        .values(decided_at=now)
    )
    session.execute(update(Decision).where(Decision.claim_id.in_(claims)).values(reason=""))
    assigned = update(QueueEntry).where(QueueEntry.assignee_id == user_id)
    session.execute(assigned.values(assignee_id=None))
    session.execute(delete(DeskMember).where(DeskMember.user_id == user_id))
    hand_on_unstaffed(session)
