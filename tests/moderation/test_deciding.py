"""A facilitator decides once, with a reason, and the need moves with it."""

from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.audit import Action, AuditEntry
from marketplace.db import transaction
from marketplace.jobs import Job
from marketplace.moderation import deciding, desks
from marketplace.moderation.queries import waiting as waiting_on
from marketplace.moderation.tables import Decision
from marketplace.needs.lifecycle import ForbiddenMove, Move, Status
from marketplace.needs.tables import Need
from tests.factories import people
from tests.factories.market import MONDAY, submitted_need


@pytest.fixture
def waiting(session: Session) -> tuple[Need, int]:
    """A need on the desk of Besançon, and its facilitator."""
    desk = people.desk(session, "25056")
    facilitator = people.facilitator(session, desk)
    buyer_of = people.organisation(session)
    buyer = people.buyer(session, buyer_of.id)
    need = submitted_need(session, buyer.id, buyer_of.id)
    desks.receive_need(session, need, MONDAY)
    session.commit()
    return need, facilitator.id


def test_an_approved_need_is_published_and_its_shortlist_asked_for_after_the_commit(
    waiting: tuple[Need, int], asked_jobs: list[object]
) -> None:
    need, facilitator_id = waiting
    with transaction() as session:
        deciding.approve(session, need.id, facilitator_id, MONDAY)
        assert asked_jobs == []

    assert need.status == Status.PUBLISHED
    assert need.published_at == MONDAY
    assert (Job.SHORTLIST_NEED, {"need_id": need.id}) in asked_jobs


def test_the_trail_says_who_decided_what_and_from_where(
    session: Session, waiting: tuple[Need, int]
) -> None:
    need, facilitator_id = waiting
    with transaction() as writing:
        deciding.reject(writing, need.id, facilitator_id, MONDAY, "Trop vague", "192.0.2.7")
    line = session.scalars(
        select(AuditEntry).where(
            AuditEntry.actor_id == facilitator_id, AuditEntry.action == Action.DECIDED
        )
    ).one()
    assert (line.object_kind, line.object_id, line.ip) == ("need", need.id, "192.0.2.7")
    assert line.details == {"move": "reject"}


def test_a_decision_undone_asks_for_nothing(
    waiting: tuple[Need, int], asked_jobs: list[object]
) -> None:
    need, facilitator_id = waiting

    def approve_then_fail() -> None:
        with transaction() as session:
            deciding.approve(session, need.id, facilitator_id, MONDAY)
            raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError):
        approve_then_fail()
    assert need.status == Status.SUBMITTED
    assert asked_jobs == []


def test_a_need_sent_back_keeps_the_reason_and_leaves_the_queue(
    session: Session, waiting: tuple[Need, int]
) -> None:
    need, facilitator_id = waiting
    with transaction() as writing:
        deciding.request_changes(writing, need.id, facilitator_id, MONDAY, "Précisez la surface")

    assert need.status == Status.CHANGES_REQUESTED
    assert need.moves[-1].reason == "Précisez la surface"
    decision = session.scalars(select(Decision)).one()
    assert (decision.move, decision.reason) == (Move.REQUEST_CHANGES, "Précisez la surface")
    assert session.scalars(waiting_on([decision.desk_id], MONDAY)).all() == []


def test_a_rejected_need_cannot_be_approved_afterwards(waiting: tuple[Need, int]) -> None:
    need, facilitator_id = waiting
    with transaction() as session:
        deciding.reject(session, need.id, facilitator_id, MONDAY, "Hors du champ")
    with pytest.raises(ForbiddenMove), transaction() as session:
        deciding.approve(session, need.id, facilitator_id, MONDAY)
    assert need.status == Status.REJECTED


def test_two_facilitators_at_once_make_one_decision(
    app: Flask, session: Session, waiting: tuple[Need, int]
) -> None:
    need, facilitator_id = waiting
    need_id, together, told = need.id, Barrier(2), []
    session.rollback()

    def decide(deed: object) -> None:
        with app.app_context():
            together.wait()
            try:
                with transaction() as own:
                    deed(own)  # type: ignore[operator]  # one of the two lambdas below
                told.append("done")
            except ForbiddenMove:
                told.append("too late")

    deeds = [
        lambda own: deciding.approve(own, need_id, facilitator_id, MONDAY),
        lambda own: deciding.reject(own, need_id, facilitator_id, MONDAY, "Doublon"),
    ]
    threads = [Thread(target=decide, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(told) == ["done", "too late"]
    assert len(session.scalars(select(Decision)).all()) == 1


def test_a_withdrawn_need_leaves_the_queue(session: Session, waiting: tuple[Need, int]) -> None:
    need, facilitator_id = waiting
    with transaction() as writing:
        deciding.withdraw(writing, need.id, need.author_id, MONDAY, "Budget repoussé")
    assert need.status == Status.WITHDRAWN
    with pytest.raises(ForbiddenMove), transaction() as writing:
        deciding.approve(writing, need.id, facilitator_id, MONDAY)
