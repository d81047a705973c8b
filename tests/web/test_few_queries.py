"""The pages that are opened most ask the database little, however much they show."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask.testing import FlaskClient
from sqlalchemy import Engine, event
from sqlalchemy.orm import Session

from marketplace.needs.posting import LotDraft
from marketplace.needs.tables import PlaceType
from tests.answers.market import market_of
from tests.answers.test_answering import price, send
from tests.browsing import sign_in
from tests.factories import people
from tests.factories.market import GREEN_SPACES, draft

MOST = 12


@contextmanager
def counting() -> Iterator[list[str]]:
    said: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def few(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code == 200  # caches are warm from here on
    with counting() as said:
        assert client.get(address).status_code == 200
    assert len(said) <= MOST, "\n".join(said)


def test_the_answers_that_a_buyer_received(session: Session, client: FlaskClient) -> None:
    market = market_of(session, lots=2)
    for number in range(len(market.structures)):
        send(market, price(1000, market.need.lots[number].id), number=number)
    sign_in(client, market.buyer.email)
    few(client, f"/besoins/{market.need.slug}/reponses")


def test_the_last_step_of_a_need(session: Session, client: FlaskClient) -> None:
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    lots = [LotDraft("Tonte", sectors=(GREEN_SPACES,)), LotDraft("Haies", zones=("25",))]
    need = draft(
        session,
        buyer.id,
        town.id,
        place_type=PlaceType.ZONES,
        zones=["25", "39"],
        sectors=[GREEN_SPACES],
        lots=lots,
        questions=["Quand ?", "Comment ?"],
    )
    session.commit()
    sign_in(client, buyer.email)
    few(client, f"/besoins/{need.slug}/etapes/verifier")


def test_the_figures_of_the_country(client: FlaskClient) -> None:
    few(client, "/chiffres")
