"""The offers that a desk looks at: a structure's first before people see it, later ones after."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit, mail
from marketplace.accounts.tables import User
from marketplace.audit import Action
from marketplace.mail import Promise
from marketplace.moderation.desks import DUE_IN_WORKING_DAYS, desk_for_structure
from marketplace.moderation.tables import Decision, QueueEntry
from marketplace.needs.lifecycle import Move as Decided
from marketplace.offers import publishing
from marketplace.offers.drafting import offer_for_update
from marketplace.offers.lifecycle import ForbiddenMove, Move, OfferStatus
from marketplace.offers.tables import Offer
from marketplace.structures.tables import StructureMember
from marketplace.working_days import end_of_working_day_after

DECIDES = {
    Move.APPROVE: Decided.APPROVE,
    Move.REQUEST_CHANGES: Decided.REQUEST_CHANGES,
    Move.REJECT: Decided.REJECT,
}


def send_offer(session: Session, offer_id: int, user_id: int, now: datetime) -> Offer:
    """Submit or publish an offer, and put it on the desk of its structure's seat.

    Raises as `publishing.send_offer`, and NoDesk.
    """
    offer = publishing.send_offer(session, offer_id, user_id, now)
    if waiting_entry(session, offer_id) is None:
        entry = QueueEntry(
            desk=desk_for_structure(session, offer.structure),
            offer_id=offer_id,
            received_at=now,
            due_at=end_of_working_day_after(now, DUE_IN_WORKING_DAYS),
        )
        session.add(entry)
        session.flush()
    return offer


def archive_offer(session: Session, offer_id: int, user_id: int, now: datetime) -> Offer:
    """Its structure takes an offer away for good: no desk has to look at it any more.

    Raises ForbiddenMove.
    """
    offer = publishing.move_by_structure(session, offer_id, Move.ARCHIVE, user_id, now)
    if (entry := waiting_entry(session, offer_id)) is not None:
        entry.decided_at = now
    return offer


def decide_offer(
    session: Session,
    offer_id: int,
    moderator_id: int,
    move: Move,
    reason: str,
    now: datetime,
    ip: str,
) -> Decision:
    """Approve an offer, ask for changes or refuse it; its structure's people are told why.

    To approve one that people already see is to have looked at it. Raises NoResultFound;
    ForbiddenMove if the offer waits for no decision, which is also what the slower of two
    facilitators is told, since the row is locked.
    """
    offer = offer_for_update(session, offer_id)
    entry = waiting_entry(session, offer_id)
    if entry is None or move not in DECIDES:
        raise ForbiddenMove(offer.status, move)
    was_shown = offer.status is not OfferStatus.SUBMITTED
    publishing.move_offer(session, offer, move, moderator_id, now, reason)
    entry.decided_at = now
    decision = Decision(
        desk_id=entry.desk_id,
        offer_id=offer_id,
        moderator_id=moderator_id,
        move=DECIDES[move],
        reason=reason,
        decided_at=now,
    )
    session.add(decision)
    session.flush()
    about = ("offer", offer_id)
    audit.note(session, Action.DECIDED, actor_id=moderator_id, about=about, ip=ip, move=move)
    if not (was_shown and move is Move.APPROVE):
        _tell(session, offer, decision, move)
    return decision


def waiting_entry(session: Session, offer_id: int) -> QueueEntry | None:
    """Where an offer waits to be looked at."""
    waiting = select(QueueEntry).filter_by(offer_id=offer_id, decided_at=None)
    return session.scalars(waiting).first()


def _tell(session: Session, offer: Offer, decision: Decision, move: Move) -> None:
    members = (
        select(User)
        .join(StructureMember, StructureMember.user_id == User.id)
        .where(StructureMember.structure_id == offer.structure_id, User.is_active)
        .order_by(User.id)
    )
    kind = {
        Move.APPROVE: "moderation/offer_approved",
        Move.REQUEST_CHANGES: "moderation/offer_sent_back",
        Move.REJECT: "moderation/offer_refused",
    }[move]
    for member in session.scalars(members).all():
        mail.post(
            session,
            key=f"offer_decided:{decision.id}:{member.id}",
            kind=kind,
            address=member.email,
            promise=Promise.AT_LEAST_ONCE,
            user_id=member.id,
            link=f"/structures/{offer.structure.slug}/offres/{offer.id}",
            name=member.full_name,
            structure=offer.structure.display_name,
            offer=offer.title,
            reason=decision.reason,
        )
