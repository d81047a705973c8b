"""A buyer and a structure write to each other; who can be reached, and when."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.answers.market import market_of
from tests.answers.test_answering import price, send
from tests.browsing import fill, sign_in


def test_a_buyer_who_writes_back_reads_how_to_reach_the_structure_or_whoever_answered(
    session: Session, client: FlaskClient
) -> None:
    market = market_of(session)
    structure, member = market.structures[0], market.members[0]
    send(market, price(900))
    sign_in(client, market.buyer.email)
    address = f"/besoins/{market.need.slug}/messages/{structure.slug}"
    assert member.email not in client.get(address).text
    assert member.email in fill(client, address, words="Bonjour").text
    structure.email = "contact@haies.invalid"
    session.commit()
    page = client.get(address).text
    assert "contact@haies.invalid" in page
    assert member.email not in page
