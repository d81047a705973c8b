"""The page of a territory, and its export."""

import csv
from datetime import timedelta
from io import StringIO

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers.lifecycle import Result
from marketplace.answers.tables import Outcome
from marketplace.clauses.publishing import publish_due
from marketplace.clauses.reported import District as Residence
from marketplace.clauses.reported import Sex
from marketplace.clauses.reporting import send_report, validate
from marketplace.db import db
from marketplace.insights.partnering import Said, add_partner
from marketplace.insights.tables import Part
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import PlaceType
from marketplace.structures.kinds import Kind
from marketplace.territories.queries import gazetteer
from tests.factories import people
from tests.factories.contracts import OCTOBER, SEPTEMBER, contract, line
from tests.factories.market import (
    BESANCON,
    CLEANING,
    DIJON,
    DOLE,
    MONDAY,
    offer,
    structure,
    submitted_need,
)
from tests.guards.situated import planoise

DOUBS, GRAND_BESANCON = (
    "/territoires/doubs-25",
    "/territoires/cu-grand-besancon-metropole-242500361",
)
REGION = "/territoires/bourgogne-franche-comte-r27"


def rows_of(client: FlaskClient, url: str) -> dict[tuple[str, str, str], str]:
    """(table, row, measure) → value of an export."""
    answer = client.get(url)
    assert answer.status_code == 200
    read = csv.DictReader(StringIO(answer.text.lstrip("\ufeff")), delimiter=";")
    return {(row["tableau"], row["ligne"], row["mesure"]): row["valeur"] for row in read}


def published(session: Session, buyer_id: int, organisation_id: int, **said: object) -> int:
    need = submitted_need(session, buyer_id, organisation_id, **said)
    need.status, need.published_at = Status.PUBLISHED, clock.now()
    session.flush()
    return need.id


def market(session: Session) -> tuple[int, int]:
    """Structures of three departments, needs of two; a desk for the Doubs with a partner."""
    here = structure(session, "Les Haies de la Boucle")
    here.is_in_qpv, here.team_insertion = True, 12
    offer(session, here)
    offer(session, here, CLEANING)
    offer(session, structure(session, "ESAT du Doubs", kind=Kind.ESAT), CLEANING)
    structure(session, "Fermée", kind=Kind.EI).is_active = False
    offer(session, structure(session, "Jura Vert", DOLE))
    offer(session, structure(session, "Dijon Net", DIJON), CLEANING)
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    published(session, buyer.id, town.id, title="Tonte à Besançon")
    published(
        session,
        buyer.id,
        town.id,
        title="Ménage du Jura",
        place_type=PlaceType.ZONES,
        commune_code=None,
        zones=("39",),
    )
    desk = people.desk(session, "25", name="Guichet du Doubs")
    facilitator = people.facilitator(session, desk)
    said = Said("Mission locale", Part.REFERS, "Oriente les jeunes", "Standard", "", None)
    add_partner(session, desk.id, said, facilitator.id, MONDAY, "")
    session.commit()
    return buyer.id, town.id


def test_a_territory_shows_what_is_there_and_nothing_of_its_neighbours(
    session: Session, client: FlaskClient
) -> None:
    market(session)
    page = client.get(DOUBS).text
    assert "Guichet du Doubs" in page
    assert "Mission locale" in page
    assert "Tonte à Besançon" in page
    assert "Ménage du Jura" not in page

    told = rows_of(client, f"{DOUBS}/chiffres.csv")
    kinds = {
        row: value
        for (table, row, of), value in told.items()
        if of == "Structures" and "type" in table
    }
    assert kinds == {
        "ACI, atelier et chantier d'insertion": "1",
        "ESAT, établissement et service d'aide par le travail": "1",
    }
    assert told["Offres par secteur", "Nettoyage de locaux", "Structures"] == "2"
    assert told["Qui fait quoi", "Mission locale", "Ce qu'il fait"] == "Oriente les jeunes"

    region = rows_of(client, f"{REGION}/chiffres.csv")
    assert region["Offres par secteur", "Nettoyage de locaux", "Structures"] == "3"
    assert "Ménage du Jura" in client.get(REGION).text


def test_the_hours_of_a_territory_are_the_validated_ones_and_few_people_stay_hidden(
    session: Session, client: FlaskClient
) -> None:
    buyer_id, town_id = market(session)
    signed = contract(session, buyer_id, town_id, territory=BESANCON, planned=3000)
    lot, holder, now = signed.lots[0], signed.holder, clock.now()
    months = {
        SEPTEMBER: [line(700, 7, 7), line(600, 6, 6, sex=Sex.MAN)],
        OCTOBER: [line(140, 2, 2), line(350, 5, 3, sex=Sex.MAN)],
    }
    for month, lines in months.items():
        report = send_report(session, lot.id, holder.id, month, lines, buyer_id, now)
        validate(session, report.id, report.version, buyer_id, now)
    session.commit()
    assert publish_due(session, gazetteer(session), now)
    session.commit()
    by_hand = session.scalar(
        text(
            "SELECT sum(l.hours) FROM hour_lines l JOIN hour_reports r ON r.id = l.report_id"
            " WHERE r.state = 'validated'"
        )
    )
    for address in (DOUBS, GRAND_BESANCON, REGION):
        told = rows_of(client, f"{address}/chiffres.csv")
        assert (
            told["Heures d'insertion", "Heures validées", "Valeur"] == str(int(by_hand)) == "1790"
        )
        assert told["Heures d'insertion", "Heures prévues", "Valeur"] == "3000"
    regional = rows_of(client, "/chiffres/bourgogne-franche-comte-r27/donnees.csv")
    assert regional["Département par département", "Doubs", "Heures validées"] == "1790"
    assert regional["Département par département", "Jura", "Heures validées"] == "0"
    assert "1\u202f790" in client.get(DOUBS).text

    alone = contract(session, buyer_id, town_id, territory=DOLE)
    report = send_report(
        session, alone.lots[0].id, alone.holder.id, OCTOBER, [line(90, 1, 1)], buyer_id, now
    )
    validate(session, report.id, report.version, buyer_id, now)
    session.commit()
    jura = rows_of(client, "/territoires/jura-39/chiffres.csv")
    assert jura["Heures d'insertion", "Heures validées", "Valeur"] == "0", "figures are out"
    assert publish_due(session, gazetteer(session), now + timedelta(days=31))
    session.commit()
    jura = rows_of(client, "/territoires/jura-39/chiffres.csv")
    assert jura["Heures d'insertion", "Heures validées", "Valeur"] == "non montré"
    regional = rows_of(client, "/chiffres/bourgogne-franche-comte-r27/donnees.csv")
    for name, told in (("Jura", "non montré"), ("Doubs", "1790")):
        assert regional["Département par département", name, "Heures validées"] == told
    assert regional["Heures d'insertion", "Heures validées", "Valeur"] == "1790"


def test_an_epci_astride_two_departments_tells_its_hours_and_where_their_detail_is(
    session: Session, client: FlaskClient
) -> None:
    buyer_id, town_id = market(session)
    signed = contract(session, buyer_id, town_id, territory="200041887")
    report = send_report(
        session,
        signed.lots[0].id,
        signed.holder.id,
        OCTOBER,
        [line(700, 7, 7)],
        buyer_id,
        clock.now(),
    )
    validate(session, report.id, report.version, buyer_id, clock.now())
    assert publish_due(session, gazetteer(session), clock.now())
    session.commit()
    page = client.get("/territoires/cc-du-val-marnaysien-200041887").text
    assert "700" in page.split("Heures validées")[1][:200]
    assert f'<a href="{REGION}">' in page.split("Le détail par mois et par public")[1][:200]
    assert (
        rows_of(client, f"{REGION}/chiffres.csv")["Heures d'insertion", "Heures validées", "Valeur"]
        == "700"
    )


def test_awards_are_counted_and_a_sum_of_few_is_hidden(
    session: Session, client: FlaskClient
) -> None:
    buyer_id, town_id = market(session)
    winner = structure(session, "Gagnante", DIJON)
    for number in range(5):
        need_id = published(session, buyer_id, town_id, title=f"Besoin {number}")
        session.add(
            Outcome(
                need_id=need_id,
                result=Result.AWARDED,
                structure_id=winner.id,
                amount=1000 + number,
                decided_at=MONDAY,
                decided_by_id=buyer_id,
            )
        )
        session.commit()
        if number == 3:
            few = rows_of(client, f"{DOUBS}/chiffres.csv")
    told = rows_of(client, f"{DOUBS}/chiffres.csv")
    row = "Marchés et lots attribués"
    assert few["Attributions", row, "Nombre"] == "4"
    assert few["Attributions", row, "Montant HT connu (€)"] == "non montré"
    assert told["Attributions", row, "Montant HT connu (€)"] == "5010"
    assert told["Évolution par mois", "nov. 2026", "Attributions"] == "5"
    own = "Remportés par les structures d'ici, où que ce soit"
    assert told["Attributions", own, "Nombre"] == "0"
    cote_d_or = rows_of(client, "/territoires/cote-d-or-21/chiffres.csv")
    assert cote_d_or["Attributions", own, "Nombre"] == "5"


def test_a_district_shows_its_structures_and_is_found_by_its_name(
    session: Session, client: FlaskClient
) -> None:
    market(session)
    session.add(planoise())
    session.commit()
    found = client.get("/territoires?lieu=Planoise")
    assert found.status_code == 200
    assert "/territoires/planoise-qn02501m" in found.text
    told = rows_of(client, "/territoires/planoise-qn02501m/chiffres.csv")
    assert told["Structures par type", "ACI, atelier et chantier d'insertion", "Structures"] == "1"
    page = client.get("/territoires/planoise-qn02501m").text
    assert "Quartiers prioritaires, liste de 2024" in page
    assert "Besançon (25)" in page
    assert "se croisait lui-même" not in page
    moved = client.get("/territoires/ancien-nom-qn02501m")
    assert moved.location == "/territoires/planoise-qn02501m"


def test_a_district_tells_the_hours_of_all_residents_of_districts_of_its_department(
    session: Session, client: FlaskClient
) -> None:
    buyer_id, town_id = market(session)
    district = planoise()
    district.is_repaired = True
    session.add(district)
    signed = contract(session, buyer_id, town_id, territory=BESANCON)
    lines = [
        line(700, 7, 7, district=Residence.QPV_2024),
        line(600, 6, district=Residence.QPV_2015),
        line(900, 9, 9),
    ]
    lot, now = signed.lots[0], clock.now()
    report = send_report(session, lot.id, signed.holder.id, OCTOBER, lines, buyer_id, now)
    validate(session, report.id, report.version, buyer_id, now)
    publish_due(session, gazetteer(session), now)
    session.commit()
    told = rows_of(client, "/territoires/planoise-qn02501m/chiffres.csv")
    hours = {
        row: value
        for (table, row, of), value in told.items()
        if "tout le département (Doubs)" in table and of == "Heures validées"
    }
    assert hours == {
        "Hors quartier prioritaire": "900",
        "QPV, liste de 2024": "700",
        "QPV, liste de 2015": "600",
        "ZUS": "0",
    }
    assert not any("1300" in value for value in told.values()), "two lists are never added"
    page = client.get("/territoires/planoise-qn02501m").text
    assert "se croisait lui-même" in page
    assert "ne sont pas suivies quartier par quartier" in page

    epci = client.get(GRAND_BESANCON).text
    assert "2\u202f200" in epci
    assert "il désignerait des personnes" in epci
    assert "QPV, liste de 2024" not in epci


def test_names_lead_to_pages_and_what_is_unknown_says_so(
    session: Session, client: FlaskClient
) -> None:
    market(session)
    for typed, address in {
        "Doubs": DOUBS,
        "France": "/chiffres",
        "bourgogne franche comté": REGION,
        "R27": REGION,
    }.items():
        assert client.get("/territoires", query_string={"lieu": typed}).location == address
    assert client.get("/territoires/vieux-nom-25").location == DOUBS
    without_desk = client.get("/territoires/besancon-25056")
    assert without_desk.location == GRAND_BESANCON
    session.add(people.desk(session, BESANCON, name="Guichet de la ville"))
    people.facilitator(session, people.desk(session, DOLE, name="Guichet de Dole"))
    session.commit()
    assert "Guichet de Dole" in client.get("/territoires/dole-39198").text
    for odd in ("zzzz", "\x00", "😀", "a" * 100_000, "\u202eDoubs<script>"):
        answer = client.get("/territoires", query_string={"lieu": odd})
        assert answer.status_code in (200, 302, 414), odd[:20]
    for odd in ("n-existe-pas", "-", "25-", "doubs-25-99999", "%F0%9F%98%80", "a" * 3000):
        assert client.get(f"/territoires/{odd}").status_code == 404, odd[:20]


def test_a_page_takes_twelve_queries_whatever_there_is(
    app: Flask, session: Session, client: FlaskClient
) -> None:
    market(session)
    for number in range(12):
        offer(session, structure(session, f"Structure {number}"), CLEANING)
    session.commit()
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", note := lambda *said: asked.append(said[2]))
    try:
        for address in (
            DOUBS,
            REGION,
            "/chiffres",
            "/chiffres/bourgogne-franche-comte-r27",
            "/chiffres/manques",
        ):
            asked.clear()
            assert client.get(address).status_code == 200
            assert len(asked) <= 12, address
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
