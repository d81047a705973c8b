"""Administrators find people, open and close accounts, and never leave Tandem to nobody."""

from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import Invitation, User
from marketplace.audit import Action, AuditEntry
from marketplace.mail import OutgoingMail
from marketplace.moderation import desks
from marketplace.moderation.tables import QueueEntry
from tests.browsing import send, sign_in, token_of
from tests.conftest import Visitor
from tests.factories import people
from tests.factories.market import BESANCON, MONDAY, submitted_need


@pytest.fixture
def administrator(session: Session, client: FlaskClient) -> User:
    person = people.user(session, "Anne Leclerc", is_administrator=True)
    session.commit()
    sign_in(client, person.email)
    return person


def noted(session: Session, action: Action, user_id: int) -> AuditEntry:
    session.expire_all()
    return session.scalars(
        select(AuditEntry).filter_by(action=action, object_kind="user", object_id=user_id)
    ).one()


@pytest.mark.usefixtures("administrator")
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ELODIE", {"Élodie Garnier"}),
        ("q=garnier+élo", {"Élodie Garnier"}),
        ("q=nguessan%40ex", {"Olivier N'Guessan"}),
        ("profil=acheteur", {"Élodie Garnier"}),
        ("profil=facilitateur", {"Olivier N'Guessan"}),
        ("profil=administrateur", {"Anne Leclerc"}),
        ("profil=structure", set()),
        ("profil=aucun", {"Zoé Nouvelle", "Paul Parti"}),
        ("compte=ferme", {"Paul Parti"}),
        ("compte=a-confirmer", {"Zoé Nouvelle"}),
        ("compte=ouvert&profil=aucun", set()),
    ],
)
def test_people_are_found_by_words_profile_and_account(
    session: Session, client: FlaskClient, query: str, found: set[str]
) -> None:
    people.buyer(session).full_name = "Élodie Garnier"
    moderator = people.facilitator(session, people.desk(session))
    moderator.full_name, moderator.email = "Olivier N'Guessan", "NGuessan@exemple.invalid"
    people.user(session, "Paul Parti", is_active=False)
    people.user(session, "Zoé Nouvelle", email_verified_at=None)
    session.commit()
    page = unescape(client.get(f"/admin/personnes/?{query}").text)
    main = page[page.index("<main") :]
    names = {"Élodie Garnier", "Olivier N'Guessan", "Anne Leclerc", "Paul Parti", "Zoé Nouvelle"}
    assert {name for name in names if f">{name}</a>" in main} == found


@pytest.mark.usefixtures("administrator")
def test_a_long_list_comes_in_pages_of_twenty(session: Session, client: FlaskClient) -> None:
    for number in range(30):
        people.user(session, f"Personne {number:02}")
    session.commit()
    first, second = (client.get(f"/admin/personnes/?page={n}").text for n in (1, 2))
    assert "31 personnes" in first
    assert first.count("Personne ") == 19  # and Anne Leclerc, before them
    assert second.count("Personne ") == 11


def test_closing_an_account_asks_first_then_signs_out_and_hands_the_queue_on(
    session: Session, client: FlaskClient, administrator: User
) -> None:
    desk = people.desk(session, BESANCON)
    region = people.desk(session, "R27", name="Région")
    people.facilitator(session, region)
    moderator = people.facilitator(session, desk)
    buyer_of = people.organisation(session)
    need = submitted_need(session, people.buyer(session, buyer_of.id).id, buyer_of.id)
    desks.receive_need(session, need, MONDAY)
    session.commit()
    theirs = Visitor(client.application, client.response_wrapper)
    sign_in(theirs, moderator.email)
    assert theirs.get("/guichet/").status_code == 200

    closing = f"/admin/personnes/{moderator.id}/fermer"
    assert "Fermer le compte de Camille Martin" in client.get(closing).text
    session.expire_all()
    assert moderator.is_active
    assert "Le compte est fermé" in send(client, closing).text
    session.expire_all()
    assert not moderator.is_active
    assert theirs.get("/guichet/").status_code == 302
    [entry] = session.scalars(select(QueueEntry))
    assert entry.desk_id == region.id
    assert noted(session, Action.ACCOUNT_CLOSED, moderator.id).actor_id == administrator.id

    assert "Le compte est rouvert" in send(client, f"/admin/personnes/{moderator.id}/rouvrir").text
    session.expire_all()
    assert moderator.is_active


def test_the_last_administrator_stays_whatever_is_asked(
    session: Session, client: FlaskClient, administrator: User
) -> None:
    people.user(session, is_administrator=True, is_active=False)
    session.commit()
    for what in ("demettre", "fermer"):
        page = send(client, f"/admin/personnes/{administrator.id}/{what}")
        assert "est la dernière à administrer" in page.text
    session.expire_all()
    assert administrator.is_administrator
    assert administrator.is_active


def test_administration_is_given_and_taken_and_the_person_signs_in_again(
    session: Session, client: FlaskClient, administrator: User
) -> None:
    other = people.user(session, "Louis Autre")
    session.commit()
    theirs = Visitor(client.application, client.response_wrapper)
    sign_in(theirs, other.email)
    send(client, f"/admin/personnes/{other.id}/nommer")
    assert theirs.get("/admin/").status_code == 302  # its session is over
    sign_in(theirs, other.email)
    assert theirs.get("/admin/").status_code == 200
    entry = noted(session, Action.ROLE_CHANGED, other.id)
    assert (entry.actor_id, entry.details) == (administrator.id, {"administrator": True})
    send(client, f"/admin/personnes/{other.id}/demettre")
    sign_in(theirs, other.email)
    assert theirs.get("/admin/").status_code == 403


@pytest.mark.usefixtures("administrator")
@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"email_verified_at": None}, "pas encore confirmé"),
        ({"is_active": False}, "Ce compte est fermé"),
    ],
)
def test_an_unconfirmed_or_closed_account_does_not_administer(
    session: Session, client: FlaskClient, more: dict[str, object], told: str
) -> None:
    other = people.user(session, **more)
    session.commit()
    assert told in send(client, f"/admin/personnes/{other.id}/nommer").text
    session.expire_all()
    assert not other.is_administrator


@pytest.mark.usefixtures("administrator")
def test_an_erased_account_does_not_come_back(session: Session, client: FlaskClient) -> None:
    gone = people.user(session, is_active=False, erased_at=people.LONG_AGO)
    session.commit()
    assert "Ce compte est effacé" in send(client, f"/admin/personnes/{gone.id}/rouvrir").text
    assert "Rouvrir le compte" not in client.get(f"/admin/personnes/{gone.id}").text


@pytest.mark.usefixtures("administrator")
def test_all_the_sessions_of_a_person_are_closed_at_once(
    session: Session, client: FlaskClient
) -> None:
    other = people.user(session)
    session.commit()
    theirs = [Visitor(client.application, client.response_wrapper) for _ in range(2)]
    for browser in theirs:
        sign_in(browser, other.email)
    send(client, f"/admin/personnes/{other.id}/deconnecter")
    assert [browser.get("/tableau-de-bord").status_code for browser in theirs] == [302, 302]


def test_an_invited_address_becomes_an_administrator_by_its_link_alone(
    session: Session, client: FlaskClient, administrator: User
) -> None:
    page = send(client, "/admin/personnes/inviter", email="Nouvelle@exemple.invalid")
    assert "L'invitation part à Nouvelle@exemple.invalid" in unescape(page.text)
    mail = session.scalars(select(OutgoingMail)).one()
    assert mail.kind == "accounts/administrator_invitation"
    assert mail.context["by"] == administrator.full_name

    invited = people.user(session, email="nouvelle@exemple.invalid")
    stranger = people.user(session)
    session.commit()
    for person, status in ((stranger, 403), (invited, 200)):
        theirs = Visitor(client.application, client.response_wrapper)
        sign_in(theirs, person.email)
        token = {"csrf_token": token_of(theirs.get("/tableau-de-bord"))}
        theirs.post(mail.context["link"], data=token)
        assert theirs.get("/admin/").status_code == status


@pytest.mark.usefixtures("administrator")
def test_an_invitation_that_is_taken_back_opens_nothing(
    session: Session, client: FlaskClient
) -> None:
    send(client, "/admin/personnes/inviter", email="nouvelle@exemple.invalid")
    invitation = session.scalars(select(Invitation)).one()
    page = client.get("/admin/personnes/inviter")
    assert "nouvelle@exemple.invalid" in page.text
    taken = f"/admin/personnes/invitations/{invitation.id}/retirer"
    token = {"csrf_token": token_of(page)}
    assert "est retirée" in client.post(taken, data=token, follow_redirects=True).text
    assert "déjà plus" in client.post(taken, data=token, follow_redirects=True).text
    link = session.scalars(select(OutgoingMail)).one().context["link"]
    assert client.get(link).status_code == 410


@pytest.mark.parametrize("address", ["", "sans arobase", "a@b", "x\r\nBcc: y@z.fr", "é" * 10_000])
def test_what_is_no_address_is_not_invited(
    session: Session, client: FlaskClient, administrator: User, address: str
) -> None:
    page = send(client, "/admin/personnes/inviter", email=address)
    assert page.status_code == 422
    page = send(client, "/admin/personnes/inviter", email=administrator.email.upper())
    assert "administre déjà" in page.text
    assert session.scalars(select(Invitation)).all() == []


@pytest.mark.usefixtures("administrator")
@pytest.mark.parametrize("url", ["999999", "999999/fermer", "99999999999999", "1/effacer"])
def test_nobody_is_not_found(client: FlaskClient, url: str) -> None:
    assert client.get(f"/admin/personnes/{url}").status_code == 404


def test_a_closed_account_is_erased_for_who_asked_in_writing(
    session: Session, client: FlaskClient, administrator: User
) -> None:
    person = people.user(session, "Paul Parti", is_active=False)
    session.commit()
    url = f"/admin/personnes/{person.id}/effacer"
    assert f'href="{url}"' in client.get(f"/admin/personnes/{person.id}").text
    assert "Le compte est effacé." in send(client, url).text
    entry = noted(session, Action.ERASED, person.id)
    assert (entry.actor_id, entry.details) == (administrator.id, {"why": "asked in writing"})
    assert person.full_name == "Compte effacé"
    assert "Ce compte est déjà effacé." in send(client, url).text


def test_an_open_account_is_not_erased_by_another(
    session: Session, client: FlaskClient, administrator: User
) -> None:
    person = people.user(session, "Paul Présent")
    session.commit()
    for user_id in (person.id, administrator.id):
        page = send(client, f"/admin/personnes/{user_id}/effacer")
        assert "fermez-le d'abord" in unescape(page.text)
    session.expire_all()
    assert person.erased_at is administrator.erased_at is None
