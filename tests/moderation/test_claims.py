"""A claim that no manager can answer waits on the desk of the structure, and leaves it once."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts import inviting, joining
from marketplace.accounts.joining import AlreadyDecided
from marketplace.accounts.tables import User
from marketplace.accounts.teams import Role
from marketplace.db import transaction
from marketplace.mail import OutgoingMail
from marketplace.moderation import claims
from marketplace.moderation.claims import MANAGERS_HAVE
from marketplace.moderation.queries import waiting
from marketplace.moderation.tables import Decision, Desk
from marketplace.needs.lifecycle import Move
from marketplace.structures.claiming import TEAM, Decider
from marketplace.structures.tables import Structure, StructureClaim, StructureMember
from marketplace.working_days import end_of_working_day_after
from tests.factories import people
from tests.factories.market import BESANCON, MONDAY, structure

IP = "192.0.2.1"


@pytest.fixture
def desk(session: Session) -> Desk:
    return people.desk(session, BESANCON)


@pytest.fixture
def facilitator(session: Session, desk: Desk) -> User:
    return people.facilitator(session, desk)


@pytest.fixture
def garden(session: Session) -> Structure:
    return structure(session)


def ask(session: Session, of: Structure) -> tuple[StructureClaim, Decider]:
    person = people.user(session)
    decider = claims.claim_structure(session, of.id, person.id, "Directrice", MONDAY, IP)
    return session.scalars(select(StructureClaim).filter_by(user_id=person.id)).one(), decider


def decide(
    session: Session, asked: StructureClaim, by: User, accepts: bool, reason: str = ""
) -> Decision:
    return claims.decide_claim(session, asked.id, by.id, accepts, reason, MONDAY, IP)


def role_of(session: Session, asked: StructureClaim) -> str | None:
    member = session.get(StructureMember, (asked.structure_id, asked.user_id))
    return member.role.value if member else None


def test_a_claim_waits_on_the_desk_of_the_seat_for_two_working_days(
    session: Session, desk: Desk, facilitator: User, garden: Structure
) -> None:
    asked, decider = ask(session, garden)
    assert decider is Decider.DESK
    [entry] = session.scalars(waiting([desk.id], MONDAY)).all()
    assert entry.claim is asked
    assert entry.due_at == end_of_working_day_after(MONDAY, 2)


def test_accepted_it_gives_the_structure_to_the_person_and_leaves_the_queue(
    session: Session, desk: Desk, facilitator: User, garden: Structure
) -> None:
    asked, _ = ask(session, garden)
    decision = decide(session, asked, facilitator, True)
    assert (decision.desk_id, decision.move) == (desk.id, Move.APPROVE)
    assert role_of(session, asked) == "manager"
    assert session.scalars(waiting([desk.id], MONDAY)).all() == []
    assert session.scalars(select(OutgoingMail)).one().kind == "structures/claim_accepted"


def test_refused_it_says_why_and_may_be_asked_again(
    session: Session, facilitator: User, garden: Structure
) -> None:
    asked, _ = ask(session, garden)
    decide(session, asked, facilitator, False, "Adresse inconnue de la structure")
    assert role_of(session, asked) is None
    mail = session.scalars(select(OutgoingMail)).one()
    assert mail.kind == "structures/claim_refused"
    assert mail.context["reason"] == "Adresse inconnue de la structure"
    again = claims.claim_structure(session, garden.id, asked.user_id, "", MONDAY, IP)
    assert again is Decider.DESK


def test_accepting_a_proposed_structure_lists_it_and_refusing_does_not(
    session: Session, facilitator: User
) -> None:
    new, wrong = structure(session, "Neuve"), structure(session, "Fausse")
    new.is_active = wrong.is_active = False
    decide(session, ask(session, new)[0], facilitator, True)
    decide(session, ask(session, wrong)[0], facilitator, False, "N'existe pas")
    assert (new.is_active, wrong.is_active) == (True, False)


def test_of_two_persons_who_claim_the_first_accepted_manages(
    session: Session, facilitator: User, garden: Structure
) -> None:
    first, second = ask(session, garden)[0], ask(session, garden)[0]
    decide(session, first, facilitator, True)
    decide(session, second, facilitator, True)
    assert (role_of(session, first), role_of(session, second)) == ("manager", "member")


def test_two_facilitators_at_once_make_one_decision(
    app: Flask, session: Session, desk: Desk, facilitator: User, garden: Structure
) -> None:
    asked, _ = ask(session, garden)
    claim_id, user_id, together, told = asked.id, facilitator.id, Barrier(2), []
    session.commit()

    def act(accepts: bool) -> None:
        with app.app_context():
            together.wait()
            try:
                with transaction() as own:
                    claims.decide_claim(own, claim_id, user_id, accepts, "Doublon", MONDAY, IP)
                told.append("done")
            except AlreadyDecided:
                told.append("too late")

    threads = [Thread(target=act, args=(accepts,)) for accepts in (True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["done", "too late"]
    assert len(session.scalars(select(Decision)).all()) == 1


def test_managers_who_answer_and_invitations_take_a_claim_off_the_desk(
    session: Session, desk: Desk, facilitator: User, garden: Structure
) -> None:
    first, second = ask(session, garden)[0], ask(session, garden)[0]
    third = ask(session, garden)[0]
    decide(session, first, facilitator, True)
    by = first.user_id
    claims.decide_as_manager(session, garden.id, second.id, by, False, "Partie", MONDAY, IP)
    joining.invite(session, TEAM, garden.id, third.user.email, Role.MEMBER, by, MONDAY, IP)
    [invitation] = inviting.waiting_invitations(session, TEAM.kind, garden.id, MONDAY)
    claims.join(session, invitation, third.user_id, MONDAY, IP)
    assert session.scalars(waiting([desk.id], MONDAY)).all() == []
    assert third.is_accepted
    with pytest.raises(AlreadyDecided):
        decide(session, second, facilitator, True)


def test_what_managers_leave_waiting_goes_to_the_desk_once(
    session: Session, desk: Desk, facilitator: User, garden: Structure
) -> None:
    manager = people.structure_manager(session, garden)
    asked, decider = ask(session, garden)
    assert decider is Decider.MANAGERS
    assert claims.take_up_stalled(session, MONDAY + MANAGERS_HAVE - timedelta(hours=1)) == 0
    manager.is_active = False
    session.flush()
    assert claims.take_up_stalled(session, MONDAY) == 1
    assert claims.take_up_stalled(session, MONDAY + MANAGERS_HAVE) == 0
    assert [entry.claim for entry in session.scalars(waiting([desk.id], MONDAY)).all()] == [asked]


def test_the_sweep_is_a_job(session: Session, desk: Desk, facilitator: User) -> None:
    from worker import tasks

    garden = structure(session)
    people.structure_manager(session, garden)
    asked, _ = ask(session, garden)
    asked.asked_at = people.LONG_AGO
    session.commit()
    tasks.take_up_stalled_claims()
    assert [entry.claim_id for entry in session.scalars(waiting([desk.id], MONDAY)).all()] == [
        asked.id
    ]
