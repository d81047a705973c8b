"""Sessions of browsers: idle, too old, closed or renewed, a cookie opens nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.changing_password import change_password, reset_password
from marketplace.accounts.links import issue
from marketplace.accounts.sessions import (
    close_session,
    close_sessions,
    open_session,
    renew_session,
    stamp_seen,
)
from marketplace.accounts.signing_in import is_password_of
from marketplace.accounts.tables import LinkPurpose, User, UserSession
from marketplace.guards.roles import viewer_in
from tests.accounts.test_signing import kinds_to
from tests.factories import people
from tests.factories.people import LONG_AGO as NOW

LATER = NOW + timedelta(hours=1)
NEW = "quatre autres mots ici"


def opened(session: Session, person: User) -> tuple[str, int]:
    token = open_session(session, person.id, NOW, "192.0.2.1", "Firefox/144.0\0", "password")
    session.flush()
    row = session.scalars(select(UserSession).order_by(UserSession.id.desc()).limit(1)).one()
    assert token not in repr(vars(row))
    return token, row.id


@pytest.fixture
def person(session: Session) -> User:
    return people.buyer(session)


def test_a_session_knows_its_person_and_all_that_it_belongs_to(
    session: Session, person: User
) -> None:
    desk = people.desk(session)
    session.add(people.DeskMember(desk_id=desk.id, user_id=person.id))
    token, session_id = opened(session, person)
    who = viewer_in(session, token, LATER)
    assert who is not None
    assert (who.user_id, who.session_id, who.desk_ids) == (person.id, session_id, {desk.id})
    assert who.is_buyer
    assert token not in repr(who)


@pytest.mark.parametrize("token", ["", "1", "x" * 43, "\0", "é\ud800"])
def test_a_forged_token_opens_nothing(session: Session, person: User, token: str) -> None:
    opened(session, person)
    assert viewer_in(session, token, LATER) is None


def test_a_session_ends_after_twelve_idle_hours(session: Session, person: User) -> None:
    token, session_id = opened(session, person)
    assert viewer_in(session, token, NOW + timedelta(hours=11, minutes=59))
    assert viewer_in(session, token, NOW + timedelta(hours=12)) is None
    stamp_seen(session, session_id, NOW + timedelta(hours=11))
    assert viewer_in(session, token, NOW + timedelta(hours=22))


def test_a_session_ends_after_two_weeks_however_busy(session: Session, person: User) -> None:
    token, session_id = opened(session, person)
    stamp_seen(session, session_id, NOW + timedelta(days=13, hours=23))
    assert viewer_in(session, token, NOW + timedelta(days=13, hours=23, minutes=59))
    assert viewer_in(session, token, NOW + timedelta(days=14)) is None


def test_a_renewed_session_leaves_the_former_token_outside(session: Session, person: User) -> None:
    token, session_id = opened(session, person)
    renewed = renew_session(session, session_id)
    assert viewer_in(session, token, LATER) is None
    assert viewer_in(session, renewed, LATER)


def test_a_person_closes_its_own_sessions_and_nobody_elses(session: Session, person: User) -> None:
    other = people.user(session)
    mine, mine_id = opened(session, person)
    elsewhere, _ = opened(session, person)
    theirs, theirs_id = opened(session, other)
    close_session(session, theirs_id, person.id, LATER)
    assert viewer_in(session, theirs, LATER)
    assert close_sessions(session, person.id, LATER, but=mine_id) == 1
    assert viewer_in(session, elsewhere, LATER) is None
    assert viewer_in(session, mine, LATER)
    close_session(session, mine_id, person.id, LATER)
    assert viewer_in(session, mine, LATER) is None


def test_a_closed_account_has_no_session(session: Session, person: User) -> None:
    token, _ = opened(session, person)
    person.is_active = False
    session.flush()
    assert viewer_in(session, token, LATER) is None


def test_the_sign_in_before_this_one_is_kept(session: Session, person: User) -> None:
    opened(session, person)
    open_session(session, person.id, LATER, "", "", "link")
    session.refresh(person)
    assert (person.previous_sign_in_at, person.last_sign_in_at) == (NOW, LATER)


def test_a_changed_password_closes_every_session_but_the_one_that_asked(
    session: Session, person: User
) -> None:
    here, here_id = opened(session, person)
    elsewhere, _ = opened(session, person)
    change_password(session, person.id, NEW, here_id, LATER, "")
    assert is_password_of(person, NEW)
    assert viewer_in(session, here, LATER)
    assert viewer_in(session, elsewhere, LATER) is None
    assert kinds_to(session, person.email) == ["accounts/password_changed"]


def test_a_reset_password_closes_every_session_and_confirms_the_address(session: Session) -> None:
    person = people.user(session, email_verified_at=None)
    anywhere, _ = opened(session, person)
    token = issue(session, LinkPurpose.RESET_PASSWORD, person, person.email, NOW)
    reset_password(session, token, NEW, NOW, "")
    assert is_password_of(person, NEW)
    assert person.email_verified_at == NOW
    assert viewer_in(session, anywhere, LATER) is None
