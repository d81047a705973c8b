"""What is refused leaves a line in the trail, and a robot does not fill it."""

import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts import inviting
from marketplace.accounts.tables import InvitationKind, User
from marketplace.audit import Action, AuditEntry
from marketplace.guards import noting
from marketplace.guards.noting import MOST_OF_ONE, ONCE_IN
from tests.browsing import sign_in, token_of
from tests.factories import people
from tests.factories.market import structure

Refusals = Callable[[], Sequence[AuditEntry]]


@pytest.fixture
def refusals(session: Session) -> Refusals:
    """Those of this test: nothing takes away what the ones before left in the trail."""
    before = session.scalar(select(func.max(AuditEntry.id))) or 0

    def since() -> Sequence[AuditEntry]:
        session.rollback()
        refused = select(AuditEntry).filter_by(action=Action.ACCESS_REFUSED)
        ours = refused.where(AuditEntry.id > before).order_by(AuditEntry.id)
        return session.scalars(ours).all()

    return since


@pytest.fixture
def person(session: Session, client: FlaskClient) -> User:
    row = people.buyer(session)
    session.commit()
    sign_in(client, row.email)
    return row


def test_who_tries_the_invitation_of_an_administrator_is_named(
    session: Session, client: FlaskClient, person: User, refusals: Refusals
) -> None:
    token = inviting.invite(
        session, InvitationKind.ADMINISTRATOR, None, "", "n@tandem.invalid", None, clock.now()
    )
    session.commit()
    fields = {"csrf_token": token_of(client.get("/mes-organismes/rejoindre"))}
    for _ in range(3):
        assert client.post(f"/invitations/{token}", data=fields).status_code == 302
    (line,) = refusals()
    assert (line.actor_id, line.object_kind) == (person.id, "invitation")
    assert token not in str(line.details)


def test_dead_and_forged_links_are_told_once_and_without_their_token(
    client: FlaskClient, refusals: Refusals, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing is taken out of the trail: the tests before may have told an hour's worth.
    monkeypatch.setattr(noting, "MOST_OF_VISITORS", 1_000_000)
    here, there = (f"2001:db8::{secrets.token_hex(2)}:{n}" for n in (1, 2))
    for token in ("un-faux", "un-autre", "encore-un"):
        for link in (f"/invitations/{token}", f"/lien/connexion/{token}"):
            at = {"REMOTE_ADDR": here}
            page = client.get(link, environ_overrides=at, follow_redirects=True)
            assert page.status_code == 410
    told = [(line.actor_id, line.details["page"], line.details["asked"]) for line in refusals()]
    assert told == [(None, "invitations.show", []), (None, "accounts.enter", [])]
    client.get("/invitations/un-faux", environ_overrides={"REMOTE_ADDR": there})
    assert len(refusals()) == 3


def test_an_object_of_others_is_told_once_an_hour_and_which(
    session: Session, client: FlaskClient, person: User, refusals: Refusals
) -> None:
    garden = structure(session)
    people.structure_manager(session, garden)
    session.commit()
    team = f"/ma-structure/{garden.slug}/equipe"
    assert {client.get(team).status_code for _ in range(3)} == {404}
    (line,) = refusals()
    assert (line.actor_id, line.details) == (
        person.id,
        {"page": "members.index", "status": 404, "asked": ["ma-structure", garden.slug]},
    )


def test_the_same_is_told_again_an_hour_later(
    session: Session,
    client: FlaskClient,
    person: User,
    refusals: Refusals,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client.get("/guichet/")
    later = clock.now() + ONCE_IN + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    client.get("/guichet/")
    assert len(refusals()) == 2


def test_a_robot_that_tries_every_number_does_not_fill_the_trail(
    session: Session, client: FlaskClient, person: User, refusals: Refusals
) -> None:
    for number in range(MOST_OF_ONE + 20):
        assert client.get(f"/contrats/{10_000 + number}").status_code == 404
    assert len(refusals()) == MOST_OF_ONE


def test_a_visitor_on_a_page_that_is_not_there_is_nobodys_business(
    session: Session, client: FlaskClient, person: User, refusals: Refusals
) -> None:
    assert client.get("/rien-du-tout").status_code == 404
    with client.session_transaction() as browser:
        browser.clear()
    assert client.get("/besoins/rien-du-tout").status_code == 404
    assert refusals() == []
