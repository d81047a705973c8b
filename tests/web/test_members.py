"""The team of a structure or an organisation: its managers act, others are told 403 or 404."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace import clock
from marketplace.accounts import joining
from marketplace.accounts.inviting import waiting_invitations
from marketplace.accounts.tables import OrganisationRole, User
from marketplace.mail import OutgoingMail
from marketplace.structures.claiming import TEAM
from marketplace.structures.tables import Structure, StructureClaim, StructureMember
from tests.browsing import send, sign_in, token_of
from tests.factories import people
from tests.factories.market import MONDAY, structure

IP = "192.0.2.1"


@pytest.fixture
def garden(session: Session) -> Structure:
    return structure(session)


@pytest.fixture
def manager(session: Session, client: FlaskClient, garden: Structure) -> User:
    """A manager, signed in."""
    person = people.structure_manager(session, garden, name="Mona Manager")
    session.commit()
    sign_in(client, person.email)
    return person


def team(garden: Structure, rest: str = "") -> str:
    return f"/ma-structure/{garden.slug}/equipe{rest}"


def post(client: FlaskClient, page: str, url: str, **fields: Any) -> TestResponse:
    """Send to another address than that of the page with the token."""
    fields["csrf_token"] = token_of(client.get(page))
    return client.post(url, data=fields, follow_redirects=True)


def roles(session: Session) -> dict[int, str]:
    session.rollback()
    return {m.user_id: m.role.value for m in session.scalars(select(StructureMember))}


def asked_by(session: Session, of: Structure) -> StructureClaim:
    claim: StructureClaim = joining.ask(
        session, TEAM, of.id, people.user(session, "Nina Nouvelle").id, "Bonjour", MONDAY, IP
    )
    session.commit()
    return claim


def test_a_manager_invites_by_mail_and_takes_the_invitation_back(
    session: Session, client: FlaskClient, garden: Structure, manager: User
) -> None:
    page = send(client, team(garden, "/inviter"), address="nina@tandem.invalid", role="member")
    assert "nina@tandem.invalid" in page.text
    mail = session.scalars(select(OutgoingMail)).one()
    assert (mail.kind, mail.address) == ("structures/structure_invitation", "nina@tandem.invalid")
    assert client.get(mail.context["link"]).status_code == 200
    [invitation] = waiting_invitations(session, TEAM.kind, garden.id, clock.now())
    url = team(garden, f"/invitations/{invitation.id}/annuler")
    page = post(client, team(garden), url)
    assert "nina@tandem.invalid" not in page.text
    assert client.get(mail.context["link"]).status_code == 410


@pytest.mark.parametrize(
    "address", ["", "pas une adresse", "a@b", "x@y.fr\r\nBcc: z@y.fr", "é@y.fr", "a" * 10_000]
)
def test_an_address_that_is_none_is_told_beside_the_field(
    session: Session, client: FlaskClient, garden: Structure, manager: User, address: str
) -> None:
    page = send(client, team(garden, "/inviter"), address=address, role="member")
    assert page.status_code == 422
    assert session.scalars(select(OutgoingMail)).all() == []


def test_a_role_that_does_not_exist_is_refused(
    session: Session, client: FlaskClient, garden: Structure, manager: User
) -> None:
    for role in ("administrator", "lead", ""):
        page = send(client, team(garden, "/inviter"), address="a@tandem.fr", role=role)
        assert page.status_code == 422


def test_who_asks_is_seen_by_managers_who_answer(
    session: Session, client: FlaskClient, garden: Structure, manager: User
) -> None:
    claim = asked_by(session, garden)
    page = client.get(team(garden))
    assert "Nina Nouvelle" in page.text
    url = team(garden, f"/demandes/{claim.id}")
    assert send(client, url, answer="refuse").status_code == 422  # and why?
    assert "prévenue" in send(client, url, answer="accept").text
    assert roles(session)[claim.user_id] == "member"
    assert "déjà reçu une réponse" in client.get(url, follow_redirects=True).text


def test_a_manager_answers_nothing_that_asks_another_structure(
    session: Session, client: FlaskClient, garden: Structure, manager: User
) -> None:
    other = structure(session, "Une autre")
    foreign = people.structure_manager(session, other)
    claim = asked_by(session, other)
    for url in (team(garden, f"/demandes/{claim.id}"), team(other, f"/demandes/{claim.id}")):
        assert client.get(url).status_code == 404
        assert post(client, team(garden, "/inviter"), url, answer="accept").status_code == 404
    for rest in (f"/{foreign.id}/retirer", f"/{foreign.id}/role"):
        assert client.get(team(garden, rest)).status_code == 404
        assert client.get(team(other, rest)).status_code == 404
    session.rollback()
    assert session.get_one(StructureClaim, claim.id).decided_at is None


def test_a_member_sees_the_team_and_changes_nothing(
    session: Session, client: FlaskClient, garden: Structure
) -> None:
    member = people.structure_member(session, garden)
    manager = people.structure_manager(session, garden)
    claim = asked_by(session, garden)
    sign_in(client, member.email)
    page = client.get(team(garden))
    assert manager.email in page.text
    assert "Nina Nouvelle" not in page.text
    assert "Inviter une personne" not in page.text
    for rest in (
        "/inviter",
        f"/{member.id}/role",
        f"/{manager.id}/retirer",
        f"/demandes/{claim.id}",
    ):
        assert client.get(team(garden, rest)).status_code == 403
        url = team(garden, f"/{member.id}/retirer")
        assert post(client, url, team(garden, rest), role="manager").status_code == 403
    assert roles(session) == {member.id: "member", manager.id: "manager"}


def test_a_stranger_finds_no_team_and_a_visitor_signs_in(
    session: Session, client: FlaskClient, garden: Structure
) -> None:
    stranger = people.buyer(session)
    session.commit()
    assert client.get(team(garden)).status_code == 302
    sign_in(client, stranger.email)
    for url in (
        team(garden),
        "/ma-structure/inconnue/equipe",
        "/ma-structure/%00/equipe",
        "/mon-organisme/0/equipe",
        team(garden, "/99999999999/role"),
    ):
        assert client.get(url).status_code == 404


def test_a_manager_hands_over_then_leaves(
    session: Session, client: FlaskClient, garden: Structure, manager: User
) -> None:
    member = people.structure_member(session, garden)
    session.commit()
    leave = team(garden, f"/{manager.id}/retirer")
    assert "au moins un responsable" in send(client, leave).text
    own = team(garden, f"/{manager.id}/role")
    assert send(client, own, role="member").status_code == 422
    page = send(client, team(garden, f"/{member.id}/role"), role="hand_over")
    assert page.status_code == 200
    assert roles(session) == {member.id: "manager", manager.id: "member"}
    assert client.get(team(garden, "/inviter")).status_code == 403
    page = send(client, leave)
    assert "vous avez quitté" in page.text
    assert client.get(team(garden)).status_code == 404


def test_a_removed_member_is_out_at_once(
    session: Session, client: FlaskClient, garden: Structure, manager: User
) -> None:
    member = people.structure_member(session, garden)
    session.commit()
    assert "retirée" in send(client, team(garden, f"/{member.id}/retirer")).text
    assert roles(session) == {manager.id: "manager"}


def test_an_organisation_has_the_same_pages(session: Session, client: FlaskClient) -> None:
    town = people.organisation(session)
    manager = people.organisation_member(session, town.id, OrganisationRole.MANAGER)
    session.commit()
    sign_in(client, manager.email)
    home = f"/mon-organisme/{town.siret}/equipe"
    page = send(client, f"{home}/inviter", address="nina@tandem.invalid", role="manager")
    assert "Invitations en attente" in page.text
    assert session.scalars(select(OutgoingMail.kind)).all() == ["accounts/organisation_invitation"]


def test_an_administrator_answers_for_an_organisation_without_a_manager(
    session: Session, client: FlaskClient, garden: Structure
) -> None:
    administrator = people.user(session, is_administrator=True)
    claim = asked_by(session, garden)
    sign_in(client, administrator.email)
    send(client, team(garden, f"/demandes/{claim.id}"), answer="accept")
    assert roles(session) == {claim.user_id: "manager"}
