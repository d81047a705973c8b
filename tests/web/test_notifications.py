"""What one was told stands on the site too, until it is read."""

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.digests.tables import Notice, NoticeKind
from marketplace.digests.topics import Topic
from tests.browsing import sign_in, token_of
from tests.factories import people
from tests.factories.market import MONDAY


def told(session: Session, person: User, count: int) -> list[Notice]:
    notices = [
        Notice(
            user_id=person.id,
            topic=Topic.QUEUE,
            kind=NoticeKind.QUEUED,
            subject_id=number,
            title=f"Besoin à relire n° {number} <b>",
            link="/guichet/",
            ready_at=MONDAY,
        )
        for number in range(1, count + 1)
    ]
    session.add_all(notices)
    session.commit()
    return notices


def test_notices_are_listed_latest_first_and_counted_until_they_are_read(
    session: Session, client: FlaskClient
) -> None:
    person = people.user(session)
    first, *_, last = told(session, person, 3)
    sign_in(client, person.email)
    page = client.get("/notifications")
    assert page.text.index(f"n° {last.subject_id}") < page.text.index(f"n° {first.subject_id}")
    assert "&lt;b&gt;" in page.text
    assert 'class="unread">3' in page.text

    token = {"csrf_token": token_of(page)}
    client.post(f"/notifications/{last.id}/lue", data=token)
    page = client.get("/notifications?lues=non")
    assert f"n° {last.subject_id}" not in page.text
    assert 'class="unread">2' in page.text
    client.post("/notifications/lues", data=token)
    page = client.get("/notifications?lues=non")
    assert "Vous avez tout lu" in page.text
    assert 'class="unread"' not in page.text


def test_a_hundred_and_more_are_said_so_and_come_in_pages(
    session: Session, client: FlaskClient
) -> None:
    person = people.user(session)
    told(session, person, 120)
    sign_in(client, person.email)
    page = client.get("/notifications?page=6")
    assert "99+" in page.text
    assert "n° 1 " in page.text
    assert client.get("/notifications?page=9999999").status_code == 200


def test_nobody_reads_the_notices_of_another(session: Session, client: FlaskClient) -> None:
    person, other = people.user(session), people.user(session)
    [notice] = told(session, other, 1)
    sign_in(client, person.email)
    page = client.get("/notifications")
    assert "Rien à vous signaler" in page.text
    token = {"csrf_token": token_of(page)}
    assert client.post(f"/notifications/{notice.id}/lue", data=token).status_code == 404
    session.expire_all()
    assert notice.read_at is None
