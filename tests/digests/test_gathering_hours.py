"""Reports of hours are told once their day is over, by person, and once."""

from datetime import timedelta

from sqlalchemy.orm import Session

from marketplace.clauses.reporting import send_report, validate
from marketplace.db import transaction
from marketplace.digests import gathering
from marketplace.digests.topics import Topic
from tests.digests.readers import market, notices_to
from tests.factories.contracts import OCTOBER, SEPTEMBER, contract, line
from tests.factories.market import MONDAY


def test_hours_sent_then_validated_are_told_the_next_day_to_the_desk_and_to_the_structure(
    session: Session,
) -> None:
    place = market(session)
    row = contract(session, place.buyer.id, place.organisation_id, siret=place.structures[0].siret)
    session.commit()
    lot, holder, member = row.lots[0].id, row.holder.id, place.members[0]
    with transaction() as writing:
        sent = [
            send_report(writing, lot, holder, month, [line()], member.id, MONDAY)
            for month in (SEPTEMBER, OCTOBER)
        ]
        ids = [report.id for report in sent]
    day = timedelta(days=1)

    def told(now_is: timedelta) -> tuple[list[str], list[str]]:
        for late in range(2):  # looked at every few minutes
            with transaction() as writing:
                gathering.gather(writing, MONDAY + now_is + timedelta(minutes=late))
        return (
            [one.title for one in notices_to(session, place.facilitator, Topic.QUEUE)],
            [one.title for one in notices_to(session, member, Topic.HOURS)],
        )

    title = "«\u00a0Rénovation de l'école\u00a0»"
    assert told(timedelta(minutes=5)) == ([], [])
    waiting = [f"2 relevés d'heures à valider\u00a0: {title}"]
    assert told(day) == (waiting, [])
    with transaction() as writing:
        validate(writing, ids[0], 1, place.facilitator.id, MONDAY + day)
    assert told(day) == (waiting, [])
    assert told(2 * day) == (waiting, [f"1 relevé d'heures est validé\u00a0: {title}"])
