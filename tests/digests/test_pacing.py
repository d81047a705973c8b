"""Mail that nobody waits for leaves to a domain at the pace that its provider bears."""

from datetime import datetime, timedelta
from threading import Barrier, Thread

from flask import Flask
from sqlalchemy.orm import Session

from marketplace import delivering
from marketplace.config import Config
from marketplace.mail import MailState, Promise
from tests.digests.conftest import Relay
from tests.digests.readers import send
from tests.digests.test_sending import posted, row
from tests.factories.market import MONDAY


def _pace(session: Session, mail_ids: list[int], settings: Config, now: datetime) -> list[int]:
    """How many of these left, and how many minutes from now the others are to."""
    for mail_id in mail_ids:
        send(mail_id, settings, now)
    minutes = []
    for mail_id in mail_ids:
        waits = row(session, mail_id)
        if waits.state is MailState.SENT:
            minutes.append(0)
        else:
            assert waits.state is MailState.PENDING
            assert waits.not_before is not None
            minutes.append(round((waits.not_before - now) / timedelta(minutes=1)))
    return minutes


def test_large_providers_get_so_many_mails_a_minute_whatever_room_wrote_them(
    session: Session, settings: Config, relay: Relay
) -> None:
    slow = settings.model_copy(update={"mail_a_minute": 2})
    large = [posted(f"{n}", f"p{n}@Large.example.fr", Promise.AT_MOST_ONCE) for n in range(5)]
    small = [posted("small", "p@small.example.fr", Promise.AT_MOST_ONCE)]
    asked_for = [posted(f"link:{n}", "p@large.example.fr") for n in range(3)]
    assert _pace(session, large + small + asked_for, slow, MONDAY) == [0, 0, 1, 1, 2, 0, 0, 0, 0]
    assert row(session, large[2]).attempts == 0

    later = posted("later", "p9@large.example.fr", Promise.AT_MOST_ONCE)
    next_minute = MONDAY + timedelta(minutes=1)
    assert delivering.due(session, next_minute, limit=100) == [*large[2:4], later]
    assert _pace(session, [*large[2:4], later], slow, next_minute) == [0, 0, 1]
    assert len(relay.received) == 8


def test_workers_that_were_away_do_not_send_an_hours_mail_at_once(
    session: Session, settings: Config, relay: Relay
) -> None:
    slow = settings.model_copy(update={"mail_a_minute": 2})
    mails = [posted(f"{n}", f"p{n}@large.example.fr", Promise.AT_MOST_ONCE) for n in range(6)]
    assert _pace(session, mails, slow, MONDAY) == [0, 0, 1, 1, 2, 2]
    assert _pace(session, mails[2:], slow, MONDAY + timedelta(hours=1)) == [0, 0, 1, 1]


def test_a_clock_that_was_a_day_ahead_keeps_no_mail_waiting_for_it(
    session: Session, settings: Config, relay: Relay
) -> None:
    slow = settings.model_copy(update={"mail_a_minute": 1})
    mails = [posted(f"{n}", f"p{n}@large.example.fr", Promise.AT_MOST_ONCE) for n in range(2)]
    send(mails[0], slow, MONDAY + timedelta(days=1))
    assert _pace(session, mails, slow, MONDAY) == [0, 0]


def test_workers_that_claim_at_once_give_no_turn_twice(
    app: Flask, session: Session, settings: Config, relay: Relay
) -> None:
    slow = settings.model_copy(update={"mail_a_minute": 5})
    mails = [posted(f"{n}", f"p{n}@large.example.fr", Promise.AT_MOST_ONCE) for n in range(20)]
    start = Barrier(4)

    def work(mine: list[int]) -> None:
        with app.app_context():
            start.wait(timeout=30)
            for mail_id in mine:
                send(mail_id, slow, MONDAY)

    threads = [Thread(target=work, args=(mails[first::4],)) for first in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len(relay.received) == 5
    assert sorted(_pace(session, mails, slow, MONDAY)) == [0] * 5 + [1] * 5 + [2] * 5 + [3] * 5
