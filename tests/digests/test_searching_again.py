"""What watched searches find is told once, at the rhythm that each person chose."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import User
from marketplace.db import transaction
from marketplace.digests import opting_out, rechecking, searching_again, writing
from marketplace.digests.opting_out import Choices
from marketplace.digests.searching_again import SETTLED
from marketplace.digests.tables import Notice, NoticeKind
from marketplace.digests.topics import Rhythm, Topic
from marketplace.jobs import Job
from marketplace.lists.saving_searches import save_search
from marketplace.lists.tables import SavedSearch
from marketplace.mail import MailState
from marketplace.offers.narrowing import Face, asked_in
from tests.digests.readers import chooses, mails_to, notices_to, titles_in
from tests.factories import people
from tests.factories.market import MONDAY, offer, structure

Jobs = list[tuple[Job, dict[str, Any]]]


@pytest.fixture
def person(session: Session) -> User:
    return people.user(session)


def watched(
    session: Session, person: User, words: str = "jardins", face: Face = Face.STRUCTURES
) -> SavedSearch:
    asked = asked_in([("q", words)])
    saved = save_search(
        session, person.id, words.capitalize(), face, asked, True, MONDAY - timedelta(days=1)
    )
    session.commit()
    return saved


def comes(session: Session, name: str, title: str = "Jardins") -> None:
    offer(session, structure(session, name), title=title)
    session.commit()


def search_again(saved: SavedSearch, later: timedelta = SETTLED) -> bool:
    with transaction() as session:
        return searching_again.search_again(session, saved.id, clock.now() + later)


def drain(session: Session, asked_jobs: Jobs, later: timedelta = SETTLED) -> None:
    """The sweep for who wants to know at once, and the jobs that it asks for."""
    asked_jobs.clear()
    now = clock.now() + later
    with transaction() as writing_session:
        searching_again.ask_for_eager(writing_session)
    for job, ids in asked_jobs:
        with transaction() as writing_session:
            if job is Job.SEARCH_AT_ONCE:
                searching_again.search_at_once(writing_session, **ids, now=now)
            elif job is Job.WRITE_DIGESTS:
                writing.write_digests(writing_session, **ids, now=now)


def test_what_is_new_is_told_once_whatever_the_rhythm(session: Session, person: User) -> None:
    saved = watched(session, person)
    chooses(session, person, Rhythm.WEEKLY, weekday=3)
    found = []
    for day in range(4):
        comes(session, f"Les Jardins {day}")
        found.append(search_again(saved))
    assert found == [True] * 4
    [notice] = notices_to(session, person, Topic.SEARCHES)
    assert notice.title == (
        "4 nouveaux résultats dans «\u00a0Jardins\u00a0»\u00a0: "
        "Les Jardins 0, Les Jardins 1, Les Jardins 2…"
    )
    assert notice.link == "/structures?q=jardins&tri=recent"

    notice.mail_id = 1
    session.commit()
    assert not search_again(saved)
    comes(session, "Le Verger du lendemain", title="Jardins et vergers")
    assert search_again(saved, 2 * SETTLED)
    [notice] = notices_to(session, person, Topic.SEARCHES)
    assert notice.title == (
        "Un nouveau résultat dans «\u00a0Jardins\u00a0»\u00a0: Le Verger du lendemain"
    )
    assert notice.mail_id is None


def test_who_wants_to_know_at_once_gets_one_mail_a_sweep_for_all_its_searches(
    session: Session, person: User, asked_jobs: Jobs
) -> None:
    for words, face in (("jardins", Face.STRUCTURES), ("traiteur", Face.OFFERS)):
        watched(session, person, words, face)
    chooses(session, person, Rhythm.IMMEDIATE)
    comes(session, "Les Jardins")
    comes(session, "La Bonne Table", title="Traiteur de réceptions")
    drain(session, asked_jobs)
    drain(session, asked_jobs)
    [row] = mails_to(session, person)
    assert titles_in(row) == [
        "Un nouveau résultat dans «\u00a0Jardins\u00a0»\u00a0: Les Jardins",
        "Un nouveau résultat dans «\u00a0Traiteur\u00a0»\u00a0: "
        "Traiteur de réceptions (La Bonne Table)",
    ]

    comes(session, "Les Jardins du soir")
    drain(session, asked_jobs, 2 * SETTLED)
    _, second = mails_to(session, person)
    assert titles_in(second) == [
        "Un nouveau résultat dans «\u00a0Jardins\u00a0»\u00a0: Les Jardins du soir"
    ]


def test_what_may_not_be_committed_yet_is_left_for_the_next_sweep(
    session: Session, person: User, asked_jobs: Jobs
) -> None:
    watched(session, person)
    chooses(session, person, Rhythm.IMMEDIATE)
    comes(session, "Les Jardins")
    drain(session, asked_jobs, timedelta(0))
    assert mails_to(session, person) == []
    drain(session, asked_jobs)
    assert len(mails_to(session, person)) == 1


@pytest.mark.parametrize("rhythm", [Rhythm.DAILY, Rhythm.WEEKLY, Rhythm.NEVER])
def test_who_chose_another_rhythm_is_not_looked_for_at_once(
    session: Session, person: User, asked_jobs: Jobs, rhythm: Rhythm
) -> None:
    watched(session, person)
    chooses(session, person, rhythm)
    comes(session, "Les Jardins")
    drain(session, asked_jobs)
    assert asked_jobs == []


def test_what_an_uncertain_mail_was_to_tell_at_once_is_told_by_another(
    session: Session, person: User, asked_jobs: Jobs
) -> None:
    watched(session, person)
    chooses(session, person, Rhythm.IMMEDIATE)
    comes(session, "Les Jardins")
    drain(session, asked_jobs)
    [first] = mails_to(session, person)
    first.state = MailState.UNCERTAIN
    session.commit()
    now = clock.now() + 2 * SETTLED
    with transaction() as writing_session:
        rechecking.carry_over(writing_session, now)
        writing.write_digests(writing_session, person.id, person.id, now)
    first, second = mails_to(session, person)
    assert titles_in(second) == titles_in(first)


def test_what_is_wanted_at_once_does_not_wait_for_the_next_digest_of_other_things(
    session: Session, person: User, asked_jobs: Jobs
) -> None:
    """Daily notices that come to wait again once the day's digest has left."""
    watched(session, person)
    now = datetime(2026, 11, 24, 8, tzinfo=UTC)
    chooses(session, person, Rhythm.DAILY)
    at_once = {Topic.SEARCHES: Rhythm.IMMEDIATE}
    opting_out.choose(session, person.id, Choices(at_once, 0, True, None))
    for number in range(2):
        session.add(
            Notice(
                user_id=person.id,
                topic=Topic.QUEUE,
                kind=NoticeKind.MAILED,
                subject_id=number,
                title=f"Du guichet {number}",
                link="/guichet/",
                ready_at=now - timedelta(hours=12),
                mail_id=None if number else 1,
            )
        )
    session.commit()
    with transaction() as writing_session:
        assert writing.write_digests(writing_session, person.id, person.id, now) == 1
    session.execute(update(Notice).where(Notice.subject_id == 0).values(mail_id=None))
    session.add(
        Notice(
            user_id=person.id,
            topic=Topic.SEARCHES,
            kind=NoticeKind.NEW_RESULTS,
            subject_id=1,
            title="Du nouveau",
            link="/structures",
            ready_at=now,
        )
    )
    session.commit()
    for _ in range(2):
        with transaction() as writing_session:
            writing.write_digests(writing_session, person.id, person.id, now)
    first, second = mails_to(session, person)
    assert titles_in(first) == ["Du guichet 1"]
    assert titles_in(second) == ["Du nouveau"]
