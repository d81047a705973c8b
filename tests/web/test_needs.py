"""Posting a need: what is wrong is said beside the field, and nothing typed is lost."""

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.matching.shortlisting import shortlist_need
from marketplace.moderation.tables import QueueEntry
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need, PlaceType
from tests.browsing import send, sign_in
from tests.factories import people
from tests.factories.market import GREEN_SPACES, in_three_weeks, submitted_need

GOOD: dict[str, Any] = {
    "kind": "quote",
    "title": "Entretien des espaces verts",
    "description": "Tonte et taille",
    "sectors": [GREEN_SPACES],
    "reserved_for": "any",
    "place_type": "point",
    "commune": "besancon",
    "include_country": "y",
}


@pytest.fixture
def buyer(session: Session, client: FlaskClient) -> int:
    """The id of the organisation that the signed-in person buys for."""
    buyer_of = people.organisation(session)
    person = people.buyer(session, buyer_of.id)
    session.commit()
    sign_in(client, person.email)
    return buyer_of.id


def post(client: FlaskClient, buyer: int, **changes: Any) -> Any:
    said = GOOD | {"organisation": buyer, "deadline_on": in_three_weeks().strftime("%d/%m/%Y")}
    return send(client, "/besoins/deposer", **(said | changes))


def test_a_good_need_waits_on_a_desk_and_its_page_says_so(
    session: Session, client: FlaskClient, buyer: int
) -> None:
    page = post(client, buyer)
    assert "Guichet national" in page.text
    need = session.scalars(select(Need)).one()
    assert (need.status, need.commune_code) == (Status.SUBMITTED, "25056")
    assert [sector.sector_slug for sector in need.sectors] == [GREEN_SPACES]
    assert session.scalars(select(QueueEntry)).one().need_id == need.id


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "Donnez un titre"),
        ({"title": "abc"}, "de 5 à 200 caractères"),
        ({"title": "x" * 10_000}, "de 5 à 200 caractères"),
        ({"kind": "gift"}, "valide"),
        ({"commune": "Qwxzville"}, "Commune introuvable"),
        ({"commune": ""}, "Donnez la commune"),
        ({"commune": "Doubs (département)"}, "Commune introuvable"),
        ({"place_type": "zones", "zones": "Doubs ; Pays imaginaire"}, "Pays imaginaire"),
        ({"place_type": "zones", "zones": ""}, "au moins un territoire"),
        ({"radius_km": "-3"}, "de 1 à 500"),
        ({"deadline_on": "31/02/2027"}, "date"),
        ({"deadline_on": (clock.today()).strftime("%d/%m/%Y")}, "au plus tôt demain"),
        ({"deadline_on": (clock.today() + timedelta(days=900)).isoformat()}, "deux ans"),
        ({"sectors": ["unknown"]}, "valide"),
    ],
)
def test_a_wrong_answer_is_explained_and_nothing_is_lost(
    session: Session, client: FlaskClient, buyer: int, changes: dict[str, Any], said: str
) -> None:
    page = post(client, buyer, **changes)
    assert page.status_code == 422
    assert said in page.text.replace("&#39;", "'")
    assert "Tonte et taille" in page.text
    assert session.scalars(select(Need)).all() == []


def test_zones_are_understood_as_people_write_them(
    session: Session, client: FlaskClient, buyer: int
) -> None:
    post(client, buyer, place_type="zones", zones="doubs ; Jura\nBourgogne-Franche-Comté;dole")
    need = session.scalars(select(Need)).one()
    assert need.place_type == PlaceType.ZONES
    assert {zone.territory_code for zone in need.zones} == {"25", "39", "R27", "39198"}


def test_one_cannot_post_for_an_organisation_of_others(
    session: Session, client: FlaskClient, buyer: int
) -> None:
    foreign = people.organisation(session, "Une autre ville").id
    session.commit()
    assert post(client, buyer, organisation=foreign).status_code == 422
    assert session.scalars(select(Need)).all() == []


def test_a_need_sent_back_is_changed_and_waits_again(
    session: Session, client: FlaskClient, buyer: int
) -> None:
    person = people.buyer(session, buyer)
    need = submitted_need(session, person.id, buyer)
    need.status = Status.CHANGES_REQUESTED
    session.commit()
    page = client.get(f"/besoins/{need.slug}/modifier")
    assert "Besançon (25)" in page.text
    said = GOOD | {"organisation": buyer, "deadline_on": in_three_weeks().isoformat()}
    send(client, f"/besoins/{need.slug}/modifier", **(said | {"title": "Tonte de trois stades"}))
    session.expire_all()
    assert (need.title, need.status) == ("Tonte de trois stades", Status.SUBMITTED)


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
