"""Structures are asked whether an offer still holds, before it is a year old, and once a year."""

from datetime import timedelta

from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.digests import gathering
from marketplace.digests.topics import Topic
from marketplace.offers.lifecycle import Move
from marketplace.offers.publishing import move_by_structure
from marketplace.offers.tables import Offer
from tests.digests.readers import market, notices_to
from tests.factories.market import MONDAY

DAY = timedelta(days=1)


def test_an_offer_is_asked_about_a_month_before_its_year_is_over_and_again_the_year_after(
    session: Session,
) -> None:
    place = market(session)
    member, sold = place.members[0], session.query(Offer).one()
    sold.confirmed_at = MONDAY
    session.commit()

    def asked_on(day: int) -> int:
        for _ in range(2):
            with transaction() as writing:
                gathering.gather(writing, MONDAY + day * DAY)
        return len(notices_to(session, member, Topic.OFFERS))

    assert [asked_on(day) for day in (334, 336, 340)] == [0, 1, 1]
    [notice] = notices_to(session, member, Topic.OFFERS)
    assert notice.link == f"/structures/{place.structures[0].slug}/offres/{sold.id}"
    assert "confirmée le" in notice.title
    assert "vaut-elle toujours" in notice.title
    with transaction() as writing:
        move_by_structure(writing, sold.id, Move.CONFIRM, member.id, MONDAY + 341 * DAY)
    assert [asked_on(day) for day in (341, 500, 341 + 336)] == [0, 0, 1]


def test_nobody_is_asked_about_what_is_paused_or_was_never_declared(session: Session) -> None:
    place = market(session, count=2)
    implied, paused = session.query(Offer).order_by(Offer.id)
    for one in (implied, paused):
        one.confirmed_at = MONDAY
    implied.is_implied = True
    session.commit()
    with transaction() as writing:
        move_by_structure(writing, paused.id, Move.PAUSE, place.members[1].id, MONDAY)
    with transaction() as writing:
        gathering.gather(writing, MONDAY + 400 * DAY)
    assert [notices_to(session, one, Topic.OFFERS) for one in place.members] == [[], []]
