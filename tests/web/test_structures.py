"""Finding structures, and the page of each."""

import json
import re
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from marketplace.db import db
from marketplace.needs.tables import Need, PlaceType
from tests.browsing import hidden_of, sign_in
from tests.factories import people
from tests.factories.market import DIJON, GREEN_SPACES, MARSEILLE, offer, structure


def test_without_words_nor_place_all_are_listed_by_name(
    session: Session, client: FlaskClient
) -> None:
    for name in ("Zinc", "Éclair", "Ardoise"):
        structure(session, name)
    session.commit()
    page = client.get("/structures").text
    assert "3 structures" in page
    page = page[page.index('class="found-list"') :]
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
    assert "Intervient jusqu" in page
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


def test_contacts_are_for_those_whose_job_it_is_and_never_in_what_search_engines_read(
    session: Session, client: FlaskClient
) -> None:
    here = structure(session, "Côte Propre", DIJON)
    here.email, here.phone, here.description = "a@cote.example", "03 80 00 00 00", "</script><b>"
    offer(session, here, title="Tonte")
    buyer, passer_by = people.buyer(session), people.user(session)
    session.commit()
    url = f"/structures/{here.slug}"
    for person, is_told in ((None, False), (passer_by, False), (buyer, True)):
        if person is not None:
            client.delete_cookie("session")
            sign_in(client, person.email)
        page = client.get(url).text
        assert ("a@cote.example" in page, "03 80 00 00 00" in page) == (is_told, is_told)
        data = json.loads(page.split('application/ld+json">')[1].split("</script>")[0])
        assert (data["name"], data["description"]) == ("Côte Propre", "</script><b>")
        assert data["makesOffer"][0]["itemOffered"]["name"] == "Tonte"
        assert "a@cote.example" not in json.dumps(data)
        assert 'property="og:image"' in page


def test_the_site_map_holds_every_open_structure_and_says_where_it_stands(
    session: Session, client: FlaskClient
) -> None:
    here, gone = structure(session, "Ouverte"), structure(session, "Fermée")
    gone.is_active = False
    session.commit()
    assert "/sitemap.xml" in client.get("/robots.txt").text
    assert "/sitemap-1.xml</loc>" in client.get("/sitemap.xml").text
    page = client.get("/sitemap-1.xml")
    assert page.mimetype == "application/xml"
    assert f"/structures/{here.slug}</loc><lastmod>20" in page.text
    assert gone.slug not in page.text
    assert client.get("/sitemap-2.xml").status_code == 404


@pytest.mark.parametrize("typed", ["123", "abc", "\x00", "9" * 40, "🌳"])
def test_a_number_that_is_no_siret_is_said_to_be_none(client: FlaskClient, typed: str) -> None:
    page = client.get("/structures/verifier", query_string={"siret": typed})
    assert page.status_code == 422
    assert "Il y a 1 erreur" in page.text


def test_a_siret_is_that_of_all_its_structures_of_a_closed_one_or_of_nobody(
    session: Session, client: FlaskClient
) -> None:
    for name, number in (("Un", "73282932000074"), ("Deux", "73282932000074")):
        structure(session, name).siret = number
    closed = structure(session, "Finie")
    closed.siret, closed.is_active = "21250056500016", False
    session.commit()
    page = client.get("/structures/verifier?siret=732 829 320 00074").text
    assert "2 structures inclusives" in page
    assert ">Un</a>" in page
    assert ">Deux</a>" in page
    assert "Plus maintenant" in client.get("/structures/verifier?siret=21250056500016").text
    assert "Nous ne connaissons pas" in client.get("/structures/verifier?siret=55208131766522").text


def test_up_to_four_structures_stand_side_by_side(session: Session, client: FlaskClient) -> None:
    slugs = [structure(session, f"Structure {number}").slug for number in range(5)]
    session.commit()
    page = client.get("/structures/comparer", query_string={"s": [*slugs, "inconnue"]}).text
    assert "voici les quatre premières" in page
    assert all((f"Structure {number}</a>" in page) == (number < 4) for number in range(5))
    alone = client.get("/structures/comparer", query_string={"s": slugs[:1]}).text
    assert "Choisissez au moins deux structures" in alone


def test_an_empty_search_says_what_to_give_up_and_what_that_finds(
    session: Session, client: FlaskClient
) -> None:
    offer(session, structure(session), title="Tonte")
    session.commit()
    page = client.get("/structures?q=tonte&lieu=Marseille&type=ACI").text
    assert "Aucune structure trouvée" in page
    assert "Chercher dans toute la France (1)" in page
    page = client.get("/structures?q=tonte&type=ESAT&label=rge").text
    assert "Sans aucun filtre (1)" in page


def test_a_search_asks_the_database_eight_times_at_most(
    session: Session, client: FlaskClient
) -> None:
    for number in range(25):
        offer(session, structure(session, f"Jardin {number}"), title="Tonte")
    session.commit()
    asked: list[str] = []

    def note(*said: Any) -> None:
        asked.append(said[2])

    event.listen(db.engine, "after_cursor_execute", note)
    for address in (
        "/structures?q=tontte&lieu=Besançon&type=ACI&famille=insertion",
        "/offres?q=tonte&page=2",
        "/structures?q=tonte&lieu=Marseille&type=SEP&label=rge",
    ):
        asked.clear()
        assert client.get(address).status_code == 200
        assert 0 < len(asked) <= 8, asked
    event.remove(db.engine, "after_cursor_execute", note)


def test_a_buyer_goes_on_from_a_structure_to_a_need_that_is_where_and_what_it_does(
    session: Session, client: FlaskClient
) -> None:
    one = structure(session, "Les Haies")
    offer(session, one)
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    session.commit()
    assert "/besoins/deposer?secteur" not in client.get(f"/structures/{one.slug}").text
    sign_in(client, buyer.email)
    page = client.get(f"/structures/{one.slug}").text
    address = unescape(page.split('href="/besoins/deposer?')[1].split('"')[0])
    form = client.get(f"/besoins/deposer?{address}")
    assert re.search(rf'value="{GREEN_SPACES}"[^>]*checked', form.text)
    said = {"kind": "tender", "title": "Tonte du stade", "sectors": [GREEN_SPACES], "go": "on"}
    client.post("/besoins/deposer", data=hidden_of(form) | said)
    need = session.scalars(select(Need)).one()
    assert (need.place_type, need.commune_code) == (PlaceType.POINT, one.commune_code)
    for nonsense in ("secteur=lune&commune=99999", "secteur=%00&commune=" + "x" * 5_000):
        assert client.get(f"/besoins/deposer?{nonsense}").status_code == 200


def test_who_speaks_for_a_structure_finds_from_its_page_what_it_may_change(
    session: Session, client: FlaskClient
) -> None:
    one = structure(session, "Les Haies")
    member = people.structure_member(session, one)
    session.commit()
    sign_in(client, member.email)
    page = client.get(f"/structures/{one.slug}").text
    for address in ("profil", "offres"):
        assert f'href="/structures/{one.slug}/{address}"' in page
        assert client.get(f"/structures/{one.slug}/{address}").status_code == 200
