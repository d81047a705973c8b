"""A desk keeps the directory of its territories."""

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.insights import partnering
from marketplace.insights.tables import TerritoryPartner
from tests.browsing import send, sign_in, token_of
from tests.factories import people

SAID = {
    "name": "Mission locale du Haut-Doubs",
    "part": "refers",
    "role": "Oriente les jeunes de moins de 26 ans",
    "place": "Pontarlier (25)",
    "contact": "Standard : 03 81 00 00 00",
    "website": "https://exemple.invalid/mission",
}


def test_a_partner_is_added_changed_and_taken_away_and_everyone_reads_it(
    session: Session, client: FlaskClient
) -> None:
    desk = people.desk(session, "25", name="Guichet du Doubs")
    facilitator = people.facilitator(session, desk)
    session.commit()
    sign_in(client, facilitator.email)
    directory = f"/guichet/annuaire/{desk.id}"
    assert client.get("/guichet/annuaire/").location == directory
    assert "encore vide" in client.get(directory).text

    assert "complété" in send(client, directory, **SAID).text
    partner = session.scalars(select(TerritoryPartner)).one()
    assert partner.territory_code == "25462"
    for seen_from in (
        "doubs-25",
        "bourgogne-franche-comte-r27",
        "cc-du-grand-pontarlier-242500338",
    ):
        assert SAID["name"] in client.get(f"/territoires/{seen_from}").text, seen_from
    assert SAID["name"] not in client.get("/territoires/cu-grand-besancon-metropole-242500361").text

    changed = {**SAID, "role": "Accompagne vers l'emploi", "place": ""}
    assert "modifié" in send(client, f"{directory}/{partner.id}", **changed).text
    besancon = client.get("/territoires/cu-grand-besancon-metropole-242500361").text
    assert "Accompagne vers l" in besancon
    gone = client.post(
        f"{directory}/{partner.id}/retirer",
        data={"csrf_token": token_of(client.get(directory))},
        follow_redirects=True,
    )
    assert "retiré de l" in gone.text
    assert "nommé ses partenaires" in client.get("/territoires/doubs-25").text


def test_what_cannot_be_kept_is_refused_beside_its_field_and_stays_typed(
    session: Session, client: FlaskClient
) -> None:
    desk = people.desk(session, "25")
    facilitator = people.facilitator(session, desk)
    session.commit()
    sign_in(client, facilitator.email)
    directory = f"/guichet/annuaire/{desk.id}"
    for wrong, sentence in (
        ({"name": ""}, "Donnez un nom"),
        ({"name": "a" * 100_000}, "de 2 à 200 caractères"),
        ({"role": "\x00\u202e"}, "de 3 à 300 caractères"),
        ({"part": "roi"}, "Son rôle"),
        ({"place": "zzzzzz"}, "Territoire introuvable"),
        ({"place": "France"}, "Territoire introuvable"),
        ({"website": "javascript:alert(1)"}, "commence par https://"),
    ):
        page = send(client, directory, **{**SAID, **wrong})
        assert page.status_code == 422, wrong
        assert sentence in page.text, wrong
        assert SAID["contact"] in page.text
    assert session.scalars(select(TerritoryPartner)).all() == []


def test_a_directory_has_an_end(session: Session, client: FlaskClient) -> None:
    desk = people.desk(session, "25")
    facilitator = people.facilitator(session, desk)
    said = partnering.Said("Partenaire", partnering.Part.OTHER, "Aide", "", "", None)
    for _ in range(partnering.MOST):
        partnering.add_partner(session, desk.id, said, facilitator.id, people.LONG_AGO, "")
    session.commit()
    sign_in(client, facilitator.email)
    page = send(client, f"/guichet/annuaire/{desk.id}", **SAID)
    assert page.status_code == 422
    assert "compte déjà 200 partenaires" in page.text
