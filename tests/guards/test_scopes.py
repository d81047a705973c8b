"""Who may open a need's page, and who sees its shortlist."""

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from marketplace.guards.roles import Viewer, viewer_of
from marketplace.guards.scopes import may_see_shortlist, visible_needs
from marketplace.moderation import desks
from marketplace.moderation.tables import QueueEntry
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need
from tests.factories import people
from tests.factories.market import MONDAY, offer, structure, submitted_need

PRIVATE = [Status.SUBMITTED, Status.CHANGES_REQUESTED, Status.REJECTED]


class Cast:
    """A need on a desk, and one person of each role, concerned or not."""

    def __init__(self, session: Session) -> None:
        buyer_of = people.organisation(session)
        buyer = people.buyer(session, buyer_of.id)
        desk, elsewhere = people.desk(session, "25056"), people.desk(session, "13", name="13")
        self.facilitator = people.facilitator(session, desk)
        other_facilitator = people.facilitator(session, elsewhere)
        supplier = structure(session)
        offer(session, supplier)
        self.need = submitted_need(session, buyer.id, buyer_of.id)
        desks.receive_need(session, self.need, MONDAY)
        everyone = {
            "buyer": buyer,
            "colleague": people.buyer(session, buyer_of.id),
            "other buyer": people.buyer(session),
            "structure member": people.structure_member(session, supplier),
            "facilitator": self.facilitator,
            "other facilitator": other_facilitator,
            "administrator": people.user(session, is_administrator=True),
        }
        session.flush()
        self.viewers: dict[str, Viewer | None] = {
            role: viewer_of(session, person.id) for role, person in everyone.items()
        }
        self.viewers["visitor"] = None

    def seeing_page(self, session: Session) -> set[str]:
        return {
            role
            for role, viewer in self.viewers.items()
            if session.scalars(visible_needs(viewer).where(Need.id == self.need.id)).first()
        }

    def seeing_shortlist(self, session: Session) -> set[str]:
        return {
            role
            for role, viewer in self.viewers.items()
            if may_see_shortlist(session, viewer, self.need)
        }


INSIDERS = {"buyer", "colleague", "facilitator", "administrator"}


@pytest.mark.parametrize("status", PRIVATE)
def test_only_insiders_open_a_need_that_is_not_published(session: Session, status: Status) -> None:
    cast = Cast(session)
    cast.need.status = status
    session.flush()
    assert cast.seeing_page(session) == INSIDERS


def test_only_its_buyers_open_a_draft(session: Session) -> None:
    """Administrators do not: its author is told that nobody else sees it."""
    cast = Cast(session)
    session.execute(delete(QueueEntry).where(QueueEntry.need_id == cast.need.id))
    cast.need.status = Status.DRAFT
    session.flush()
    assert cast.seeing_page(session) == {"buyer", "colleague"}


def test_everybody_opens_a_published_need_and_only_insiders_see_its_shortlist(
    session: Session,
) -> None:
    cast = Cast(session)
    cast.need.status = Status.PUBLISHED
    session.flush()
    assert cast.seeing_page(session) == set(cast.viewers)
    assert cast.seeing_shortlist(session) == INSIDERS


def test_an_account_that_was_closed_is_nobody(session: Session) -> None:
    person = people.user(session, is_active=False)
    assert viewer_of(session, person.id) is None
    assert viewer_of(session, 10**9) is None
