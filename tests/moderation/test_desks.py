"""A need goes to the most local desk that covers its place and has somebody in it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from marketplace.moderation import desks
from marketplace.needs.tables import Need, PlaceType
from marketplace.working_days import end_of_working_day_after
from tests.factories import people
from tests.factories.market import BESANCON, DIJON, MONDAY, submitted_need

GRAND_BESANCON = "242500361"


@pytest.fixture
def staffed(session: Session) -> None:
    for name, code in (("commune", BESANCON), ("epci", GRAND_BESANCON), ("region", "R27")):
        people.facilitator(session, people.desk(session, code, name=name))


def need_in(session: Session, **place: object) -> Need:
    buyer_of = people.organisation(session)
    return submitted_need(session, people.buyer(session, buyer_of.id).id, buyer_of.id, **place)


@pytest.mark.usefixtures("staffed")
@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ({"commune_code": BESANCON}, "commune"),
        ({"commune_code": "25388"}, "region"),  # Montbéliard
        ({"commune_code": DIJON}, "region"),
        ({"commune_code": "13055"}, desks.NATIONAL),
        ({"place_type": PlaceType.ZONES, "commune_code": None, "zones": ("25", "39")}, "region"),
        (
            {"place_type": PlaceType.ZONES, "commune_code": None, "zones": ("25", "13")},
            desks.NATIONAL,
        ),
        ({"place_type": PlaceType.COUNTRY, "commune_code": None}, desks.NATIONAL),
    ],
)
def test_a_need_goes_to_the_most_local_desk_that_covers_its_whole_place(
    session: Session, place: dict[str, object], expected: str
) -> None:
    assert desks.desk_for_need(session, need_in(session, **place)).name == expected


def test_a_desk_without_a_member_hands_its_needs_to_a_wider_one(session: Session) -> None:
    people.desk(session, BESANCON, name="vide")
    people.facilitator(session, people.desk(session, "R27", name="region"))
    assert desks.desk_for_need(session, need_in(session)).name == "region"


def test_a_need_is_due_in_two_working_days(session: Session) -> None:
    friday = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
    entry = desks.receive_need(session, need_in(session), friday)
    assert entry.due_at.isoformat() == "2026-11-24T18:00:00+01:00"


@pytest.mark.parametrize(
    ("received", "due"),
    [
        (MONDAY, "2026-11-25T18:00:00+01:00"),
        (datetime(2026, 12, 24, 9, 0, tzinfo=UTC), "2026-12-29T18:00:00+01:00"),  # Christmas
        (
            datetime(2026, 3, 27, 23, 30, tzinfo=UTC),
            "2026-03-31T18:00:00+02:00",
        ),  # Saturday in Paris
    ],
)
def test_weekends_and_holidays_are_not_working_days(received: datetime, due: str) -> None:
    assert end_of_working_day_after(received, 2).isoformat() == due
