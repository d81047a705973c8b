"""An erased account says nothing of anyone; what others need of it stays."""

from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.accounts.personal import ERASED_NAME
from marketplace.accounts.tables import (
    Invitation,
    OrganisationMember,
    OrganisationRole,
    User,
)
from marketplace.audit import AuditEntry
from marketplace.db import db, transaction
from marketplace.mail import OutgoingMail
from marketplace.moderation import desks
from marketplace.moderation.tables import Decision, Desk, QueueEntry
from marketplace.needs.tables import Need
from marketplace.retention.erasing import (
    AccountIsErased,
    MustHandOver,
    charges_of,
    erase_own_account,
)
from marketplace.structures.tables import StructureClaim, StructureMember, StructureRole
from tests.factories import market, people
from tests.factories.market import BESANCON, MONDAY
from tests.factories.traces import ADDRESS, person_everywhere


def erase(user_id: int) -> None:
    with transaction() as session:
        erase_own_account(session, user_id, MONDAY, ip="203.0.113.5")


def manage(session: Session, organisation_id: int, *people_: User) -> None:
    for person in people_:
        session.add(
            OrganisationMember(
                organisation_id=organisation_id, user_id=person.id, role=OrganisationRole.MANAGER
            )
        )
    session.flush()


def test_an_erased_account_has_no_name_no_address_no_way_in(session: Session) -> None:
    person_id = person_everywhere(session).id
    erase(person_id)
    session.expire_all()
    person = session.get_one(User, person_id)
    assert person.full_name == ERASED_NAME == "Compte effacé"
    assert person.email == f"efface-{person_id}@tandem.invalid"
    assert (person.password_hash, person.is_active, person.is_administrator) == (None, False, False)
    assert person.erased_at == MONDAY
    assert person.last_sign_in_at is person.email_verified_at is None


def test_needs_and_decisions_stay_under_the_name_of_an_erased_account(session: Session) -> None:
    person_id = person_everywhere(session).id
    erase(person_id)
    session.expire_all()
    need = session.scalars(select(Need)).one()
    assert need.author.full_name == ERASED_NAME
    assert need.moves[0].user is not None
    assert need.moves[0].user.full_name == ERASED_NAME
    assert session.scalars(select(Decision)).one().moderator_id == person_id


def test_what_it_asked_is_closed_and_taken_off_the_desk(session: Session) -> None:
    person_id = person_everywhere(session).id
    erase(person_id)
    session.expire_all()
    claim = session.scalars(select(StructureClaim).filter_by(user_id=person_id)).one()
    assert (claim.message, claim.is_accepted, claim.decided_at) == ("", False, MONDAY)
    asked = select(QueueEntry.decided_at).where(QueueEntry.claim_id == claim.id)
    assert session.scalars(asked).one() == MONDAY


def test_the_invitations_it_sent_open_nothing_any_more(session: Session) -> None:
    person_id = person_everywhere(session).id
    erase(person_id)
    session.expire_all()
    sent = session.scalars(select(Invitation).filter_by(invited_by_id=person_id)).one()
    assert sent.withdrawn_at == MONDAY


def test_its_owner_is_told_by_a_last_mail_and_the_trail_tells_it(session: Session) -> None:
    person_id = person_everywhere(session).id
    erase(person_id)
    mail = session.scalars(select(OutgoingMail)).one()
    assert (mail.kind, mail.address, mail.user_id) == ("retention/account_erased", ADDRESS, None)
    told = session.scalars(
        select(AuditEntry).filter_by(action=audit.Action.ERASED, object_id=person_id)
    ).one()
    assert (told.actor_id, told.ip, told.details) == (person_id, "203.0.113.5", {"why": "asked"})


def test_nobody_is_told_at_an_address_that_was_never_confirmed(session: Session) -> None:
    impostor = people.user(session, email_verified_at=None)
    session.commit()
    erase(impostor.id)
    assert session.scalar(select(func.count(OutgoingMail.id))) == 0


def test_an_impostor_who_leaves_takes_nothing_of_the_address_it_gave(session: Session) -> None:
    person = person_everywhere(session)
    before = session.scalar(select(func.count(OutgoingMail.id)))
    person.email = "ailleurs@example.fr"
    session.flush()
    impostor = people.user(session, email=ADDRESS, email_verified_at=None)
    session.commit()
    erase(impostor.id)
    assert session.scalar(select(func.count(OutgoingMail.id))) == before
    assert session.scalars(select(Invitation).filter_by(accepted_by_id=person.id)).one()


def test_the_same_address_can_open_another_account_at_once(session: Session) -> None:
    erase(person_everywhere(session).id)
    again = people.user(session, email=ADDRESS)
    session.commit()
    assert again.id


def test_an_account_is_erased_once(session: Session) -> None:
    person_id = person_everywhere(session).id
    erase(person_id)
    with pytest.raises(AccountIsErased):
        erase(person_id)


def test_the_last_manager_of_people_hands_over_first(session: Session) -> None:
    town, garden = people.organisation(session, "Ville de Dole"), market.structure(session)
    person = people.user(session)
    manage(session, town.id, person)
    people.buyer(session, town.id)
    session.add(
        StructureMember(structure_id=garden.id, user_id=person.id, role=StructureRole.MANAGER)
    )
    people.structure_member(session, garden)
    session.commit()
    with pytest.raises(MustHandOver):
        erase(person.id)
    session.expire_all()
    assert person.full_name == "Camille Martin"
    charges = charges_of(session, person.id)
    assert [charge.name for charge in charges] == ["Ville de Dole", "Les Jardins d'essai"]
    assert all(charge.page.endswith("/equipe") for charge in charges)


def test_a_manager_whose_colleague_can_no_longer_sign_in_is_the_last_one(session: Session) -> None:
    town = people.organisation(session)
    person, gone = people.user(session), people.user(session, is_active=False)
    manage(session, town.id, person, gone)
    people.buyer(session, town.id)
    session.commit()
    with pytest.raises(MustHandOver):
        erase(person.id)


def test_who_is_alone_in_an_organisation_may_leave_it(session: Session) -> None:
    town, person = people.organisation(session), people.user(session)
    manage(session, town.id, person)
    session.commit()
    erase(person.id)
    assert session.scalars(select(OrganisationMember)).all() == []


def test_the_last_administrator_stays_until_there_is_another(session: Session) -> None:
    person = people.user(session, is_administrator=True)
    people.user(session, is_administrator=True, is_active=False)
    session.commit()
    with pytest.raises(MustHandOver):
        erase(person.id)
    people.user(session, is_administrator=True)
    session.commit()
    erase(person.id)


def test_of_two_managers_who_leave_at_once_one_stays(app: Flask, session: Session) -> None:
    town = people.organisation(session)
    leaving = people.user(session), people.user(session)
    manage(session, town.id, *leaving)
    people.buyer(session, town.id)
    ids = [person.id for person in leaving]
    session.commit()
    start, outcomes = Barrier(2), []

    def leave(user_id: int) -> None:
        with app.app_context():
            start.wait()
            try:
                erase(user_id)
                outcomes.append("erased")
            except MustHandOver:
                outcomes.append("stays")
            finally:
                db.session.remove()

    threads = [Thread(target=leave, args=(user_id,)) for user_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["erased", "stays"]


def test_the_queue_of_a_desk_whose_only_facilitator_leaves_is_handed_on(session: Session) -> None:
    desk = people.desk(session, BESANCON)
    facilitator, buyer = people.facilitator(session, desk), people.buyer(session)
    town = session.scalars(select(OrganisationMember.organisation_id)).one()
    need = market.submitted_need(session, buyer.id, town)
    entry = desks.receive_need(session, need, MONDAY)
    session.flush()
    assert entry.desk_id == desk.id
    session.commit()
    erase(facilitator.id)
    session.expire_all()
    assert session.get_one(Desk, entry.desk_id).is_national
