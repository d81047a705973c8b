"""The figures of regions and of the country, and what is missing."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.answers.lifecycle import Result
from marketplace.answers.tables import Outcome
from marketplace.clock import now
from marketplace.matching.tables import Shortlist
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need, PlaceType
from tests.factories import people
from tests.factories.contracts import contract
from tests.factories.market import (
    CLEANING,
    DIJON,
    DOLE,
    GREEN_SPACES,
    MARSEILLE,
    offer,
    structure,
)
from tests.web.test_territories import market, published, rows_of

BFC = "/chiffres/bourgogne-franche-comte-r27"
BY_DEPARTMENT = "Département par département"


def test_a_need_for_two_departments_counts_in_each_and_once_in_their_region(
    session: Session, client: FlaskClient
) -> None:
    buyer_id, town_id = market(session)
    published(
        session,
        buyer_id,
        town_id,
        title="Archives",
        place_type=PlaceType.ZONES,
        commune_code=None,
        zones=("39", "21"),
    )
    published(
        session, buyer_id, town_id, title="Partout", place_type=PlaceType.COUNTRY, commune_code=None
    )
    session.commit()
    told = rows_of(client, "/chiffres/france-fr/donnees.csv")
    by_department = {
        name: told[BY_DEPARTMENT, name, "Besoins ouverts"]
        for name in ("Doubs", "Jura", "Côte-d'Or", "Rhône")
    }
    assert by_department == {"Doubs": "1", "Jura": "2", "Côte-d'Or": "1", "Rhône": "0"}
    assert told["Région par région", "Bourgogne-Franche-Comté", "Besoins ouverts"] == "3"
    assert told["Région par région", "Bourgogne-Franche-Comté", "Structures"] == "4"
    assert told[BY_DEPARTMENT, "Doubs", "Insertion"] == "1"
    assert told[BY_DEPARTMENT, "Doubs", "Handicap"] == "1"


def test_the_map_shows_the_measure_that_is_asked_with_its_table(
    session: Session, client: FlaskClient
) -> None:
    market(session)
    page = client.get("/chiffres?mesure=structures").text
    assert page.count('class="shade shade-') == 96
    assert "<title>Doubs : 2</title>" in page.replace("\u00a0", " ")
    assert client.get("/chiffres?mesure=nimporte").status_code == 200
    overseas = client.get("/chiffres/la-reunion-r04").text
    assert "department-map" not in overseas
    assert "La Réunion" in overseas


def test_the_two_programmes_of_the_region_are_shown_side_by_side_and_never_added(
    client: FlaskClient,
) -> None:
    page = client.get(BFC).text
    for said in (
        "PNRU, programme terminé",
        "NPNRU, programme en cours",
        "825\u202f624",
        "1\u202f052\u202f072",
        "869\u202f543\u202f051",
        "À vérifier",
        "Dijon, 10 mai 2022",
        "01/05/2022",
    ):
        assert said in page, said
    for added in ("1\u202f335\u202f624", "1\u202f562\u202f072"):
        assert added not in page
    assert "PNRU" not in client.get("/chiffres/ile-de-france-r11").text


def test_a_region_has_one_address_and_a_department_none_here(client: FlaskClient) -> None:
    assert client.get("/chiffres/ancien-nom-r27").location == BFC
    assert client.get("/chiffres/france-fr").location == "/chiffres"
    assert client.get("/chiffres/doubs-25").status_code == 404


def test_what_is_missing_is_asked_and_sold_by_fewer_than_three(
    session: Session, client: FlaskClient
) -> None:
    buyer_id, town_id = market(session)  # one structure of each sector in the Doubs and the Jura
    for name in ("Un", "Deux"):
        offer(session, structure(session, name), GREEN_SPACES)
    offer(session, structure(session, "Loin d'ici", MARSEILLE), CLEANING)
    need_id = published(
        session, buyer_id, town_id, title="Vitres", sectors=(CLEANING,), commune_code=DIJON
    )
    session.add(Shortlist(need_id=need_id, weights_version="1", eligible=2, ranked_at=now()))
    session.commit()
    page = client.get("/chiffres/manques").text
    lines = client.get("/chiffres/manques.csv").text.splitlines()[1:]
    cells = [line.split(";") for line in lines]
    gaps = {(cell[0], cell[2]): cell[3:] for cell in cells}
    green, cleaning = "Création et entretien des espaces verts", "Nettoyage de locaux"
    assert gaps[green, "Jura"] == ["1", "1", "1"]
    assert gaps[cleaning, "Côte-d'Or"] == ["1", "1", "1"]
    assert (green, "Doubs") not in gaps  # three structures: enough to choose from

    assert "Vitres" in page
    assert "Tonte à Besançon" not in page
    listed = client.get("/chiffres/manques/besoins.csv?lieu=Dijon").text
    assert "Vitres" in listed
    assert "/besoins/" in listed
    assert "Vitres" not in client.get("/chiffres/manques/besoins.csv?lieu=Dole").text
    narrowed = client.get("/chiffres/manques?lieu=Jura").text
    assert "Côte-d'Or" not in narrowed.split("<main")[1].split("</main")[0].replace("&#39;", "'")
    assert "Nous ne connaissons pas" in client.get("/chiffres/manques?lieu=zzzzzz").text


def test_an_empty_market_says_what_to_do(session: Session, client: FlaskClient) -> None:
    people.desk(session, DOLE)
    session.commit()
    assert "Aucun manque connu ici" in client.get("/chiffres/manques").text
    country = client.get("/chiffres").text.replace("&#39;", "'")
    assert "Aucune heure d'insertion suivie" in country
    jura = client.get("/territoires/jura-39").text
    assert "Aucun besoin ouvert ici" in jura
    assert "Qui fait quoi" in jura


def test_hours_planned_for_a_region_or_an_epci_count_where_validated_ones_do(
    session: Session, client: FlaskClient
) -> None:
    buyer_id, town_id = market(session)
    for territory, planned in (("R27", 100), ("242500361", 200), (DOLE, 400)):
        contract(session, buyer_id, town_id, territory=territory, planned=planned)
    session.commit()
    told = rows_of(client, "/chiffres/france-fr/donnees.csv")
    assert told["Région par région", "Bourgogne-Franche-Comté", "Heures prévues"] == "700"
    assert told[BY_DEPARTMENT, "Doubs", "Heures prévues"] == "200"
    assert told[BY_DEPARTMENT, "Jura", "Heures prévues"] == "400"
    assert "dans aucun département" in client.get("/chiffres").text


def test_awards_are_told_of_the_country_and_of_the_region(
    session: Session, client: FlaskClient
) -> None:
    buyer_id, town_id = market(session)
    need = session.get_one(Need, published(session, buyer_id, town_id))
    need.status = Status.AWARDED
    session.add(
        Outcome(
            need_id=need.id,
            result=Result.AWARDED,
            holder_name="Firme",
            decided_by_id=buyer_id,
            decided_at=now(),
        )
    )
    session.commit()
    for path in ("/chiffres", BFC):
        assert "Marchés et lots attribués" in client.get(path).text
    told = rows_of(client, "/chiffres/france-fr/donnees.csv")
    assert told["Attributions", "Marchés et lots attribués", "Nombre"] == "1"


def test_environmental_aims_are_counted_among_offers_and_needs(
    session: Session, client: FlaskClient
) -> None:
    buyer_id, town_id = market(session)
    own, silent = structure(session, "Les Haies"), structure(session, "La Ressourcerie")
    silent.environmental_tags = ["reemploi"]
    offer(session, own).environmental_tags = ["biodiversite", "reemploi"]
    offer(session, silent)
    for status in (Status.PUBLISHED, Status.AWARDED):
        need = session.get_one(Need, published(session, buyer_id, town_id))
        need.status, need.environmental_tags = status, ["biodiversite"]
    session.commit()
    for path, name in (("/chiffres", "france-fr"), (BFC, "bourgogne-franche-comte-r27")):
        assert "Objectifs environnementaux" in client.get(path).text
        told = rows_of(client, f"/chiffres/{name}/donnees.csv")
        counts = {
            aim: [
                told["Objectifs environnementaux", aim, what]
                for what in ("Offres publiées", "Besoins publiés", "Besoins attribués")
            ]
            for aim in ("Biodiversité", "Réemploi")
        }
        assert counts == {"Biodiversité": ["1", "2", "1"], "Réemploi": ["2", "0", "0"]}
