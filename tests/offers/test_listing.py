"""Offers implied of structures that declared none."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.matching.shaping import offer_shapes
from marketplace.offers.listing import imply_offers
from marketplace.offers.tables import Offer, OfferStatus
from tests.factories import market


def offers_of(session: Session, structure_id: int) -> list[Offer]:
    found = select(Offer).where(Offer.structure_id == structure_id).order_by(Offer.id)
    return list(session.scalars(found))


def test_an_implied_offer_declares_nothing_and_can_be_ranked(session: Session) -> None:
    structure = market.structure(session, name="Les Jardins d'essai")
    imply_offers(session, {structure.id: ""})
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
        imply_offers(session, {spoken.id: "", silent.id: ""})
    assert offers_of(session, spoken.id) == [declared]
    assert [offer.is_implied for offer in offers_of(session, silent.id)] == [True]
