"""An invitation is for one address, once, for seven days."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts import inviting
from marketplace.accounts.inviting import LASTS, DeadInvitation, InvitationOfAnother
from marketplace.accounts.links import new_token
from marketplace.accounts.tables import Invitation, InvitationKind, User
from marketplace.audit import Action, AuditEntry
from tests.factories import people
from tests.factories.market import MONDAY

ORGANISATION = InvitationKind.ORGANISATION


@pytest.fixture
def by(session: Session) -> User:
    return people.user(session)


def invite(session: Session, by: User, address: str = "invitee@tandem.invalid") -> str:
    return inviting.invite(session, ORGANISATION, 7, "member", address, by.id, MONDAY)


def test_an_invitation_opens_until_it_expires_and_its_token_is_written_nowhere(
    session: Session, by: User
) -> None:
    token = invite(session, by)
    almost = MONDAY + LASTS - timedelta(seconds=1)
    invitation = inviting.open_invitation(session, token, almost)
    assert (invitation.subject_id, invitation.role) == (7, "member")
    assert token not in str(session.execute(select(Invitation.__table__)).all())
    with pytest.raises(DeadInvitation):
        inviting.open_invitation(session, token, MONDAY + LASTS)


@pytest.mark.parametrize("forged", ["", "x", "\0", "é" * 100_000, "'; --", "\ud800"])
def test_a_forged_token_opens_nothing(session: Session, by: User, forged: str) -> None:
    invite(session, by)
    with pytest.raises(DeadInvitation):
        inviting.open_invitation(session, forged, MONDAY)


def test_a_second_invitation_replaces_the_first_of_the_same_address_only(
    session: Session, by: User
) -> None:
    first, other = invite(session, by), invite(session, by, "autre@tandem.invalid")
    second = invite(session, by, "Invitee@TANDEM.invalid")
    with pytest.raises(DeadInvitation):
        inviting.open_invitation(session, first, MONDAY)
    assert inviting.open_invitation(session, second, MONDAY)
    assert inviting.open_invitation(session, other, MONDAY)


def test_it_serves_once_and_confirms_the_address_that_it_reached(
    session: Session, by: User
) -> None:
    token = invite(session, by)
    invitee = people.user(session, email="INVITEE@tandem.invalid", email_verified_at=None)
    invitation = inviting.open_invitation(session, token, MONDAY)
    inviting.accept(session, invitation, invitee.id, MONDAY, "192.0.2.1")
    assert invitee.email_verified_at == MONDAY
    with pytest.raises(DeadInvitation):
        inviting.accept(session, invitation, invitee.id, MONDAY)
    noted = session.scalars(
        select(AuditEntry).where(AuditEntry.action == Action.INVITATION_ACCEPTED)
    ).all()
    assert (noted[-1].actor_id, noted[-1].ip) == (invitee.id, "192.0.2.1")


def test_it_is_of_no_use_to_another(session: Session, by: User) -> None:
    invitation = inviting.open_invitation(session, invite(session, by), MONDAY)
    with pytest.raises(InvitationOfAnother):
        inviting.accept(session, invitation, by.id, MONDAY)
    assert invitation.accepted_at is None


def test_it_is_taken_back_only_by_naming_what_it_is_for(session: Session, by: User) -> None:
    invitation = inviting.open_invitation(session, invite(session, by), MONDAY)
    with pytest.raises(DeadInvitation):
        inviting.take_back(session, ORGANISATION, 8, invitation.id, by.id, MONDAY)
    inviting.take_back(session, ORGANISATION, 7, invitation.id, by.id, MONDAY)
    assert inviting.waiting_invitations(session, ORGANISATION, 7, MONDAY) == []


def test_of_a_thousand_replayed_or_forged_links_none_opens(session: Session, by: User) -> None:
    invitee = people.user(session, email="invitee@tandem.invalid")
    token = invite(session, by)
    inviting.accept(session, inviting.open_invitation(session, token, MONDAY), invitee.id, MONDAY)
    forged = [token, token.upper(), token[:-1], f"{token}=", *(new_token() for _ in range(996))]
    for one in forged:
        with pytest.raises(DeadInvitation):
            inviting.open_invitation(session, one, MONDAY)
    assert len(session.scalars(select(Invitation)).all()) == 1
