"""Administrators see which sectors are offered, and which are asked for."""

from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.insights.figures import Use, use_of_sectors
from marketplace.needs.lifecycle import Status
from marketplace.offers.tables import OfferStatus
from marketplace.sectors.nomenclature import SECTORS
from tests.browsing import sign_in
from tests.factories import people
from tests.factories.market import CLEANING, GREEN_SPACES, offer, structure, submitted_need


@pytest.fixture(autouse=True)
def _administrator(session: Session, client: FlaskClient) -> None:
    person = people.user(session, is_administrator=True)
    session.commit()
    sign_in(client, person.email)


def test_a_sector_is_counted_in_published_offers_and_open_needs_alone(session: Session) -> None:
    offer(session, structure(session), GREEN_SPACES, CLEANING)
    offer(session, structure(session), CLEANING).status = OfferStatus.DRAFT
    buyer_of = people.organisation(session)
    buyer = people.buyer(session, buyer_of.id)
    submitted_need(session, buyer.id, buyer_of.id).status = Status.PUBLISHED
    submitted_need(session, buyer.id, buyer_of.id)
    session.flush()
    used = use_of_sectors(session, clock.now())
    assert used == {GREEN_SPACES: Use(1, 1), CLEANING: Use(1, 0)}


def test_every_sector_is_listed_with_its_use(session: Session, client: FlaskClient) -> None:
    offer(session, structure(session), CLEANING)
    session.commit()
    page = unescape(client.get("/admin/secteurs/").text)
    assert f"{len(SECTORS)} secteurs" in page
    assert f"{len(SECTORS) - 1} secteurs" in client.get("/admin/secteurs/?sans_offre=y").text
    narrowed = unescape(client.get("/admin/secteurs/?q=Nettoyage+de+LOCAUX").text)
    assert "1 secteur<" in narrowed
    group = SECTORS[0].group
    count = sum(sector.group == group for sector in SECTORS)
    of_group = unescape(client.get(f"/admin/secteurs/?groupe={group.slug}").text)
    assert f"{count} secteur" in of_group
