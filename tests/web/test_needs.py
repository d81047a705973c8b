"""The page of a need: who opens it, and what it waits for."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.matching.shortlisting import shortlist_need
from marketplace.needs.lifecycle import Status
from tests.browsing import sign_in
from tests.factories import people
from tests.factories.market import submitted_need


@pytest.fixture
def buyer(session: Session, client: FlaskClient) -> int:
    """The id of the organisation that the signed-in person buys for."""
    buyer_of = people.organisation(session)
    person = people.buyer(session, buyer_of.id)
    session.commit()
    sign_in(client, person.email)
    return buyer_of.id


def test_a_visitor_sees_a_published_need_without_its_shortlist_and_no_other(
    session: Session, client: FlaskClient
) -> None:
    buyer_of = people.organisation(session)
    need = submitted_need(session, people.buyer(session, buyer_of.id).id, buyer_of.id)
    session.commit()
    assert client.get(f"/besoins/{need.slug}").status_code == 404
    need.status = Status.PUBLISHED
    session.commit()
    page = client.get(f"/besoins/{need.slug}")
    assert page.status_code == 200
    assert "Structures classées" not in page.text


def test_another_buyer_can_neither_change_nor_withdraw_a_need(
    session: Session, client: FlaskClient, buyer: int
) -> None:
    other = people.organisation(session, "Une autre ville")
    need = submitted_need(session, people.buyer(session, other.id).id, other.id)
    session.commit()
    for deed in ("modifier", "retirer"):
        assert client.get(f"/besoins/{need.slug}/{deed}").status_code == 404


def test_the_page_that_waits_for_the_ranking_is_told_when_to_load_again(
    session: Session, client: FlaskClient
) -> None:
    organisation = people.organisation(session)
    buyer = people.buyer(session, organisation.id)
    need = submitted_need(session, buyer.id, organisation.id)
    need.status = Status.PUBLISHED
    session.commit()
    sign_in(client, buyer.email)
    address, by_htmx = f"/besoins/{need.slug}", {"HX-Request": "true"}

    assert "Classement en cours" in client.get(address).text
    waiting = client.get(address, headers=by_htmx)
    assert (waiting.status_code, waiting.headers.get("HX-Refresh")) == (204, None)

    shortlist_need(session, need.id, clock.now())
    session.commit()
    assert client.get(address, headers=by_htmx).headers["HX-Refresh"] == "true"
    assert "Classement en cours" not in client.get(address).text
