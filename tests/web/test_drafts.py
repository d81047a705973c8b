"""A draft taken up again, thrown away, or sent."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.moderation import desks
from marketplace.needs.tables import Need, PlaceType
from tests.browsing import send, sign_in
from tests.factories import people
from tests.factories.market import MONDAY, draft, in_three_weeks, submitted_need


@pytest.fixture
def buyer(session: Session, client: FlaskClient) -> tuple[int, int]:
    organisation = people.organisation(session)
    person = people.buyer(session, organisation.id)
    session.commit()
    sign_in(client, person.email)
    return person.id, organisation.id


def test_a_draft_is_taken_up_where_something_is_missing(
    session: Session, client: FlaskClient, buyer: tuple[int, int]
) -> None:
    begun = draft(session, *buyer)
    whole = draft(session, *buyer, place_type=PlaceType.COUNTRY, deadline_on=in_three_weeks())
    session.commit()
    for need, step in ((begun, "ou-et-quand"), (whole, "verifier")):
        answer = client.get(f"/besoins/{need.slug}/modifier")
        assert answer.headers["Location"] == f"/besoins/{need.slug}/etapes/{step}"


def test_the_page_of_a_draft_is_its_form(
    session: Session, client: FlaskClient, buyer: tuple[int, int]
) -> None:
    need = draft(session, *buyer)
    session.commit()
    page = client.get(f"/besoins/{need.slug}", follow_redirects=True)
    assert "Étape 2 sur 4" in page.text


def test_a_draft_is_its_buyers_alone(session: Session, client: FlaskClient) -> None:
    organisation = people.organisation(session)
    need = draft(session, people.buyer(session, organisation.id).id, organisation.id)
    administrator = people.user(session, is_administrator=True)
    session.commit()
    sign_in(client, administrator.email)
    assert client.get(f"/besoins/{need.slug}").status_code == 404


def test_a_draft_is_thrown_away_once_confirmed(
    session: Session, client: FlaskClient, buyer: tuple[int, int]
) -> None:
    need = draft(session, *buyer)
    session.commit()
    page = client.get(f"/besoins/{need.slug}/supprimer")
    assert "Supprimer «" in page.text
    assert session.scalars(select(Need)).all() == [need]
    page = send(client, f"/besoins/{need.slug}/supprimer")
    assert "Votre brouillon est supprimé" in page.text
    assert session.scalars(select(Need)).all() == []


def test_a_need_that_was_sent_is_not_thrown_away(
    session: Session, client: FlaskClient, buyer: tuple[int, int]
) -> None:
    need = submitted_need(session, *buyer)
    session.commit()
    page = client.get(f"/besoins/{need.slug}/supprimer", follow_redirects=True)
    assert "Seul un brouillon peut être supprimé" in page.text


def test_nobody_else_throws_a_draft_away(
    session: Session, client: FlaskClient, buyer: tuple[int, int]
) -> None:
    other = people.organisation(session, "Une autre ville")
    need = draft(session, people.buyer(session, other.id).id, other.id)
    session.commit()
    for deed in ("modifier", "supprimer", "envoye"):
        assert client.get(f"/besoins/{need.slug}/{deed}").status_code == 404


def test_the_confirmation_says_who_reviews_it_and_by_when(
    session: Session, client: FlaskClient, buyer: tuple[int, int]
) -> None:
    need = submitted_need(session, *buyer)
    desks.receive_need(session, need, MONDAY)
    session.commit()
    page = client.get(f"/besoins/{need.slug}/envoye").text
    assert "Guichet national le relit au plus tard le 25/11/2026 à 18" in page


def test_nothing_is_confirmed_that_was_not_sent(
    session: Session, client: FlaskClient, buyer: tuple[int, int]
) -> None:
    need = draft(session, *buyer)
    session.commit()
    assert client.get(f"/besoins/{need.slug}/envoye").status_code == 302
