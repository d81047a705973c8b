"""Each person finds what waits for it, and nothing of others."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import User
from marketplace.answers.lifecycle import AnswerStatus
from marketplace.answers.tables import Answer
from marketplace.db import db
from marketplace.moderation import desks
from marketplace.needs.lifecycle import Status
from tests.browsing import sign_in
from tests.factories import people
from tests.factories.market import BESANCON, structure, submitted_need
from tests.stepping import main_of

BLOCKS = {
    "buyer": "Vos besoins",
    "structure": "Besoins pour vous",
    "facilitator": "Votre guichet",
    "administrator": "Sur Tandem aujourd",
}


def blocks_of(client: FlaskClient, email: str) -> set[str]:
    page = sign_in(client, email).text.split("<main")[1]
    return {role for role, title in BLOCKS.items() if f"<h2>{title}" in page}


def person(session: Session, role: str) -> User:
    if role == "buyer":
        return people.buyer(session)
    if role == "structure":
        return people.structure_member(session, structure(session))
    if role == "facilitator":
        return people.facilitator(session, people.desk(session, BESANCON))
    return people.user(session, is_administrator=True)


@pytest.mark.parametrize("role", BLOCKS)
def test_each_role_has_its_block_alone(session: Session, client: FlaskClient, role: str) -> None:
    email = person(session, role).email
    session.commit()
    assert blocks_of(client, email) == {role}


def test_a_person_of_nothing_is_told_what_to_do(session: Session, client: FlaskClient) -> None:
    email = people.user(session).email
    session.commit()
    assert blocks_of(client, email) == set()
    assert "rattaché à aucun organisme" in client.get("/tableau-de-bord").text


def test_a_need_sent_back_comes_first_with_a_link_to_change_it(
    session: Session, client: FlaskClient
) -> None:
    organisation = people.organisation(session)
    buyer = people.buyer(session, organisation.id)
    need = submitted_need(session, buyer.id, organisation.id, title="Tonte de deux stades")
    need.status = Status.CHANGES_REQUESTED
    session.commit()
    page = sign_in(client, buyer.email).text
    assert f"/besoins/{need.slug}/modifier" in page


def test_needs_beyond_the_twentieth_stand_on_the_next_page(
    session: Session, client: FlaskClient
) -> None:
    organisation = people.organisation(session)
    buyer = people.buyer(session, organisation.id)
    for number in range(1, 22):
        submitted_need(session, buyer.id, organisation.id, title=f"Besoin numéro {number}.")
    session.commit()
    assert "Besoin numéro 1." not in sign_in(client, buyer.email).text
    assert "Besoin numéro 1." in client.get("/tableau-de-bord?page=2").text


def test_a_facilitator_is_told_how_many_are_late(session: Session, client: FlaskClient) -> None:
    desk = people.desk(session, BESANCON)
    facilitator = people.facilitator(session, desk)
    organisation = people.organisation(session)
    buyer = people.buyer(session, organisation.id)
    for days in (0, 9, 9):
        need = submitted_need(session, buyer.id, organisation.id)
        desks.receive_need(session, need, clock.now() - timedelta(days=days))
    session.commit()
    page = " ".join(sign_in(client, facilitator.email).text.split())
    assert '>3</strong> <span class="figure-label">besoins, offres et demandes en attente' in page
    assert '>2</strong> <span class="figure-label">en retard' in page


def test_a_buyer_sees_what_came_what_ends_soon_and_what_to_conclude(
    session: Session, client: FlaskClient
) -> None:
    organisation = people.organisation(session)
    buyer = people.buyer(session, organisation.id)
    soon, over, far = (
        submitted_need(session, buyer.id, organisation.id, title=title, deadline_on=day)
        for title, day in (
            ("Tonte bientôt close", clock.today() + timedelta(days=2)),
            ("Tonte à conclure", clock.today() + timedelta(days=30)),
            ("Tonte sans hâte", clock.today() + timedelta(days=30)),
        )
    )
    for need in (soon, over, far):
        need.status, need.published_at = Status.PUBLISHED, clock.now()
    over.status = Status.CLOSED
    since = clock.now() - timedelta(days=3)
    for number, opened in ((1, 1), (2, 0)):
        session.add(
            Answer(
                need_id=soon.id,
                structure_id=structure(session, f"Structure {number}").id,
                author_id=buyer.id,
                status=AnswerStatus.SENT,
                message="",
                version=1,
                read_version=opened,
                saved_at=since,
                sent_at=since,
            )
        )
    session.commit()
    page = main_of(sign_in(client, buyer.email))
    ending, concluding = page.index("Bientôt clos"), page.index("Dites la suite donnée")
    assert concluding < page.index("Tonte à conclure") < ending < page.index("Tonte bientôt close")
    assert f'href="/besoins/{over.slug}/issue"' in page
    assert "2 réponses, dont <strong>1 nouvelle</strong>" in page
    assert page.count("Tonte sans hâte") == 1


def test_the_page_of_a_buyer_takes_eight_queries_at_most(
    session: Session, client: FlaskClient
) -> None:
    organisation = people.organisation(session)
    buyer = people.buyer(session, organisation.id)
    for number in range(5):
        need = submitted_need(session, buyer.id, organisation.id, title=f"Besoin numéro {number}.")
        need.status, need.published_at = Status.PUBLISHED, clock.now()
    session.commit()
    sign_in(client, buyer.email)
    client.get("/tableau-de-bord")
    said: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get("/tableau-de-bord").status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(said) <= 8, said
