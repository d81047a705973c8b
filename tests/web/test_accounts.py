"""Opening an account and signing in: nothing says who has one, no way out of the site."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace.accounts.tables import User
from marketplace.web.accounts import session_next
from tests.browsing import mailed, send, sign_in, token_of
from tests.conftest import Visitor
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


NOT_OURS = r"""
https://ailleurs.invalid  http://ailleurs.invalid/x  HTTPS://ailleurs.invalid
https:ailleurs.invalid  https:/ailleurs.invalid  https:///ailleurs.invalid  //ailleurs.invalid
///ailleurs.invalid  ////ailleurs.invalid  //ailleurs.invalid/tableau-de-bord
//ailleurs.invalid@127.0.0.1  //[  //[::1]  /\ailleurs.invalid  \/ailleurs.invalid
\\ailleurs.invalid  /\/ailleurs.invalid  /x\..\..\y  \ailleurs.invalid  /\\\ailleurs.invalid
javascript:alert(1)  JaVaScRiPt:alert(1)  data:text/html,x  vbscript:x  file:///etc/passwd
mailto:a@b.fr  ftp://ailleurs.invalid  blob:x  about:blank  ailleurs.invalid
ailleurs.invalid/x  besoins/deposer  ?next=/  #x  ..  ../x  .  @ailleurs.invalid  :80
;//ailleurs.invalid
""".split()
NOT_PRINTED = [
    "/\t/ailleurs.invalid",
    "/\n/ailleurs.invalid",
    "/\r\nSet-Cookie:x",
    "/\0",
    "/\u202e",
    "/x y\x7f",
]


@pytest.mark.parametrize("asked", [*NOT_OURS, *NOT_PRINTED])
def test_a_way_out_of_the_site_is_not_followed(app: Flask, asked: str) -> None:
    with app.test_request_context("/connexion", query_string={"next": asked}):
        assert session_next() == "/tableau-de-bord"


@pytest.mark.parametrize(
    "asked",
    ["/besoins/deposer", "/besoins?page=2&q=l'été", "/structures/x#offres", "/x?u=https://y.fr"],
)
def test_a_page_of_ours_is_followed(app: Flask, asked: str) -> None:
    with app.test_request_context("/connexion", query_string={"next": asked}):
        assert session_next() == asked


@pytest.mark.parametrize(
    ("asked", "reached"),
    [("/besoins/deposer", "/besoins/deposer"), ("//ailleurs.invalid/", "/tableau-de-bord")],
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


NEWCOMER = {
    "profile": "acheteur",
    "full_name": "Camille Martin",
    "email": "camille@ville.invalid",
    "password": people.PASSWORD,
}


def follow(client: FlaskClient, session: Session, kind: str, address: str) -> TestResponse:
    """Open the link of a mail and come to its page."""
    return client.get(mailed(session, kind, address), follow_redirects=True)


def press(client: FlaskClient, page: TestResponse, **fields: str) -> TestResponse:
    """Send the form of a page to the page itself."""
    fields["csrf_token"] = token_of(page)
    return client.post(page.request.path, data=fields, follow_redirects=True)


@pytest.mark.parametrize(
    ("profile", "first"),
    [("acheteur", "/mes-organismes/rejoindre"), ("structure", "/structures/revendiquer")],
)
def test_a_newcomer_confirms_its_address_and_takes_its_first_step(
    session: Session, client: FlaskClient, profile: str, first: str
) -> None:
    page = send(client, "/inscription", **NEWCOMER | {"profile": profile})
    assert NEWCOMER["email"] in page.text
    assert client.get("/tableau-de-bord").status_code == 302
    page = follow(client, session, "accounts/verify_email", NEWCOMER["email"])
    assert page.request.path == "/inscription/confirmer"
    page = press(client, page, password=people.PASSWORD)
    assert page.request.path == first
    assert "Votre adresse est confirmée" in page.text


def test_who_has_not_confirmed_its_address_sees_nothing_but_that(
    session: Session, client: FlaskClient
) -> None:
    person = people.user(session, email_verified_at=None, is_administrator=True)
    session.commit()
    page = sign_in(client, person.email)
    assert page.request.path == "/confirmez-votre-adresse"
    for url in ("/tableau-de-bord", "/besoins/deposer", "/guichet/", "/admin/courriels/"):
        refused = client.get(url)
        assert (refused.status_code, refused.location) == (302, "/confirmez-votre-adresse")
    page = press(client, page)
    assert "Un nouveau message est parti" in page.text
    page = follow(client, session, "accounts/verify_email", person.email)
    assert "Mot de passe" not in page.text  # signed in here: that says who it is
    press(client, page)
    assert client.get("/tableau-de-bord").status_code == 200


def test_a_known_and_an_unknown_address_get_the_same_page(
    session: Session, client: FlaskClient, app: Flask
) -> None:
    known = people.user(session, email="connue@ville.invalid")
    session.commit()
    for url, fields in [
        ("/inscription", NEWCOMER),
        ("/connexion/lien", {}),
        ("/mot-de-passe/oublie", {}),
    ]:
        pages = set()
        for email in (known.email, "inconnu@ville.invalid"):
            page = send(client, url, **fields | {"email": email})
            pages.add((page.status_code, page.request.path, page.text.replace(email, "")))
        assert len(pages) == 1


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"email": "pas une adresse"}, "Saisissez une adresse complète"),
        ({"email": "a@b.fr\r\nBcc: x@y.fr"}, "Saisissez une adresse complète"),
        ({"email": "é@ville.fr"}, "Saisissez une adresse complète"),
        ({"email": f"{'a' * 250}@ville.fr"}, "Saisissez une adresse complète"),
        ({"password": "trop court"}, "au moins 12 caractères"),
        ({"password": "Motdepasse2024!"}, "trop courant"),
        ({"password": "camille habite ici"}, "votre nom ou votre adresse"),
        ({"password": "x1" * 101}, "dépasse 200 caractères"),
        ({"full_name": "\u202e\u200b"}, "Saisissez votre prénom et votre nom"),
        ({"full_name": "x" * 10_000}, "120"),
        ({"profile": "administrator"}, "choi"),
    ],
)
def test_a_wrong_sign_up_is_told_why_and_opens_nothing(
    session: Session, client: FlaskClient, wrong: dict[str, str], told: str
) -> None:
    page = send(client, "/inscription", **NEWCOMER | wrong)
    assert page.status_code == 422
    assert told in page.text
    assert session.scalar(select(func.count(User.id))) == 0


def test_nobody_makes_oneself_an_administrator(session: Session, client: FlaskClient) -> None:
    more = {"is_administrator": "1", "role": "admin", "email_verified_at": "2026-01-01"}
    send(client, "/inscription", **NEWCOMER | more)
    user = session.scalars(select(User)).one()
    assert (user.is_administrator, user.email_verified_at) == (False, None)


def test_a_name_loses_what_no_one_can_see(session: Session, client: FlaskClient) -> None:
    send(client, "/inscription", **NEWCOMER | {"full_name": " Cam\u200bille\r\n\u202eMartin\0 "})
    assert session.scalars(select(User.full_name)).one() == "Camille Martin"


def test_a_mailed_link_signs_in_once(session: Session, client: FlaskClient, app: Flask) -> None:
    person = people.buyer(session)
    session.commit()
    page = send(client, "/connexion/lien?next=/besoins/deposer", email=person.email.upper())
    assert "10 minutes" in page.text
    page = follow(client, session, "accounts/magic_link", person.email)
    assert person.email in page.text
    assert client.get("/tableau-de-bord").status_code == 302  # opening the link does nothing
    assert press(client, page).request.path == "/besoins/deposer"
    thief = Visitor(app, TestResponse)
    page = follow(thief, session, "accounts/magic_link", person.email)
    assert page.status_code == 410
    assert "Ce lien ne marche plus" in page.text
    assert thief.get("/tableau-de-bord").status_code == 302


def test_a_forgotten_password_is_replaced_and_every_browser_signed_out(
    session: Session, client: FlaskClient, app: Flask
) -> None:
    person = people.buyer(session)
    session.commit()
    elsewhere = Visitor(app, TestResponse)
    sign_in(elsewhere, person.email)
    send(client, "/mot-de-passe/oublie", email=person.email)
    page = follow(client, session, "accounts/reset_password", person.email)
    refused = press(client, page, new_password="motdepasse1234")
    assert (refused.status_code, "trop courant" in refused.text) == (422, True)
    page = press(client, page, new_password="quatre autres mots ici")
    assert page.request.path == "/connexion"
    assert elsewhere.get("/tableau-de-bord").status_code == 302
    assert sign_in(client, person.email).status_code == 422
    assert sign_in(client, person.email, "quatre autres mots ici").status_code == 200


@pytest.mark.parametrize("slug", ["inscription", "connexion", "mot-de-passe", "nouvelle-adresse"])
def test_a_forged_link_leads_to_a_page_that_says_what_to_do(client: FlaskClient, slug: str) -> None:
    for token in ("x" * 43, "x" * 5000, "%00", "%ED%A0%80"):
        page = client.get(f"/lien/{slug}/{token}", follow_redirects=True)
        assert page.status_code in {404, 410}
    assert "Ce lien ne marche plus" in client.get(f"/lien/{slug}/x", follow_redirects=True).text


def test_a_link_of_no_purpose_is_not_found(client: FlaskClient) -> None:
    assert client.get("/lien/autre/x").status_code == 404


def test_a_token_leaves_the_address_bar(session: Session, client: FlaskClient) -> None:
    person = people.buyer(session)
    session.commit()
    send(client, "/connexion/lien", email=person.email)
    link = mailed(session, "accounts/magic_link", person.email)
    answer = client.get(link)
    assert answer.location == "/connexion/entrer"
    page = client.get("/connexion/entrer")
    assert link.rpartition("/")[2] not in page.text
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "same-origin"
