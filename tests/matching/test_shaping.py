"""Rows as the ranking takes them in: what a structure accepts, promises and answered."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.matching import shapes
from marketplace.matching.feedback import feedback
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.live_index import live_index, note_closed_needs
from marketplace.matching.moving import move_match
from marketplace.matching.shaping import need_shape, offer_shapes
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import Match, OfferChange
from marketplace.needs.lifecycle import Move, Status
from marketplace.needs.tables import Lever, Need, NeedMove
from marketplace.structures.kinds import HANDICAP
from tests.factories import people
from tests.factories.market import MONDAY, offer, structure, submitted_need


@pytest.fixture
def need(session: Session) -> Need:
    buyer_of = people.organisation(session)
    row = submitted_need(session, people.buyer(session, buyer_of.id).id, buyer_of.id)
    row.status = Status.PUBLISHED
    session.commit()
    return row


def shape(session: Session) -> shapes.Offer:
    session.commit()
    (one,) = offer_shapes(session)
    return one


def tell(session: Session, need: Need, *then: MatchStatus) -> None:
    """Rank a need, tell the structures found, and have them answer."""
    shortlist_need(session, need.id, MONDAY)
    for match in session.scalars(select(Match).where(Match.need_id == need.id)):
        for status in (MatchStatus.NOTIFIED, *then):
            move_match(session, match, status, None, MONDAY)
    session.commit()


def close(session: Session, need: Need) -> None:
    need.status = Status.CLOSED
    session.add(NeedMove(need_id=need.id, move=Move.CLOSE, status=Status.CLOSED, moved_at=MONDAY))
    session.commit()


def test_what_a_structure_says_of_itself_reaches_the_ranking(session: Session) -> None:
    seller = structure(session)
    seller.is_in_qpv, seller.team_insertion = True, 12
    seller.absent_until, seller.environmental_tags = date(2026, 12, 24), ["reemploi"]
    sold = offer(session, seller)
    sold.amount_min, sold.amount_max, sold.lead_time_days = 1_000, 50_000, 15
    sold.confirmed_at = MONDAY
    said = shape(session)
    assert (said.qpv, said.team, said.tags) == (True, 12, ("reemploi",))
    assert (said.amount_min, said.amount_max, said.lead_days) == (1_000, 50_000, 15)
    assert (said.absent_until, said.confirmed_on) == (date(2026, 12, 24), MONDAY.date())

    sold.environmental_tags = ["biodiversite"]
    assert shape(session).tags == ("biodiversite",)


def test_a_need_left_unanswered_counts_once_it_is_over_and_a_refusal_is_an_answer(
    session: Session, need: Need
) -> None:
    offer(session, structure(session))
    session.commit()
    tell(session, need)
    assert (shape(session).received, shape(session).answered) == (0, 0)
    close(session, need)
    assert (shape(session).received, shape(session).answered) == (1, 0)

    match = session.scalars(select(Match)).one()
    move_match(session, match, MatchStatus.DECLINED, None, MONDAY, "capacity")
    assert (shape(session).received, shape(session).answered) == (1, 1)


def test_a_need_taken_back_and_one_never_told_count_for_nothing(
    session: Session, need: Need
) -> None:
    offer(session, structure(session))
    session.commit()
    tell(session, need)
    need.status = Status.WITHDRAWN
    untold = submitted_need(session, need.author_id, need.organisation_id)
    untold.status = Status.PUBLISHED
    session.commit()
    shortlist_need(session, untold.id, MONDAY)
    close(session, untold)
    assert shape(session).received == 0


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([(MatchStatus.DECLINED, "skill")], feedback(0, 1)),
        ([(MatchStatus.DECLINED, "capacity")], 0),
        ([(MatchStatus.DECLINED, "skill"), (MatchStatus.DECLINED, "price")], 0),
        ([(MatchStatus.INTERESTED, "")], feedback(1, 0)),
        ([(MatchStatus.INTERESTED, ""), (MatchStatus.RETAINED, "")], feedback(1, 0)),
        ([(MatchStatus.INTERESTED, ""), (MatchStatus.NOT_RETAINED, "")], feedback(1, 0)),
    ],
)
def test_what_a_structure_said_of_a_need_that_is_over_counts_and_its_award_does_not(
    session: Session, need: Need, steps: list[tuple[MatchStatus, str]], expected: float
) -> None:
    offer(session, structure(session))
    session.commit()
    tell(session, need)
    match = session.scalars(select(Match)).one()
    for number, (status, reason) in enumerate(steps):
        if number and steps[number - 1][0] is status:
            move_match(session, match, MatchStatus.INTERESTED, None, MONDAY)
        move_match(session, match, status, None, MONDAY, reason)
    assert shape(session).feedback == 0
    close(session, need)
    assert shape(session).feedback == pytest.approx(expected)


def test_every_index_reads_again_the_offers_told_of_a_need_that_closed(
    session: Session, need: Need
) -> None:
    told = offer(session, structure(session))
    session.commit()
    tell(session, need)
    with live_index.reading(session, MONDAY) as index:
        before = index.columns.availability.copy()
    close(session, need)
    note_closed_needs(session, MONDAY + timedelta(hours=18))
    session.commit()
    noted = select(OfferChange.offer_id).order_by(OfferChange.id.desc()).limit(1)
    assert session.scalars(noted).one() == told.id
    with live_index.reading(session, MONDAY) as index:
        row = index.offer_ids.index(str(told.id))
        assert index.columns.availability[-1] < before[row]


def test_a_reserved_need_admits_those_for_whom_it_is_reserved(session: Session, need: Need) -> None:
    need.kinds, need.lever = [], Lever.RESERVED_HANDICAP
    assert set(need_shape(need, MONDAY).kinds) == HANDICAP
    need.lever = Lever.EXECUTION
    assert need_shape(need, MONDAY).kinds == ()


def test_work_is_counted_to_start_from_the_deadline(session: Session, need: Need) -> None:
    assert need.deadline_on is not None
    assert need_shape(need, MONDAY).start_in_days is None
    need.starts_on = need.deadline_on + timedelta(days=20)
    assert need_shape(need, MONDAY).start_in_days == 20
