"""The hours calculator and the lever advisor, on their pages."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.clauses.queries import latest_calculation
from marketplace.needs.tables import Need
from tests.browsing import hidden_of, sign_in
from tests.factories import people
from tests.factories.market import offer, structure, submitted_need

SAID = "lines-0-amount=1+000+000&lines-0-trade=batiment&rate=5&cost=30&cost_kind=wage"


@pytest.fixture
def need(session: Session) -> Need:
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    offer(session, structure(session))
    need = submitted_need(session, buyer.id, town.id)
    session.commit()
    return need


def test_the_address_alone_says_the_calculation(client: FlaskClient) -> None:
    page = client.get(f"/clause/calculer?{SAID}").text
    assert "833" in page
    assert "un salaire chargé" in page
    assert "1\u202f167" in page, "and what 7 % would give"


def test_lots_are_added_without_losing_what_was_typed(client: FlaskClient) -> None:
    page = client.get(f"/clause/calculer?{SAID}&go=add").text
    assert 'name="lines-1-amount"' in page
    assert 'value="1 000 000"' in page
    both = client.get(f"/clause/calculer?{SAID}&lines-1-amount=50000&lines-1-trade=intellectuel")
    assert "jours de travail confiés" in both.text


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("lines-0-amount=&lines-0-trade=batiment&rate=5&cost=30", "Donnez le montant"),
        ("lines-0-amount=-5&lines-0-trade=batiment&rate=5&cost=30", "Montant illisible"),
        ("lines-0-amount=9&lines-0-share=101&rate=5&cost=30", "entre 0 et 100"),
        ("lines-0-amount=9&lines-0-share=50&rate=x&cost=30", "Donnez un nombre"),
        ("lines-0-amount=9&lines-0-share=50&rate=5&cost=0", "plus grand que zéro"),
        ("lines-0-amount=9&rate=5&cost=30", "choisissez un métier"),
        ("lines-0-amount=9&lines-0-share=50&cost=30", "Donnez le taux"),
    ],
)
def test_what_cannot_be_computed_is_told_beside_the_field(
    client: FlaskClient, said: str, told: str
) -> None:
    page = client.get(f"/clause/calculer?{said}")
    assert page.status_code == 422
    assert told in page.text


def test_the_advisor_counts_who_could_answer_and_tells_the_duty(
    client: FlaskClient, need: Need
) -> None:
    asked = "nature=services&buyer=commune&amount=300000&is_social=no"
    page = client.get(f"/clause/leviers?{asked}&what=espaces+verts&where=Doubs").text
    assert "Une obligation" in page
    assert "1 structure admise pourrait répondre" in page.replace("\u00a0", " ")


def test_a_calculation_is_kept_with_its_need_and_shared_by_its_link(
    client: FlaskClient, session: Session, need: Need
) -> None:
    sign_in(client, need.author.email)
    path = f"/besoins/{need.slug}/clause"
    assert client.get(path).status_code == 200
    page = client.get(f"{path}?{SAID}")
    client.post(path, data=hidden_of(page))
    kept = latest_calculation(session, need.id)
    assert kept is not None
    assert kept.hours == pytest.approx(833.33, abs=0.01)
    client.post("/deconnexion")
    page = client.get(f"/clause/calcul/{kept.token}").text
    assert "833" in page
    assert need.title in page
