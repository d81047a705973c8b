"""What a buyer reads first: the best, then those of nearly the same score told little lately."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.moving import move_match
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import Match
from marketplace.matching.turns import in_turn
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need
from tests.factories import people
from tests.factories.market import MONDAY, offer, structure, submitted_need

STRUCTURES = 14


@pytest.fixture
def needs(session: Session) -> tuple[Need, Need]:
    """Two open needs alike, and structures that fit both equally well."""
    buyer_of = people.organisation(session)
    buyer = people.buyer(session, buyer_of.id)
    needs = (
        submitted_need(session, buyer.id, buyer_of.id),
        submitted_need(session, buyer.id, buyer_of.id),
    )
    for number in range(STRUCTURES):
        offer(session, structure(session, f"Structure {number:02}"))
    for need in needs:
        need.status = Status.PUBLISHED
        need.published_at = MONDAY
    session.commit()
    for need in needs:
        shortlist_need(session, need.id, MONDAY)
    session.flush()
    return needs


def by_rank(session: Session, need: Need) -> list[Match]:
    return list(session.scalars(select(Match).where(Match.need_id == need.id).order_by(Match.rank)))


def shown(session: Session, need: Need) -> list[Match]:
    turn = in_turn(session, Match, Match.need_id == need.id, MONDAY)
    of_need = select(Match).where(Match.need_id == need.id)
    return list(session.scalars(of_need.order_by(turn, Match.rank)))


def test_who_was_told_of_another_need_lately_leaves_its_turn_to_an_equal(
    session: Session, needs: tuple[Need, Need]
) -> None:
    earlier, need = needs
    told = by_rank(session, earlier)[:10]
    for match in told:
        move_match(session, match, MatchStatus.NOTIFIED, None, MONDAY - timedelta(days=1))
    session.flush()

    first_ten = {match.structure_id for match in shown(session, need)[:10]}
    waited = {match.structure_id for match in by_rank(session, earlier)[10:]}
    assert waited < first_ten
    assert len(shown(session, need)) == STRUCTURES


def test_what_is_told_once_the_need_is_published_or_was_told_long_ago_changes_nothing(
    session: Session, needs: tuple[Need, Need]
) -> None:
    earlier, need = needs
    recent, old = by_rank(session, earlier)[:5], by_rank(session, earlier)[5:10]
    for matches, moved_at in ((recent, MONDAY + timedelta(hours=1)), (old, MONDAY - timedelta(91))):
        for match in matches:
            move_match(session, match, MatchStatus.NOTIFIED, None, moved_at)
    session.flush()

    assert shown(session, need) == by_rank(session, need)
