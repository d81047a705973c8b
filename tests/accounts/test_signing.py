"""Signing up and in: nobody uses an address that is not its own, nor learns who has one."""

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.accounts.links import issue
from marketplace.accounts.sessions import is_live, open_session
from marketplace.accounts.signing_in import (
    ask_link,
    enter_by_link,
    is_password_of,
    sign_in,
)
from marketplace.accounts.signing_up import (
    NewAccount,
    Profile,
    WrongPassword,
    send_verification,
    sign_up,
    verify_address,
)
from marketplace.accounts.tables import LinkPurpose, User, UserSession
from marketplace.audit import Action, AuditEntry
from marketplace.guards.roles import viewer_of
from marketplace.mail import OutgoingMail
from tests.browsing import mailed
from tests.factories import people
from tests.factories.people import LONG_AGO as NOW
from tests.factories.people import PASSWORD

MINE = NewAccount("camille@ville.invalid", "Camille Martin", PASSWORD, Profile.BUYER)


def token_of(link: str) -> str:
    return link.partition("?")[0].rpartition("/")[2]


def kinds_to(session: Session, address: str) -> list[str]:
    sent = select(OutgoingMail.kind).where(OutgoingMail.address == address)
    return list(session.scalars(sent.order_by(OutgoingMail.id)))


def test_a_new_account_belongs_to_nothing_until_its_address_is_confirmed(session: Session) -> None:
    sign_up(session, MINE, NOW, "192.0.2.1")
    session.commit()
    user = session.scalars(select(User)).one()
    organisation = people.organisation(session)
    session.add(people.OrganisationMember(organisation_id=organisation.id, user_id=user.id))
    user.is_administrator = True
    session.commit()
    before = viewer_of(session, user.id)
    assert before is not None
    assert (before.is_verified, before.is_buyer, before.is_administrator) == (False, False, False)

    token = token_of(mailed(session, "accounts/verify_email", MINE.email))
    assert verify_address(session, token, PASSWORD, None, NOW, "").id == user.id
    after = viewer_of(session, user.id)
    assert after is not None
    assert (after.is_verified, after.is_buyer, after.is_administrator) == (True, True, True)


def test_an_address_is_confirmed_only_by_who_signed_up_with_it(session: Session) -> None:
    """Somebody signs up with my address and waits for me to follow the link."""
    sign_up(session, MINE, NOW, "")
    session.commit()
    user = session.scalars(select(User)).one()
    token = token_of(mailed(session, "accounts/verify_email", MINE.email))
    for password, signed_in_id in [(None, None), ("pas le bon du tout", None), ("", user.id + 1)]:
        with pytest.raises(WrongPassword):
            verify_address(session, token, password, signed_in_id, NOW, "")
    assert verify_address(session, token, None, user.id, NOW, "").email_verified_at == NOW


def test_the_last_to_sign_up_with_an_unconfirmed_address_wins(session: Session) -> None:
    sign_up(
        session, NewAccount(MINE.email, "Un inconnu", "le mot de l'inconnu", MINE.profile), NOW, ""
    )
    session.commit()
    user = session.scalars(select(User)).one()
    open_session(session, user.id, NOW, "", "", "password")
    sign_up(session, NewAccount(MINE.email.upper(), *_rest()), NOW, "")
    session.commit()
    user = session.scalars(select(User)).one()
    assert user.full_name == "Camille Martin"
    assert is_password_of(user, PASSWORD)
    assert session.scalars(select(UserSession).where(is_live(NOW))).all() == []


def _rest() -> tuple[str, str, Profile]:
    return MINE.full_name, MINE.password, MINE.profile


def test_a_known_address_gets_no_second_account_and_its_holder_is_told(session: Session) -> None:
    holder = people.user(session, email=MINE.email, full_name="Camille")
    session.commit()
    before = holder.password_hash
    sign_up(session, NewAccount(MINE.email.upper(), *_rest()), NOW, "")
    session.commit()
    assert session.scalar(select(func.count(User.id))) == 1
    assert (holder.full_name, holder.password_hash) == ("Camille", before)
    assert kinds_to(session, MINE.email) == ["accounts/account_exists"]


def test_a_verification_is_mailed_again_only_while_it_is_needed(session: Session) -> None:
    waiting = people.user(session, email_verified_at=None)
    confirmed = people.user(session)
    for person in (waiting, confirmed):
        send_verification(session, person.id, NOW)
    assert kinds_to(session, waiting.email) == ["accounts/verify_email"]
    assert kinds_to(session, confirmed.email) == []


def test_a_password_opens_an_account_of_its_own_and_refusals_are_noted(session: Session) -> None:
    person = people.user(session)
    closed, bare = people.user(session, is_active=False), people.user(session, password_hash=None)
    assert sign_in(session, f" {person.email.upper()} ", PASSWORD, "192.0.2.1") is person
    for email, password in [
        (person.email, "pas le bon du tout"),
        (closed.email, PASSWORD),
        (bare.email, PASSWORD),
        (bare.email, "nobody's password"),
        ("inconnu@tandem.invalid", "nobody's password"),
        ("a\0b", "\0"),
    ]:
        assert sign_in(session, email, password, "192.0.2.1") is None
    session.flush()
    last = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(6)
    entries = session.scalars(last).all()
    assert {entry.action for entry in entries} == {Action.SIGN_IN_REFUSED}
    assert [entry.object_id for entry in entries][::-1] == [
        person.id,
        closed.id,
        bare.id,
        bare.id,
        None,
        None,
    ]


def test_the_same_password_opens_from_a_keyboard_that_composes_accents(session: Session) -> None:
    composed, decomposed = "un été très très long", "un e\u0301te\u0301 tre\u0300s tre\u0300s long"
    sign_up(session, NewAccount("ete@ville.invalid", "Été", composed, MINE.profile), NOW, "")
    assert sign_in(session, "ete@ville.invalid", decomposed, "") is not None


def test_a_hash_of_older_settings_is_renewed_at_sign_in(session: Session) -> None:
    older = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8192, parallelism=1),))
    person = people.user(session, password_hash=older.hash(PASSWORD))
    assert sign_in(session, person.email, PASSWORD, "") is person
    assert person.password_hash is not None
    assert person.password_hash.startswith("$argon2id$")
    assert "m=65536,t=3,p=4" in person.password_hash


def test_a_mailed_link_opens_the_account_and_a_stranger_is_told_that_there_is_none(
    session: Session,
) -> None:
    person, closed = people.user(session), people.user(session, is_active=False)
    for email in (person.email.upper(), closed.email, "inconnu@tandem.invalid"):
        ask_link(session, LinkPurpose.SIGN_IN, email, NOW)
    session.commit()
    assert kinds_to(session, closed.email) == ["accounts/no_account"]
    assert kinds_to(session, "inconnu@tandem.invalid") == ["accounts/no_account"]
    token = token_of(mailed(session, "accounts/magic_link", person.email))
    assert enter_by_link(session, token, NOW, "").id == person.id


def test_a_mailed_link_takes_an_address_back_from_who_signed_up_with_it(session: Session) -> None:
    person = people.user(session, email_verified_at=None)
    open_session(session, person.id, NOW, "", "", "password")
    token = issue(session, LinkPurpose.SIGN_IN, person, person.email, NOW)
    enter_by_link(session, token, NOW, "")
    session.flush()
    assert (person.email_verified_at, person.password_hash) == (NOW, None)
    assert session.scalars(select(UserSession).where(is_live(NOW))).all() == []
