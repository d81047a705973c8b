"""A mailed invitation: read by who holds the link, accepted by who has the address."""

import secrets

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from marketplace.accounts import joining
from marketplace.accounts.organisations import TEAM
from marketplace.accounts.tables import Organisation, OrganisationMember, OrganisationRole, User
from marketplace.accounts.teams import Role
from marketplace.clock import now
from marketplace.mail import OutgoingMail
from tests.browsing import send, sign_in, token_of
from tests.factories import people

ADDRESS = "nina@tandem.invalid"


@pytest.fixture
def town(session: Session) -> Organisation:
    return people.organisation(session, "Ville de Vallonne")


@pytest.fixture
def link(session: Session, town: Organisation) -> str:
    manager = people.organisation_member(session, town.id, OrganisationRole.MANAGER)
    joining.invite(session, TEAM, town.id, ADDRESS, Role.MEMBER, manager.id, now(), "192.0.2.1")
    session.commit()
    return str(session.scalars(select(OutgoingMail)).one().context["link"])


def is_in(session: Session, town: Organisation, person: User) -> bool:
    session.rollback()
    return session.get(OrganisationMember, (town.id, person.id)) is not None


def test_a_visitor_is_led_to_sign_in_and_back_and_nothing_happens_by_reading(
    session: Session, client: FlaskClient, town: Organisation, link: str
) -> None:
    nina = people.user(session, email=ADDRESS)
    session.commit()
    page = client.get(link)
    assert "Ville de Vallonne" in page.text
    assert f"/connexion?next={link}" in page.text
    page = send(client, f"/connexion?next={link}", email=ADDRESS, password=people.PASSWORD)
    assert page.request.path == link
    assert not is_in(session, town, nina)


def test_its_person_accepts_with_a_button_and_the_link_is_spent(
    session: Session, client: FlaskClient, town: Organisation, link: str
) -> None:
    nina = people.user(session, email=ADDRESS, email_verified_at=None)
    session.commit()
    sign_in(client, ADDRESS)
    page = send(client, link)
    assert "Ville de Vallonne vous compte" in page.text
    assert is_in(session, town, nina)
    assert nina.email_verified_at is not None
    assert client.get(link).status_code == 410


def test_another_person_cannot_use_it(
    session: Session, client: FlaskClient, town: Organisation, link: str
) -> None:
    other = people.buyer(session)
    session.commit()
    sign_in(client, other.email)
    page = client.get(link)
    assert "Déconnectez-vous" in page.text
    token = token_of(page)
    assert client.post(link, data={"csrf_token": token}).status_code == 302
    assert not is_in(session, town, other)
    assert "Accepter l&#39;invitation" not in client.get(link).text


def test_neither_forged_nor_spent_links_let_anybody_in(
    session: Session, client: FlaskClient, town: Organisation, link: str
) -> None:
    nina = people.user(session, email=ADDRESS)
    session.commit()
    sign_in(client, ADDRESS)
    fields = {"csrf_token": token_of(client.get(link))}
    for _ in range(5):
        forged = f"/invitations/{secrets.token_urlsafe(32)}"
        assert client.post(forged, data=fields).status_code == 410
    assert not is_in(session, town, nina)
    send(client, link)
    session.execute(delete(OrganisationMember).filter_by(user_id=nina.id))
    session.commit()
    fields = {"csrf_token": token_of(client.get("/mes-organismes"))}
    assert client.post(link, data=fields).status_code == 410
    assert not is_in(session, town, nina)


@pytest.mark.parametrize("token", ["x", "%ED%A0%80", "a" * 5_000])
def test_a_link_that_is_none_says_what_to_do(client: FlaskClient, token: str) -> None:
    page = client.get(f"/invitations/{token}")
    assert page.status_code == 410
    assert "Demandez à la personne qui vous a invité" in page.text
