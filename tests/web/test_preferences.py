"""Each person chooses when it is written to, and what is said here touches nobody else."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.digests import bouncing
from marketplace.digests.bouncing import refused
from marketplace.digests.opting_out import choices_of
from marketplace.digests.tables import PausedAddress
from marketplace.digests.topics import UNASKED, Rhythm, Topic
from tests.browsing import send, sign_in, token_of
from tests.factories import people
from tests.factories.market import MONDAY, structure

PAGE = "/mon-compte/courriels"


def test_a_member_of_a_structure_sees_its_topics_and_changes_one(
    session: Session, client: FlaskClient
) -> None:
    supplier = structure(session)
    member, colleague = (people.structure_member(session, supplier) for _ in range(2))
    session.commit()
    sign_in(client, member.email)
    page = client.get(PAGE)
    assert "Les besoins qui correspondent à vos offres" in page.text
    assert "Ce qui attend à votre guichet" not in page.text

    answer = send(client, PAGE, needs="weekly", weekday="3", urgent_at_once="y")
    assert "nous vous écrirons à ce rythme" in answer.text
    session.expire_all()
    chosen = choices_of(session, member.id)
    assert chosen.rhythms[Topic.NEEDS] is Rhythm.WEEKLY
    assert chosen.weekday == 3
    assert choices_of(session, colleague.id).rhythms == UNASKED


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("24/11/2020", "Donnez un jour à venir"),
        ("01/01/2200", "Une pause dure un an au plus"),
        ("demain", "Donnez une date comme 24/12/2026"),
    ],
)
def test_a_pause_that_makes_no_sense_is_said_beside_the_field(
    session: Session, client: FlaskClient, typed: str, said: str
) -> None:
    person = people.user(session)
    session.commit()
    sign_in(client, person.email)
    page = send(client, PAGE, weekday="0", paused_until=typed)
    assert page.status_code == 422
    assert said in page.text
    assert f'value="{typed}"' in page.text


def test_a_pause_is_kept_until_its_day(session: Session, client: FlaskClient) -> None:
    person = people.user(session)
    session.commit()
    sign_in(client, person.email)
    back = clock.today() + timedelta(days=10)
    send(client, PAGE, weekday="0", paused_until=back.strftime("%d/%m/%Y"))
    assert choices_of(session, person.id).paused_until == back


def test_whose_address_refuses_our_mail_is_told_on_every_page_and_takes_it_back(
    session: Session, client: FlaskClient
) -> None:
    person = people.user(session)
    bouncing.pause(session, [refused(person.email, "550 Boîte inconnue")], MONDAY)
    session.commit()
    sign_in(client, person.email)
    assert "Nos courriels ne vous arrivent plus" in client.get("/tableau-de-bord").text
    page = client.get(PAGE)
    assert "550 Boîte inconnue" in page.text
    token = {"csrf_token": token_of(page)}
    client.post(f"{PAGE}/reprendre", data=token)
    session.rollback()
    assert session.get(PausedAddress, person.email) is None
    assert "Nos courriels ne vous arrivent plus" not in client.get("/tableau-de-bord").text
