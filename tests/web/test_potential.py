"""The potential of a programme: from a file, kept only when asked, the same in CSV."""

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.insights.spend_tables import PotentialStudy
from marketplace.sheets import table
from marketplace.workbooks.writing import write
from tests.browsing import fill, hidden_of, sign_in, token_of
from tests.factories import people
from tests.factories.market import offer, structure

PROGRAMME = "Intitulé;Lieu;Montant;Durée\nEntretien des espaces verts;Besançon (25);120 000,00;4\n"


@pytest.fixture
def buyer(session: Session, client: FlaskClient) -> User:
    person = people.buyer(session)
    for name in ("Les Jardins", "Le Potager", "La Haie"):
        offer(session, structure(session, name))
    session.commit()
    sign_in(client, person.email)
    return person


def test_a_programme_is_estimated_put_right_exported_and_kept(
    client: FlaskClient, session: Session, buyer: User
) -> None:
    sent = (BytesIO((PROGRAMME + "Tonte;Nulle-part-du-tout;10;1\n").encode()), "programme.csv")
    page = fill(client, "/potentiel", buyer_kind="commune", sheet=sent)
    assert page.status_code == 200
    for told in ("Réserver le marché", "1 ligne refusée", "lieu introuvable", "L2113-13"):
        assert told in page.text.replace("\u00a0", " "), told
    assert session.scalars(select(PotentialStudy)).all() == [], "nothing is kept unasked"

    carried = {"lines": PROGRAMME, "buyer_kind": "commune", "csrf_token": token_of(page)}
    export = client.post("/potentiel/export", data=carried)
    line = export.data.decode("utf-8-sig").splitlines()[1].split(";")
    assert line[:5] == [
        "Entretien des espaces verts",
        "Besançon (25)",
        "120000,00",
        "4",
        "30000,00",
    ]
    assert line[7:11] == ["3", "3", "0", "3"]

    refused = client.post("/potentiel/enregistrer", data=carried | {"name": ""})
    assert refused.status_code == 422
    assert "Entretien des espaces verts" in refused.text, "what was typed is lost"
    again = hidden_of(refused) | {
        "name": "Programme 2027",
        "buyer_kind": "commune",
        "lines": PROGRAMME,
        "organisation": refused.text.split('name="organisation"')[1]
        .split('value="')[1]
        .split('"')[0],
    }
    kept = client.post("/potentiel/enregistrer", data=again, follow_redirects=True)
    assert "Votre étude est enregistrée" in kept.text
    study = session.scalars(select(PotentialStudy)).one()
    assert "Programme 2027" in client.get("/potentiel/etudes").text
    path = f"/potentiel/etudes/{study.id}"
    assert client.get(f"{path}/potentiel").data == export.data
    for book in (
        client.get(f"{path}/potentiel?format=xlsx"),
        client.post("/potentiel/export", data=carried | {"format": "xlsx"}),
    ):
        sheet = table(BytesIO(book.data))
        assert sheet.header[:3] == ["Intitulé", "Lieu", "Montant HT"]
        [(_, cells)] = sheet.lines
        assert cells[2:5] == ["120000", "4", "30000"]  # type: ignore[index]  # a line that is read
    client.post(f"{path}/supprimer", data=hidden_of(client.get(path)))
    assert client.get(path).status_code == 404


def test_a_workbook_is_a_programme_too(client: FlaskClient, buyer: User) -> None:
    rows = [["Nettoyage de locaux", "Doubs", 90000.5, 2], ["Tonte", "France", 10, None]]
    content = b"".join(write(["Objet", "Territoire", "Budget HT", "Durée"], rows))
    page = fill(client, "/potentiel", buyer_kind="epci", sheet=(BytesIO(content), "a.xlsx"))
    assert page.status_code == 200
    assert "Nettoyage de locaux" in page.text


@pytest.mark.parametrize(
    "lines",
    ["", "Intitulé;Lieu;Montant\n", "\x00", "x" * 100_001, "Intitulé;Lieu;Montant\n🎉;🎉;🎉\n"],
)
def test_a_programme_that_says_nothing_is_refused_in_a_sentence(
    client: FlaskClient, buyer: User, lines: str
) -> None:
    token = token_of(client.get("/potentiel"))
    said = {"lines": lines, "buyer_kind": "commune", "csrf_token": token}
    page = client.post("/potentiel", data=said)
    assert page.status_code == 422
    assert "erreur" in page.text
    assert client.post("/potentiel/export", data=said).status_code == 422
