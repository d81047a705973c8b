"""Joining the organisation that one buys for, or opening it."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import (
    Organisation,
    OrganisationKind,
    OrganisationMember,
    OrganisationRequest,
    OrganisationRole,
    PurchasingMandate,
    User,
)
from marketplace.needs.tables import Need
from tests.browsing import fill, post_in_steps, send, sign_in, token_of
from tests.factories import people
from tests.factories.market import GREEN_SPACES, in_three_weeks

SIRET = "21250056500016"


@pytest.fixture
def person(session: Session, client: FlaskClient) -> User:
    """Somebody who belongs nowhere, signed in."""
    row = people.user(session)
    session.commit()
    sign_in(client, row.email)
    return row


def test_an_unknown_siret_leads_to_opening_the_organisation(
    session: Session, client: FlaskClient, person: User
) -> None:
    page = client.get("/mes-organismes/rejoindre?siret=212 500 565 00016", follow_redirects=True)
    url = page.request.path
    assert url == f"/mes-organismes/{SIRET}/creer"
    page = send(client, url, name="Ville de\u202e Vallonne", kind="commune", commune="besancon")
    assert page.request.path == f"/mon-organisme/{SIRET}/equipe"
    opened = session.scalars(select(Organisation)).one()
    assert (opened.name, opened.kind) == ("Ville de Vallonne", OrganisationKind.COMMUNE)
    assert opened.commune_code == "25056"
    member = session.scalars(select(OrganisationMember)).one()
    assert (member.user_id, member.role) == (person.id, OrganisationRole.MANAGER)
    assert client.get("/besoins/deposer").status_code == 200


def test_a_known_siret_leads_to_asking_its_managers(
    session: Session, client: FlaskClient, person: User
) -> None:
    town = people.organisation(session, "Ville de Vallonne")
    town.siret = SIRET
    session.commit()
    page = client.get(f"/mes-organismes/rejoindre?siret={SIRET}", follow_redirects=True)
    url = page.request.path
    assert url == f"/mes-organismes/{SIRET}/rejoindre"
    page = send(client, url, message="Chargée d'achats")
    assert "Ville de Vallonne" in page.text
    asked = session.scalars(select(OrganisationRequest)).one()
    assert (asked.user_id, asked.message) == (person.id, "Chargée d'achats")
    assert session.scalars(select(OrganisationMember)).all() == []
    assert "attend déjà une réponse" in send(client, url).text


@pytest.mark.parametrize("typed", ["", "123", "21250056500017", "0" * 14, "\u202e", "é" * 5_000])
def test_a_siret_that_is_none_is_told_beside_the_field(
    client: FlaskClient, person: User, typed: str
) -> None:
    assert client.get(f"/mes-organismes/rejoindre?siret={typed}").status_code == 422
    page = client.get(f"/mes-organismes/{typed or 'x'}/creer", follow_redirects=True)
    assert page.status_code == 422


@pytest.mark.parametrize(
    "changes",
    [{"name": ""}, {"name": "x" * 10_000}, {"kind": "empire"}, {"commune": "Nulle-Part-sur-Rien"}],
)
def test_what_is_wrong_opens_nothing(
    session: Session, client: FlaskClient, person: User, changes: dict[str, str]
) -> None:
    said = {"name": "Ville de Vallonne", "kind": "commune", "commune": ""} | changes
    assert send(client, f"/mes-organismes/{SIRET}/creer", **said).status_code == 422
    assert session.scalars(select(Organisation)).all() == []


def test_the_fields_of_others_cannot_be_posted(
    session: Session, client: FlaskClient, person: User
) -> None:
    forged = {"role": "manager", "user_id": 1, "organisation_id": 1, "is_administrator": "1"}
    town = people.organisation(session)
    session.commit()
    send(client, f"/mes-organismes/{town.siret}/rejoindre", message="", **forged)
    assert session.scalars(select(OrganisationMember)).all() == []
    session.refresh(person)
    assert not person.is_administrator


def test_a_purchasing_platform_posts_for_who_mandated_it_and_follows_the_need(
    session: Session, client: FlaskClient
) -> None:
    platform = people.organisation(session, "Plateforme régionale des achats")
    prefecture = people.organisation(session, "Préfecture d'essai")
    stranger = people.organisation(session, "Une autre ville")
    session.add(PurchasingMandate(platform_id=platform.id, organisation_id=prefecture.id))
    poster, colleague = (people.buyer(session, platform.id) for _ in range(2))
    own, outsider = people.buyer(session, prefecture.id), people.buyer(session, stranger.id)
    session.commit()
    said = {
        "kind": "quote",
        "title": "Entretien des espaces verts",
        "sectors": [GREEN_SPACES],
        "reserved_for": "any",
        "here": "y",
        "place_type": "point",
        "commune": "besancon",
        "deadline_on": in_three_weeks().strftime("%d/%m/%Y"),
    }
    sign_in(client, poster.email)
    page = post_in_steps(client, **said, organisation=stranger.id)
    assert page.status_code == 422
    assert session.scalars(select(Need)).all() == []
    page = post_in_steps(client, **said, organisation=prefecture.id)
    need = session.scalars(select(Need)).one()
    assert (need.organisation_id, need.platform_id) == (prefecture.id, platform.id)
    assert page.request.path == f"/besoins/{need.slug}/envoye"
    answers = {}
    for who in (colleague, own, outsider):
        client.post("/deconnexion", data={"csrf_token": ""})
        with client.session_transaction() as browser:
            browser.clear()
        sign_in(client, who.email)
        answers[who.id] = client.get(f"/besoins/{need.slug}").status_code
    assert answers == {colleague.id: 200, own.id: 200, outsider.id: 404}


def test_who_is_bought_for_finishes_the_draft_of_its_platform_which_keeps_following_it(
    session: Session, client: FlaskClient
) -> None:
    platform, prefecture = (people.organisation(session, name) for name in ("PFRA", "Préfecture"))
    session.add(PurchasingMandate(platform_id=platform.id, organisation_id=prefecture.id))
    poster, own = people.buyer(session, platform.id), people.buyer(session, prefecture.id)
    session.commit()
    first = {"kind": "quote", "title": "Entretien des espaces verts", "sectors": [GREEN_SPACES]}
    sign_in(client, poster.email)
    fill(client, "/besoins/deposer", **first, organisation=prefecture.id)
    need = session.scalars(select(Need)).one()
    client.post("/deconnexion", data={"csrf_token": token_of(client.get("/tableau-de-bord"))})
    sign_in(client, own.email)
    url = f"/besoins/{need.slug}/etapes/quoi"
    assert fill(client, url, **first | {"title": "Tonte des pelouses"}).status_code == 200
    session.refresh(need)
    assert need.title == "Tonte des pelouses"
    assert (need.organisation_id, need.platform_id) == (prefecture.id, platform.id)
