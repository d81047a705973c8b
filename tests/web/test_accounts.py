"""Signing in: the right password opens, nothing says who has an account, no way out of the site."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.browsing import send, sign_in
from tests.factories import people


def test_the_right_password_opens_the_dashboard_whatever_the_case_of_the_address(
    session: Session, client: FlaskClient
) -> None:
    person = people.buyer(session)
    session.commit()
    page = sign_in(client, f"  {person.email.upper()} ")
    assert page.request.path == "/tableau-de-bord"
    session.expire_all()
    assert person.last_sign_in_at is not None


def test_a_wrong_password_and_an_unknown_address_are_told_the_same(
    session: Session, client: FlaskClient
) -> None:
    person = people.buyer(session)
    gone = people.user(session, is_active=False)
    session.commit()
    answers = {
        (page.status_code, "Adresse ou mot de passe inconnu" in page.text)
        for page in (
            sign_in(client, person.email, "pas le bon"),
            sign_in(client, "inconnu@tandem.invalid"),
            sign_in(client, gone.email),
        )
    }
    assert answers == {(422, True)}
    assert client.get("/tableau-de-bord").status_code == 302


@pytest.mark.parametrize(
    ("asked", "reached"),
    [
        ("/besoins/deposer", "/besoins/deposer"),
        ("https://ailleurs.invalid/", "/tableau-de-bord"),
        ("//ailleurs.invalid/", "/tableau-de-bord"),
        ("/\\ailleurs.invalid", "/tableau-de-bord"),
        ("/%0d%0aSet-Cookie:x", "/tableau-de-bord"),
        ("javascript:alert(1)", "/tableau-de-bord"),
    ],
)
def test_the_page_asked_for_is_reached_after_signing_in_if_it_is_ours(
    session: Session, client: FlaskClient, asked: str, reached: str
) -> None:
    person = people.buyer(session)
    session.commit()
    page = send(client, f"/connexion?next={asked}", email=person.email, password=people.PASSWORD)
    assert page.request.path == reached


def test_signing_out_is_a_post_and_closes_the_session(
    session: Session, client: FlaskClient
) -> None:
    person = people.buyer(session)
    session.commit()
    sign_in(client, person.email)
    assert client.get("/deconnexion").status_code == 405
    assert client.post("/deconnexion").status_code == 400  # no CSRF token
    assert client.get("/tableau-de-bord").status_code == 200
