"""What a mail that is about to leave is looked at for: its reader's wishes, its address."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import mail
from marketplace.accounts.tables import User
from marketplace.config import Config
from marketplace.db import transaction
from marketplace.delivering import ATTEMPTS
from marketplace.digests import bouncing, opting_out
from marketplace.digests.bouncing import refused
from marketplace.digests.examples import example_of
from marketplace.digests.tables import NoticeKind
from marketplace.digests.topics import Rhythm, Topic
from marketplace.mail import MailState, OutgoingMail, Promise
from tests.digests.conftest import Relay
from tests.digests.readers import chooses, mails_to, notices_to, send, titles_in, write
from tests.digests.test_writing import TUESDAY_MORNING, WEDNESDAY_MORNING
from tests.factories import people
from tests.factories.market import MONDAY

KIND = "structures/claim_accepted"


@pytest.fixture
def settings(config: Config, relay: Relay) -> Config:
    return config.model_copy(
        update={
            "smtp_url": relay.url,
            "mail_from": "Tandem <bonjour@tandem.example.fr>",
            "public_base_url": "https://tandem.example.fr",
        }
    )


def written(user: User, topic: str = Topic.OUTCOMES, key: str = "k", **more: Any) -> int:
    """The id of a mail of another room to this person."""
    with transaction() as session:
        mail.post(
            session,
            key=key,
            kind=KIND,
            address=user.email,
            promise=Promise.AT_MOST_ONCE,
            user_id=user.id,
            topic=topic,
            **example_of(KIND) | more,
        )
    with transaction() as session:
        return session.scalars(select(OutgoingMail.id).filter_by(key=key)).one()


def reader(session: Session) -> User:
    person = people.user(session, email="lecteur@example.fr")
    session.commit()
    return person


def test_a_mail_about_a_topic_can_be_stopped_in_one_click_and_a_security_mail_cannot(
    session: Session, settings: Config, relay: Relay
) -> None:
    person = reader(session)
    send(written(person), settings, MONDAY)
    send(written(person, topic="", key="security"), settings, MONDAY)
    told, security = relay.received
    assert told["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = str(told["List-Unsubscribe"]).strip("<>")
    assert link.startswith("https://tandem.example.fr/desabonnement/")
    assert "lecteur" not in link
    for part in told.iter_parts():
        assert link in part.get_content()
        assert "https://tandem.example.fr/mon-compte/courriels" in part.get_content()
    assert (told["Precedence"], told["Auto-Submitted"]) == ("bulk", "auto-generated")
    assert security["List-Unsubscribe"] is None
    assert "desabonnement" not in str(security)


def test_a_firm_without_an_account_ends_its_reminders_by_the_link_of_its_address(
    session: Session, settings: Config, relay: Relay
) -> None:
    def remind(month: str) -> int:
        with transaction() as posting:
            mail.post(
                posting,
                key=month,
                kind="clauses/report_due",
                address="Paie@firme.example.fr",
                promise=Promise.AT_MOST_ONCE,
                topic=Topic.HOURS,
                **example_of("clauses/report_due"),
            )
        return posting.scalars(select(OutgoingMail.id).filter_by(key=month)).one()

    send(remind("octobre"), settings, MONDAY)
    token = str(relay.received[0]["List-Unsubscribe"]).strip("<>").rpartition("/")[2]
    with transaction() as stopping:
        who = opting_out.whom(stopping, settings.secret_key, token)
        opting_out.opt_out(stopping, who, MONDAY)
    later = remind("novembre")
    send(later, settings, MONDAY)
    session.rollback()
    assert len(relay.received) == 1
    assert session.get_one(OutgoingMail, later).last_error == "désabonné"


def test_a_mail_that_leaves_at_once_is_a_notification_too(
    session: Session, settings: Config, relay: Relay
) -> None:
    person = reader(session)
    send(written(person), settings, MONDAY)
    [notice] = notices_to(session, person, Topic.OUTCOMES)
    assert notice.kind is NoticeKind.MAILED
    assert notice.title == "Vous pouvez gérer Les Jardins de la Combe"
    assert notice.link == "/exemple-de-lien"
    assert write(WEDNESDAY_MORNING) == 0


def test_who_wants_it_daily_gets_it_in_the_digest_instead(
    session: Session, settings: Config, relay: Relay
) -> None:
    person = reader(session)
    chooses(session, person, Rhythm.DAILY)
    mail_id = written(person)
    send(mail_id, settings, MONDAY)
    assert relay.received == []
    assert session.get_one(OutgoingMail, mail_id).state is MailState.CANCELLED
    assert write(TUESDAY_MORNING) == 1
    digest = mails_to(session, person)[-1]
    assert titles_in(digest) == ["Vous pouvez gérer Les Jardins de la Combe"]


@pytest.mark.parametrize("link", ["/reponse/secret", "/invitations/secret", "https://ailleurs.fr"])
def test_a_link_that_lets_its_reader_in_stays_in_the_mail(
    session: Session, settings: Config, link: str
) -> None:
    person = reader(session)
    send(written(person, link=link), settings, MONDAY)
    [notice] = notices_to(session, person, Topic.OUTCOMES)
    assert notice.link == "/notifications"


def test_who_wants_none_gets_none_and_not_later_either(
    session: Session, settings: Config, relay: Relay
) -> None:
    person = reader(session)
    chooses(session, person, Rhythm.NEVER)
    send(written(person), settings, MONDAY)
    chooses(session, person, Rhythm.DAILY)
    assert write(WEDNESDAY_MORNING) == 0
    assert relay.received == []


def test_a_pause_keeps_everything_for_one_mail_at_its_end(
    session: Session, settings: Config, relay: Relay
) -> None:
    person = reader(session)
    chooses(session, person, Rhythm.IMMEDIATE, paused_until=date(2026, 11, 25))
    for number in range(3):
        send(written(person, key=f"k{number}"), settings, MONDAY)
    assert relay.received == []
    assert write(TUESDAY_MORNING) == 0
    assert write(WEDNESDAY_MORNING) == 1
    assert len(titles_in(mails_to(session, person)[-1])) == 3


def test_an_address_that_refuses_mail_is_paused_and_only_security_mail_goes_there(
    session: Session, settings: Config, relay: Relay
) -> None:
    person = reader(session)
    relay.to_recipient = "550 Adresse inconnue"
    mail_id = written(person)
    session.get_one(OutgoingMail, mail_id).attempts = ATTEMPTS - 1
    session.commit()
    send(mail_id, settings, MONDAY)
    relay.to_recipient = "250 OK"
    send(written(person, key="next"), settings, MONDAY)
    assert write(WEDNESDAY_MORNING) == 0
    assert relay.received == []
    send(written(person, topic="", key="security"), settings, MONDAY)
    assert len(relay.received) == 1


def test_a_template_that_fails_for_one_reader_does_not_keep_the_others_waiting(
    session: Session, settings: Config, relay: Relay
) -> None:
    one, other = reader(session), people.user(session, email="autre@example.fr")
    session.commit()
    broken, good = written(one), written(other, key="other")
    row = session.get_one(OutgoingMail, broken)
    row.context = {"name": "Camille"}
    session.commit()
    for mail_id in (broken, good):
        send(mail_id, settings, MONDAY)
    session.rollback()
    assert session.get_one(OutgoingMail, broken, populate_existing=True).state is MailState.FAILED
    assert [str(message["To"]) for message in relay.received] == ["autre@example.fr"]


def test_a_mail_about_a_closed_account_does_not_leave(
    session: Session, settings: Config, relay: Relay
) -> None:
    person = reader(session)
    mail_id = written(person)
    person.is_active = False
    session.commit()
    send(mail_id, settings, MONDAY)
    assert relay.received == []


def test_a_person_keeps_a_mail_from_leaving_once(session: Session) -> None:
    mail_id = written(reader(session))
    with transaction() as writing:
        mail.cancel(writing, mail_id)
    with pytest.raises(mail.NoSuchMail), transaction() as writing:
        mail.cancel(writing, mail_id)


def test_a_signed_call_pauses_addresses_and_nothing_else_does() -> None:
    body = (
        b'{"events": [{"type": "bounce", "address": "A@example.fr", "said": "550 no"},'
        b' {"type": "bounce", "address": "b@example.fr", "permanent": false},'
        b' {"type": "complaint", "address": "c@example.fr"}]}'
    )
    assert [refusal.address for refusal in bouncing.events_in(body)] == [
        "a@example.fr",
        "c@example.fr",
    ]
    at = f"{int(MONDAY.timestamp())}"
    good = bouncing.signature("secret", at, body)
    bouncing.check_signature("secret", at, body, good, MONDAY)
    for secret, sent_at, said, signed, now in [
        ("other", at, body, good, MONDAY),
        ("secret", at, body + b" ", good, MONDAY),
        ("secret", at, body, "", MONDAY),
        ("secret", at, body, "é\ud800", MONDAY),
        ("secret", at, body, good, MONDAY + timedelta(minutes=6)),
        ("secret", "soon", body, bouncing.signature("secret", "soon", body), MONDAY),
        ("secret", "9" * 30, body, bouncing.signature("secret", "9" * 30, body), MONDAY),
    ]:
        with pytest.raises(bouncing.BadSignature):
            bouncing.check_signature(secret, sent_at, said, signed, now)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"events": 1}',
        b'{"events": [1]}',
        b'{"events": [{"type": "open", "address": "a@example.fr"}]}',
        b'{"events": [{"type": ["bounce"], "address": "a@example.fr"}]}',
        b'{"events": [{"type": "bounce", "address": "a@example.fr\\r\\nBcc: b@c.fr"}]}',
    ],
)
def test_events_that_are_not_what_is_asked_for_are_refused(body: bytes) -> None:
    with pytest.raises(bouncing.BadEvents):
        bouncing.events_in(body)


def test_pausing_twice_is_pausing_once(session: Session) -> None:
    found = [refused("A@example.fr", "550"), refused("a@example.fr", "x" * 1_000)]
    with transaction() as writing:
        assert bouncing.pause(writing, found, MONDAY) == 1
        assert bouncing.pause(writing, found, MONDAY) == 0
