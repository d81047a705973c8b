"""« Mon compte »: one's own name, address, password and browsers, and nobody else's."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace.accounts.signing_in import is_password_of
from marketplace.accounts.tables import User, UserSession
from marketplace.clock import now
from tests.browsing import mailed, send, sign_in, token_of
from tests.conftest import Visitor
from tests.factories import people
from tests.factories.people import PASSWORD

NEW = "quatre autres mots ici"


@pytest.fixture
def person(session: Session, client: FlaskClient) -> User:
    person = people.buyer(session)
    session.commit()
    sign_in(client, person.email)
    return person


@pytest.fixture
def elsewhere(app: Flask, person: User) -> Visitor:
    """Another browser of the same person."""
    browser = Visitor(app, TestResponse)
    sign_in(browser, person.email)
    return browser


def test_a_person_sees_when_it_signed_in_before(
    session: Session, client: FlaskClient, person: User
) -> None:
    person.last_sign_in_at = people.LONG_AGO
    session.commit()
    client.post("/deconnexion", data={"csrf_token": token_of(client.get("/mon-compte/nom"))})
    sign_in(client, person.email)
    for url in ("/mon-compte", "/tableau-de-bord"):
        assert "05/01/2026" in client.get(url).text


def test_a_person_changes_its_name(session: Session, client: FlaskClient, person: User) -> None:
    page = send(client, "/mon-compte/nom", full_name=" Dominique\u202e  Bernard ")
    assert "Dominique Bernard" in page.text
    assert send(client, "/mon-compte/nom", full_name="\u200b").status_code == 422
    session.expire_all()
    assert person.full_name == "Dominique Bernard"


def test_another_password_asks_for_the_present_one_and_closes_the_other_browsers(
    session: Session, client: FlaskClient, person: User, elsewhere: Visitor
) -> None:
    url = "/mon-compte/mot-de-passe"
    assert send(client, url, password="pas le bon du tout", new_password=NEW).status_code == 422
    assert send(client, url, password=PASSWORD, new_password="trop court").status_code == 422
    assert send(client, url, new_password=NEW).status_code == 422
    before = client.get_cookie("session")
    page = send(client, url, password=PASSWORD, new_password=NEW)
    assert page.request.path == "/mon-compte"
    assert client.get_cookie("session") != before
    assert elsewhere.get("/tableau-de-bord").status_code == 302
    session.expire_all()
    assert is_password_of(person, NEW)


def test_another_address_is_confirmed_from_both_messages(
    session: Session, client: FlaskClient, app: Flask, person: User
) -> None:
    old, new = person.email, "nouvelle@ville.invalid"
    url = "/mon-compte/adresse"
    assert send(client, url, email=new, password="pas le bon du tout").status_code == 422
    assert send(client, url, email=new, password=PASSWORD).request.path == "/mon-compte"
    reader = Visitor(app, TestResponse)  # the new mailbox may be read on another device
    for browser, kind, address in [
        (client, "accounts/leave_address", old),
        (reader, "accounts/confirm_new_address", new),
    ]:
        page = browser.get(mailed(session, kind, address), follow_redirects=True)
        path = page.request.path
        session.expire_all()
        assert person.email == old
        page = browser.post(path, data={"csrf_token": token_of(page)}, follow_redirects=True)
    assert "est changée" in page.text
    session.rollback()
    assert person.email == new


def test_every_browser_is_listed_and_can_be_signed_out(
    session: Session, client: FlaskClient, person: User, elsewhere: Visitor
) -> None:
    page = client.get("/mon-compte/appareils")
    assert page.text.count("/fermer&#34;") + page.text.count('/fermer"') == 2
    other = session.scalars(select(UserSession).order_by(UserSession.id.desc()).limit(1)).one()
    token = token_of(page)
    url = f"/mon-compte/appareils/{other.id}/fermer"
    assert client.get(url).status_code == 405
    client.post(url, data={"csrf_token": token})
    assert elsewhere.get("/tableau-de-bord").status_code == 302
    assert client.post(url, data={"csrf_token": token}).status_code == 404  # closed already
    assert client.get("/tableau-de-bord").status_code == 200


def test_all_the_other_browsers_are_signed_out_at_once(
    client: FlaskClient, person: User, elsewhere: Visitor
) -> None:
    token = token_of(client.get("/mon-compte/appareils"))
    client.post("/mon-compte/appareils/fermer-les-autres", data={"csrf_token": token})
    assert elsewhere.get("/tableau-de-bord").status_code == 302
    assert client.get("/tableau-de-bord").status_code == 200


def test_the_browser_of_somebody_else_is_not_found(
    session: Session, client: FlaskClient, app: Flask, person: User
) -> None:
    other = people.buyer(session)
    session.commit()
    theirs = Visitor(app, TestResponse)
    sign_in(theirs, other.email)
    row = session.scalars(select(UserSession).where(UserSession.user_id == other.id)).one()
    token = token_of(client.get("/mon-compte/appareils"))
    url = f"/mon-compte/appareils/{row.id}/fermer"
    assert client.post(url, data={"csrf_token": token}).status_code == 404
    assert theirs.get("/tableau-de-bord").status_code == 200


def test_the_browser_that_one_uses_can_be_signed_out_from_the_list(
    session: Session, client: FlaskClient, person: User
) -> None:
    row = session.scalars(select(UserSession)).one()
    token = token_of(client.get("/mon-compte/appareils"))
    page = client.post(
        f"/mon-compte/appareils/{row.id}/fermer", data={"csrf_token": token}, follow_redirects=True
    )
    assert "Vous êtes déconnecté" in page.text
    assert client.get("/tableau-de-bord").status_code == 302


def test_a_browser_left_alone_is_signed_out_and_a_used_one_is_not(
    client: FlaskClient, person: User
) -> None:
    start = now()
    for hours, answer in [(11, 200), (22, 200), (35, 302)]:
        with time_machine.travel(start + timedelta(hours=hours), tick=False):
            assert client.get("/tableau-de-bord").status_code == answer


def test_who_has_no_password_is_given_one_by_mail_alone(
    session: Session, client: FlaskClient, person: User
) -> None:
    person.password_hash = None
    session.commit()
    answer = client.get("/mon-compte/mot-de-passe")
    assert (answer.status_code, answer.location) == (302, "/mot-de-passe/oublie")
    page = send(client, "/mon-compte/adresse", email="autre@ville.invalid")
    assert page.request.path == "/mon-compte"
