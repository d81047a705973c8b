"""Which answers are new to a buyer: those that nobody of it opened as they now stand."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.answers.market import market_of
from tests.answers.test_answering import price, send
from tests.browsing import sign_in


def test_an_answer_is_new_until_its_buyer_opens_it_and_again_once_it_changes(
    session: Session, client: FlaskClient
) -> None:
    market = market_of(session)
    send(market, price(1000))
    send(market, price(900), number=1)
    sign_in(client, market.buyer.email)
    mine, answers = "/mes-besoins", f"/besoins/{market.need.slug}/reponses"
    assert "2 nouvelles" in client.get(mine).text
    assert client.get(answers).text.count("Nouvelle</span>") == 2
    first, second = market.structures[:2]
    client.get(f"{answers}/{first.slug}", headers={"Sec-Purpose": "prefetch"})
    assert "2 nouvelles" in client.get(mine).text
    client.get(f"{answers}/{first.slug}")
    assert "1 nouvelle<" in client.get(mine).text
    client.get(f"{answers}/comparer?s={second.slug}")
    assert "nouvelle" not in client.get(mine).text
    send(market, price(1100), seen=1)
    assert "1 nouvelle<" in client.get(mine).text
