"""Mailed links: for one purpose, once, for a while, and not after what they open has changed."""

import secrets
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.accounts.changing_password import change_password, reset_password
from marketplace.accounts.links import LASTS, DeadLink, end_links, hash_of, issue, living, use
from marketplace.accounts.signing_in import enter_by_link
from marketplace.accounts.tables import AccountLink, LinkPurpose, User, UserSession
from marketplace.db import transaction
from tests.factories import people
from tests.factories.people import LONG_AGO as NOW


def link_for(session: Session, purpose: LinkPurpose, **more: object) -> tuple[User, str]:
    person = people.user(session, **more)
    token = issue(session, purpose, person, person.email, NOW)
    session.commit()
    return person, token


def test_only_the_hash_of_a_token_is_kept(session: Session) -> None:
    _, token = link_for(session, LinkPurpose.SIGN_IN)
    row = session.scalars(select(AccountLink)).one()
    assert row.token_hash == hash_of(token)
    assert token not in repr(vars(row))
    assert len(token) >= 43  # 256 bits


@pytest.mark.parametrize("purpose", LASTS)
def test_a_link_works_once_and_until_it_expires(session: Session, purpose: LinkPurpose) -> None:
    person, token = link_for(session, purpose)
    with pytest.raises(DeadLink):
        living(session, purpose, token, NOW + LASTS[purpose])
    assert use(session, purpose, token, NOW + LASTS[purpose] / 2).user_id == person.id
    with pytest.raises(DeadLink):
        use(session, purpose, token, NOW + LASTS[purpose] / 2)


def test_a_sign_in_link_lasts_ten_minutes_and_a_reset_an_hour() -> None:
    assert LASTS[LinkPurpose.SIGN_IN] == timedelta(minutes=10)
    assert LASTS[LinkPurpose.RESET_PASSWORD] == timedelta(minutes=60)


def test_a_link_serves_no_other_purpose(session: Session) -> None:
    _, token = link_for(session, LinkPurpose.VERIFY_EMAIL)
    for other in set(LinkPurpose) - {LinkPurpose.VERIFY_EMAIL}:
        with pytest.raises(DeadLink):
            use(session, other, token, NOW)


def test_a_later_link_replaces_the_earlier_one(session: Session) -> None:
    person, first = link_for(session, LinkPurpose.SIGN_IN)
    second = issue(session, LinkPurpose.SIGN_IN, person, person.email, NOW)
    with pytest.raises(DeadLink):
        use(session, LinkPurpose.SIGN_IN, first, NOW)
    assert use(session, LinkPurpose.SIGN_IN, second, NOW)


def test_a_link_dies_when_the_password_or_the_address_changes_or_the_account_closes(
    session: Session,
) -> None:
    person, token = link_for(session, LinkPurpose.SIGN_IN)
    person.email = "autre@tandem.invalid"
    session.flush()
    with pytest.raises(DeadLink):
        living(session, LinkPurpose.SIGN_IN, token, NOW)
    session.rollback()
    person.is_active = False
    session.flush()
    with pytest.raises(DeadLink):
        living(session, LinkPurpose.SIGN_IN, token, NOW)
    session.rollback()
    change_password(session, person.id, "quatre autres mots ici", None, NOW, "")
    with pytest.raises(DeadLink):
        living(session, LinkPurpose.SIGN_IN, token, NOW)


def test_nobody_has_no_link(session: Session) -> None:
    issue(session, LinkPurpose.SIGN_IN, None, "inconnu@tandem.invalid", NOW)
    assert session.scalar(select(func.count(AccountLink.id))) == 0


def test_a_thousand_replayed_or_forged_links_open_nothing(session: Session) -> None:
    person, used = link_for(session, LinkPurpose.SIGN_IN)
    _, reset = link_for(session, LinkPurpose.RESET_PASSWORD)
    _, expired = link_for(session, LinkPurpose.VERIFY_EMAIL)
    with transaction() as writing:
        enter_by_link(writing, used, NOW, "")
        reset_password(writing, reset, "quatre autres mots ici", NOW, "")
    before = session.scalar(select(func.count(User.id)))
    hash_before = session.scalar(select(User.password_hash).where(User.id == person.id))
    tries = [used, reset, expired, used[:-1], used + "A", used.swapcase(), hash_of(used), "", "\0"]
    tries += [secrets.token_urlsafe(32) for _ in range(1000 - len(tries))]
    opened = 0
    late = NOW + timedelta(days=4)
    for token in tries:
        for deed in (
            lambda t: enter_by_link(session, t, late, ""),
            lambda t: reset_password(session, t, "encore quatre autres mots", late, ""),
            lambda t: use(session, LinkPurpose.VERIFY_EMAIL, t, late),
        ):
            try:
                deed(token)
                opened += 1
            except DeadLink:
                pass
    session.commit()
    assert opened == 0
    assert session.scalar(select(func.count(User.id))) == before
    assert session.scalar(select(func.count(UserSession.id))) == 0
    assert session.scalar(select(User.password_hash).where(User.id == person.id)) == hash_before


def test_all_the_links_of_a_person_end_and_nobody_elses(session: Session) -> None:
    person, mine = link_for(session, LinkPurpose.SIGN_IN)
    _, others = link_for(session, LinkPurpose.SIGN_IN)
    end_links(session, person.id)
    assert living(session, LinkPurpose.SIGN_IN, others, NOW)
    with pytest.raises(DeadLink):
        living(session, LinkPurpose.SIGN_IN, mine, NOW)
