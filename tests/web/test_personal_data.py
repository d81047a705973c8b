"""« Mes données »: one sees, takes away and erases what is one's own, after proving who one is."""

import csv
import io
import json
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace.accounts.tables import OrganisationMember, OrganisationRole, User
from marketplace.audit import Action, AuditEntry
from marketplace.mail import OutgoingMail
from marketplace.retention.register import REGISTER
from marketplace.web.personal_data import SECTIONS
from tests.browsing import send, sign_in, token_of
from tests.factories import people
from tests.factories.traces import ADDRESS, NAME, person_everywhere

PAGE = "/mes-donnees"
ERASE = "/mes-donnees/effacer"


def another_browser(client: FlaskClient) -> FlaskClient:
    return type(client)(client.application, TestResponse)


def is_erased(session: Session, person_id: int) -> bool:
    session.expire_all()
    return session.get_one(User, person_id).erased_at is not None


def mailed_link(session: Session, person: User) -> str:
    session.expire_all()
    mails = select(OutgoingMail).filter_by(user_id=person.id, kind="retention/confirm_erasure")
    link: str = session.scalars(mails.order_by(OutgoingMail.id.desc())).first().context["link"]  # type: ignore[union-attr]  # a test that asked for it
    return link


def ask_for_a_link(client: FlaskClient) -> None:
    page = client.get(ERASE)
    answer = client.post(f"{ERASE}/lien", data={"csrf_token": token_of(page)})
    assert answer.status_code == 302


def test_every_section_of_the_export_has_a_name_on_the_page() -> None:
    assert set(SECTIONS) == {entry.section for entry in REGISTER.values()}


def test_the_page_counts_what_is_held_and_says_for_how_long(
    session: Session, client: FlaskClient
) -> None:
    person_everywhere(session)
    sign_in(client, ADDRESS)
    page = client.get(PAGE)
    assert page.status_code == 200
    for words in SECTIONS.values():
        assert words in page.text.replace("&#39;", "'")
    words = re.sub(r"\s|&nbsp;", " ", page.text)
    assert "2 ans sans visite. Un courriel vous prévient 30 jours avant" in words


def test_a_visitor_is_sent_to_sign_in(client: FlaskClient) -> None:
    for url in (PAGE, ERASE, f"{ERASE}/confirmer"):
        assert client.get(url).location.startswith("/connexion")
    assert client.get(f"{PAGE}/telecharger").status_code == 405


@pytest.mark.parametrize("wanted", ["json", "csv"])
def test_everything_is_taken_away_in_a_file_and_the_trail_says_so(
    session: Session, client: FlaskClient, wanted: str
) -> None:
    person = person_everywhere(session)
    sign_in(client, ADDRESS)
    token = token_of(client.get(PAGE))
    file = client.post(f"{PAGE}/telecharger", data={"csrf_token": token, "format": wanted})
    assert file.status_code == 200
    assert file.headers["Content-Disposition"].startswith("attachment; filename=tandem-mes-donnees")
    assert file.headers["Cache-Control"] == "no-store"
    if wanted == "json":
        assert json.loads(file.text)["compte"][0]["nom"] == NAME
    else:
        lines = csv.reader(io.StringIO(file.text.removeprefix("\ufeff")), delimiter=";")
        assert ["compte", "1", "nom", NAME] in list(lines)
    told = select(AuditEntry).filter_by(action=Action.EXPORTED, actor_id=person.id)
    assert [row.details for row in session.scalars(told)] == [{"format": wanted}]


def test_another_format_or_no_token_takes_nothing(session: Session, client: FlaskClient) -> None:
    person = people.user(session)
    session.commit()
    sign_in(client, person.email)
    token = token_of(client.get(PAGE))
    for said in ({"csrf_token": token, "format": "../etc"}, {"format": "json"}):
        assert client.post(f"{PAGE}/telecharger", data=said).status_code == 400


def test_the_right_password_erases_the_account_and_signs_out_everywhere(
    session: Session, client: FlaskClient
) -> None:
    person = people.buyer(session)
    session.commit()
    sign_in(client, person.email)
    page = send(client, ERASE, password=people.PASSWORD)
    assert page.request.path == "/"
    assert "Votre compte est effacé" in page.text
    assert is_erased(session, person.id)
    assert client.get("/tableau-de-bord").location.startswith("/connexion")


def test_the_cookie_of_another_browser_opens_nothing_after_the_erasure(
    session: Session, client: FlaskClient
) -> None:
    other = another_browser(client)
    person = people.buyer(session)
    session.commit()
    sign_in(other, person.email)
    sign_in(client, person.email)
    send(client, ERASE, password=people.PASSWORD)
    assert other.get("/tableau-de-bord").location.startswith("/connexion")


@pytest.mark.parametrize("password", ["pas le bon du tout", "", "\0", "é" * 100_000])
def test_a_wrong_password_erases_nothing(
    session: Session, client: FlaskClient, password: str
) -> None:
    person = people.user(session)
    session.commit()
    sign_in(client, person.email)
    page = send(client, ERASE, password=password)
    assert page.status_code == 422
    assert not is_erased(session, person.id)


def test_a_password_is_not_guessed_on_the_page_that_erases(
    session: Session, client: FlaskClient
) -> None:
    person = people.user(session)
    session.commit()
    sign_in(client, person.email)
    token = token_of(client.get(ERASE))
    said = {"csrf_token": token, "password": ""}
    answers = [client.post(ERASE, data=said).status_code for _ in range(11)]
    assert answers == [422] * 10 + [429]


def test_opening_a_page_erases_nothing(session: Session, client: FlaskClient) -> None:
    person = people.user(session)
    session.commit()
    sign_in(client, person.email)
    ask_for_a_link(client)
    link = mailed_link(session, person)
    for url in (PAGE, ERASE, link, f"{ERASE}/confirmer"):
        client.get(url)
        client.head(url)
    assert not is_erased(session, person.id)


def test_who_has_no_password_proves_itself_by_a_mailed_link(
    session: Session, client: FlaskClient
) -> None:
    person = people.user(session)
    session.commit()
    sign_in(client, person.email)
    person.password_hash = None
    session.commit()
    assert 'name="password"' not in client.get(ERASE).text
    ask_for_a_link(client)
    page = client.get(mailed_link(session, person), follow_redirects=True)
    assert page.request.path == f"{ERASE}/confirmer"
    page = client.post(
        f"{ERASE}/confirmer", data={"csrf_token": token_of(page)}, follow_redirects=True
    )
    assert "Votre compte est effacé" in page.text
    assert is_erased(session, person.id)


def test_a_forged_link_erases_nothing(session: Session, client: FlaskClient) -> None:
    person = people.user(session)
    session.commit()
    sign_in(client, person.email)
    ask_for_a_link(client)
    forged = mailed_link(session, person)[:-5] + "xxxxx"
    assert client.get(forged, follow_redirects=True).status_code == 410
    token = token_of(client.get(PAGE))
    answer = client.post(f"{ERASE}/confirmer", data={"csrf_token": token})
    assert answer.status_code == 410
    assert not is_erased(session, person.id)


def test_the_link_of_somebody_else_erases_nobody(session: Session, client: FlaskClient) -> None:
    victim, other = people.user(session), people.user(session)
    session.commit()
    sign_in(client, victim.email)
    ask_for_a_link(client)
    link = mailed_link(session, victim)
    stranger = another_browser(client)
    sign_in(stranger, other.email)
    assert stranger.get(link, follow_redirects=True).status_code == 404
    token = token_of(stranger.get(PAGE))
    assert stranger.post(f"{ERASE}/confirmer", data={"csrf_token": token}).status_code == 404
    assert not is_erased(session, victim.id)
    assert not is_erased(session, other.id)


def test_the_last_manager_is_told_where_to_hand_over_and_cannot_pass(
    session: Session, client: FlaskClient
) -> None:
    town, person = people.organisation(session, "Ville de Dole"), people.user(session)
    session.add(
        OrganisationMember(
            organisation_id=town.id, user_id=person.id, role=OrganisationRole.MANAGER
        )
    )
    people.buyer(session, town.id)
    session.commit()
    sign_in(client, person.email)
    token = token_of(client.get(PAGE))
    said = {"csrf_token": token, "password": people.PASSWORD}
    page = client.post(ERASE, data=said, follow_redirects=True)
    assert "Passez d'abord la main" in page.text.replace("&#39;", "'")
    assert f"/mon-organisme/{town.siret}/equipe" in page.text
    assert not is_erased(session, person.id)


def test_a_person_whose_address_is_not_confirmed_takes_and_erases_its_data(
    session: Session, client: FlaskClient
) -> None:
    person = people.user(session, email_verified_at=None)
    session.commit()
    sign_in(client, person.email)
    assert client.get(PAGE).status_code == 200
    send(client, ERASE, password=people.PASSWORD)
    assert is_erased(session, person.id)


def test_the_periods_are_told_to_everybody(client: FlaskClient) -> None:
    assert "Combien de temps nous gardons vos données" in client.get("/donnees-personnelles").text
