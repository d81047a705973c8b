"""Files of spending: the inclusive share by what splits it, doubts shown, foreign files away."""

import csv
from decimal import Decimal
from io import BytesIO, StringIO

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import Organisation, User
from marketplace.insights.spend_tables import SpendFile, SpendLine
from marketplace.structures.kinds import Kind
from marketplace.structures.tables import Structure
from marketplace.workbooks.writing import write
from tests.browsing import fill, hidden_of, sign_in
from tests.factories import people
from tests.factories.market import DOLE, structure

ORDINARY = "732 829 320 00074"
FILE = (
    "SIRET fournisseur;Montant HT;Famille d'achat;Service;QPV\n"
    "{aci};1 234,50;Espaces verts;Parcs;\n"
    "{aci};765,50;Espaces verts;Écoles;\n"
    "{esat};1,000.00;Nettoyage;Écoles;\n"
    "{both};500;Nettoyage;Mairie;\n"
    + ORDINARY
    + ";6 500,00;Fournitures;Mairie;oui\n"
    + ORDINARY
    + ";-500,00;Fournitures;Mairie;oui\n"
    ";250;Divers;Mairie;\n"
    "732 829 320 00075;250;Divers;Mairie;\n"
    + ORDINARY
    + ";1.234;Divers;Mairie;\n"
    + ORDINARY
    + ";beaucoup;Divers;Mairie;\n"
)


@pytest.fixture
def buyer(session: Session, client: FlaskClient) -> User:
    person = people.buyer(session)
    session.commit()
    sign_in(client, person.email)
    return person


def _suppliers(session: Session) -> dict[str, str]:
    sirets = {"aci": "21250056500016", "esat": "13002526500013", "both": "35600000000048"}
    rows = [
        ("aci", structure(session, "Les Jardins", kind=Kind.ACI)),
        ("esat", structure(session, "L'ESAT", DOLE, kind=Kind.ESAT)),
        ("both", structure(session, "L'EI", kind=Kind.EI)),
        ("both", structure(session, "L'EA", kind=Kind.EA)),
    ]
    for name, row in rows:
        row.siret = sirets[name]
    rows[0][1].is_in_qpv = True
    session.commit()
    return sirets


def _send(client: FlaskClient, session: Session, content: bytes, **changes: object) -> str:
    said: dict[str, object] = {
        "organisation": str(session.scalar(select(Organisation.id))),
        "name": "Dépenses 2025",
        "sheet": (BytesIO(content), "depenses.csv"),
    }
    return fill(client, "/depenses/importer", **(said | changes)).text.replace("\u202f", " ")


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_the_share_is_that_of_a_plain_query_and_every_split_adds_up_to_it(
    client: FlaskClient, session: Session, buyer: User, encoding: str
) -> None:
    sirets = _suppliers(session)
    page = _send(client, session, FILE.format(**sirets).encode(encoding))
    assert "8 lignes enregistrées" in page
    assert "mélange virgules et points" in page
    assert "1.234 » peut se lire 1234 ou 1,234" in page.replace("\u00a0", " ")
    assert "montant illisible" in page
    assert "SIRET manquant" in page
    assert "SIRET faux" in page

    total = session.scalar(select(func.sum(SpendLine.amount)))
    known = select(Structure.siret)
    inclusive = session.scalar(select(func.sum(SpendLine.amount)).where(SpendLine.siret.in_(known)))
    assert (total, inclusive) == (Decimal(10_000), Decimal(3_500))
    assert "35 %" in page.replace("\u00a0", " ")

    file_id = session.scalars(select(SpendFile.id)).one()
    export = client.get(f"/depenses/{file_id}/part-inclusive.csv").data.decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(export), delimiter=";"))
    figures = {(row["Découpage"], row["Valeur"]): row for row in rows}
    assert figures["Famille", "Plusieurs familles sous un même SIRET"]["Inclusif HT"] == "500,00"
    assert figures["Type", "EA + EI"]["Inclusif HT"] == "500,00"
    assert figures["Type", "ACI"]["Inclusif HT"] == "2000,00"
    assert figures["Entité", "Écoles"]["Part inclusive en %"] == "100,0"
    assert figures["Département", "Jura (39)"]["Inclusif HT"] == "1000,00"
    assert figures["Siège en QPV", "Oui"]["Total HT"] == "8000,00"
    assert figures["Siège en QPV", "Oui"]["Inclusif HT"] == "2000,00"
    for split in {row["Découpage"] for row in rows}:
        of_split = [row for row in rows if row["Découpage"] == split]
        amounts = [Decimal(row["Inclusif HT"].replace(",", ".")) for row in of_split]
        assert sum(amounts) == inclusive, split


def test_another_establishment_of_an_inclusive_firm_is_shown_and_not_counted(
    client: FlaskClient, session: Session, buyer: User
) -> None:
    structure(session, "La Poste d'insertion", kind=Kind.EI).siret = "35600000000048"
    session.commit()
    page = _send(client, session, b"SIRET,Montant\n35600000049837,900.50\n")
    assert "autres établissements" in page
    assert "0 %" in page.replace("\u00a0", " ")


def test_a_workbook_is_read_with_the_zero_that_it_lost(
    client: FlaskClient, session: Session, buyer: User
) -> None:
    content = b"".join(write(["Siret", "Montant"], [[5520025500034, 12.5], ["", 1.234]]))
    page = _send(client, session, content, sheet=(BytesIO(content), "a.xlsx"))
    assert "2 lignes enregistrées" in page
    assert session.scalars(select(SpendLine.siret).order_by(SpendLine.line)).all()[0] in (
        "05520025500034",
        "",
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "est vide"),
        (b"SIRET;Montant\n", "que sa ligne de titres"),
        (b"Nom;Prix\na;1\n", "Il manque les colonnes"),
        (b"SIRET;Prix\na;1\n", "Il manque la colonne"),
        (b"SIRET;Montant\n;abc\n", "Ligne 2"),
        (b"PK\x03\x04 not a workbook", "Ce classeur"),
        (b"\x00\xff\xfe\x00" * 50, "Il manque"),
        (b"SIRET;Montant\n" + b";1\n" * 50_001, "50000 lignes"),
    ],
)
def test_a_file_that_says_nothing_is_refused_in_a_sentence_and_nothing_is_kept(
    client: FlaskClient, session: Session, buyer: User, content: bytes, told: str
) -> None:
    page = _send(client, session, content)
    assert told in page
    assert "Dépenses 2025" in page, "what was typed is lost"
    assert session.scalars(select(SpendFile)).all() == []


def test_spending_is_its_organisation_s_alone_and_is_deleted_on_demand(
    client: FlaskClient, session: Session, buyer: User
) -> None:
    _send(client, session, b"SIRET;Montant\n;10\n")
    file_id = session.scalars(select(SpendFile.id)).one()
    foreign = people.buyer(session)
    session.commit()
    token = hidden_of(client.get(f"/depenses/{file_id}"))
    client.post("/deconnexion", data=token)
    sign_in(client, foreign.email)
    for path in (f"/depenses/{file_id}", f"/depenses/{file_id}/part-inclusive.csv"):
        assert client.get(path).status_code == 404
    assert "Aucune dépense importée" in client.get("/depenses").text
    client.post("/deconnexion", data=hidden_of(client.get("/depenses/importer")))
    sign_in(client, buyer.email)
    page = client.get(f"/depenses/{file_id}")
    client.post(f"/depenses/{file_id}/supprimer", data=hidden_of(page))
    assert session.scalars(select(func.count()).select_from(SpendLine)).one() == 0
