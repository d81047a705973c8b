"""Anyone finds the desk that looks after a commune."""

from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.moderation.desks import NATIONAL
from tests.factories import people
from tests.factories.market import BESANCON

GRAND_BESANCON = "242500361"


def words_of(client: FlaskClient, place: str) -> str:
    page = client.get("/facilitateurs", query_string={"lieu": place})
    assert page.status_code == 200
    return unescape(page.text).replace("\u00a0", " ")


def test_the_page_asks_where_and_shows_nobody_yet(client: FlaskClient) -> None:
    page = client.get("/facilitateurs")
    assert page.status_code == 200
    assert "Votre commune" in page.text
    assert NATIONAL not in page.text


def test_the_most_local_desk_with_somebody_in_it_is_shown_with_its_contacts(
    session: Session, client: FlaskClient
) -> None:
    local = people.desk(session, GRAND_BESANCON, name="Guichet du Grand Besançon")
    local.bearer, local.email = "Maison de l'emploi", "clause@exemple.fr"
    local.phone, local.website = "03 81 00 00 00", "https://www.exemple.fr/clause"
    people.facilitator(session, local)
    people.facilitator(session, people.desk(session, "R27", name="Guichet de la région"))
    people.desk(session, BESANCON, name="Guichet sans personne")
    session.commit()
    page = words_of(client, "besancon")
    assert "C'est le guichet pour Besançon (25)" in page
    for said in ("Grand Besançon", "Maison de l'emploi", "mailto:clause@exemple.fr"):
        assert said in page
    assert "03 81 00 00 00" in page
    assert 'rel="nofollow noopener noreferrer"' in page
    assert "Guichet sans personne" not in page
    assert "Guichet de la région" in words_of(client, "Dijon")


def test_a_place_without_a_local_desk_falls_to_the_national_one(
    session: Session, client: FlaskClient
) -> None:
    people.facilitator(session, people.desk(session, "R27", name="Guichet de la région"))
    session.commit()
    page = words_of(client, "Marseille")
    assert NATIONAL in page
    assert "prend le relais" in page
    assert NATIONAL in words_of(client, "France")


def test_a_closed_account_does_not_keep_a_desk_open(session: Session, client: FlaskClient) -> None:
    person = people.facilitator(session, people.desk(session, BESANCON, name="Guichet local"))
    person.is_active = False
    session.commit()
    assert "Guichet local" not in words_of(client, "Besançon")


def test_communes_of_the_same_name_are_offered(session: Session, client: FlaskClient) -> None:
    page = words_of(client, "Saint-Denis")
    assert "Vous cherchiez" in page
    assert "Saint-Denis (974)" in page
    assert "Vous cherchiez" not in words_of(client, "Saint-Denis (93)")


@pytest.mark.parametrize(
    "place", ["zzzzqqq", "\0", "\u202e", "💥" * 50, "a" * 100_000, "%' OR 1=1"]
)
def test_words_that_name_no_place_are_answered_kindly(client: FlaskClient, place: str) -> None:
    page = client.get("/facilitateurs", query_string={"lieu": place})
    assert page.status_code == 200
    assert "panel" in page.text
