"""One digest a person and a period, with the reasons; what it tells is told once."""

from datetime import UTC, date, datetime, timedelta
from html import unescape
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import delivering, mail
from marketplace.config import Config
from marketplace.db import transaction
from marketplace.delivering import LEASE
from marketplace.digests import sending
from marketplace.digests.composing import compose
from marketplace.digests.tables import Notice, NoticeKind
from marketplace.digests.topics import Rhythm, Topic
from marketplace.mail import MailState, OutgoingMail
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.moving import match_for_update, move_match
from marketplace.moderation.deciding import withdraw
from marketplace.needs.tables import NeedKind
from tests.digests.readers import (
    chooses,
    mails_to,
    market,
    notices_to,
    published,
    send,
    tell,
    titles_in,
    write,
)
from tests.factories import people
from tests.factories.market import MONDAY

HOUR = timedelta(hours=1)
TUESDAY_MORNING = datetime(2026, 11, 24, 7, 5, tzinfo=UTC)
WEDNESDAY_MORNING = TUESDAY_MORNING + timedelta(days=1)


def test_a_structure_gets_one_digest_with_its_needs_the_most_urgent_first_and_why(
    session: Session, config: Config
) -> None:
    place = market(session)
    late = published(session, place, title="Tonte des stades")
    soon = published(session, place, title="Haies de la mairie", deadline_on=date(2026, 12, 4))
    for need in (late, soon):
        tell(need, MONDAY)
    assert write(MONDAY + HOUR) == 0  # told on Monday, after the hour of Monday's digest
    assert write(TUESDAY_MORNING) == 1
    assert write(TUESDAY_MORNING + HOUR) == 0

    [row] = mails_to(session, place.members[0])
    assert row.key == f"digest:{place.members[0].id}:2026-11-24"
    assert titles_in(row) == [
        "Haies de la mairie\u00a0: un besoin pour Les Haies 000",
        "Tonte des stades\u00a0: un besoin pour Les Haies 000",
    ]
    composed = compose(row.kind, row.context, "https://tandem.example.fr")
    assert composed.subject == "2 besoins correspondent à vos offres"
    for part in (composed.text, unescape(composed.html)):
        assert "Réponses jusqu'au 4\u00a0décembre\u00a02026, dans 10 jours" in part
        assert "Même secteur\u00a0: création et entretien des espaces verts" in part
        assert "Ville de Vallonne" in part
        assert f"https://tandem.example.fr/besoins/{soon.slug}" in part


def test_nothing_to_say_and_nothing_is_sent(session: Session) -> None:
    market(session)
    assert write(TUESDAY_MORNING) == 0
    assert session.scalars(select(OutgoingMail)).all() == []


def test_a_digest_that_may_not_have_arrived_is_told_again_by_the_next_and_only_once(
    session: Session, config: Config
) -> None:
    place = market(session)
    tell(published(session, place), MONDAY)
    write(TUESDAY_MORNING)
    [first] = mails_to(session, place.members[0])
    with transaction() as writing:
        claimed = delivering.claim(writing, first.id, TUESDAY_MORNING)
        assert claimed is not None
    later = TUESDAY_MORNING + LEASE + timedelta(seconds=1)
    with transaction() as writing:
        sending.ask_for_due(writing, later)
    assert mails_to(session, place.members[0])[0].state is MailState.UNCERTAIN
    assert write(later) == 0  # today's digest is that one
    assert write(WEDNESDAY_MORNING) == 1
    second = mails_to(session, place.members[0])[1]
    assert titles_in(second) == titles_in(first)

    send(second.id, config, WEDNESDAY_MORNING)
    with transaction() as writing:
        mail.send_again(writing, first.id)
    send(first.id, config, WEDNESDAY_MORNING)
    states = [row.state for row in mails_to(session, place.members[0])]
    assert states == [MailState.CANCELLED, MailState.KEPT]


def test_a_digest_sent_again_by_hand_before_the_next_takes_its_news_back(
    session: Session, config: Config
) -> None:
    place = market(session)
    tell(published(session, place), MONDAY)
    write(TUESDAY_MORNING)
    [first] = mails_to(session, place.members[0])
    with transaction() as writing:
        delivering.claim(writing, first.id, TUESDAY_MORNING)
    later = TUESDAY_MORNING + LEASE + timedelta(seconds=1)
    with transaction() as writing:
        sending.ask_for_due(writing, later)
        mail.send_again(writing, first.id)
    send(first.id, config, later)
    assert mails_to(session, place.members[0])[0].state is MailState.KEPT
    assert write(WEDNESDAY_MORNING) == 0


def test_a_late_run_catches_up_with_one_mail(session: Session) -> None:
    place = market(session)
    tell(published(session, place, title="Avant la panne"), MONDAY)
    tell(published(session, place, title="Pendant la panne"), TUESDAY_MORNING + HOUR)
    assert write(WEDNESDAY_MORNING + 9 * HOUR) == 1
    [row] = mails_to(session, place.members[0])
    assert len(titles_in(row)) == 2


def test_monday_covers_the_weekend_and_no_digest_leaves_on_it(session: Session) -> None:
    place = market(session)
    friday_noon = datetime(2026, 11, 27, 11, tzinfo=UTC)
    tell(published(session, place), friday_noon)
    for hours in range(1, 60, 7):
        assert write(friday_noon + hours * HOUR) == 0
    assert write(datetime(2026, 11, 30, 5, 59, tzinfo=UTC)) == 0
    assert write(datetime(2026, 11, 30, 6, 0, tzinfo=UTC)) == 1


def test_a_weekly_digest_leaves_on_the_chosen_day_in_week_53_and_after_a_day_off(
    session: Session,
) -> None:
    place = market(session, count=2)
    thursday, friday = place.members
    chooses(session, thursday, Rhythm.WEEKLY, weekday=3)
    chooses(session, friday, Rhythm.WEEKLY, weekday=4)
    monday_of_week_53 = datetime(2026, 12, 28, 9, tzinfo=UTC)
    need = published(
        session, place, monday_of_week_53, deadline_on=date(2027, 2, 1), title="Semaine 53"
    )
    tell(need, monday_of_week_53)
    leave = [
        monday_of_week_53 + timedelta(days=days)
        for days in range(9)
        if write(monday_of_week_53 + timedelta(days=days)) == 1
    ]
    # Friday is New Year's Day: the digest of Fridays leaves on the Monday after.
    assert [f"{day:%a %d}" for day in leave] == ["Thu 31", "Mon 04"]
    assert len(mails_to(session, thursday)) == len(mails_to(session, friday)) == 1


def test_a_clock_that_goes_back_tells_nothing_twice(session: Session) -> None:
    place = market(session)
    tell(published(session, place), MONDAY)
    assert write(WEDNESDAY_MORNING) == 1
    assert write(TUESDAY_MORNING) == 0
    tell(published(session, place, title="Entre-temps"), TUESDAY_MORNING - 3 * HOUR)
    assert write(TUESDAY_MORNING) == 1
    assert write(WEDNESDAY_MORNING) == 0
    assert [len(titles_in(row)) for row in mails_to(session, place.members[0])] == [1, 1]


def test_two_runs_at_once_write_one_digest_a_person(app: Flask, session: Session) -> None:
    place = market(session, count=8)
    tell(published(session, place), MONDAY)
    start = Barrier(3)

    def run() -> None:
        with app.app_context():
            start.wait(timeout=30)
            write(TUESDAY_MORNING)

    runs = [Thread(target=run) for _ in range(3)]
    for one in runs:
        one.start()
    for one in runs:
        one.join(timeout=60)
    assert [len(mails_to(session, member)) for member in place.members] == [1] * 8


def test_who_wants_it_at_once_is_written_to_at_once_and_who_wants_nothing_never(
    session: Session,
) -> None:
    place = market(session, count=3)
    at_once, never, paused = place.members
    chooses(session, at_once, Rhythm.IMMEDIATE)
    chooses(session, never, Rhythm.NEVER)
    chooses(session, paused, Rhythm.IMMEDIATE, paused_until=date(2026, 11, 25))
    tell(published(session, place), MONDAY)
    assert write(MONDAY) == 1
    assert len(mails_to(session, at_once)) == 1
    assert write(TUESDAY_MORNING) == 0
    assert write(WEDNESDAY_MORNING) == 1
    assert len(mails_to(session, paused)) == 1
    assert mails_to(session, never) == []
    assert len(notices_to(session, never)) == 1  # still in the pages


def test_an_urgent_need_goes_at_once_to_who_accepts_it(session: Session) -> None:
    place = market(session, count=2)
    accepts, waits = place.members
    chooses(session, accepts, Rhythm.DAILY)
    chooses(session, waits, Rhythm.DAILY, urgent_at_once=False)
    need = published(session, place, kind=NeedKind.QUOTE, deadline_on=date(2026, 11, 28))
    assert tell(need, MONDAY) == 2
    assert write(MONDAY) == 1
    assert len(mails_to(session, accepts)) == 1
    assert write(TUESDAY_MORNING) == 1
    assert len(mails_to(session, waits)) == 1


@pytest.mark.parametrize("when", ["before it is written", "before it is sent"])
def test_no_digest_speaks_of_a_need_that_is_closed(
    session: Session, config: Config, when: str
) -> None:
    place = market(session)
    gone = published(session, place, title="Retiré")
    stays = published(session, place, title="Toujours ouvert")
    for need in (gone, stays):
        tell(need, MONDAY)
    if when == "before it is sent":
        write(TUESDAY_MORNING)
    with transaction() as writing:
        withdraw(writing, gone.id, place.buyer.id, TUESDAY_MORNING, "Plus besoin")
    write(TUESDAY_MORNING)
    [row] = mails_to(session, place.members[0])
    send(row.id, config, TUESDAY_MORNING)
    [row] = mails_to(session, place.members[0])
    assert row.state is MailState.KEPT
    assert [title.split("\u00a0")[0] for title in titles_in(row)] == ["Toujours ouvert"]
    assert row.context["subject"].startswith("Toujours ouvert")
    assert write(WEDNESDAY_MORNING) == 0


def test_a_digest_with_nothing_left_to_say_does_not_leave(session: Session, config: Config) -> None:
    place = market(session)
    need = published(session, place)
    tell(need, MONDAY)
    write(TUESDAY_MORNING)
    with transaction() as writing:
        match = match_for_update(writing, need.id, place.structures[0].id)
        assert match is not None
        user_id = place.members[0].id
        move_match(writing, match, MatchStatus.DECLINED, user_id, MONDAY, "capacity")
    [row] = mails_to(session, place.members[0])
    send(row.id, config, TUESDAY_MORNING)
    assert mails_to(session, place.members[0])[0].state is MailState.CANCELLED


def test_who_changed_its_mind_or_its_address_since_gets_the_digest_there_or_not_at_all(
    session: Session, config: Config
) -> None:
    place = market(session, count=2)
    moved, gone = place.members
    tell(published(session, place), MONDAY)
    write(TUESDAY_MORNING)
    moved.email = "ailleurs@tandem.invalid"
    session.commit()
    chooses(session, gone, Rhythm.NEVER)
    for person in (moved, gone):
        send(mails_to(session, person)[0].id, config, TUESDAY_MORNING)
    assert mails_to(session, moved)[0].address == "ailleurs@tandem.invalid"
    assert mails_to(session, moved)[0].state is MailState.KEPT
    assert mails_to(session, gone)[0].state is MailState.CANCELLED


def test_a_digest_of_ten_thousand_items_shows_the_most_urgent_and_counts_the_others(
    session: Session, config: Config
) -> None:
    person = people.user(session)
    session.execute(
        Notice.__table__.insert(),
        [
            {
                "user_id": person.id,
                "topic": Topic.MESSAGES,
                "kind": NoticeKind.MAILED,
                "subject_id": number,
                "title": f"Message {number}",
                "link": "/notifications",
                "is_urgent": False,
                "ready_at": MONDAY,
            }
            for number in range(1, 10_001)
        ],
    )
    session.commit()
    chooses(session, person, Rhythm.DAILY)
    assert write(TUESDAY_MORNING) == 1
    [row] = mails_to(session, person)
    assert titles_in(row) == [f"Message {number}" for number in range(1, 11)]
    composed = compose(row.kind, row.context, "https://tandem.example.fr")
    assert composed.subject == "10000 messages vous attendent"
    assert "Et 9990 de plus" in composed.text
    assert write(WEDNESDAY_MORNING) == 0
