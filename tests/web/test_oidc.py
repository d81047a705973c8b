"""Signing in by ProConnect, against a real provider over loopback: the whole code flow."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from html import unescape
from socket import socket
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request as Put
from urllib.request import urlopen

import pytest
import requests
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import OctKey
from oidc_provider_mock import app as provider_app
from playwright.sync_api import Browser
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.serving import make_server
from werkzeug.test import TestResponse
from werkzeug.wrappers import Request, Response

from marketplace import clock
from marketplace.accounts.tables import ExternalIdentity, User, UserSession
from marketplace.app import create_app
from marketplace.audit import Action, AuditEntry
from marketplace.config import Config
from marketplace.mail import OutgoingMail
from tests.browsing import send, sign_in, token_of
from tests.conftest import Visitor
from tests.factories import people

# What the provider of these tests says of itself, not of us.
pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")

CLIENT = "tandem"
SECRET = "le secret que Tandem et le fournisseur partagent"
BACK = "/connexion/proconnect/retour"
ATTACH = "/connexion/proconnect/rattacher"
SIGN_UP = "/connexion/proconnect/inscription"
CAMILLE = {
    "usual_name": "Martin",
    "email": "camille.martin@ville.fr",
    "email_verified": True,
    "siret": "35600000049837",
}


class Signing:
    """ProConnect's way: the claims about a person come as a signed token, not as JSON."""

    def __init__(self, wrapped: Any) -> None:
        self.wrapped = wrapped
        self.secret = SECRET
        self.said: dict[str, Any] = {}

    def __call__(self, environ: Any, start_response: Any) -> Any:
        if environ["PATH_INFO"] != "/userinfo":
            return self.wrapped(environ, start_response)
        plain = Response.from_app(self.wrapped, Request(environ).environ)
        # ProConnect has a scope for each claim; this provider keeps the name for `profile`.
        claims = {"aud": CLIENT, "given_name": "Camille"} | json.loads(plain.get_data()) | self.said
        signed = jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(self.secret))
        return Response(signed, content_type="application/jwt")(environ, start_response)


class Provider:
    """What the tests ask of the provider, and what they make it say."""

    def __init__(self, url: str, signing: Signing) -> None:
        self.url, self.signing = url, signing

    def knows(self, subject: str, **claims: object) -> None:
        said = json.dumps(claims).encode()
        headers = {"Content-Type": "application/json"}
        put = Put(f"{self.url}/users/{subject}", said, headers, method="PUT")  # noqa: S310 - http, loopback
        with urlopen(put, timeout=5):  # noqa: S310 - the same
            pass

    def lets_in(self, url: str, subject: str) -> str:
        """Where the provider sends the browser back once somebody is identified there."""
        answer = requests.post(url, data={"sub": subject}, allow_redirects=False, timeout=5)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]


@contextmanager
def served(app: Any, port: int = 0) -> Iterator[str]:
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def served_provider() -> Iterator[Provider]:
    signing = Signing(provider_app(require_nonce=True))
    with served(signing) as url:
        yield Provider(url, signing)


@pytest.fixture
def provider(served_provider: Provider) -> Provider:
    """A provider that knows Camille, under the subject 42."""
    served_provider.signing.said, served_provider.signing.secret = {}, SECRET
    served_provider.knows("42", **CAMILLE)
    return served_provider


@pytest.fixture(scope="module")
def tandem(config: Config, prepared_app: Flask, served_provider: Provider) -> Flask:
    """Tandem with a provider; the database is that of `app`."""
    known = create_app(config.model_copy(update=settings(served_provider.url)))
    known.config["TESTING"] = True
    return known


@pytest.fixture
def visitor(app: Flask, tandem: Flask) -> FlaskClient:
    return Visitor(tandem, TestResponse)


def settings(issuer: str) -> dict[str, str]:
    return {"oidc_issuer": issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}


def leave(client: FlaskClient, then: str = "") -> str:
    """Press the button: the address of the provider where the browser is sent."""
    page = client.get(f"/connexion/proconnect{then}")
    assert page.status_code == 302
    return page.headers["Location"]


def identify(client: FlaskClient, provider: Provider, subject: str = "42") -> TestResponse:
    """Go to the provider and come back, following where Tandem leads."""
    back = urlsplit(provider.lets_in(leave(client), subject))
    return client.get(f"{back.path}?{back.query}", follow_redirects=True)


def identity(session: Session, user: User, provider: Provider, subject: str = "42") -> None:
    session.add(
        ExternalIdentity(
            issuer=provider.url, subject=subject, user_id=user.id, linked_at=people.LONG_AGO
        )
    )
    session.commit()


def linked(session: Session) -> Mapping[str, int]:
    """Each subject, and whose account it opens."""
    session.expire_all()
    return {row.subject: row.user_id for row in session.scalars(select(ExternalIdentity))}


def mailed(session: Session, kind: str) -> OutgoingMail:
    session.expire_all()
    return session.scalars(select(OutgoingMail).filter_by(kind=kind)).one()


def count(session: Session, table: type) -> int:
    session.expire_all()
    return session.scalar(select(func.count()).select_from(table)) or 0


# The button


def test_without_a_provider_there_is_no_button_and_no_page(client: FlaskClient) -> None:
    assert "ProConnect" not in client.get("/connexion").text
    for url in ("/connexion/proconnect", BACK, ATTACH, SIGN_UP, "/mon-compte/proconnect"):
        assert client.get(url).status_code == 404


def test_the_button_leaves_with_a_code_challenge_a_nonce_and_a_state(
    visitor: FlaskClient, provider: Provider
) -> None:
    assert "/connexion/proconnect" in visitor.get("/connexion").text
    asked = urlsplit(leave(visitor))
    said = {name: values[0] for name, values in parse_qs(asked.query).items()}
    assert f"{asked.scheme}://{asked.netloc}" == provider.url
    assert said["response_type"] == "code"
    assert said["code_challenge_method"] == "S256"
    assert min(len(said["state"]), len(said["nonce"]), len(said["code_challenge"])) >= 32
    assert "openid" in said["scope"].split()
    assert said["redirect_uri"] == f"http://127.0.0.1:8000{BACK}"  # never what Host says


def test_each_departure_has_a_state_nonce_and_challenge_of_its_own(visitor: FlaskClient) -> None:
    first, second = (
        parse_qs(urlsplit(leave(visitor)).query),
        parse_qs(urlsplit(leave(visitor)).query),
    )
    for name in ("state", "nonce", "code_challenge"):
        assert first[name] != second[name]


# Signing in


def test_an_identity_opens_the_account_that_it_is_linked_to_whatever_its_address(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    person = people.buyer(session)  # another address than the provider's
    identity(session, person, provider)
    page = identify(visitor, provider)
    assert page.request.path == "/tableau-de-bord"
    noted = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert noted is not None
    assert (noted.action, noted.actor_id) == (Action.SIGNED_IN, person.id)
    assert noted.details["means"] == "proconnect"


def test_the_page_asked_for_is_reached_after_the_detour(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    identity(session, people.buyer(session), provider)
    back = urlsplit(provider.lets_in(leave(visitor, "?next=/besoins/deposer"), "42"))
    page = visitor.get(f"{back.path}?{back.query}", follow_redirects=True)
    assert page.request.path == "/besoins/deposer"


def test_another_person_of_the_same_provider_does_not_open_it(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    person = people.buyer(session)
    identity(session, person, provider)
    provider.knows("43", **CAMILLE | {"email": person.email})
    page = identify(visitor, provider, "43")
    assert page.request.path == ATTACH
    assert visitor.get("/tableau-de-bord").status_code == 302


def test_the_same_subject_of_another_issuer_is_somebody_else(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    person = people.buyer(session)
    row = ExternalIdentity(
        issuer="https://ailleurs.invalid",
        subject="42",
        user_id=person.id,
        linked_at=people.LONG_AGO,
    )
    session.add(row)
    session.commit()
    assert identify(visitor, provider).request.path == SIGN_UP


def test_a_closed_account_is_not_opened(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    identity(session, people.user(session, is_active=False), provider)
    assert identify(visitor, provider).status_code == 400
    assert count(session, UserSession) == 0


# What comes back


def test_a_return_that_nobody_left_for_is_refused_and_noted(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    identity(session, people.buyer(session), provider)
    stolen = urlsplit(provider.lets_in(leave(visitor), "42"))
    thief = Visitor(visitor.application, TestResponse)
    page = thief.get(f"{stolen.path}?{stolen.query}")
    assert page.status_code == 400
    assert "n'a pas abouti" in unescape(page.text)
    assert count(session, UserSession) == 0
    refused = select(AuditEntry.details).filter_by(action=Action.SIGN_IN_REFUSED)
    assert session.scalars(refused).all()[-1] == {"means": "proconnect"}


def test_a_return_works_once(session: Session, visitor: FlaskClient, provider: Provider) -> None:
    identity(session, people.buyer(session), provider)
    back = urlsplit(provider.lets_in(leave(visitor), "42"))
    url = f"{back.path}?{back.query}"
    assert visitor.get(url).status_code == 302
    assert visitor.get(url).status_code == 400
    assert count(session, UserSession) == 1


@pytest.mark.parametrize(
    "query", ["", "?code=x", "?state=x", "?code=x&state=x", "?error=server_error", "?code=%00"]
)
def test_a_return_without_what_it_should_bring_is_refused(visitor: FlaskClient, query: str) -> None:
    leave(visitor)
    assert visitor.get(f"{BACK}{query}").status_code == 400


def test_a_forged_code_is_refused(visitor: FlaskClient, provider: Provider) -> None:
    state = parse_qs(urlsplit(leave(visitor)).query)["state"][0]
    assert visitor.get(f"{BACK}?code=forged&state={state}").status_code == 400


def test_who_gives_up_there_is_back_on_the_sign_in_page(visitor: FlaskClient) -> None:
    leave(visitor)
    page = visitor.get(f"{BACK}?error=access_denied&state=x", follow_redirects=True)
    assert page.request.path == "/connexion"
    assert "quitté ProConnect" in page.text


@pytest.mark.parametrize(
    "said",
    [
        {"aud": "un autre client"},
        {"sub": "43"},
        {"iss": "https://ailleurs.invalid"},
        {"exp": 1_700_000_000},
    ],
)
def test_claims_signed_for_another_client_or_about_another_person_open_nothing(
    session: Session, visitor: FlaskClient, provider: Provider, said: dict[str, Any]
) -> None:
    identity(session, people.buyer(session), provider)
    provider.signing.said = said
    assert identify(visitor, provider).status_code == 400
    assert count(session, UserSession) == 0


def test_claims_that_the_provider_did_not_sign_open_nothing(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    identity(session, people.buyer(session), provider)
    provider.signing.secret = "un secret que quelqu'un aura deviné"
    assert identify(visitor, provider).status_code == 400


def test_a_clock_that_is_ahead_does_not_refuse_anybody(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    identity(session, people.buyer(session), provider)
    provider.signing.said = {"iat": 4_000_000_000}
    assert identify(visitor, provider).request.path == "/tableau-de-bord"


def test_a_provider_that_sends_its_claims_in_plain_json_is_understood_too(
    session: Session, config: Config, app: Flask
) -> None:
    with served(provider_app(require_nonce=True)) as url:
        plain = Provider(url, Signing(None))
        client = Visitor(create_app(config.model_copy(update=settings(url))), TestResponse)
        identity(session, people.buyer(session), plain)
        assert identify(client, plain).request.path == "/tableau-de-bord"


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:1", "http://localhost:1/api/v2"])
def test_a_provider_that_is_away_is_said_to_be_and_the_password_is_proposed(
    config: Config, app: Flask, issuer: str
) -> None:
    client = create_app(config.model_copy(update=settings(issuer))).test_client()
    page = client.get("/connexion/proconnect")
    assert page.status_code == 503
    assert "ne répond pas" in page.text
    assert "/connexion/lien" in page.text


def test_another_issuer_at_the_same_address_is_not_talked_to(
    config: Config, app: Flask, provider: Provider
) -> None:
    elsewhere = settings(f"{provider.url}/")
    client = create_app(config.model_copy(update=elsewhere)).test_client()
    assert client.get("/connexion/proconnect").status_code == 503


# An account that is there already


def test_an_equal_address_opens_nothing_without_proof(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    people.user(session, email=CAMILLE["email"])
    session.commit()
    assert identify(visitor, provider).request.path == ATTACH
    assert linked(session) == {}
    assert visitor.get("/tableau-de-bord").status_code == 302


def test_the_password_of_the_account_links_it_signs_in_and_tells_its_person(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    person = people.user(session, email=CAMILLE["email"])
    session.commit()
    identify(visitor, provider)
    page = send(visitor, ATTACH, email=person.email, password=people.PASSWORD, how="password")
    assert page.request.path == "/tableau-de-bord"
    assert linked(session) == {"42": person.id}
    assert mailed(session, "accounts/identity_linked").address == person.email


def test_a_wrong_password_and_an_unknown_address_link_nothing_and_are_told_the_same(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    person = people.user(session)
    session.commit()
    identify(visitor, provider)
    answers = {
        (page.status_code, "Adresse ou mot de passe inconnu" in page.text)
        for page in (
            send(visitor, ATTACH, email=person.email, password="pas le bon", how="password"),
            send(visitor, ATTACH, email="inconnu@ville.fr", password="pas le bon", how="password"),
        )
    }
    assert answers == {(422, True)}
    assert linked(session) == {}


def test_the_mailed_link_links_it_in_the_browser_that_asked(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    person = people.user(session, email=CAMILLE["email"], password_hash=None)
    session.commit()
    identify(visitor, provider)
    send(visitor, ATTACH, email=person.email, how="mail")
    link = mailed(session, "accounts/link_identity").context["link"]
    assert visitor.get(link, follow_redirects=True).status_code == 200
    assert linked(session) == {}  # opening a link changes nothing
    page = send(visitor, "/connexion/proconnect/confirmer")
    assert page.request.path == "/tableau-de-bord"
    assert linked(session) == {"42": person.id}


def test_the_mailed_link_does_nothing_in_the_browser_of_its_reader(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    """Somebody asks to link its own identity to the account of another, who opens the mail."""
    victim = people.user(session)
    session.commit()
    identify(visitor, provider)
    send(visitor, ATTACH, email=victim.email, how="mail")
    link = mailed(session, "accounts/link_identity").context["link"]
    reader = Visitor(visitor.application, TestResponse)
    page = reader.get(link, follow_redirects=True)
    assert page.status_code == 410
    assert "dans le navigateur où vous l'avez demandé" in unescape(page.text)
    sign_in(reader, victim.email)
    assert reader.get(link, follow_redirects=True).status_code == 410
    assert linked(session) == {}


@pytest.mark.parametrize("is_known", [True, False])
def test_asking_for_a_mailed_link_does_not_tell_who_has_an_account(
    session: Session, visitor: FlaskClient, provider: Provider, is_known: bool
) -> None:
    email = people.user(session).email if is_known else "personne@ville.fr"
    session.commit()
    identify(visitor, provider)
    page = send(visitor, ATTACH, email=email, how="mail")
    assert page.request.path == "/connexion/proconnect/courriel-envoye"
    assert page.text.count(email) == 1
    assert count(session, OutgoingMail) == 1


def test_a_person_already_signed_in_proves_itself_again_to_link(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    person, other = people.buyer(session), people.buyer(session)
    session.commit()
    sign_in(visitor, person.email)
    assert identify(visitor, provider).request.path == ATTACH
    assert linked(session) == {}
    # Whose account it is comes from the session, not from the form.
    page = send(visitor, ATTACH, email=other.email, password=people.PASSWORD, how="password")
    assert page.request.path == "/mon-compte/proconnect"
    assert linked(session) == {"42": person.id}


def test_an_identity_opens_one_account_only(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    first, second = people.buyer(session), people.buyer(session)
    session.commit()
    sign_in(visitor, second.email)
    identify(visitor, provider)  # held by this browser, and by nobody yet
    identity(session, first, provider)
    page = send(visitor, ATTACH, password=people.PASSWORD, how="password")
    assert "ouvre déjà un autre compte" in page.text
    assert linked(session) == {"42": first.id}
    assert "d'un autre compte" in unescape(identify(visitor, provider).text)


def test_an_account_whose_address_is_not_confirmed_is_not_linked(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    """It may have been opened by somebody else, with an address that it does not hold."""
    squatter = people.user(session, email=CAMILLE["email"], email_verified_at=None)
    session.commit()
    identify(visitor, provider)
    page = send(visitor, ATTACH, email=squatter.email, password=people.PASSWORD, how="password")
    assert page.status_code == 422
    assert linked(session) == {}


def test_nothing_is_linked_half_an_hour_after_coming_back(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    person = people.user(session, email=CAMILLE["email"])
    session.commit()
    identify(visitor, provider)
    page = visitor.get(ATTACH)
    said = {"email": person.email, "password": people.PASSWORD, "csrf_token": token_of(page)}
    with time_machine.travel(clock.now() + timedelta(minutes=31)):
        page = visitor.post(ATTACH, data=said, follow_redirects=True)
    assert page.request.path == "/connexion"
    assert linked(session) == {}


def test_detaching_is_for_ones_own_identities(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    person, other = people.buyer(session), people.buyer(session)
    identity(session, person, provider)
    identity(session, other, provider, "43")
    mine, theirs = session.scalars(select(ExternalIdentity.id).order_by(ExternalIdentity.id))
    sign_in(visitor, person.email)
    token = token_of(visitor.get("/mon-compte/proconnect"))
    url = "/mon-compte/proconnect/{}/detacher"
    assert visitor.post(url.format(theirs), data={"csrf_token": token}).status_code == 404
    assert visitor.post(url.format(mine), data={"csrf_token": token}).status_code == 302
    assert linked(session) == {"43": other.id}


# A newcomer


def test_a_newcomer_opens_an_account_and_its_organisation_is_proposed(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    page = identify(visitor, provider)
    assert page.request.path == SIGN_UP
    assert 'value="Camille Martin"' in page.text
    page = send(visitor, SIGN_UP, profile="acheteur", full_name="Camille Martin")
    assert CAMILLE["siret"] in (page.request.url + page.text)
    person = session.scalars(select(User).filter_by(email=CAMILLE["email"])).one()
    assert person.email_verified_at is not None
    assert person.password_hash is None
    assert linked(session) == {"42": person.id}


def test_an_address_that_the_provider_does_not_vouch_for_is_proven_by_mail_first(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    provider.knows("42", **CAMILLE | {"email_verified": False})
    identify(visitor, provider)
    page = send(visitor, SIGN_UP, profile="structure", full_name="Camille Martin")
    assert page.request.path == "/connexion/proconnect/courriel-envoye"
    assert count(session, User) == 0
    link = mailed(session, "accounts/verify_email").context["link"]
    stranger = Visitor(visitor.application, TestResponse)
    assert stranger.get(link).status_code == 410
    assert visitor.get(f"{link}x").status_code == 410
    send(visitor, link)
    assert linked(session) == {"42": session.scalars(select(User.id)).one()}
    assert visitor.get(link).status_code == 410  # once


def test_a_proof_is_not_for_the_address_that_the_provider_says_next(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    provider.knows("42", **CAMILLE | {"email_verified": False})
    identify(visitor, provider)
    send(visitor, SIGN_UP, profile="acheteur", full_name="Camille Martin")
    link = mailed(session, "accounts/verify_email").context["link"]
    provider.knows("42", **CAMILLE | {"email": "maire@ville.fr", "email_verified": False})
    identify(visitor, provider)
    assert visitor.get(link).status_code == 410
    assert count(session, User) == 0


def test_a_newcomer_whose_unproven_address_has_an_account_learns_nothing_of_it(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    holder = people.user(session, email=CAMILLE["email"])
    session.commit()
    provider.knows("42", **CAMILLE | {"email_verified": False})
    assert identify(visitor, provider).request.path == SIGN_UP
    page = send(visitor, SIGN_UP, profile="acheteur", full_name="Camille Martin")
    assert page.request.path == "/connexion/proconnect/courriel-envoye"
    assert mailed(session, "accounts/account_exists").address == holder.email
    assert linked(session) == {}


def test_who_signed_up_with_the_address_of_another_loses_it_to_who_proves_it(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    squatter = people.user(session, email=CAMILLE["email"], email_verified_at=None)
    session.commit()
    assert identify(visitor, provider).request.path == SIGN_UP
    send(visitor, SIGN_UP, profile="acheteur", full_name="Camille Martin")
    session.refresh(squatter)
    assert squatter.password_hash is None
    assert linked(session) == {"42": squatter.id}


def test_a_name_posted_with_marks_and_roles_is_only_a_name(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    identify(visitor, provider)
    name = "Camille\u202e\u200b\r\nBcc: tous@ville.fr\0"
    send(
        visitor,
        SIGN_UP,
        profile="acheteur",
        full_name=name,
        email="maire@ville.fr",
        is_administrator="1",
        is_email_verified="1",
    )
    person = session.scalars(select(User)).one()
    assert person.full_name == "Camille Bcc: tous@ville.fr"
    assert person.email == CAMILLE["email"]
    assert not person.is_administrator


# Leaving


def test_signing_out_leads_out_of_the_provider_too_when_one_came_by_it(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    identity(session, people.buyer(session), provider)
    page = identify(visitor, provider)
    page = visitor.post("/deconnexion", data={"csrf_token": token_of(page)}, follow_redirects=True)
    out = urlsplit(page.headers["Refresh"].partition("url=")[2])
    said = {name: values[0] for name, values in parse_qs(out.query).items()}
    assert f"{out.scheme}://{out.netloc}" == provider.url
    assert said["post_logout_redirect_uri"] == "http://127.0.0.1:8000/connexion/proconnect/sortie"
    assert said["id_token_hint"].count(".") == 2
    assert len(said["state"]) >= 32
    back = visitor.get("/connexion/proconnect/sortie", follow_redirects=True)
    assert back.request.path == "/"
    assert visitor.get("/tableau-de-bord").status_code == 302


def test_who_came_by_its_password_is_not_sent_to_the_provider(
    session: Session, visitor: FlaskClient
) -> None:
    person = people.buyer(session)
    session.commit()
    page = sign_in(visitor, person.email)
    page = visitor.post("/deconnexion", data={"csrf_token": token_of(page)}, follow_redirects=True)
    assert page.request.path == "/"
    assert "Refresh" not in page.headers


def test_the_cookie_stays_within_what_browsers_keep(
    session: Session, visitor: FlaskClient, provider: Provider
) -> None:
    for _ in range(5):
        leave(visitor, f"?next=/besoins?q={'x' * 480}")
    provider.knows("42", **CAMILLE | {"usual_name": "Martin " * 40, "email": f"{'c' * 60}@v.fr"})
    identify(visitor, provider)
    cookie = visitor.get_cookie("session")
    assert cookie is not None
    assert len(cookie.value) < 4000


def test_a_real_browser_goes_to_the_provider_and_back_and_out_of_both(
    session: Session, config: Config, app: Flask, provider: Provider, browser: Browser
) -> None:
    """Another site than ours, so that cookies and the security policy count as they do online."""
    elsewhere = Provider(provider.url.replace("127.0.0.1", "localhost"), provider.signing)
    identity(session, people.buyer(session), elsewhere)
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said = {"public_base_url": f"http://127.0.0.1:{port}"} | settings(elsewhere.url)
    tandem = create_app(config.model_copy(update=said))
    with served(tandem, port) as site, browser.new_context() as context:
        page = context.new_page()
        page.goto(f"{site}/connexion")
        page.get_by_role("link", name="S'identifier avec ProConnect").click()
        page.fill("input[name=sub]", "42")
        page.get_by_role("button", name="Authorize").click()
        page.wait_for_url(f"{site}/tableau-de-bord")
        page.get_by_role("button", name="Se déconnecter").click()
        page.wait_for_url(f"{elsewhere.url}/**")
        page.get_by_role("button", name="End session").click()
        page.wait_for_url(f"{site}/")
        page.get_by_role("link", name="Se connecter").wait_for()


# Settings


@pytest.mark.parametrize(
    "said",
    [
        {"oidc_issuer": "https://fournisseur.invalid"},
        {"oidc_client_id": CLIENT, "oidc_client_secret": SECRET},
        settings("http://fournisseur.invalid"),
    ],
)
def test_half_a_provider_or_one_without_tls_is_refused_at_the_start(
    config: Config, said: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="OIDC_"):
        Config(**config.model_dump() | said)
