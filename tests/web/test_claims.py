"""« C'est ma structure », from the SIRET to the answer."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.moderation.tables import QueueEntry
from marketplace.structures.tables import Structure, StructureClaim, StructureMember
from tests.browsing import send, sign_in
from tests.factories import people
from tests.factories.market import BESANCON, structure

SIRET = "73282932000074"
NEW = {
    "name": "Les Ateliers neufs",
    "kind": "ESAT",
    "postcode": "25000",
    "city": "Besançon",
    "email": "contact@ateliers-neufs.fr",
    "website": "ateliers-neufs.fr",
    "message": "Directrice",
}


@pytest.fixture
def person(session: Session, client: FlaskClient) -> User:
    """Somebody of the domain jardins-essai.fr who belongs nowhere, signed in."""
    row = people.user(session, email="lea@jardins-essai.fr")
    session.commit()
    sign_in(client, row.email)
    return row


@pytest.fixture
def garden(session: Session) -> Structure:
    row = structure(session)
    row.siret = SIRET
    session.commit()
    return row


def test_the_structures_of_a_siret_are_found_and_one_claimed_from_its_domain(
    session: Session, client: FlaskClient, person: User, garden: Structure
) -> None:
    garden.website = "https://www.jardins-essai.fr"
    session.commit()
    page = client.get("/structures/revendiquer?siret=732 829 320 00074")
    assert f"/structures/{garden.slug}/revendiquer" in page.text
    page = send(client, f"/structures/{garden.slug}/revendiquer", message="")
    assert page.request.path == f"/ma-structure/{garden.slug}/equipe"
    assert session.scalars(select(StructureMember.user_id)).all() == [person.id]


def test_any_other_claim_waits_and_says_for_whom(
    session: Session, client: FlaskClient, person: User, garden: Structure
) -> None:
    page = send(client, f"/structures/{garden.slug}/revendiquer", message="Directrice")
    assert "guichet de son territoire" in page.text
    assert "Vos demandes en attente" in page.text
    assert session.scalars(select(QueueEntry)).one().claim.message == "Directrice"
    page = send(client, f"/structures/{garden.slug}/revendiquer", message="Encore moi")
    assert "attend déjà une réponse" in page.text
    assert len(session.scalars(select(StructureClaim)).all()) == 1


def test_managers_are_asked_where_there_are(
    session: Session, client: FlaskClient, person: User, garden: Structure
) -> None:
    people.structure_manager(session, garden)
    session.commit()
    page = send(client, f"/structures/{garden.slug}/revendiquer", message="")
    assert "ses responsables" in page.text
    assert session.scalars(select(QueueEntry)).all() == []


def test_an_unlisted_structure_is_proposed_unseen_until_the_desk_accepts_it(
    session: Session, client: FlaskClient, person: User
) -> None:
    facilitator = people.facilitator(session, people.desk(session, BESANCON))
    session.commit()
    page = client.get(f"/structures/revendiquer?siret={SIRET}")
    assert f"/structures/proposer/{SIRET}" in page.text
    page = send(client, f"/structures/proposer/{SIRET}", **NEW)
    assert "guichet de son territoire" in page.text
    added = session.scalars(select(Structure)).one()
    assert (added.website, added.commune_code) == ("https://ateliers-neufs.fr", BESANCON)
    assert client.get(f"/structures/{added.slug}").status_code == 404
    claim_id = session.scalars(select(StructureClaim.id)).one()
    with client.session_transaction() as browser:
        browser.clear()
    sign_in(client, facilitator.email)
    assert "Les Ateliers neufs (nouvelle)" in client.get("/guichet/").text
    url = f"/guichet/demandes/{claim_id}"
    assert send(client, url, move="reject").status_code == 422  # and why?
    assert "Demande acceptée" in send(client, url, move="approve").text
    assert client.get(f"/structures/{added.slug}").status_code == 200
    assert "attend plus de décision" in client.get(url, follow_redirects=True).text
    assert session.scalars(select(StructureMember.user_id)).all() == [person.id]


def test_proposing_again_corrects_the_claim_that_waits_and_the_desk_reads_it(
    session: Session, client: FlaskClient, person: User
) -> None:
    facilitator = people.facilitator(session, people.desk(session, BESANCON))
    session.commit()
    send(client, f"/structures/proposer/{SIRET}", **NEW)
    corrected = NEW | {"email": "accueil@ateliers-neufs.fr"}
    page = send(client, f"/structures/proposer/{SIRET}", **corrected)
    assert "elle porte maintenant ce que vous venez de dire" in page.text
    asked = session.scalars(select(StructureClaim)).one()
    with client.session_transaction() as browser:
        browser.clear()
    sign_in(client, facilitator.email)
    shown = client.get(f"/guichet/demandes/{asked.id}").text
    assert "accueil@ateliers-neufs.fr" in shown
    assert "contact@ateliers-neufs.fr" not in shown


def test_a_claim_is_of_no_business_of_another_desk_nor_of_who_asks(
    session: Session, client: FlaskClient, person: User, garden: Structure
) -> None:
    people.facilitator(session, people.desk(session, BESANCON))
    stranger = people.facilitator(session, people.desk(session, "13055", name="Autre guichet"))
    session.commit()
    send(client, f"/structures/{garden.slug}/revendiquer", message="")
    url = f"/guichet/demandes/{session.scalars(select(StructureClaim.id)).one()}"
    assert client.get(url).status_code == 403
    with client.session_transaction() as browser:
        browser.clear()
    sign_in(client, stranger.email)
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", ""),
        ("name", "x" * 10_000),
        ("kind", "SARL"),
        ("postcode", "25O0O"),
        ("city", "Nulle-Part-sur-Rien"),
        ("email", "pas une adresse"),
        ("website", "javascript:alert(1)"),
        ("message", ""),
    ],
)
def test_a_proposal_that_is_wrong_says_where_and_loses_nothing(
    session: Session, client: FlaskClient, person: User, field: str, typed: str
) -> None:
    page = send(client, f"/structures/proposer/{SIRET}", **(NEW | {field: typed}))
    assert page.status_code == 422
    assert f'id="{field}-error"' in page.text
    assert field == "city" or 'value="Besançon"' in page.text
    assert session.scalars(select(Structure)).all() == []


def test_what_is_listed_already_is_to_be_claimed(
    session: Session, client: FlaskClient, person: User
) -> None:
    send(client, f"/structures/proposer/{SIRET}", **NEW)
    added = session.scalars(select(Structure)).one()
    added.is_active = True
    session.commit()
    page = send(client, f"/structures/proposer/{SIRET}", **NEW)
    assert page.request.path == f"/structures/{added.slug}/revendiquer"


@pytest.mark.parametrize("typed", ["123", "73282932000075", "\u202e", "é" * 5_000])
def test_a_siret_that_is_none_is_told_beside_the_field(
    client: FlaskClient, person: User, typed: str
) -> None:
    assert client.get(f"/structures/revendiquer?siret={typed}").status_code == 422
    page = client.get(f"/structures/proposer/{typed}", follow_redirects=True)
    assert page.status_code == 422


def test_a_structure_page_offers_to_claim_it_and_shows_its_people_their_team(
    session: Session, client: FlaskClient, garden: Structure
) -> None:
    member = people.structure_member(session, garden)
    session.commit()
    url = f"/structures/{garden.slug}"
    assert f"{url}/revendiquer" in client.get(url).text
    sign_in(client, member.email)
    assert f"/ma-structure/{garden.slug}/equipe" in client.get(url).text
