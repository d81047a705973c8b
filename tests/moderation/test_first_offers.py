"""A structure's first offer on its desk, and the later ones."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.mail import OutgoingMail
from marketplace.moderation.first_offers import (
    archive_offer,
    decide_offer,
    send_offer,
    waiting_entry,
)
from marketplace.moderation.tables import Decision
from marketplace.offers.drafting import OfferDraft, start_draft
from marketplace.offers.lifecycle import ForbiddenMove, Move, OfferStatus
from marketplace.offers.tables import CoverageType, Offer, ServiceType
from marketplace.structures.tables import Structure
from tests.factories import market, people
from tests.factories.market import GREEN_SPACES, MONDAY

MOWING = OfferDraft("Tonte", "", (GREEN_SPACES,), (ServiceType.PREST,), CoverageType.RADIUS, 40)


@pytest.fixture
def structure(session: Session) -> Structure:
    return market.structure(session)


@pytest.fixture
def member(session: Session, structure: Structure) -> User:
    return people.structure_member(session, structure)


@pytest.fixture
def facilitator(session: Session) -> User:
    return people.facilitator(session, people.desk(session, "25"))


@pytest.fixture
def first(session: Session, structure: Structure, member: User, facilitator: User) -> Offer:
    return send(session, structure, member)


def send(session: Session, structure: Structure, member: User) -> Offer:
    draft = start_draft(session, structure.id, MOWING, MONDAY)
    return send_offer(session, draft.id, member.id, MONDAY)


def told(session: Session) -> list[str]:
    return list(session.scalars(select(OutgoingMail.kind).order_by(OutgoingMail.id)))


def test_a_first_offer_waits_on_the_desk_of_its_structures_seat(
    session: Session, first: Offer
) -> None:
    entry = waiting_entry(session, first.id)
    assert entry is not None
    assert entry.desk.name == "Guichet d'essai"
    assert (entry.due_at - MONDAY).days == 2
    assert first.status == OfferStatus.SUBMITTED


def test_an_approved_offer_is_shown_and_its_structure_told(
    session: Session, first: Offer, facilitator: User
) -> None:
    decide_offer(session, first.id, facilitator.id, Move.APPROVE, "", MONDAY, "")
    assert (first.status, first.published_at) == (OfferStatus.PUBLISHED, MONDAY)
    assert waiting_entry(session, first.id) is None
    assert told(session) == ["moderation/offer_approved"]
    assert session.scalars(select(Decision.offer_id)).all() == [first.id]


def test_an_offer_sent_back_waits_again_once_it_is_changed(
    session: Session, first: Offer, member: User, facilitator: User
) -> None:
    ask, why = Move.REQUEST_CHANGES, "Dites combien de personnes."
    decide_offer(session, first.id, facilitator.id, ask, why, MONDAY, "")
    assert first.status == OfferStatus.CHANGES_REQUESTED
    mail = session.scalars(select(OutgoingMail)).one()
    assert (mail.kind, mail.context["reason"]) == ("moderation/offer_sent_back", why)
    send_offer(session, first.id, member.id, MONDAY)
    assert first.status == OfferStatus.SUBMITTED
    assert waiting_entry(session, first.id) is not None


def test_the_slower_of_two_facilitators_is_told_that_it_is_decided(
    session: Session, first: Offer, facilitator: User
) -> None:
    decide_offer(session, first.id, facilitator.id, Move.REJECT, "Hors sujet", MONDAY, "")
    with pytest.raises(ForbiddenMove):
        decide_offer(session, first.id, facilitator.id, Move.APPROVE, "", MONDAY, "")
    assert first.status == OfferStatus.REJECTED


def test_a_later_offer_is_shown_at_once_and_looked_at_afterwards(
    session: Session, structure: Structure, first: Offer, member: User, facilitator: User
) -> None:
    decide_offer(session, first.id, facilitator.id, Move.APPROVE, "", MONDAY, "")
    second, third = send(session, structure, member), send(session, structure, member)
    assert {second.status, third.status} == {OfferStatus.PUBLISHED}
    decide_offer(session, second.id, facilitator.id, Move.APPROVE, "", MONDAY, "")
    assert second.status == OfferStatus.PUBLISHED
    decide_offer(session, third.id, facilitator.id, Move.REJECT, "Publicité", MONDAY, "")
    assert third.status == OfferStatus.REJECTED
    # Nobody is written to about what only stays as it is.
    assert told(session) == ["moderation/offer_approved", "moderation/offer_refused"]


def test_what_its_structure_archives_leaves_the_desk(
    session: Session, first: Offer, member: User
) -> None:
    archive_offer(session, first.id, member.id, MONDAY)
    assert first.status == OfferStatus.ARCHIVED
    assert waiting_entry(session, first.id) is None
