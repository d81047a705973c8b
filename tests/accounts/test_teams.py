"""Roles in an organisation: managers decide, and one of them always stays."""

from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts import inviting, joining, teams
from marketplace.accounts.joining import AlreadyAsked, AlreadyDecided
from marketplace.accounts.organisations import (
    TEAM,
    AlreadyThere,
    OrganisationDraft,
    open_organisation,
)
from marketplace.accounts.tables import (
    Organisation,
    OrganisationKind,
    OrganisationRequest,
    OrganisationRole,
    User,
)
from marketplace.accounts.teams import (
    AlreadyMember,
    LastManager,
    NotManager,
    NotVerified,
    Role,
)
from marketplace.audit import AuditEntry
from marketplace.db import transaction
from marketplace.mail import OutgoingMail
from tests.factories import people
from tests.factories.market import MONDAY

IP = "192.0.2.1"
MANAGER, MEMBER = OrganisationRole.MANAGER, OrganisationRole.MEMBER


@pytest.fixture
def town(session: Session) -> Organisation:
    return people.organisation(session)


@pytest.fixture
def manager(session: Session, town: Organisation) -> User:
    return people.organisation_member(session, town.id, MANAGER)


@pytest.fixture
def member(session: Session, town: Organisation) -> User:
    return people.organisation_member(session, town.id, MEMBER)


def mails(session: Session) -> list[tuple[str, str]]:
    return [(mail.kind, mail.address) for mail in session.scalars(select(OutgoingMail))]


def roles(session: Session, town: Organisation) -> dict[int, str]:
    return {m.user_id: m.role.value for m in teams.members_of(session, TEAM, town.id)}


def ask(session: Session, town: Organisation, person: User) -> OrganisationRequest:
    asked: OrganisationRequest = joining.ask(session, TEAM, town.id, person.id, "", MONDAY, IP)
    return asked


def test_who_opens_an_organisation_manages_it(session: Session) -> None:
    person = people.user(session)
    draft = OrganisationDraft("21250056500016", "Ville d'essai", OrganisationKind.COMMUNE, "25056")
    town = open_organisation(session, draft, person.id, MONDAY, IP)
    assert roles(session, town) == {person.id: "manager"}
    with pytest.raises(AlreadyThere):
        open_organisation(session, draft, people.user(session).id, MONDAY, IP)


def test_nobody_opens_nor_asks_before_confirming_an_address(
    session: Session, town: Organisation
) -> None:
    person = people.user(session, email_verified_at=None)
    draft = OrganisationDraft("21250056500016", "Ville d'essai", OrganisationKind.COMMUNE, None)
    with pytest.raises(NotVerified):
        open_organisation(session, draft, person.id, MONDAY, IP)
    with pytest.raises(NotVerified):
        ask(session, town, person)


def test_a_request_goes_to_every_manager_and_the_answer_to_who_asked(
    session: Session, town: Organisation, manager: User, member: User
) -> None:
    newcomer = people.user(session)
    asked = ask(session, town, newcomer)
    assert mails(session) == [("accounts/request_to_decide", manager.email)]
    joining.decide(session, TEAM, town.id, asked.id, manager.id, True, "", MONDAY, IP)
    assert roles(session, town)[newcomer.id] == "member"
    assert mails(session)[1:] == [("accounts/request_accepted", newcomer.email)]
    about_town = AuditEntry.object_id == town.id, AuditEntry.object_kind == "organisation"
    noted = session.scalars(select(AuditEntry).where(*about_town).order_by(AuditEntry.id)).all()
    assert [entry.action.value for entry in noted][-3:] == [
        "claim_asked",
        "claim_decided",
        "member_added",
    ]


def test_without_a_manager_administrators_are_asked(
    session: Session, town: Organisation, member: User
) -> None:
    administrator = people.user(session, is_administrator=True)
    asked = ask(session, town, people.user(session))
    assert mails(session) == [("accounts/request_to_decide", administrator.email)]
    joining.decide(session, TEAM, town.id, asked.id, administrator.id, True, "", MONDAY, IP)
    assert roles(session, town)[asked.user_id] == "manager"


def test_a_member_decides_nothing_and_a_manager_nothing_of_another_organisation(
    session: Session, town: Organisation, manager: User, member: User
) -> None:
    asked = ask(session, town, people.user(session))
    elsewhere = people.organisation(session)
    foreigner = people.organisation_member(session, elsewhere.id, MANAGER)
    for by in (member, foreigner):
        with pytest.raises(NotManager):
            joining.decide(session, TEAM, town.id, asked.id, by.id, True, "", MONDAY, IP)
        with pytest.raises(NotManager):
            joining.invite(session, TEAM, town.id, "x@y.fr", Role.MANAGER, by.id, MONDAY, IP)
        with pytest.raises(NotManager):
            teams.remove(session, TEAM, town.id, manager.id, by.id, MONDAY, IP)
        with pytest.raises(NotManager):
            teams.change_role(session, TEAM, town.id, by.id, Role.MANAGER, by.id, MONDAY, IP)
    with pytest.raises(Exception, match="No row"):
        joining.decide(session, TEAM, elsewhere.id, asked.id, foreigner.id, True, "", MONDAY, IP)
    assert asked.decided_at is None


def test_one_asks_once_and_not_at_all_when_in(
    session: Session, town: Organisation, member: User
) -> None:
    newcomer = people.user(session)
    ask(session, town, newcomer)
    with pytest.raises(AlreadyAsked):
        ask(session, town, newcomer)
    with pytest.raises(AlreadyMember):
        ask(session, town, member)


def test_the_last_manager_neither_leaves_nor_steps_down_until_another_is_named(
    session: Session, town: Organisation, manager: User, member: User
) -> None:
    closed = people.organisation_member(session, town.id, MANAGER, is_active=False)
    with pytest.raises(LastManager):
        teams.remove(session, TEAM, town.id, manager.id, manager.id, MONDAY, IP)
    with pytest.raises(LastManager):
        teams.change_role(session, TEAM, town.id, manager.id, Role.MEMBER, manager.id, MONDAY, IP)
    teams.hand_over(session, TEAM, town.id, member.id, manager.id, MONDAY, IP)
    expected = {member.id: "manager", manager.id: "member", closed.id: "manager"}
    assert roles(session, town) == expected
    teams.remove(session, TEAM, town.id, manager.id, manager.id, MONDAY, IP)
    assert manager.id not in roles(session, town)


def test_who_leaves_takes_back_the_invitations_it_sent(
    session: Session, town: Organisation, manager: User
) -> None:
    other = people.organisation_member(session, town.id, MANAGER)
    joining.invite(session, TEAM, town.id, "a@tandem.invalid", Role.MANAGER, other.id, MONDAY, IP)
    joining.invite(session, TEAM, town.id, "b@tandem.invalid", Role.MEMBER, manager.id, MONDAY, IP)
    teams.remove(session, TEAM, town.id, other.id, manager.id, MONDAY, IP)
    left = inviting.waiting_invitations(session, TEAM.kind, town.id, MONDAY)
    assert [invitation.address for invitation in left] == ["b@tandem.invalid"]


def test_an_invitation_lets_in_with_its_role_and_answers_the_request_that_waited(
    session: Session, town: Organisation, manager: User
) -> None:
    newcomer = people.user(session)
    asked = ask(session, town, newcomer)
    joining.invite(session, TEAM, town.id, newcomer.email, Role.MANAGER, manager.id, MONDAY, IP)
    invitation = inviting.waiting_invitations(session, TEAM.kind, town.id, MONDAY)[0]
    joining.join(session, TEAM, invitation, newcomer.id, MONDAY, IP)
    assert roles(session, town)[newcomer.id] == "manager"
    assert asked.is_accepted
    with pytest.raises(AlreadyMember):
        joining.invite(session, TEAM, town.id, newcomer.email, Role.MEMBER, manager.id, MONDAY, IP)


def at_once(app: Flask, *deeds: object) -> list[str]:
    """What each of two persons who act together is told."""
    together, told = Barrier(len(deeds)), []

    def act(deed: object) -> None:
        with app.app_context():
            together.wait()
            try:
                with transaction() as own:
                    deed(own)  # type: ignore[operator]  # one of the lambdas below
                told.append("done")
            except (AlreadyDecided, LastManager, NotManager) as error:
                told.append(type(error).__name__)

    threads = [Thread(target=act, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(told)


def test_two_managers_who_answer_at_once_make_one_decision(
    app: Flask, session: Session, town: Organisation, manager: User
) -> None:
    other = people.organisation_member(session, town.id, MANAGER)
    asked = ask(session, town, people.user(session))
    ids = town.id, asked.id
    by = manager.id, other.id
    session.commit()
    told = at_once(
        app,
        lambda own: joining.decide(own, TEAM, *ids, by[0], True, "", MONDAY, IP),
        lambda own: joining.decide(own, TEAM, *ids, by[1], False, "Inconnu", MONDAY, IP),
    )
    assert told == ["AlreadyDecided", "done"]
    assert sum(kind != "accounts/request_to_decide" for kind, _ in mails(session)) == 1


def test_two_managers_who_remove_each_other_at_once_leave_one(
    app: Flask, session: Session, town: Organisation, manager: User
) -> None:
    other = people.organisation_member(session, town.id, MANAGER)
    town_id, a, b = town.id, manager.id, other.id
    session.commit()
    told = at_once(
        app,
        lambda own: teams.remove(own, TEAM, town_id, a, b, MONDAY, IP),
        lambda own: teams.remove(own, TEAM, town_id, b, a, MONDAY, IP),
    )
    assert told == ["NotManager", "done"]
    session.rollback()
    assert len(roles(session, town)) == 1
