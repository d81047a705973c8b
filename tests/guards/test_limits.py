"""What asks too often is told to wait: by address and by account, with or without CSRF."""

from itertools import islice
from typing import Any

import pytest
from flask import Flask, request
from flask.testing import FlaskClient
from limits import parse_many
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from stdnum.fr import siret

from marketplace.accounts.tables import Organisation
from marketplace.app import create_app
from marketplace.config import Config
from marketplace.guards.limits import LIMITS, Allowed
from tests.browsing import send, sign_in, token_of
from tests.factories import people

BY_ADDRESS = 60
BY_ACCOUNT = 10


def knock(client: FlaskClient, email: str, address: str = "192.0.2.1", **more: str) -> int:
    """The status of one try to sign in with a password that is not the right one."""
    fields = {"email": email, "password": "pas le bon du tout"} | more
    where = {"REMOTE_ADDR": address}
    return client.post("/connexion", data=fields, environ_overrides=where).status_code


def test_a_form_without_csrf_is_counted_like_a_good_one(client: FlaskClient) -> None:
    answers = [knock(client, f"personne{n}@tandem.invalid") for n in range(BY_ADDRESS + 1)]
    assert set(answers[:-1]) == {400}
    assert answers[-1] == 429


def test_the_eleventh_try_on_an_account_is_refused_from_wherever_it_comes(
    session: Session, client: FlaskClient
) -> None:
    person, other = people.buyer(session), people.buyer(session)
    session.commit()
    token = token_of(client.get("/connexion"))
    answers = [
        knock(client, person.email.upper(), f"192.0.2.{n}", csrf_token=token)
        for n in range(BY_ACCOUNT + 1)
    ]
    assert answers == [422] * BY_ACCOUNT + [429]
    assert knock(client, f" {person.email}", "192.0.2.99", csrf_token=token) == 429
    assert knock(client, other.email, csrf_token=token) == 422  # nobody else pays for it


@pytest.mark.parametrize("unseen", ["\0", "\u200b", "\u202e"], ids=["null", "zero", "rtl"])
def test_what_no_one_sees_in_an_address_makes_no_other_account(
    session: Session, client: FlaskClient, unseen: str
) -> None:
    person = people.buyer(session)
    session.commit()
    token = token_of(client.get("/connexion"))
    written = [unseen * n + person.email[:3] + unseen + person.email[3:] for n in range(BY_ACCOUNT)]
    answers = [
        knock(client, address, f"192.0.2.{n}", csrf_token=token)
        for n, address in enumerate([*written, f"{person.email}{unseen}"])
    ]
    assert answers == [422] * BY_ACCOUNT + [429]
    mailed = [
        client.post(
            "/connexion/lien",
            data={"csrf_token": token, "email": f"{unseen * n}{person.email}"},
            environ_overrides={"REMOTE_ADDR": f"192.0.2.{n}"},
        ).status_code
        for n in range(6)
    ]
    assert mailed == [302] * 5 + [429]


def test_one_person_does_not_open_forty_organisations(
    session: Session, client: FlaskClient
) -> None:
    person = people.user(session)
    session.commit()
    sign_in(client, person.email)
    digits = (f"{n}" for n in range(73282932000000, 73282932000999))
    numbers = [*islice(filter(siret.is_valid, digits), 6)]
    answers = [
        send(
            client,
            f"/mes-organismes/{number}/creer",
            name="Ville de Lyon",
            kind="commune",
            commune="",
        ).request.path
        for number in numbers
    ]
    assert [path.endswith("/equipe") for path in answers] == [True] * 5 + [False]
    assert session.scalar(select(func.count()).select_from(Organisation)) == 5


def test_a_form_that_one_corrects_does_not_shut_the_door_to_signing_up(
    client: FlaskClient,
) -> None:
    token = token_of(client.get("/inscription"))
    said = {"csrf_token": token, "email": "nouvelle@tandem.invalid", "full_name": ""}
    answers = [client.post("/inscription", data=said).status_code for _ in range(8)]
    assert answers == [422] * 8


def test_another_address_is_not_told_to_wait(client: FlaskClient) -> None:
    for n in range(BY_ADDRESS + 1):
        knock(client, f"personne{n}@tandem.invalid")
    assert knock(client, "voisin@tandem.invalid", "192.0.2.2") == 400


def test_a_household_cannot_walk_through_its_own_ipv6_network(client: FlaskClient) -> None:
    answers = [
        knock(client, f"personne{n}@tandem.invalid", f"2001:db8:1:2::{n:x}")
        for n in range(BY_ADDRESS + 1)
    ]
    assert answers[-1] == 429
    assert knock(client, "voisin@tandem.invalid", "2001:db8:1:3::1") == 400


def test_who_waits_is_told_so_in_french_and_for_how_long(client: FlaskClient) -> None:
    for n in range(BY_ADDRESS):
        knock(client, f"personne{n}@tandem.invalid")
    page = client.post("/connexion", environ_overrides={"REMOTE_ADDR": "192.0.2.1"})
    assert page.status_code == 429
    assert "Patientez une minute" in page.text
    assert 0 < int(page.headers["Retry-After"]) <= 60


def test_the_search_is_counted_and_reading_the_sign_in_page_is_not(client: FlaskClient) -> None:
    limit = parse_many(LIMITS["places.suggest"].from_address)[0].amount
    answers = [client.get("/lieux?q=d").status_code for _ in range(limit + 1)]
    assert answers == [200] * limit + [429]
    assert {client.get("/connexion").status_code for _ in range(BY_ADDRESS + 1)} == {200}


@pytest.fixture
def without_valkey(config: Config, app: Flask) -> Flask:
    """The same application, its counter's server gone."""
    return create_app(config.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))


def test_everybody_passes_when_the_counter_is_out_of_reach(without_valkey: Flask) -> None:
    assert without_valkey.test_client().get("/lieux?q=d").status_code == 200
    assert knock(without_valkey.test_client(), "personne@tandem.invalid") == 400


def test_the_table_names_only_endpoints_and_methods_that_there_are(app: Flask) -> None:
    rules = app.url_map.iter_rules()
    there = {(rule.endpoint, method) for rule in rules for method in rule.methods or ()}
    assert {(endpoint, allowed.method) for endpoint, allowed in LIMITS.items()} <= there


@pytest.mark.parametrize("allowed", LIMITS.values())
def test_every_limit_of_the_table_can_be_read(allowed: Allowed) -> None:
    assert parse_many(allowed.from_address)
    assert not allowed.for_account or parse_many(allowed.for_account)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, "198.51.100.7", "192.0.2.1"),
        (1, "198.51.100.7", "198.51.100.7"),
        (1, "203.0.113.66, 198.51.100.7", "198.51.100.7"),  # the first is what the visitor says
        (2, "203.0.113.66, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
    ],
)
def test_the_visitors_address_is_what_our_own_proxies_saw(
    config: Config, app: Flask, proxies: int, forwarded: str, seen: str
) -> None:
    behind = create_app(config.model_copy(update={"trusted_proxies": proxies}))
    seen_from: list[str | None] = []
    behind.before_request(lambda: seen_from.append(request.remote_addr))
    headers = {"X-Forwarded-For": forwarded}
    where: dict[str, Any] = {"REMOTE_ADDR": "192.0.2.1"}
    behind.test_client().get("/healthz", headers=headers, environ_overrides=where)
    assert seen_from == [seen]


def test_no_proxy_changes_the_host_that_we_answer_for(config: Config, app: Flask) -> None:
    behind = create_app(config.model_copy(update={"trusted_proxies": 1}))
    headers = {"X-Forwarded-Host": "ailleurs.invalid"}
    assert behind.test_client().get("/healthz", headers=headers).status_code == 200
