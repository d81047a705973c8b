"""The facilitator's queue, and deciding on one screen."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import User
from marketplace.jobs import Job
from marketplace.moderation import deciding, desks
from marketplace.needs.lifecycle import Move, Status
from marketplace.needs.posting import make_move
from marketplace.needs.tables import Need
from tests.browsing import send, sign_in
from tests.factories import people
from tests.factories.market import BESANCON, DIJON, offer, structure, submitted_need


@pytest.fixture
def facilitator(session: Session) -> User:
    return people.facilitator(session, people.desk(session, BESANCON))


def waiting_need(session: Session, days: int = 0, **changes: Any) -> Need:
    organisation = people.organisation(session)
    buyer = people.buyer(session, organisation.id)
    need = submitted_need(session, buyer.id, organisation.id, **changes)
    desks.receive_need(session, need, clock.now() - timedelta(days=days))
    session.commit()
    return need


def test_the_queue_shows_what_is_late_first(
    session: Session, client: FlaskClient, facilitator: User
) -> None:
    waiting_need(session, title="Tonte du stade")
    waiting_need(session, days=9, title="Taille des haies")
    waiting_need(session, title="Ailleurs", commune_code=DIJON)
    sign_in(client, facilitator.email)
    page = client.get("/guichet/").text
    assert page.index("Taille des haies") < page.index("Tonte du stade")
    assert page.count("en retard") == 1
    assert "Ailleurs" not in page


def test_an_empty_queue_says_so(client: FlaskClient, session: Session, facilitator: User) -> None:
    session.commit()
    sign_in(client, facilitator.email)
    assert "Rien n&#39;attend votre décision" in client.get("/guichet/").text


def test_one_screen_shows_the_need_who_could_answer_and_what_was_asked(
    session: Session, client: FlaskClient, facilitator: User
) -> None:
    offer(session, structure(session, "Les Haies de la Boucle"))
    need = waiting_need(session)
    deciding.request_changes(session, need.id, facilitator.id, clock.now(), "Quelle surface ?")
    make_move(session, need, Move.SUBMIT, need.author_id, clock.now())
    desks.receive_need(session, need, clock.now())
    session.commit()
    sign_in(client, facilitator.email)
    page = client.get(f"/guichet/besoins/{need.slug}").text
    assert need.description in page
    assert "Les Haies de la Boucle" in page
    assert "Même secteur" in page
    assert "Quelle surface ?" in page


def test_approving_publishes_and_asks_for_the_ranking(
    session: Session,
    client: FlaskClient,
    facilitator: User,
    asked_jobs: list[tuple[Job, dict[str, Any]]],
) -> None:
    need = waiting_need(session)
    sign_in(client, facilitator.email)
    send(client, f"/guichet/besoins/{need.slug}", move="approve", reason="")
    session.expire_all()
    assert need.status == Status.PUBLISHED
    assert (Job.SHORTLIST_NEED, {"need_id": need.id}) in asked_jobs


@pytest.mark.parametrize("move", ["reject", "request_changes"])
def test_saying_no_takes_a_reason(
    session: Session, client: FlaskClient, facilitator: User, move: str
) -> None:
    need = waiting_need(session)
    sign_in(client, facilitator.email)
    page = send(client, f"/guichet/besoins/{need.slug}", move=move, reason=" \u202e ")
    assert page.status_code == 422
    assert "Dites pourquoi" in page.text
    session.expire_all()
    assert need.status == Status.SUBMITTED


def test_a_need_of_another_desk_is_not_there(
    session: Session, client: FlaskClient, facilitator: User
) -> None:
    foreign = waiting_need(session, commune_code=DIJON)
    sign_in(client, facilitator.email)
    assert client.get(f"/guichet/besoins/{foreign.slug}").status_code == 404
