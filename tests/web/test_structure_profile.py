"""The profile of a structure, without JavaScript."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.structures.tables import Structure, StructureChange, StructureSite
from tests.browsing import send, sign_in, token_of
from tests.factories import market, people

IDENTITY = {"brand": "", "description": "", "website": "", "email": "", "phone": ""}


@pytest.fixture
def structure(session: Session, client: FlaskClient) -> Structure:
    """Of somebody who is signed in."""
    row = market.structure(session)
    member = people.structure_member(session, row)
    session.commit()
    sign_in(client, member.email)
    return row


def test_each_page_keeps_what_it_is_told_and_the_history_says_so(
    session: Session, client: FlaskClient, structure: Structure
) -> None:
    at = f"/structures/{structure.slug}/profil"
    send(client, f"{at}/identite", **IDENTITY | {"brand": "Jardins", "website": "exemple.fr"})
    send(client, f"{at}/lieux", commune="Dole (39)", postcode="39100", qpv="yes", frr="")
    send(client, f"{at}/equipe-et-chiffres", team_insertion="42", turnover="1 200 000 €")
    send(client, f"{at}/reconnaissances", labels=["esus", "rge"], networks=["coorace"])
    send(client, f"{at}/references", customer="Ville de Dole", work="Parcs", year="2025")
    send(client, f"{at}/autres-lieux", label="Atelier", commune="Besançon (25)")
    session.expire_all()
    assert (structure.display_name, structure.website) == ("Jardins", "https://exemple.fr")
    assert (structure.city, structure.department_code, structure.is_in_qpv) == ("Dole", "39", True)
    assert structure.seat_checked_on == clock.today()
    assert structure.is_point_approximate
    assert (structure.team_insertion, structure.turnover) == (42, 1_200_000)
    assert structure.labels == ["rge", "esus"]
    page = client.get(at).text.replace("\u00a0", " ").replace("\u202f", " ")
    for said in ("https://exemple.fr", "1 200 000 €", "Coorace", "Ville de Dole", "Atelier"):
        assert said in page
    fields = set(session.scalars(select(StructureChange.field)))
    assert {"brand", "website", "city", "is_in_qpv", "labels", "references", "sites"} <= fields


def test_the_same_words_again_change_nothing(
    session: Session, client: FlaskClient, structure: Structure
) -> None:
    at = f"/structures/{structure.slug}/profil/identite"
    send(client, at, **IDENTITY | {"brand": "Jardins"})
    page = send(client, at, **IDENTITY | {"brand": "Jardins"})
    assert "Rien n&#39;a changé" in page.text
    assert len(session.scalars(select(StructureChange)).all()) == 1


@pytest.mark.parametrize(
    ("page", "said", "sentence"),
    [
        ("identite", {"website": "javascript:alert(1)"}, "Donnez une adresse de site"),
        ("identite", {"website": "http://" + "x" * 300 + ".fr"}, "Donnez une adresse de site"),
        ("identite", {"email": "pas une adresse"}, "Saisissez une adresse complète"),
        ("identite", {"phone": "appelez-moi"}, "Donnez un numéro"),
        ("identite", {"description": "é" * 100_000}, "dépasse 10 000 caractères"),
        ("lieux", {"commune": "Zzzzz"}, "Commune introuvable"),
        ("lieux", {"commune": "Doubs (département)"}, "Commune introuvable"),
        ("lieux", {"commune": "Dole", "postcode": "abc"}, "cinq chiffres"),
        ("equipe-et-chiffres", {"team_insertion": "-1"}, "nombre de personnes"),
        ("equipe-et-chiffres", {"turnover": "9" * 40}, "montant en euros"),
        ("equipe-et-chiffres", {"turnover_year": "2099"}, "pas encore passée"),
        ("references", {"customer": "\x00"}, "Donnez le nom du client"),
        ("autres-lieux", {"label": "Atelier", "commune": "💥"}, "Commune introuvable"),
        ("absence", {"absent_until": "01/01/2020"}, "Cette date est passée"),
        ("absence", {"absent_until": "01/01/2199"}, "mettez plutôt vos offres en pause"),
    ],
)
def test_what_is_wrong_is_said_in_french(
    client: FlaskClient, structure: Structure, page: str, said: dict[str, Any], sentence: str
) -> None:
    answer = send(client, f"/structures/{structure.slug}/profil/{page}", **said)
    assert answer.status_code == 422
    assert sentence in answer.text


def test_a_structure_says_until_when_it_is_full_then_that_it_is_back(
    session: Session, client: FlaskClient, structure: Structure
) -> None:
    at = f"/structures/{structure.slug}/profil/absence"
    until = clock.today() + timedelta(days=30)
    page = send(client, at, absent_until=f"{until:%d/%m/%Y}")
    assert f"Complet jusqu&#39;au {until:%d/%m/%Y}" in page.text
    send(client, at, absent_until="")
    session.expire_all()
    assert structure.absent_until is None


def test_a_place_and_a_client_are_taken_back(
    session: Session, client: FlaskClient, structure: Structure
) -> None:
    at = f"/structures/{structure.slug}/profil/autres-lieux"
    send(client, at, label="=HYPERLINK()", commune="Dole (39)")
    site_id = session.scalars(select(StructureSite.id)).one()
    page = client.get(at)
    assert "=HYPERLINK()" in page.text
    client.post(f"{at}/{site_id}/retirer", data={"csrf_token": token_of(page)})
    session.rollback()
    assert session.scalars(select(StructureSite)).all() == []
