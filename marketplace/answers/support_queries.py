"""Reads for facilitators: who says nothing about a need, who could help, what was proposed."""

from collections.abc import Sequence

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import Session, joinedload

from marketplace.answers.support_tables import (
    NeedProposal,
    OfferInvitation,
    ProposalStatus,
)
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.tables import Match
from marketplace.moderation.desks import need_codes
from marketplace.needs.tables import Need
from marketplace.offers.tables import Offer, OfferStatus
from marketplace.structures.tables import Structure, StructureMember
from marketplace.territories.queries import gazetteer

SILENT = (MatchStatus.NOTIFIED, MatchStatus.OPENED)


def silent_matches(need_id: int) -> Select[Match]:
    """The matches whose structure was told of a need, or opened it, and says nothing."""
    return (
        select(Match)
        .where(Match.need_id == need_id, Match.status.in_(SILENT))
        .options(joinedload(Match.structure))
        .order_by(Match.rank)
    )


def could_publish(session: Session, need: Need, limit: int) -> Sequence[Structure]:
    """Active structures of the departments of a need, or of anywhere when it is the country's, of
    a kind that it admits, with somebody who speaks for them and no offer of their own."""
    places = gazetteer(session)
    departments = {one.code for code in need_codes(need) for one in places.departments_of(code)}
    written = exists().where(
        Offer.structure_id == Structure.id,
        Offer.status == OfferStatus.PUBLISHED,
        ~Offer.is_implied,
    )
    spoken_for = exists().where(StructureMember.structure_id == Structure.id)
    asked = exists().where(
        OfferInvitation.need_id == need.id, OfferInvitation.structure_id == Structure.id
    )
    found = select(Structure).where(
        Structure.is_active,
        spoken_for,
        ~written,
        ~asked,
    )
    if departments:
        found = found.where(Structure.department_code.in_(departments))
    if need.kinds:
        found = found.where(Structure.kind.in_(need.kinds))
    return session.scalars(found.order_by(Structure.sort_key, Structure.id).limit(limit)).all()


def invited_structures(session: Session, need_id: int) -> Sequence[Structure]:
    """Those that a facilitator asked to publish an offer for a need."""
    asked = select(Structure).join(OfferInvitation).where(OfferInvitation.need_id == need_id)
    return session.scalars(asked.order_by(OfferInvitation.id)).all()


def proposals_of(session: Session, need_id: int) -> Sequence[NeedProposal]:
    """What was proposed to a buyer, latest first."""
    made = select(NeedProposal).filter_by(need_id=need_id)
    loaded = made.options(joinedload(NeedProposal.proposed_by))
    return session.scalars(loaded.order_by(NeedProposal.id.desc())).all()


def open_proposals(session: Session, need_id: int) -> int:
    """How many proposals wait for the buyer."""
    waiting = select(func.count(NeedProposal.id)).filter_by(
        need_id=need_id, status=ProposalStatus.OPEN
    )
    return session.scalar(waiting) or 0
