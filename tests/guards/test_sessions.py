"""The cookie of a session: what it holds, where it goes, and when it changes."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace.accounts.tables import UserSession
from marketplace.app import create_app
from marketplace.audit import Action, AuditEntry
from marketplace.config import Config
from marketplace.db import db
from tests.browsing import mailed, send, sign_in, token_of
from tests.conftest import Visitor
from tests.factories import people


def cookie(client: FlaskClient) -> str:
    held = client.get_cookie("session")
    assert held is not None
    return held.value


@pytest.fixture
def secure(config: Config, app: Flask) -> FlaskClient:
    """A browser of the same service, behind HTTPS."""
    served = config.model_copy(update={"public_base_url": "https://tandem.example.fr"})
    return Visitor(create_app(served), TestResponse)


def test_over_https_the_cookie_is_for_this_host_alone_and_no_script(secure: FlaskClient) -> None:
    answer = secure.get("/connexion", base_url="https://tandem.example.fr")
    name, *rest = answer.headers["Set-Cookie"].split("; ")
    assert name.startswith("__Host-session=")
    assert set(rest) == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]


def test_without_https_the_cookie_is_still_out_of_reach_of_scripts(client: FlaskClient) -> None:
    answer = client.get("/connexion")
    assert set(answer.headers["Set-Cookie"].split("; ")[1:]) == {
        "HttpOnly",
        "Path=/",
        "SameSite=Lax",
    }


def test_a_session_is_new_at_each_sign_in(session: Session, client: FlaskClient) -> None:
    person = people.buyer(session)
    session.commit()
    with client.session_transaction() as planted:
        planted["_user_id"] = "jeton posé par un autre"
    sign_in(client, person.email)
    first = cookie(client)
    send_out = {"csrf_token": token_of(client.get("/mon-compte/nom"))}
    client.post("/deconnexion", data=send_out)
    sign_in(client, person.email)
    with client.session_transaction() as held:
        assert held["_user_id"] != "jeton posé par un autre"
    assert cookie(client) != first
    assert session.scalar(select(func.count(UserSession.id))) == 2


def test_a_cookie_kept_from_before_signing_out_opens_nothing(
    session: Session, client: FlaskClient, app: Flask
) -> None:
    person = people.buyer(session)
    session.commit()
    sign_in(client, person.email)
    kept = cookie(client)
    client.post("/deconnexion", data={"csrf_token": token_of(client.get("/mon-compte/nom"))})
    thief = Visitor(app, TestResponse)
    thief.set_cookie("session", kept)
    assert thief.get("/tableau-de-bord").status_code == 302
    entries = select(AuditEntry.action).where(AuditEntry.actor_id == person.id)
    assert list(session.scalars(entries)) == [Action.SIGNED_IN, Action.SIGNED_OUT]


def test_a_closed_account_is_out_at_its_next_page(session: Session, client: FlaskClient) -> None:
    person = people.buyer(session)
    session.commit()
    sign_in(client, person.email)
    person.is_active = False
    session.commit()
    assert client.get("/tableau-de-bord").status_code == 302


def test_a_signed_in_person_is_read_in_one_query(
    session: Session, client: FlaskClient, app: Flask
) -> None:
    person = people.buyer(session)
    session.commit()
    sign_in(client, person.email)
    asked: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    client.get("/mentions-legales")
    event.remove(engine, "before_cursor_execute", note)
    assert len([statement for statement in asked if "users" in statement]) == 1
    assert len(asked) == 1


def test_signing_in_again_by_another_way_closes_the_session_before(
    session: Session, client: FlaskClient
) -> None:
    person, other = people.buyer(session), people.buyer(session)
    session.commit()
    send(client, "/connexion/lien", email=other.email)
    sign_in(client, person.email)
    page = client.get(mailed(session, "accounts/magic_link", other.email), follow_redirects=True)
    client.post(page.request.path, data={"csrf_token": token_of(page)})
    session.rollback()
    ended = select(UserSession.user_id).where(UserSession.ended_at.is_not(None))
    assert list(session.scalars(ended)) == [person.id]


def test_who_asks_for_a_page_of_another_role_leaves_a_line_in_the_trail(
    session: Session, client: FlaskClient
) -> None:
    person = people.buyer(session)
    session.commit()
    sign_in(client, person.email)
    assert {client.get("/guichet/").status_code for _ in range(3)} == {403}
    line = session.scalars(
        select(AuditEntry).where(
            AuditEntry.actor_id == person.id, AuditEntry.action == Action.ACCESS_REFUSED
        )
    ).one()  # once an hour is enough
    assert line.details == {"page": "desk.queue", "status": 403, "asked": []}


def test_a_session_follows_a_phone_from_one_network_to_another(
    session: Session, client: FlaskClient
) -> None:
    person = people.buyer(session)
    session.commit()
    sign_in(client, person.email)
    page = client.get(
        "/tableau-de-bord",
        headers={"User-Agent": "Téléphone mis à jour"},
        environ_overrides={"REMOTE_ADDR": "198.51.100.7"},
    )
    assert page.status_code == 200
    assert client.get("/tableau-de-bord").status_code == 200
