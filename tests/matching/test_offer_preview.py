"""What a structure sees beside its offer while it writes it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from marketplace.matching.offer_preview import Widening, preview_offer, shape_of
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need
from marketplace.offers.drafting import OfferDraft
from marketplace.offers.tables import CoverageType, ServiceType
from marketplace.structures.tables import Structure
from tests.factories import market, people
from tests.factories.market import (
    BESANCON,
    CLEANING,
    DIJON,
    DOLE,
    GREEN_SPACES,
    MARSEILLE,
    MONDAY,
    in_three_weeks,
)

Post = Callable[..., Need]


def offer(**changes: object) -> OfferDraft:
    said: dict[str, object] = {
        "title": "Entretien d'espaces verts",
        "description": "",
        "sectors": (GREEN_SPACES,),
        "service_types": (ServiceType.PREST,),
        "coverage_type": CoverageType.RADIUS,
        "radius_km": 40,
    }
    return OfferDraft(**(said | changes))  # type: ignore[arg-type]  # a test's own values


@pytest.fixture
def structure(session: Session) -> Structure:
    return market.structure(session)


@pytest.fixture
def post(session: Session) -> Post:
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)

    def published(commune: str = BESANCON, *sectors: str, days: int = 21) -> Need:
        need = market.submitted_need(
            session,
            buyer.id,
            town.id,
            commune_code=commune,
            sectors=sectors or (GREEN_SPACES,),
            deadline_on=in_three_weeks() + timedelta(days=days - 21),
        )
        need.status = Status.PUBLISHED
        session.flush()
        return need

    return published


def test_it_names_the_open_needs_that_it_matches_the_first_to_close_first(
    session: Session, structure: Structure, post: Post
) -> None:
    later, sooner = post(), post(days=5)
    post(MARSEILLE)
    post(BESANCON, CLEANING)
    found = preview_offer(session, shape_of(structure, offer()), MONDAY)
    assert found.needs == [sooner, later]
    assert found.widening is None


def test_a_wider_radius_says_what_it_would_add(
    session: Session, structure: Structure, post: Post
) -> None:
    post(DOLE)
    found = preview_offer(session, shape_of(structure, offer(radius_km=30)), MONDAY)
    assert found.matched == 0
    assert found.widening == Widening("radius", "45", 1)


def test_another_zone_says_what_it_would_add(
    session: Session, structure: Structure, post: Post
) -> None:
    for commune in (DIJON, DIJON, DOLE):
        post(commune)
    zones = offer(coverage_type=CoverageType.ZONES, radius_km=None, zones=("25",))
    found = preview_offer(session, shape_of(structure, zones), MONDAY)
    assert found.widening == Widening("zone", "21", 2)
    wider = offer(coverage_type=CoverageType.ZONES, radius_km=None, zones=("21", "25"))
    assert preview_offer(session, shape_of(structure, wider), MONDAY).matched == 2


def test_another_sector_of_the_same_group_says_what_it_would_add(
    session: Session, structure: Structure, post: Post
) -> None:
    for _ in range(2):
        post(BESANCON, CLEANING)
    windows = offer(sectors=("nettoyage-urbain",))
    found = preview_offer(session, shape_of(structure, windows), MONDAY)
    assert found.widening == Widening("sector", CLEANING, 2)


def test_an_offer_without_a_place_yet_matches_nothing_and_breaks_nothing(
    session: Session, structure: Structure, post: Post
) -> None:
    post()
    nowhere = offer(radius_km=None, sectors=(), title="", service_types=())
    assert preview_offer(session, shape_of(structure, nowhere), MONDAY).matched == 0
