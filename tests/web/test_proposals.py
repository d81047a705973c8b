"""A buyer decides of what its facilitator proposes."""

from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers import supporting
from marketplace.db import transaction
from marketplace.digests.tables import Notice, NoticeKind, Topic
from marketplace.mail import OutgoingMail
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.moving import match_for_update, move_match
from tests.answers.market import market_of
from tests.browsing import sign_in, token_of
from tests.factories import people


def test_who_is_still_to_be_told_of_the_need_is_not_told_of_the_proposal_accepted(
    session: Session, client: FlaskClient
) -> None:
    market = market_of(session)
    facilitator = people.facilitator(session, people.desk(session, "25056"))
    assert market.need.deadline_on is not None
    later, now = market.need.deadline_on + timedelta(days=7), clock.now()
    with transaction() as writing:
        for number, one in enumerate(market.structures):
            match = match_for_update(writing, market.need.id, one.id)
            assert match is not None
            move_match(writing, match, MatchStatus.NOTIFIED, None, now)
            notice = Notice(
                user_id=market.members[number].id,
                topic=Topic.NEEDS,
                kind=NoticeKind.NEED_MATCHED,
                subject_id=match.id,
                need_id=market.need.id,
                title=market.need.title,
                link="/",
                ready_at=now,
                read_at=now if number == 0 else None,
            )
            writing.add(notice)
        proposal = supporting.propose_extension(
            writing, market.need.id, later, "", facilitator.id, now
        )
        number = proposal.id
    sign_in(client, market.buyer.email)
    page = f"/besoins/{market.need.slug}/propositions"
    said = {"csrf_token": token_of(client.get(page)), "accepts": "yes"}
    done = client.post(f"{page}/{number}", data=said, follow_redirects=True).text
    assert "La structure qui le connaissait est prévenue" in done
    again = client.post(f"{page}/{number}", data=said, follow_redirects=True).text
    assert "déjà acceptée" in again
    told = select(OutgoingMail.user_id).where(OutgoingMail.kind == "needs/amended")
    assert session.scalars(told).all() == [market.members[0].id]
    session.refresh(market.need)
    assert market.need.deadline_on == later
