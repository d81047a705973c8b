"""Showing an offer to people, and taking it away."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from marketplace.jobs import Job, enqueue
from marketplace.offers.drafting import (
    Incomplete,
    draft_of,
    make_move,
    missing,
    offer_for_update,
)
from marketplace.offers.inferring import infer_sectors
from marketplace.offers.lifecycle import ForbiddenMove, Move, OfferStatus
from marketplace.offers.tables import Offer
from marketplace.structures.tables import Structure

BY_ITS_STRUCTURE = frozenset({Move.PAUSE, Move.RESUME, Move.ARCHIVE, Move.CONFIRM})
SAYS_THAT_IT_HOLDS = frozenset({Move.SUBMIT, Move.PUBLISH, Move.RESUME, Move.CONFIRM})


def send_offer(session: Session, offer_id: int, user_id: int, now: datetime) -> Offer:
    """Publish an offer, or submit it when it is the first that its structure ever declared.

    To put it on a desk is for moderation.first_offers. Raises Incomplete; ForbiddenMove, which
    is also what the second of two clicks meets.
    """
    offer = offer_for_update(session, offer_id)
    # Of two first offers sent at once, both wait: neither sees the other published.
    session.execute(
        select(Structure.id).where(Structure.id == offer.structure_id).with_for_update()
    )
    move = Move.SUBMIT
    if offer.status is OfferStatus.DRAFT and has_published(session, offer.structure_id):
        move = Move.PUBLISH
    if lacking := missing(draft_of(offer)):
        raise Incomplete(lacking)
    move_offer(session, offer, move, user_id, now)
    return offer


def has_published(session: Session, structure_id: int) -> bool:
    """Whether people ever saw an offer that the structure itself declared."""
    seen = select(Offer.id).where(
        Offer.structure_id == structure_id, Offer.published_at.is_not(None)
    )
    return session.scalar(seen.limit(1)) is not None


def move_by_structure(
    session: Session, offer_id: int, move: Move, user_id: int, now: datetime
) -> Offer:
    """Pause, resume, archive or confirm. Raises ForbiddenMove."""
    offer = offer_for_update(session, offer_id)
    if move not in BY_ITS_STRUCTURE:
        raise ForbiddenMove(offer.status, move)
    move_offer(session, offer, move, user_id, now)
    return offer


def move_offer(
    session: Session, offer: Offer, move: Move, user_id: int, now: datetime, reason: str = ""
) -> None:
    """One step of a locked offer, with what follows from it. Raises ForbiddenMove.

    Once people see what a structure says, what was implied about it is archived.
    """
    before = offer.status
    make_move(session, offer, move, user_id, now, reason)
    is_shown = offer.status is OfferStatus.PUBLISHED
    if is_shown and before is not OfferStatus.PUBLISHED:
        offer.published_at = offer.published_at or now
        session.execute(
            update(Offer)
            .where(Offer.structure_id == offer.structure_id, Offer.is_implied)
            .values(status=OfferStatus.ARCHIVED)
        )
    if move in SAYS_THAT_IT_HOLDS:
        offer.confirmed_at = now
    if is_shown or before is OfferStatus.PUBLISHED:
        enqueue(session, Job.SHORTLIST_FOR_OFFER, offer_id=offer.id)
    session.flush()


def relist(session: Session, structure_id: int) -> None:
    """What ranking and search read of a structure changed: ask for the shortlists where it may
    stand.

    One of its offers is enough, since the job reads them all.
    """
    infer_sectors(session, [structure_id])
    shown = select(Offer.id).where(
        Offer.structure_id == structure_id, Offer.status == OfferStatus.PUBLISHED
    )
    offer_id = session.scalar(shown.order_by(Offer.id).limit(1))
    if offer_id is not None:
        enqueue(session, Job.SHORTLIST_FOR_OFFER, offer_id=offer_id)
