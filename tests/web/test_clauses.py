"""The hours calculator and the lever advisor, on their pages."""

from decimal import Decimal

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.clauses.queries import latest_calculation
from marketplace.needs.tables import Lever, Nature, Need
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


def test_staff_taken_over_and_hours_a_person_are_told_with_the_result(
    client: FlaskClient,
) -> None:
    cleaning = "lines-0-amount=300+000&lines-0-trade=nettoyage&rate=10&cost=30&cost_kind=wage"
    page = client.get(f"/clause/calculer?{cleaning}&lines-0-taken_over=5+000&people=1").text
    assert "5\u202f000 h" in page
    assert "350" in page  # (300,000 × 85 % ÷ 30 − 5,000) × 10 %
    few = client.get(f"/clause/calculer?{cleaning}&people=20").text
    assert "hors de ce qui se pratique" in few
    for wrong in ("lines-0-taken_over=-1", "months=0", "people=beaucoup", "cost_on=31/02/2026"):
        assert client.get(f"/clause/calculer?{cleaning}&{wrong}").status_code == 422, wrong


def test_the_duty_stays_until_a_lever_is_chosen_or_its_absence_explained(
    client: FlaskClient, session: Session, need: Need
) -> None:
    need.nature, need.amount_min, need.amount_max = Nature.SERVICES, None, Decimal(300_000)
    sign_in(client, need.author.email)
    path = f"/besoins/{need.slug}/clause"
    for lever, reason, is_told in (
        (None, "", True),
        (Lever.NONE, "", True),
        (Lever.NONE, "Aucune main-d'œuvre", False),
        (Lever.EXECUTION, "", False),
    ):
        need.lever, need.lever_reason = lever, reason
        session.commit()
        assert (
            "Une obligation s'applique" in client.get(path).text.replace("&#39;", "'")
        ) is is_told


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
