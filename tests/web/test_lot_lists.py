"""One ranked list per lot, on the buyer's page and on the facilitator's."""

from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.matching.shortlisting import shortlist_need
from marketplace.moderation.desks import receive_need
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Lot, LotSector, Need
from tests.browsing import sign_in
from tests.factories import people
from tests.factories.market import (
    BESANCON,
    CLEANING,
    GREEN_SPACES,
    MONDAY,
    offer,
    structure,
    submitted_need,
)


@pytest.fixture
def need(session: Session) -> Need:
    offer(session, structure(session, "Les Haies de la Boucle"))
    offer(session, structure(session, "Au Clair des Vitres"), CLEANING)
    organisation = people.organisation(session)
    author = people.buyer(session, organisation.id)
    row = submitted_need(session, author.id, organisation.id, sectors=())
    row.lots = [
        Lot(number=1, title="Tonte", sectors=[LotSector(sector_slug=GREEN_SPACES)]),
        Lot(number=2, title="Vitrerie", sectors=[LotSector(sector_slug=CLEANING)]),
    ]
    session.commit()
    return row


def test_the_buyer_turns_from_the_list_of_a_lot_to_the_next(
    session: Session, client: FlaskClient, need: Need
) -> None:
    need.status = Status.PUBLISHED
    session.commit()
    shortlist_need(session, need.id, clock.now())
    session.commit()
    sign_in(client, need.author.email)
    whole = client.get(f"/besoins/{need.slug}").text
    assert "Lot 1 · Tonte" in whole
    assert 'href="?lot=2#classement"' in whole
    assert "Peut répondre au lot 2" in whole.replace("\u00a0", " ")
    assert "Les Haies de la Boucle" in whole
    assert "Au Clair des Vitres" in whole
    second = client.get(f"/besoins/{need.slug}?lot=2").text
    assert "Au Clair des Vitres" in second
    assert "Les Haies de la Boucle" not in second


def test_the_facilitator_reads_how_many_could_answer_each_lot(
    session: Session, client: FlaskClient, need: Need
) -> None:
    desk = people.facilitator(session, people.desk(session, BESANCON))
    receive_need(session, need, MONDAY)
    session.commit()
    sign_in(client, desk.email)
    page = unescape(client.get(f"/guichet/besoins/{need.slug}").text).replace("\u00a0", " ")
    assert "Lot 2 · Vitrerie" in page
    assert page.count("1 structure peut répondre, dont 1 à moins de 20 km") == 2
