"""While workers are killed under mails that leave: no digest twice, no security mail lost."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import mail
from marketplace.delivering import LEASE
from marketplace.digests import writing
from marketplace.digests.examples import example_of
from marketplace.digests.tables import Notice, NoticeKind
from marketplace.digests.topics import Topic
from marketplace.mail import MailState, OutgoingMail, Promise
from tests.digests.readers import ALL, titles_in
from tests.factories import people
from tests.faults.conftest import Scene, kill_processes

DAY = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
NEXT_DAY = DAY + timedelta(days=1)
PAST_LEASE = LEASE + timedelta(seconds=1)

FEW_THEN_MANY = [
    pytest.param(24, 3, id="24 mails"),
    pytest.param(400, 60, id="400 mails", marks=[pytest.mark.faults, pytest.mark.timeout(600)]),
]


def told_people(session: Session, count: int) -> list[str]:
    """The addresses of people who each have one thing to be told in the digest of the day."""
    addresses = []
    for number in range(count):
        person = people.user(session, f"Personne {number}", email=f"p{number}@example.fr")
        addresses.append(person.email)
        session.add(
            Notice(
                user_id=person.id,
                topic=Topic.QUEUE,
                kind=NoticeKind.MAILED,
                subject_id=number + 1,
                title=f"Pour {number}",
                link="/guichet/",
                ready_at=DAY - timedelta(hours=5),
            )
        )
    session.commit()
    return addresses


def write(scene: Scene, day: datetime) -> int:
    """The digests of a day, and the messages that ask the broker to send them."""
    with scene.writing() as session:
        return writing.write_digests(session, 0, ALL, day)


@pytest.mark.parametrize(("count", "most_s"), FEW_THEN_MANY)
def test_no_digest_comes_twice_and_what_is_uncertain_is_carried_into_the_next(
    session: Session, scene: Scene, count: int, most_s: float
) -> None:
    addresses = told_people(session, count)
    assert write(scene, DAY) == count
    with scene.working() as part:
        scene.wait_until(lambda: bool(scene.relay.received()), 60)
        killed = kill_processes(scene, part, lambda: not scene.waiting(), most_s)
        scene.wait_until(scene.all_left, 120)
    scene.sweep(PAST_LEASE)

    received, found = scene.relay.received(), scene.states()
    assert set(received.values()) == {1}
    assert found[MailState.SENT] + found[MailState.UNCERTAIN] == count
    uncertain = set(
        session.scalars(select(OutgoingMail.address).filter_by(state=MailState.UNCERTAIN))
    )
    assert set(addresses) - set(received) <= uncertain
    assert uncertain, f"{killed} kills and no mail was under way: nothing is tested"

    assert write(scene, NEXT_DAY) == len(uncertain)
    session.rollback()
    again = select(OutgoingMail).where(OutgoingMail.key.endswith(":2026-11-25"))
    for row in session.scalars(again):
        assert row.address in uncertain
        assert len(titles_in(row)) == 1
    lost = count - len(received)
    print(f"{count} digests, {killed} kills: {lost} not arrived, {len(uncertain)} carried over")


@pytest.mark.parametrize(("count", "most_s"), FEW_THEN_MANY)
def test_no_security_mail_is_lost(
    session: Session, scene: Scene, count: int, most_s: float
) -> None:
    kind = "accounts/verify_email"
    with scene.writing() as writing_session:
        for number in range(count):
            mail.post(
                writing_session,
                key=f"verify:{number}",
                kind=kind,
                address=f"p{number}@example.fr",
                promise=Promise.AT_LEAST_ONCE,
                **example_of(kind),
            )
    with scene.working() as part:
        scene.wait_until(lambda: bool(scene.relay.received()), 60)
        killed = kill_processes(scene, part, lambda: not scene.waiting(), most_s)
    scene.end_leases()
    scene.sweep()
    with scene.working():
        scene.wait_until(lambda: scene.states() == {MailState.SENT: count}, 120)
    received = scene.relay.received()
    assert set(received) == {f"p{number}@example.fr" for number in range(count)}
    twice = sum(times - 1 for times in received.values())
    print(f"{count} security mails, {killed} kills: none lost, {twice} sent again")
