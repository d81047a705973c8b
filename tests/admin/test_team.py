"""The leads of a desk choose who works there; nobody chooses for another desk."""

from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import Invitation, User
from marketplace.audit import Action, AuditEntry
from marketplace.mail import OutgoingMail
from marketplace.moderation import desks
from marketplace.moderation.tables import Desk, DeskMember, DeskRole, QueueEntry
from tests.browsing import send, sign_in, token_of
from tests.conftest import Visitor
from tests.factories import people
from tests.factories.market import BESANCON, MONDAY, submitted_need


@pytest.fixture
def desk(session: Session) -> Desk:
    return people.desk(session, BESANCON)


@pytest.fixture
def lead(session: Session, client: FlaskClient, desk: Desk) -> User:
    person = people.lead(session, desk)
    session.commit()
    sign_in(client, person.email)
    return person


def role_of(session: Session, desk: Desk, person: User) -> DeskRole | None:
    session.expire_all()
    member = session.get(DeskMember, (desk.id, person.id))
    return member.role if member else None


def post(client: FlaskClient, url: str, **fields: str) -> int:
    token = token_of(client.get("/tableau-de-bord"))
    return client.post(url, data={"csrf_token": token, **fields}).status_code


@pytest.mark.usefixtures("lead")
def test_an_invited_person_joins_the_desk_and_sees_its_queue(
    session: Session, client: FlaskClient, desk: Desk
) -> None:
    url = f"/guichet/equipe/{desk.id}"
    page = send(client, url, email="arrivee@exemple.invalid", role="facilitator")
    assert "arrivee@exemple.invalid" in page.text
    mail = session.scalars(select(OutgoingMail)).one()
    assert (mail.kind, mail.context["desk"]) == ("moderation/desk_invitation", desk.name)

    person = people.user(session, email="Arrivee@exemple.invalid")
    session.commit()
    theirs = Visitor(client.application, client.response_wrapper)
    sign_in(theirs, person.email)
    assert theirs.get("/guichet/").status_code == 403
    assert post(theirs, mail.context["link"]) == 302
    assert theirs.get("/guichet/").status_code == 200
    assert role_of(session, desk, person) is DeskRole.FACILITATOR
    added = select(AuditEntry).filter_by(action=Action.MEMBER_ADDED, actor_id=person.id)
    assert session.scalars(added).one().object_id == desk.id
    assert "est déjà de ce guichet" in send(client, url, email=person.email.upper()).text


@pytest.mark.usefixtures("lead")
def test_a_lead_changes_roles_and_takes_back_invitations(
    session: Session, client: FlaskClient, desk: Desk
) -> None:
    colleague = people.facilitator(session, desk)
    session.commit()
    url = f"/guichet/equipe/{desk.id}"
    assert post(client, f"{url}/{colleague.id}/role", role="lead") == 302
    assert role_of(session, desk, colleague) is DeskRole.LEAD
    assert post(client, f"{url}/{colleague.id}/role", role="administrator") == 400
    send(client, url, email="a@exemple.invalid", role="lead")
    invitation = session.scalars(select(Invitation)).one()
    taken = f"{url}/invitations/{invitation.id}/retirer"
    assert [post(client, taken), post(client, taken)] == [302, 302]
    session.expire_all()
    assert invitation.withdrawn_at is not None


def test_the_last_person_who_leaves_hands_the_queue_on(
    session: Session, client: FlaskClient, desk: Desk, lead: User
) -> None:
    buyer_of = people.organisation(session)
    need = submitted_need(session, people.buyer(session, buyer_of.id).id, buyer_of.id)
    desks.receive_need(session, need, MONDAY)
    session.commit()
    url = f"/guichet/equipe/{desk.id}/{lead.id}/retirer"
    assert "la dernière personne du guichet" in unescape(client.get(url).text)
    assert send(client, url).request.path == "/tableau-de-bord"
    assert role_of(session, desk, lead) is None
    [entry] = session.scalars(select(QueueEntry))
    assert entry.desk.is_national
    assert client.get("/guichet/").status_code == 403


def test_a_facilitator_sees_the_team_and_changes_nothing(
    session: Session, client: FlaskClient, desk: Desk
) -> None:
    colleague = people.lead(session, desk)
    person = people.facilitator(session, desk)
    session.commit()
    sign_in(client, person.email)
    url = f"/guichet/equipe/{desk.id}"
    page = client.get("/guichet/equipe/", follow_redirects=True)
    assert page.request.path == url
    assert colleague.email in page.text
    assert "Inviter une personne" not in page.text
    for path, fields in (
        ("", {"email": "a@exemple.invalid", "role": "lead"}),
        (f"/{person.id}/role", {"role": "lead"}),
        (f"/{colleague.id}/retirer", {}),
        ("/invitations/1/retirer", {}),
    ):
        assert post(client, f"{url}{path}", **fields) == 403
    assert role_of(session, desk, colleague) is DeskRole.LEAD
    assert role_of(session, desk, person) is DeskRole.FACILITATOR
    assert session.scalars(select(Invitation)).all() == []


@pytest.mark.usefixtures("lead")
def test_the_team_of_another_desk_is_not_found(
    session: Session, client: FlaskClient, desk: Desk
) -> None:
    other = people.desk(session, "13", name="Ailleurs")
    theirs = people.facilitator(session, other)
    session.commit()
    url = f"/guichet/equipe/{other.id}"
    assert client.get(url).status_code == 404
    assert client.get(f"{url}/{theirs.id}/retirer").status_code == 404
    assert post(client, url, email="a@exemple.invalid", role="lead") == 404
    assert post(client, f"{url}/{theirs.id}/role", role="lead") == 404
    assert post(client, f"{url}/{theirs.id}/retirer") == 404
    # Nor is somebody of another desk changed through one's own.
    assert post(client, f"/guichet/equipe/{desk.id}/{theirs.id}/role", role="lead") == 404
    assert role_of(session, other, theirs) is DeskRole.FACILITATOR


def test_an_administrator_chooses_for_any_desk(
    session: Session, client: FlaskClient, desk: Desk
) -> None:
    administrator = people.user(session, is_administrator=True)
    person = people.facilitator(session, desk)
    session.commit()
    sign_in(client, administrator.email)
    page = send(client, f"/guichet/equipe/{desk.id}/{person.id}/retirer")
    assert page.request.path == f"/guichet/equipe/{desk.id}"
    assert role_of(session, desk, person) is None


def test_who_works_at_two_desks_chooses_which_team_to_see(
    session: Session, client: FlaskClient, desk: Desk
) -> None:
    person = people.facilitator(session, desk)
    other = people.desk(session, "13", name="Guichet des Bouches-du-Rhône")
    session.add(DeskMember(desk_id=other.id, user_id=person.id))
    session.commit()
    sign_in(client, person.email)
    assert "Guichet des Bouches-du-Rhône" in client.get("/guichet/equipe/").text
