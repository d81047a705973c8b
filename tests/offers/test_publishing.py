"""Offers written, sent, shown and taken away by their structure."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.db import transaction
from marketplace.jobs import Job
from marketplace.offers import quality
from marketplace.offers.drafting import (
    Incomplete,
    OfferDraft,
    discard_draft,
    draft_of,
    duplicate,
    missing,
    save_offer,
    start_draft,
)
from marketplace.offers.lifecycle import ForbiddenMove, Move, OfferStatus
from marketplace.offers.listing import imply_offers
from marketplace.offers.publishing import move_by_structure, move_offer, relist, send_offer
from marketplace.offers.tables import CoverageType, Offer, OfferMove, ServiceType
from marketplace.structures.tables import Structure
from tests.factories import market, people
from tests.factories.market import CLEANING, GREEN_SPACES, MONDAY

LATER = MONDAY + timedelta(days=200)
LAUNDRY = OfferDraft(
    title="Entretien du linge",
    description="Lavage et repassage.",
    sectors=(CLEANING,),
    service_types=(ServiceType.PREST,),
    coverage_type=CoverageType.ZONES,
    zones=("25", "R27"),
    environmental_tags=("economie_eau",),
    amount_min=500,
    amount_max=40_000,
    lead_time_days=10,
    hours_a_week=70,
)


@pytest.fixture
def structure(session: Session) -> Structure:
    return market.structure(session)


@pytest.fixture
def member(session: Session, structure: Structure) -> User:
    return people.structure_member(session, structure)


def published(session: Session, structure: Structure, member: User) -> Offer:
    """The structure's first offer, approved."""
    offer = send_offer(session, _draft(session, structure).id, member.id, MONDAY)
    move_offer(session, offer, Move.APPROVE, member.id, MONDAY)
    return offer


def _draft(session: Session, structure: Structure, draft: OfferDraft = LAUNDRY) -> Offer:
    return start_draft(session, structure.id, draft, MONDAY)


def test_a_draft_says_back_all_that_it_was_told_and_is_ranked_nowhere(
    session: Session, structure: Structure, asked_jobs: list[tuple[Job, dict[str, Any]]]
) -> None:
    with transaction():
        offer = _draft(session, structure)
        session.expire(offer)
        assert draft_of(offer) == LAUNDRY
        assert (offer.status, offer.published_at) == (OfferStatus.DRAFT, None)
    assert asked_jobs == []


def test_the_first_offer_of_a_structure_waits_and_the_next_is_shown_at_once(
    session: Session, structure: Structure, member: User
) -> None:
    first = send_offer(session, _draft(session, structure).id, member.id, MONDAY)
    other = send_offer(session, _draft(session, structure).id, member.id, MONDAY)
    assert {first.status, other.status} == {OfferStatus.SUBMITTED}
    move_offer(session, first, Move.APPROVE, member.id, MONDAY)
    third = send_offer(session, _draft(session, structure).id, member.id, LATER)
    assert (third.status, third.published_at) == (OfferStatus.PUBLISHED, LATER)


def test_what_a_register_declared_is_not_a_first_offer(
    session: Session, structure: Structure, member: User
) -> None:
    market.offer(session, structure)
    sent = send_offer(session, _draft(session, structure).id, member.id, MONDAY)
    assert sent.status == OfferStatus.SUBMITTED


def test_what_was_implied_is_archived_once_people_see_what_the_structure_says(
    session: Session, structure: Structure, member: User
) -> None:
    imply_offers(session, {structure.id: ""})
    sent = send_offer(session, _draft(session, structure).id, member.id, MONDAY)
    implied = session.scalars(select(Offer).where(Offer.is_implied)).one()
    assert implied.status == OfferStatus.PUBLISHED
    move_offer(session, sent, Move.APPROVE, member.id, MONDAY)
    session.refresh(implied)
    assert implied.status == OfferStatus.ARCHIVED


def test_each_change_that_ranking_sees_asks_for_shortlists_after_the_commit(
    session: Session, structure: Structure, member: User, asked_jobs: list[tuple[Job, Any]]
) -> None:
    with transaction():
        offer = published(session, structure, member)
        assert asked_jobs == []
    ranked = (Job.SHORTLIST_FOR_OFFER, {"offer_id": offer.id})
    assert asked_jobs == [ranked]
    wider = replace(LAUNDRY, coverage_type=CoverageType.COUNTRY, zones=())
    for said in (wider, wider):
        with transaction():
            save_offer(session, offer.id, said, member.id, LATER)
    assert asked_jobs == [ranked] * 2  # the same words again change nothing
    with transaction():
        move_by_structure(session, offer.id, Move.PAUSE, member.id, LATER)
    with transaction():
        relist(session, structure.id)
    assert asked_jobs == [ranked] * 3  # a paused offer is off every shortlist already
    moves = session.scalars(select(OfferMove.move).order_by(OfferMove.id)).all()
    assert moves == [Move.SUBMIT, Move.APPROVE, Move.CHANGE, Move.PAUSE]


def test_a_structure_says_in_a_click_that_its_offer_still_holds(
    session: Session, structure: Structure, member: User
) -> None:
    offer = published(session, structure, member)
    assert offer.confirmed_at == MONDAY
    move_by_structure(session, offer.id, Move.CONFIRM, member.id, LATER)
    assert (offer.confirmed_at, offer.status) == (LATER, OfferStatus.PUBLISHED)


def test_a_structure_cannot_approve_its_own_offer(
    session: Session, structure: Structure, member: User
) -> None:
    offer = send_offer(session, _draft(session, structure).id, member.id, MONDAY)
    with pytest.raises(ForbiddenMove):
        move_by_structure(session, offer.id, Move.APPROVE, member.id, MONDAY)


@pytest.mark.parametrize(
    ("lacking", "name"),
    [
        ({"title": ""}, "title"),
        ({"sectors": ()}, "sectors"),
        ({"service_types": ()}, "service_types"),
        ({"zones": ()}, "zones"),
        ({"coverage_type": CoverageType.RADIUS}, "radius_km"),
    ],
)
def test_an_offer_is_not_sent_before_it_is_whole(
    session: Session, structure: Structure, member: User, lacking: dict[str, Any], name: str
) -> None:
    draft = replace(LAUNDRY, **lacking)
    assert missing(draft) == [name]
    offer = _draft(session, structure, draft)
    with pytest.raises(Incomplete):
        send_offer(session, offer.id, member.id, MONDAY)
    assert offer.status == OfferStatus.DRAFT


def test_what_people_see_is_not_made_incomplete(
    session: Session, structure: Structure, member: User
) -> None:
    offer = published(session, structure, member)
    with pytest.raises(Incomplete):
        save_offer(session, offer.id, replace(LAUNDRY, sectors=()), member.id, LATER)


def test_a_copy_is_a_draft_that_says_the_same(
    session: Session, structure: Structure, member: User
) -> None:
    offer = published(session, structure, member)
    copy = duplicate(session, offer.id, LATER)
    assert draft_of(copy) == replace(LAUNDRY, title="Entretien du linge (copie)")
    assert (copy.status, copy.published_at) == (OfferStatus.DRAFT, None)
    discard_draft(session, copy.id)
    with pytest.raises(ForbiddenMove):
        discard_draft(session, offer.id)


def test_who_lends_people_is_asked_whether_it_really_sells_a_service() -> None:
    assert "ETTI" in quality.doubts("ETTI", ["PREST"])[0]
    assert quality.doubts("ETTI", ["DISP"]) == []
    assert quality.doubts("ESAT", ["PREST", "BUILD"]) == []
    assert "adhérents" in quality.doubts("GEIQ", ["DISP"])[0]


def test_a_published_offer_of_other_sectors_keeps_the_rows_that_it_had(
    session: Session, structure: Structure, member: User
) -> None:
    offer = published(session, structure, member)
    both = replace(LAUNDRY, sectors=(CLEANING, GREEN_SPACES), zones=("25",))
    save_offer(session, offer.id, both, member.id, LATER)
    session.expire(offer)
    assert draft_of(offer).sectors == tuple(sorted((CLEANING, GREEN_SPACES)))
    assert draft_of(offer).zones == ("25",)
