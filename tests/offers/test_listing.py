"""Offers that structures list, and those implied about them."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.jobs import Job
from marketplace.matching.queries import offer_shapes
from marketplace.offers.listing import OfferDraft, imply_offers, list_offer
from marketplace.offers.tables import CoverageType, Offer, OfferStatus, ServiceType
from tests.factories import market

LAUNDRY = OfferDraft(
    title="Entretien du linge",
    description="Lavage et repassage.",
    sectors=("nettoyage-de-locaux", "nettoyage-de-locaux"),
    service_types=(ServiceType.PREST,),
    coverage_type=CoverageType.ZONES,
    zones=("25", "R27"),
)


def offers_of(session: Session, structure_id: int) -> list[Offer]:
    found = select(Offer).where(Offer.structure_id == structure_id).order_by(Offer.id)
    return list(session.scalars(found))


def test_a_listed_offer_is_published_with_its_sectors_and_zones(session: Session) -> None:
    structure = market.structure(session)
    offer = list_offer(session, structure.id, LAUNDRY)
    session.commit()
    assert offer.status == OfferStatus.PUBLISHED
    assert not offer.is_implied
    assert [sector.sector_slug for sector in offer.sectors] == ["nettoyage-de-locaux"]
    assert {zone.territory_code for zone in offer.zones} == {"25", "R27"}


def test_a_listed_offer_is_ranked_at_once(
    session: Session, asked_jobs: list[tuple[Job, dict[str, Any]]]
) -> None:
    with transaction():
        offer = list_offer(session, market.structure(session).id, LAUNDRY)
        assert asked_jobs == []
    assert asked_jobs == [(Job.SHORTLIST_FOR_OFFER, {"offer_id": offer.id})]


def test_an_implied_offer_declares_nothing_and_can_be_ranked(session: Session) -> None:
    structure = market.structure(session, name="Les Jardins d'essai")
    imply_offers(session, [structure.id])
    (offer,) = offers_of(session, structure.id)
    assert (offer.is_implied, offer.status, offer.radius_km) == (True, OfferStatus.PUBLISHED, 50)
    assert (offer.sectors, offer.service_types, offer.title) == ([], [], "")
    (shape,) = offer_shapes(session, [offer.id])
    assert (shape.implied, shape.sectors, shape.name) == (True, (), "Les Jardins d'essai")


def test_nothing_is_implied_about_a_structure_that_has_any_offer(session: Session) -> None:
    spoken, silent = market.structure(session), market.structure(session)
    declared = market.offer(session, spoken)
    declared.status = OfferStatus.ARCHIVED
    for _ in range(2):
        imply_offers(session, [spoken.id, silent.id])
    assert offers_of(session, spoken.id) == [declared]
    assert [offer.is_implied for offer in offers_of(session, silent.id)] == [True]


def test_what_was_implied_is_archived_once_the_structure_speaks(session: Session) -> None:
    structure = market.structure(session)
    imply_offers(session, [structure.id])
    list_offer(session, structure.id, LAUNDRY)
    list_offer(session, structure.id, LAUNDRY)
    statuses = [(offer.is_implied, offer.status) for offer in offers_of(session, structure.id)]
    assert statuses == [
        (True, OfferStatus.ARCHIVED),
        (False, OfferStatus.PUBLISHED),
        (False, OfferStatus.PUBLISHED),
    ]
