"""A facilitator helps a need that finds too few answers; its buyer decides."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers import supporting
from marketplace.answers.consortium_queries import facilitators_of
from marketplace.answers.support_queries import could_publish, silent_matches
from marketplace.answers.support_tables import ProposalStatus
from marketplace.answers.supporting import NotProposed
from marketplace.db import transaction
from marketplace.mail import OutgoingMail
from marketplace.matching.lifecycle import MatchStatus
from marketplace.moderation.desks import receive_need
from marketplace.needs.tables import NeedAmendment
from marketplace.structures.kinds import Kind
from tests.answers.market import Market, close, market_of
from tests.factories import people
from tests.factories.market import MONDAY, structure


def posted(session: Session, **changes: object) -> tuple[Market, int]:
    """A need on a desk, and its facilitator."""
    desk = people.desk(session, "25056")
    facilitator = people.facilitator(session, desk)
    market = market_of(session, structures=2, **changes)  # type: ignore[arg-type]  # a test's own values
    receive_need(session, market.need, MONDAY)
    session.commit()
    return market, facilitator.id


def test_the_silent_are_told_and_say_nothing(session: Session) -> None:
    market, facilitator = posted(session)
    market.match(session).status = MatchStatus.NOTIFIED
    session.commit()
    silent = session.scalars(silent_matches(market.need.id)).all()
    assert [match.structure_id for match in silent] == [market.structures[0].id]
    assert [person.id for person in facilitators_of(session, market.need)] == [facilitator]


def test_a_structure_is_asked_for_an_offer_once(session: Session) -> None:
    market, facilitator = posted(session, kinds=(Kind.ACI,))
    silent = structure(session, "Sans offre")
    people.structure_member(session, silent)
    nobody = structure(session, "Sans personne")
    session.commit()
    assert list(could_publish(session, market.need, 10)) == [silent]
    asked = []
    for _ in range(2):
        with transaction() as writing:
            asked.append(
                supporting.ask_for_offer(
                    writing, market.need.id, silent.id, facilitator, clock.now()
                )
            )
    assert asked == [True, False]
    assert list(could_publish(session, market.need, 10)) == []
    mails = session.scalars(
        select(OutgoingMail).where(OutgoingMail.kind == "answers/offer_invitation")
    )
    assert [mail.context["structure"] for mail in mails] == ["Sans offre"]
    with pytest.raises(NotProposed, match="appelez-la"), transaction() as writing:
        supporting.ask_for_offer(writing, market.need.id, nobody.id, facilitator, clock.now())


def test_the_buyer_accepts_a_later_deadline_once(session: Session) -> None:
    market, facilitator = posted(session)
    before = market.need.deadline_on
    assert before is not None
    with pytest.raises(NotProposed, match="plus tard"), transaction() as writing:
        supporting.propose_extension(writing, market.need.id, before, "", facilitator, clock.now())
    with transaction() as writing:
        proposal = supporting.propose_extension(
            writing, market.need.id, before + timedelta(days=7), "", facilitator, clock.now()
        ).id
    session.rollback()
    assert market.need.deadline_on == before  # nothing changes without the buyer
    for _ in range(2):
        with transaction() as writing:
            supporting.accept(writing, proposal, market.buyer.id, clock.now())
    session.rollback()
    assert market.need.deadline_on == before + timedelta(days=7)
    assert session.query(NeedAmendment).count() == 1
    with pytest.raises(NotProposed, match="déjà été acceptée"), transaction() as writing:
        supporting.refuse(writing, proposal, market.buyer.id, clock.now())


def test_the_buyer_admits_structures_from_further_away_or_not(session: Session) -> None:
    market, facilitator = posted(session, radius_km=10)
    with transaction() as writing:
        first = supporting.propose_widening(
            writing, market.need.id, 40, "Peu de monde", facilitator, clock.now()
        )
        assert supporting.in_words(first) == "Admettre des structures jusqu'à 40\u00a0km"
        proposal = first.id
    with pytest.raises(NotProposed, match="attend déjà"), transaction() as writing:
        supporting.propose_widening(writing, market.need.id, None, "", facilitator, clock.now())
    with transaction() as writing:
        supporting.refuse(writing, proposal, market.buyer.id, clock.now())
    with pytest.raises(NotProposed, match="refusée"), transaction() as writing:
        supporting.accept(writing, proposal, market.buyer.id, clock.now())
    with transaction() as writing:
        second = supporting.propose_widening(
            writing, market.need.id, None, "", facilitator, clock.now()
        ).id
    with transaction() as writing:
        supporting.accept(writing, second, market.buyer.id, clock.now())
    session.rollback()
    assert market.need.radius_km is None
    with pytest.raises(NotProposed, match="ne limite pas"), transaction() as writing:
        supporting.propose_widening(writing, market.need.id, 50, "", facilitator, clock.now())


def test_a_proposal_to_a_need_closed_meanwhile_changes_nothing(session: Session) -> None:
    market, facilitator = posted(session, radius_km=10)
    with transaction() as writing:
        proposal = supporting.propose_widening(
            writing, market.need.id, 40, "", facilitator, clock.now()
        )
        number = proposal.id
    close(session, market.need)
    with pytest.raises(NotProposed, match="clos"), transaction() as writing:
        supporting.accept(writing, number, market.buyer.id, clock.now())
    session.rollback()
    assert market.need.radius_km == 10
    assert session.get_one(type(proposal), number).status is ProposalStatus.OPEN
