"""One click ends the mails, without signing in; opening the link changes nothing."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.config import Config
from marketplace.digests.opting_out import EVERYTHING, choices_of, token_for_person
from marketplace.digests.topics import UNASKED, Rhythm, Topic
from tests.factories import people


@pytest.mark.parametrize(
    ("topic", "ended"), [(Topic.NEEDS.value, {Topic.NEEDS}), (EVERYTHING, set(Topic))]
)
def test_a_post_without_cookie_nor_token_ends_what_the_link_says_and_a_get_nothing(
    session: Session, client: FlaskClient, config: Config, topic: str, ended: set[Topic]
) -> None:
    person, other = people.user(session), people.user(session)
    session.commit()
    link = f"/desabonnement/{token_for_person(config.secret_key, person.id, topic)}"
    assert "Me désabonner" in client.get(link).text
    assert choices_of(session, person.id).rhythms == UNASKED

    for _ in range(2):
        answer = client.post(link, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "Vous êtes désabonné" in answer.text
    session.rollback()
    now = choices_of(session, person.id).rhythms
    assert {topic for topic in Topic if now[topic] is Rhythm.NEVER} == ended
    assert choices_of(session, other.id).rhythms == UNASKED


def test_a_link_that_is_not_ours_ends_nothing(
    session: Session, client: FlaskClient, config: Config
) -> None:
    person, other = people.user(session), people.user(session)
    session.commit()
    good = token_for_person(config.secret_key, person.id, Topic.NEEDS)
    mark = good.rpartition(".")[2]
    for forged in (
        f"p{other.id}.needs.{mark}",
        f"p{person.id}.all.{mark}",
        good[:-1],
        mark,
        "é\u202e.needs.0",
        "p" + "9" * 3000,
        token_for_person("another secret of the house", person.id, Topic.NEEDS),
    ):
        assert client.get(f"/desabonnement/{forged}").status_code == 404
        assert client.post(f"/desabonnement/{forged}").status_code == 404
    assert choices_of(session, person.id).rhythms == UNASKED


def test_the_link_of_a_closed_account_is_dead(
    session: Session, client: FlaskClient, config: Config
) -> None:
    person = people.user(session, is_active=False)
    session.commit()
    link = f"/desabonnement/{token_for_person(config.secret_key, person.id, EVERYTHING)}"
    assert client.post(link).status_code == 404
