"""Time passes: unused accounts are warned, then erased; the rest is forgotten in its time."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from marketplace.accounts.tables import (
    AccountLink,
    Invitation,
    InvitationKind,
    LinkPurpose,
    User,
    UserSession,
)
from marketplace.audit import Action, AuditEntry
from marketplace.config import Retention
from marketplace.db import Base, transaction
from marketplace.jobs import Job
from marketplace.mail import MailState, OutgoingMail, Promise
from marketplace.retention import expiring
from tests.browsing import sign_in
from tests.factories import people

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PERIODS = Retention()
Asked = list[tuple[Job, dict[str, Any]]]


def on_day(days: float) -> datetime:
    return START + timedelta(days=days)


def night(days: int, asked_jobs: Asked) -> None:
    """What the worker does in that night: the sweep, then the erasures that it asks for."""
    import worker.tasks

    asked_jobs.clear()
    with time_machine.travel(on_day(days), tick=False):
        worker.tasks.expire_accounts()
        for job, arguments in asked_jobs:
            if job is Job.EXPIRE_ACCOUNT:
                worker.tasks.expire_account(**arguments)


def newcomer(session: Session, **more: object) -> User:
    person = people.user(session, **({"created_at": START, "last_sign_in_at": START} | more))
    session.commit()
    return person


def state_of(session: Session, person: User) -> str:
    session.expire_all()
    if person.erased_at is not None:
        return "erased"
    return "warned" if person.warned_at is not None else "open"


def count(session: Session, table: type[Base]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def test_an_account_unused_for_two_years_is_warned_a_month_before_then_erased(
    session: Session, asked_jobs: Asked
) -> None:
    person = newcomer(session)
    seen = {}
    for days in (0, 365, 699, 701, 702, 729, 732):
        night(days, asked_jobs)
        seen[days] = state_of(session, person)
    assert seen == {
        0: "open",
        365: "open",
        699: "open",
        701: "warned",
        702: "warned",
        729: "warned",
        732: "erased",
    }
    told = session.scalars(select(AuditEntry).filter_by(object_id=person.id)).all()
    assert [(row.action, row.actor_id, row.details) for row in told] == [
        (Action.ERASED, None, {"why": "unused"})
    ]


def test_the_warning_is_mailed_once_and_says_by_which_day(
    session: Session, asked_jobs: Asked
) -> None:
    person = newcomer(session)
    for days in (701, 702, 703):
        night(days, asked_jobs)
    mail = session.scalars(select(OutgoingMail)).one()
    assert (mail.kind, mail.address) == ("retention/account_expiring", person.email)
    assert mail.context["day"] == "6\u00a0janvier\u00a02028"


def test_coming_back_after_the_warning_keeps_the_account_for_two_more_years(
    session: Session, client: FlaskClient, asked_jobs: Asked
) -> None:
    person = newcomer(session)
    night(701, asked_jobs)
    with time_machine.travel(on_day(710), tick=False):
        assert sign_in(client, person.email).status_code == 200
    night(732, asked_jobs)
    assert state_of(session, person) == "open"
    night(710 + 701, asked_jobs)
    assert state_of(session, person) == "warned"
    night(710 + 732, asked_jobs)
    assert state_of(session, person) == "erased"
    warnings = select(OutgoingMail).filter_by(kind="retention/account_expiring")
    assert session.scalars(warnings).all() == []  # forgotten with the account


def test_coming_back_between_the_sweep_and_the_erasure_keeps_the_account(session: Session) -> None:
    person = newcomer(session, warned_at=on_day(701))
    with transaction() as writing:
        assert expiring.ask_for_expired(writing, on_day(732), PERIODS) == 1
    person.last_sign_in_at = on_day(732)
    session.commit()
    with transaction() as writing:
        assert not expiring.expire_account(writing, person.id, on_day(732), PERIODS)
    assert state_of(session, person) == "warned"


def test_a_browser_that_stays_signed_in_counts_as_a_visit(
    session: Session, asked_jobs: Asked
) -> None:
    person = newcomer(session)
    session.add(
        UserSession(
            token_hash="a" * 64, user_id=person.id, created_at=START, last_seen_at=on_day(13)
        )
    )
    session.commit()
    night(705, asked_jobs)
    assert state_of(session, person) == "open"


def test_a_worker_that_slept_for_years_still_warns_a_month_before(
    session: Session, asked_jobs: Asked
) -> None:
    person = newcomer(session)
    night(3000, asked_jobs)
    assert state_of(session, person) == "warned"
    night(3029, asked_jobs)
    assert state_of(session, person) == "warned"
    night(3030, asked_jobs)
    assert state_of(session, person) == "erased"


def test_an_account_that_was_closed_is_erased_after_two_years_without_a_warning(
    session: Session, asked_jobs: Asked
) -> None:
    person = newcomer(session, is_active=False)
    night(729, asked_jobs)
    assert state_of(session, person) == "open"
    night(731, asked_jobs)
    assert state_of(session, person) == "erased"


def test_an_address_that_nobody_confirmed_is_forgotten_after_a_month_without_a_mail(
    session: Session, asked_jobs: Asked
) -> None:
    person = newcomer(session, email_verified_at=None, last_sign_in_at=None)
    night(29, asked_jobs)
    assert state_of(session, person) == "open"
    night(31, asked_jobs)
    assert state_of(session, person) == "erased"
    assert count(session, OutgoingMail) == 0


def test_the_last_administrator_does_not_expire(session: Session, asked_jobs: Asked) -> None:
    person = newcomer(session, is_administrator=True)
    for days in (701, 732, 900):
        night(days, asked_jobs)
    assert state_of(session, person) == "open"


def test_no_more_people_are_warned_a_night_than_a_job_has_time_for(
    session: Session, monkeypatch: pytest.MonkeyPatch, asked_jobs: Asked
) -> None:
    monkeypatch.setattr(expiring, "WARNED_A_NIGHT", 2)
    everyone = [newcomer(session) for _ in range(3)]
    night(701, asked_jobs)
    assert sorted(state_of(session, person) for person in everyone) == ["open", "warned", "warned"]
    night(702, asked_jobs)
    assert {state_of(session, person) for person in everyone} == {"warned"}


def test_sessions_are_forgotten_a_month_after_their_end_or_their_last_page(
    session: Session,
) -> None:
    person = newcomer(session)
    for letter, last_seen, ended in (("a", 0, None), ("b", 20, None), ("c", 20, 5)):
        session.add(
            UserSession(
                token_hash=letter * 64,
                user_id=person.id,
                created_at=START,
                last_seen_at=on_day(last_seen),
                ended_at=None if ended is None else on_day(ended),
            )
        )
    session.commit()
    with transaction() as writing:
        assert expiring.forget_old_sessions(writing, on_day(31), PERIODS) == 1
        assert expiring.forget_old_sessions(writing, on_day(36), PERIODS) == 1
    assert session.scalars(select(UserSession.token_hash)).all() == ["b" * 64]


def test_links_and_invitations_are_forgotten_a_month_after_they_expired(session: Session) -> None:
    person = newcomer(session)
    for letter, used in (("a", None), ("b", START)):
        session.add(
            AccountLink(
                token_hash=letter * 64,
                purpose=LinkPurpose.SIGN_IN,
                user_id=person.id,
                address=person.email,
                created_at=START,
                expires_at=START,
                used_at=used,
            )
        )
    session.add(
        Invitation(
            token_hash="c" * 64,
            kind=InvitationKind.ADMINISTRATOR,
            role="administrator",
            address="quelquun@example.fr",
            created_at=START,
            expires_at=on_day(7),
        )
    )
    session.commit()
    with transaction() as writing:
        assert expiring.forget_old_links(writing, on_day(30), PERIODS) == 0
        assert expiring.forget_old_links(writing, on_day(31), PERIODS) == 2
        assert expiring.forget_old_links(writing, on_day(38), PERIODS) == 1


def outgoing(session: Session, key: str, state: MailState, kind: str) -> None:
    session.add(
        OutgoingMail(
            key=key,
            kind=kind,
            promise=Promise.AT_LEAST_ONCE,
            address="a@example.fr",
            state=state,
            created_at=START,
        )
    )


def test_mails_are_forgotten_after_a_year_and_the_farewell_after_a_week(session: Session) -> None:
    outgoing(session, "sent", MailState.SENT, "accounts/magic_link")
    outgoing(session, "under way", MailState.PENDING, "accounts/magic_link")
    outgoing(session, "farewell", MailState.SENT, expiring.FAREWELL)
    outgoing(session, "farewell under way", MailState.SENDING, expiring.FAREWELL)
    session.commit()

    def left() -> list[str]:
        return list(session.scalars(select(OutgoingMail.key).order_by(OutgoingMail.id)))

    with transaction() as writing:
        expiring.forget_old_mail(writing, on_day(8), PERIODS)
    assert left() == ["sent", "under way", "farewell under way"]
    with transaction() as writing:
        expiring.forget_old_mail(writing, on_day(366), PERIODS)
    assert left() == ["under way", "farewell under way"]


def entry_of(session: Session, age: timedelta) -> AuditEntry:
    entry = AuditEntry(action=Action.CHANGED, actor_id=None, at=datetime.now(UTC) - age)
    session.add(entry)
    session.commit()
    return entry


def test_the_trail_is_forgotten_after_a_year_and_the_database_keeps_what_is_younger(
    session: Session,
) -> None:
    young = entry_of(session, timedelta(days=360)).id
    old = entry_of(session, timedelta(days=367)).id
    with transaction() as writing:
        assert expiring.forget_old_trail(writing, datetime.now(UTC), PERIODS) >= 1
    left = session.scalars(select(AuditEntry.id).where(AuditEntry.id.in_([young, old]))).all()
    assert left == [young]
    for sql in (
        "DELETE FROM audit_entries WHERE id = :id",
        "UPDATE audit_entries SET ip = '' WHERE id = :id",
    ):
        with pytest.raises(DBAPIError, match="only added to"), transaction() as writing:
            writing.execute(text(sql), {"id": young})
    with pytest.raises(DBAPIError, match="only added to"), transaction() as writing:
        writing.execute(text("TRUNCATE audit_entries"))


def test_even_an_old_entry_of_the_trail_is_not_changed(session: Session) -> None:
    old = entry_of(session, timedelta(days=500)).id
    with pytest.raises(DBAPIError, match="only added to"), transaction() as writing:
        writing.execute(text("UPDATE audit_entries SET ip = '' WHERE id = :id"), {"id": old})


def test_each_night_says_in_the_log_how_much_went(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    import worker.tasks

    person = newcomer(session)
    session.add(
        UserSession(token_hash="a" * 64, user_id=person.id, created_at=START, last_seen_at=START)
    )
    session.commit()
    with caplog.at_level(logging.INFO):
        with time_machine.travel(on_day(701), tick=False):
            worker.tasks.expire_accounts()
        worker.tasks.forget_old_sessions()
        worker.tasks.forget_old_links()
        worker.tasks.forget_old_mail()
        worker.tasks.forget_old_trail()
    for said in (
        "warned 1 inactive accounts",
        "0 accounts are to be erased",
        "forgot 1 rows of user_sessions",
        "forgot 0 rows of account_links",
        "forgot 0 rows of invitations",
        "forgot 0 rows of outgoing_mails",
    ):
        assert said in caplog.messages


@pytest.mark.parametrize(
    "nonsense",
    [
        {"mail": 0},
        {"session": -1},
        {"trail": 30},
        {"inactive_account": 10**9},
        {"inactive_account": 30, "warned_before": 30},
        {"inactive_acount": 300},
    ],
)
def test_periods_that_make_no_sense_stop_the_start(nonsense: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="Retention"):
        Retention.model_validate(nonsense)
