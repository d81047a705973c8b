"""Another address: both sides confirm, and who has it already learns it by mail alone."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from marketplace.accounts.changing_address import ask_address, confirm_address
from marketplace.accounts.links import DeadLink
from marketplace.accounts.tables import LinkPurpose, User
from tests.accounts.test_signing import kinds_to, token_of
from tests.browsing import mailed
from tests.factories import people
from tests.factories.people import LONG_AGO as NOW

NEW = "nouvelle@ville.invalid"
OLD_SIDE, NEW_SIDE = LinkPurpose.LEAVE_ADDRESS, LinkPurpose.CONFIRM_ADDRESS


def asked(session: Session, new: str = NEW) -> tuple[User, str, str]:
    person = people.user(session)
    session.commit()
    ask_address(session, person.id, new, NOW)
    session.commit()
    leave = token_of(mailed(session, "accounts/leave_address", person.email))
    return person, leave, token_of(mailed(session, "accounts/confirm_new_address", new))


@pytest.mark.parametrize("is_old_first", [True, False])
def test_the_address_changes_once_both_sides_have_confirmed(
    session: Session, is_old_first: bool
) -> None:
    person, leave, confirm = asked(session)
    old = person.email
    sides = [(OLD_SIDE, leave), (NEW_SIDE, confirm)]
    first, second = sides if is_old_first else sides[::-1]
    assert confirm_address(session, *first, NOW, "") is False
    assert person.email == old
    assert confirm_address(session, *second, NOW, "") is True
    assert person.email == NEW
    assert kinds_to(session, old)[-1] == "accounts/address_changed"


def test_one_side_confirmed_twice_is_not_both(session: Session) -> None:
    person, leave, _ = asked(session)
    old = person.email
    confirm_address(session, OLD_SIDE, leave, NOW, "")
    with pytest.raises(DeadLink):
        confirm_address(session, OLD_SIDE, leave, NOW, "")
    with pytest.raises(DeadLink):
        confirm_address(session, NEW_SIDE, leave, NOW, "")
    assert person.email == old


def test_a_later_request_forgets_the_earlier_one(session: Session) -> None:
    person, leave, confirm = asked(session)
    confirm_address(session, NEW_SIDE, confirm, NOW, "")
    ask_address(session, person.id, "troisieme@ville.invalid", NOW)
    session.commit()
    with pytest.raises(DeadLink):
        confirm_address(session, OLD_SIDE, leave, NOW, "")
    leave = token_of(mailed(session, "accounts/leave_address", person.email))
    assert confirm_address(session, OLD_SIDE, leave, NOW, "") is False


def test_the_links_expire_after_a_day(session: Session) -> None:
    _, leave, _ = asked(session)
    with pytest.raises(DeadLink):
        confirm_address(session, OLD_SIDE, leave, NOW + timedelta(days=1), "")


def test_the_address_of_another_account_is_never_taken(session: Session) -> None:
    person, holder = people.user(session), people.user(session)
    session.commit()
    ask_address(session, person.id, holder.email.upper(), NOW)
    session.commit()
    assert kinds_to(session, person.email) == ["accounts/leave_address"]
    assert kinds_to(session, holder.email) == ["accounts/account_exists"]
    leave = token_of(mailed(session, "accounts/leave_address", person.email))
    assert confirm_address(session, OLD_SIDE, leave, NOW, "") is False


def test_an_address_that_another_account_takes_meanwhile_stays_its_own(session: Session) -> None:
    person, leave, confirm = asked(session)
    old = person.email
    confirm_address(session, OLD_SIDE, leave, NOW, "")
    people.user(session, email=NEW.upper())
    with pytest.raises(DeadLink):
        confirm_address(session, NEW_SIDE, confirm, NOW, "")
    assert person.email == old


def test_a_person_may_change_the_case_of_its_own_address(session: Session) -> None:
    person = people.user(session, email="Camille@ville.invalid")
    session.commit()
    ask_address(session, person.id, "camille@ville.invalid", NOW)
    session.commit()
    assert kinds_to(session, "camille@ville.invalid") == ["accounts/confirm_new_address"]
