"""Finding structures, and the page of each."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.factories.market import DIJON, GREEN_SPACES, MARSEILLE, offer, structure


def test_without_words_nor_place_all_are_listed_by_name(
    session: Session, client: FlaskClient
) -> None:
    for name in ("Zinc", "Éclair", "Ardoise"):
        structure(session, name)
    session.commit()
    page = client.get("/structures").text
    assert "3 structures" in page
    assert page.index("Ardoise") < page.index("Éclair") < page.index("Zinc")


def test_words_and_a_place_rank_those_who_can_come_with_the_reasons(
    session: Session, client: FlaskClient
) -> None:
    offer(session, structure(session, "Les Haies de la Boucle"), title="Tonte et taille de haies")
    offer(session, structure(session, "Calanques Insertion", MARSEILLE), title="Tonte")
    session.commit()
    page = client.get("/structures", query_string={"q": "tonte", "lieu": "Besançon"}).text
    assert "1 structure<" in page.replace("\n", "").replace(" <", "<")
    assert "Les Haies de la Boucle" in page
    assert "intervient jusqu" in page
    assert "Calanques" not in page


def test_an_unknown_place_is_said_and_the_words_are_kept(client: FlaskClient) -> None:
    page = client.get("/structures", query_string={"q": "tonte", "lieu": "Qwxzville"}).text
    assert "Nous ne connaissons pas «\u00a0Qwxzville\u00a0»" in page
    assert "/structures?q=tonte" in page


@pytest.mark.parametrize("page", ["0", "-4", "9999", "9" * 30, "deux", "\x00", ""])
def test_a_page_that_is_not_there_is_no_error(
    session: Session, client: FlaskClient, page: str
) -> None:
    structure(session)
    session.commit()
    asked = {"page": page}
    assert client.get("/structures", query_string=asked).status_code == 200
    assert client.get("/structures", query_string=asked | {"q": "tonte"}).status_code == 200
    assert client.get("/besoins", query_string=asked).status_code == 200


def test_its_page_says_what_it_offers_and_what_nobody_confirmed(
    session: Session, client: FlaskClient
) -> None:
    here = structure(session, "Côte Propre", DIJON)
    offer(session, here, GREEN_SPACES, title="Tonte de stades", radius_km=40)
    implied = offer(session, here)
    implied.is_implied, implied.sectors = True, []
    session.commit()
    page = client.get(f"/structures/{here.slug}").text
    assert "Tonte de stades" in page
    assert "40\u00a0km autour de son siège" in page
    assert page.count("Activité non confirmée") == 1


def test_a_closed_structure_has_no_page(session: Session, client: FlaskClient) -> None:
    gone = structure(session)
    gone.is_active = False
    session.commit()
    assert client.get(f"/structures/{gone.slug}").status_code == 404
