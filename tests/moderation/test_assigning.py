"""Who takes care of what waits, and what goes up when nobody decides in time."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.moderation import assigning, deciding, desks, escalating, staffing
from marketplace.moderation.assigning import NotOfTheDesk, TakenMeanwhile
from marketplace.moderation.queries import Sifted, Subject, queue_summary, waiting
from marketplace.moderation.tables import Desk, QueueEntry
from marketplace.needs.tables import Need
from tests.factories import people
from tests.factories.market import BESANCON, DIJON, MONDAY, submitted_need

FRANCHE_COMTE = "R27"
LATE = MONDAY + timedelta(days=4)
LATER = LATE + timedelta(days=7)


def local_desk(session: Session) -> tuple[Desk, User]:
    desk = people.desk(session, BESANCON)
    return desk, people.facilitator(session, desk)


def came(session: Session, **changes: object) -> QueueEntry:
    organisation = people.organisation(session)
    buyer = people.buyer(session, organisation.id)
    need = submitted_need(session, buyer.id, organisation.id, **changes)
    entry = desks.receive_need(session, need, MONDAY)
    session.flush()
    return entry


def titles(session: Session, desk: Desk, sifted: Sifted) -> list[str]:
    found = session.scalars(waiting([desk.id], MONDAY, sifted)).all()
    return [entry.need.title for entry in found if entry.need]


def test_what_is_late_comes_first_then_what_nobody_takes_care_of(session: Session) -> None:
    desk, facilitator = local_desk(session)
    taken = came(session, title="Prise en charge")
    came(session, title="Sans personne")
    late = came(session, title="En retard, prise en charge")
    late.due_at = MONDAY - timedelta(days=1)
    for entry in (taken, late):
        assigning.assign(session, entry.id, facilitator.id, None)
    expected = ["En retard, prise en charge", "Sans personne", "Prise en charge"]
    assert titles(session, desk, Sifted()) == expected
    assert titles(session, desk, Sifted(assignee_id=0)) == ["Sans personne"]
    assert titles(session, desk, Sifted(is_overdue=True)) == ["En retard, prise en charge"]
    assert len(titles(session, desk, Sifted(assignee_id=facilitator.id))) == 2
    assert titles(session, desk, Sifted(Subject.OFFER)) == []
    counts = queue_summary(session, [desk.id], facilitator.id, MONDAY)
    assert (counts.total, counts.overdue, counts.unassigned, counts.mine) == (3, 1, 1, 2)


def test_a_queue_is_sifted_by_where_the_work_is(session: Session) -> None:
    desk = people.desk(session, FRANCHE_COMTE)
    people.facilitator(session, desk)
    came(session, title="À Besançon")
    came(session, title="À Dijon", commune_code=DIJON)
    for zone, expected in (("25", ["À Besançon"]), ("21", ["À Dijon"]), ("39", [])):
        assert titles(session, desk, Sifted(territory=zone)) == expected
    assert len(titles(session, desk, Sifted(territory=FRANCHE_COMTE))) == 2


def test_who_takes_what_a_colleague_just_took_is_told_who_has_it(session: Session) -> None:
    desk, facilitator = local_desk(session)
    colleague = people.facilitator(session, desk)
    entry = came(session)
    assigning.assign(session, entry.id, facilitator.id, None)
    with pytest.raises(TakenMeanwhile) as told:
        assigning.assign(session, entry.id, colleague.id, None)
    assert told.value.assignee == facilitator
    assigning.assign(session, entry.id, colleague.id, facilitator.id)
    assert entry.assignee == colleague


def test_only_the_people_of_the_desk_take_care_of_what_still_waits(session: Session) -> None:
    _, facilitator = local_desk(session)
    stranger = people.facilitator(session, people.desk(session, DIJON, name="Ailleurs"))
    entry = came(session)
    with pytest.raises(NotOfTheDesk):
        assigning.assign(session, entry.id, stranger.id, None)
    deciding.approve(session, entry.need_id or 0, facilitator.id, MONDAY)
    with pytest.raises(NoResultFound):
        assigning.assign(session, entry.id, facilitator.id, None)


def test_what_somebody_who_leaves_the_desk_took_care_of_is_anybodys_again(
    session: Session,
) -> None:
    desk, facilitator = local_desk(session)
    lead = people.lead(session, desk)
    entry = came(session)
    assigning.assign(session, entry.id, facilitator.id, None)
    staffing.remove(session, desk.id, facilitator.id, lead.id, MONDAY, "")
    session.refresh(entry)
    assert entry.assignee_id is None


def test_what_is_late_is_shown_to_the_region_then_to_the_national_desk(session: Session) -> None:
    desk, _ = local_desk(session)
    region = people.desk(session, FRANCHE_COMTE, name="Guichet de la région")
    people.facilitator(session, region)
    national = desks.open_national_desk(session)
    people.facilitator(session, national)
    entry = came(session)
    assert escalating.escalate_overdue(session, MONDAY) == 0
    assert escalating.escalate_overdue(session, LATE) == 1
    assert escalating.escalate_overdue(session, LATE) == 0
    seen = [one.id for one in (desk, region) if session.scalars(waiting([one.id], LATE)).all()]
    assert seen == [desk.id, region.id]
    assert session.scalars(waiting([national.id], LATE)).all() == []
    assert escalating.escalate_overdue(session, LATER) == 1
    assert [one.desk_id for one in entry.escalations] == [region.id, national.id]
    assert escalating.escalate_overdue(session, LATER + timedelta(days=30)) == 0


def test_without_a_staffed_region_what_is_late_goes_to_the_national_desk_once(
    session: Session,
) -> None:
    local_desk(session)
    people.desk(session, FRANCHE_COMTE, name="Guichet de la région, sans personne")
    national = desks.open_national_desk(session)
    helper = people.facilitator(session, national)
    entry = came(session)
    escalating.escalate_overdue(session, LATE)
    assert [one.desk_id for one in entry.escalations] == [national.id]
    assigning.assign(session, entry.id, helper.id, None)
    need: Need | None = entry.need
    assert need is not None
    deciding.approve(session, need.id, helper.id, LATE)
    assert escalating.escalate_overdue(session, LATER) == 0
