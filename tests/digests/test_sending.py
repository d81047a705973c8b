"""Mail handed to a real SMTP server: once when all goes well, as promised when it does not."""

import random
import socket
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace import delivering, mail
from marketplace.config import Config
from marketplace.db import transaction
from marketplace.delivering import ATTEMPTS, LEASE, RETRY_AFTER
from marketplace.digests import relaying, sending
from marketplace.digests.examples import example_of
from marketplace.jobs import Job
from marketplace.mail import MailState, OutgoingMail, Promise
from tests.digests.conftest import Relay
from tests.factories.market import MONDAY

KIND = "accounts/verify_email"
SECOND = timedelta(seconds=1)


def posted(
    key: str = "verify:1",
    address: str = "camille@example.fr",
    promise: Promise = Promise.AT_LEAST_ONCE,
    **changes: Any,
) -> int:
    """The id of a mail that is written down and committed."""
    with transaction() as session:
        context = example_of(KIND) | changes
        mail.post(session, key=key, kind=KIND, address=address, promise=promise, **context)
    with transaction() as session:
        return session.scalars(select(OutgoingMail.id).filter_by(key=key)).one()


def send(mail_id: int, config: Config, now: datetime = MONDAY) -> None:
    """What the task of the worker does, at a time of ours."""
    with transaction() as session:
        parcel = sending.take(session, mail_id, now, config)
    if parcel is not None:
        outcome = sending.hand_over(parcel, config.smtp_url)
        with transaction() as session:
            sending.stamp(session, parcel, outcome, now)


def row(session: Session, mail_id: int) -> OutgoingMail:
    session.expire_all()
    return session.get_one(OutgoingMail, mail_id)


def test_a_mail_is_asked_for_once_its_event_is_committed(
    session: Session, asked_jobs: list[tuple[Job, dict[str, Any]]]
) -> None:
    with transaction() as writing:
        mail.post(
            writing, key="k", kind=KIND, address="a@example.fr", promise=Promise.AT_LEAST_ONCE
        )
        assert asked_jobs == []
    written = session.scalars(select(OutgoingMail.id)).one()
    assert asked_jobs == [(Job.SEND_MAIL, {"mail_id": written})]


def test_an_event_told_twice_is_one_mail(
    session: Session, asked_jobs: list[tuple[Job, dict[str, Any]]]
) -> None:
    posted("same")
    posted("same")
    assert session.scalar(select(func.count()).select_from(OutgoingMail)) == 1
    assert len(asked_jobs) == 1


def test_what_arrives_is_what_was_composed_and_the_link_leaves_the_row(
    session: Session, settings: Config, relay: Relay
) -> None:
    mail_id = posted()
    send(mail_id, settings)
    [message], [recipients] = relay.received, relay.recipients
    assert recipients == ["camille@example.fr"]
    assert message["From"] == "Tandem <bonjour@tandem.example.fr>"
    assert message["Subject"] == "Confirmez votre adresse électronique"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<outbox-{mail_id}@tandem.example.fr>"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    for part in message.iter_parts():
        assert "https://tandem.example.fr/exemple-de-lien" in part.get_content()
    assert row(session, mail_id).state is MailState.SENT
    assert row(session, mail_id).sent_at == MONDAY
    assert "exemple-de-lien" not in str(row(session, mail_id).context)


def test_a_mail_that_is_sent_is_not_sent_again(
    session: Session, settings: Config, relay: Relay
) -> None:
    mail_id = posted()
    for later in range(3):
        send(mail_id, settings, MONDAY + later * LEASE)
    assert len(relay.received) == 1


def test_a_security_mail_whose_sender_died_is_sent_again_after_the_lease(
    session: Session, settings: Config, relay: Relay
) -> None:
    mail_id = posted(promise=Promise.AT_LEAST_ONCE)
    with transaction() as writing:
        parcel = sending.take(writing, mail_id, MONDAY, settings)
    assert parcel is not None
    sending.hand_over(parcel, settings.smtp_url)  # and dies before it is stamped
    send(mail_id, settings, MONDAY + LEASE - SECOND)
    assert len(relay.received) == 1
    send(mail_id, settings, MONDAY + LEASE + SECOND)
    first, second = relay.received
    assert first["Message-ID"] == second["Message-ID"]
    assert row(session, mail_id).state is MailState.SENT


def test_a_digest_whose_sender_died_is_uncertain_until_a_person_asks_for_it(
    session: Session, settings: Config, relay: Relay
) -> None:
    mail_id = posted(promise=Promise.AT_MOST_ONCE)
    with transaction() as writing:
        sending.take(writing, mail_id, MONDAY, settings)
    later = MONDAY + LEASE + SECOND
    send(mail_id, settings, later)
    with transaction() as writing:
        sending.ask_for_due(writing, later)
    send(mail_id, settings, later)
    assert relay.received == []
    assert row(session, mail_id).state is MailState.UNCERTAIN

    with transaction() as writing:
        mail.send_again(writing, mail_id)
    send(mail_id, settings, later)
    assert len(relay.received) == 1


def test_only_the_first_of_two_persons_sends_an_uncertain_mail_again(
    session: Session, asked_jobs: list[tuple[Job, dict[str, Any]]]
) -> None:
    mail_id = posted()
    row(session, mail_id).state = MailState.UNCERTAIN
    session.commit()
    asked_jobs.clear()
    with transaction() as writing:
        mail.send_again(writing, mail_id)
    with pytest.raises(mail.NoSuchMail), transaction() as writing:
        mail.send_again(writing, mail_id)
    with pytest.raises(mail.NoSuchMail), transaction() as writing:
        mail.send_again(writing, mail_id + 1)
    assert asked_jobs == [(Job.SEND_MAIL, {"mail_id": mail_id})]


def test_two_workers_that_claim_at_once_send_each_mail_once(
    app: Flask, session: Session, settings: Config, relay: Relay
) -> None:
    mail_ids = [posted(f"verify:{number}") for number in range(15)]
    start = Barrier(2)

    def work() -> None:
        with app.app_context():
            for mail_id in mail_ids:
                start.wait(timeout=30)
                send(mail_id, settings)

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    told = Counter(message["Message-ID"] for message in relay.received)
    assert len(told) == 15
    assert set(told.values()) == {1}


def test_a_name_cannot_add_a_header_nor_a_recipient(
    session: Session, settings: Config, relay: Relay
) -> None:
    with transaction() as writing:
        mail.post(
            writing,
            key="invite",
            kind="accounts/organisation_invitation",
            address="camille@example.fr",
            promise=Promise.AT_LEAST_ONCE,
            **example_of("accounts/organisation_invitation")
            | {
                "name": "Camille\r\nBcc: autre@example.fr\r\n\r\nBonjour",
                "organisation": "Ville\nBcc: autre@example.fr\0\ud800",
            },
        )
    send(session.scalars(select(OutgoingMail.id)).one(), settings)
    assert relay.recipients == [["camille@example.fr"]]
    [message] = relay.received
    assert message["Bcc"] is None
    assert message["Subject"] == "Ville Bcc: autre@example.fr vous invite sur Tandem"


@pytest.mark.parametrize(
    "address",
    ["camille@example.fr, autre@example.fr", "camille@example.fr\r\nBcc: b@c.fr", "personne", ""],
)
def test_a_mail_to_what_is_not_one_address_never_leaves(
    session: Session, settings: Config, relay: Relay, address: str
) -> None:
    mail_id = posted(address=address)
    send(mail_id, settings)
    assert relay.received == []
    assert row(session, mail_id).state is MailState.FAILED
    assert row(session, mail_id).last_error


def test_a_refused_address_is_tried_again_every_five_minutes_then_failed(
    session: Session, settings: Config, relay: Relay
) -> None:
    relay.to_recipient = "550 Adresse inconnue"
    mail_id = posted()
    send(mail_id, settings)
    assert row(session, mail_id).state is MailState.PENDING
    assert row(session, mail_id).last_error == "550 Adresse inconnue"
    assert delivering.due(session, MONDAY + RETRY_AFTER - SECOND, limit=10) == []
    assert delivering.due(session, MONDAY + RETRY_AFTER, limit=10) == [mail_id]

    row(session, mail_id).attempts = ATTEMPTS - 1
    session.commit()
    send(mail_id, settings, MONDAY + RETRY_AFTER)
    assert row(session, mail_id).state is MailState.FAILED
    assert relay.received == []

    relay.to_recipient = "250 OK"
    with transaction() as writing:
        mail.send_again(writing, mail_id)
    send(mail_id, settings, MONDAY + RETRY_AFTER)
    assert row(session, mail_id).state is MailState.SENT


@pytest.mark.parametrize(
    "smtp_url",
    ["smtp://127.0.0.1:1", "smtp://127.0.0.1:not-a-port", "smtps://127.0.0.1:1"],
)
def test_a_relay_that_is_away_costs_a_try_even_to_a_digest(
    session: Session, settings: Config, smtp_url: str
) -> None:
    mail_id = posted(promise=Promise.AT_MOST_ONCE)
    send(mail_id, settings.model_copy(update={"smtp_url": smtp_url}))
    assert row(session, mail_id).state is MailState.PENDING
    assert row(session, mail_id).last_error


@pytest.mark.parametrize(
    ("promise", "state"),
    [
        (Promise.AT_LEAST_ONCE, MailState.PENDING),
        (Promise.AT_MOST_ONCE, MailState.UNCERTAIN),
    ],
)
def test_a_relay_that_hangs_up_on_a_mail_may_have_taken_it(
    session: Session, settings: Config, relay: Relay, promise: Promise, state: MailState
) -> None:
    relay.hangs_up_after_data = True
    mail_id = posted(promise=promise)
    send(mail_id, settings)
    assert len(relay.received) == 1
    assert row(session, mail_id).state is state


def test_a_relay_that_says_nothing_holds_a_sender_for_a_while_and_costs_a_try(
    session: Session, settings: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relaying, "TIMEOUT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        mail_id = posted(promise=Promise.AT_MOST_ONCE)
        send(mail_id, settings.model_copy(update={"smtp_url": url}))
    assert row(session, mail_id).state is MailState.PENDING
    assert "timed out" in row(session, mail_id).last_error


def test_what_the_relay_says_to_our_leaving_does_not_send_the_mail_again(
    session: Session, settings: Config, relay: Relay
) -> None:
    relay.to_goodbye = "451 Pas maintenant"
    mail_id = posted()
    send(mail_id, settings)
    assert row(session, mail_id).state is MailState.SENT


@pytest.mark.parametrize(
    "address", ["camille@tandem.invalid", "Camille@TANDEM.INVALID", "camille@tandem.invalid."]
)
def test_an_address_that_cannot_exist_is_written_to_but_never_sent(
    session: Session, settings: Config, relay: Relay, address: str
) -> None:
    mail_id = posted(address=address)
    send(mail_id, settings)
    assert relay.received == []
    assert row(session, mail_id).state is MailState.KEPT


def test_without_a_relay_mail_is_kept_with_its_link(session: Session, config: Config) -> None:
    mail_id = posted()
    send(mail_id, config)
    assert row(session, mail_id).state is MailState.KEPT
    assert row(session, mail_id).context["link"] == "/exemple-de-lien"


def test_a_sender_that_comes_back_late_is_believed_when_it_succeeded_and_only_then(
    session: Session, settings: Config
) -> None:
    mail_id = posted()
    with transaction() as writing:
        late = sending.take(writing, mail_id, MONDAY, settings)
    with transaction() as writing:
        current = sending.take(writing, mail_id, MONDAY + LEASE + SECOND, settings)
    assert late is not None
    assert current is not None
    with transaction() as writing:
        sending.stamp(writing, late, sending.Outcome(is_taken=False, error="451"), MONDAY)
    assert row(session, mail_id).state is MailState.SENDING
    with transaction() as writing:
        sending.stamp(writing, late, sending.Outcome(is_taken=True), MONDAY)
    with transaction() as writing:
        sending.stamp(writing, current, sending.Outcome(is_taken=False, error="451"), MONDAY)
    assert row(session, mail_id).state is MailState.SENT


def test_a_mail_that_kills_each_of_its_senders_stops_being_sent(
    session: Session, settings: Config
) -> None:
    mail_id = posted()
    row(session, mail_id).attempts = ATTEMPTS - 1
    session.commit()
    with transaction() as writing:
        sending.take(writing, mail_id, MONDAY, settings)
    later = MONDAY + LEASE + SECOND
    with transaction() as writing:
        assert sending.take(writing, mail_id, later, settings) is None
    with transaction() as writing:
        sending.ask_for_due(writing, later)
    assert row(session, mail_id).state is MailState.UNCERTAIN


def test_the_sweep_asks_for_what_is_due_and_for_nothing_else(
    session: Session, settings: Config, asked_jobs: list[tuple[Job, dict[str, Any]]]
) -> None:
    lost, taken, sent = (posted(key) for key in ("lost", "taken", "sent"))
    send(sent, settings)
    with transaction() as writing:
        sending.take(writing, taken, MONDAY, settings)
        mail.post(
            writing,
            key="tomorrow",
            kind=KIND,
            address="a@example.fr",
            promise=Promise.AT_MOST_ONCE,
            not_before=MONDAY + timedelta(days=1),
        )
    asked_jobs.clear()
    with transaction() as writing:
        sending.ask_for_due(writing, MONDAY)
    assert asked_jobs == [(Job.SEND_MAIL, {"mail_id": lost})]


def test_the_worker_sends_what_it_is_asked_to(session: Session) -> None:
    from worker import tasks

    mail_id = posted()
    tasks.send_mail(mail_id)
    tasks.send_due_mail()
    assert row(session, mail_id).state is MailState.KEPT


def _dies(after: int) -> Callable[[int, Config, datetime], None]:
    """A sender that stops for ever after 0, 1, 2 or 3 steps: claim, delivery, stamp."""

    def try_to_send(mail_id: int, config: Config, now: datetime) -> None:
        if after == 3:
            send(mail_id, config, now)
        elif after > 0:
            with transaction() as session:
                parcel = sending.take(session, mail_id, now, config)
            if parcel is not None and after > 1:
                sending.hand_over(parcel, config.smtp_url)

    return try_to_send


@pytest.mark.parametrize("promise", list(Promise))
def test_when_senders_die_at_any_step_no_digest_comes_twice_and_no_security_mail_is_lost(
    session: Session, settings: Config, relay: Relay, promise: Promise
) -> None:
    chance = random.Random(20261124)  # noqa: S311 - the same deaths at every run
    mail_ids = [posted(f"{number}", promise=promise) for number in range(40)]
    now = MONDAY
    while due := delivering.due(session, now, limit=100):
        for mail_id in due:
            _dies(after=chance.choice([0, 1, 2, 3, 3]))(mail_id, settings, now)
        now += LEASE + SECOND
        with transaction() as writing:
            sending.ask_for_due(writing, now)
    told = Counter(message["Message-ID"] for message in relay.received)
    states = Counter(row(session, mail_id).state for mail_id in mail_ids)
    if promise is Promise.AT_MOST_ONCE:
        assert set(told.values()) == {1}
        assert states[MailState.SENT] + states[MailState.UNCERTAIN] == 40
        assert states[MailState.UNCERTAIN] > 0
    else:
        assert len(told) == 40
        assert states == {MailState.SENT: 40}
