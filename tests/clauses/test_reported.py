"""What a line of hours may say of its people, by their public, their age and their district."""

from datetime import date

import pytest

from marketplace.clauses.reported import (
    ALSO_SAID,
    PUBLICS,
    Age,
    District,
    Public,
    faults,
)
from tests.factories.contracts import line

NOVEMBER = date(2026, 11, 1)


def faulty(month: date = NOVEMBER, new_people: int = 0, **said: object) -> list[str]:
    return [name for name, _ in faults(line(70, 1, new_people, **said), month)]


def test_a_public_agrees_with_the_age_and_the_district_of_its_people() -> None:
    assert faulty(public=Public.YOUNG, age=Age.UNDER_26) == []
    assert faulty(public=Public.YOUNG, age=Age.SENIOR) == ["age"]
    assert faulty(public=Public.SENIOR, age=Age.SENIOR) == []
    assert faulty(public=Public.SENIOR, age=Age.UNDER_26) == ["age"]
    assert faulty(public=Public.DISTRICT, district=District.QPV_2024) == []
    assert faulty(public=Public.DISTRICT, district=District.NO) == ["district"]
    assert faulty(public=Public.RSA, age=Age.UNDER_26, district=District.QPV_2024) == []


@pytest.mark.parametrize(
    ("district", "month", "new_people", "is_possible"),
    [
        (District.ZUS, date(2012, 5, 1), 1, True),
        (District.ZUS, date(2014, 12, 1), 1, True),
        (District.ZUS, date(2015, 1, 1), 1, False),
        (District.ZUS, date(2016, 1, 1), 0, True),
        (District.ZUS, NOVEMBER, 0, False),
        (District.QPV_2015, date(2014, 12, 1), 0, False),
        (District.QPV_2015, date(2023, 12, 1), 1, True),
        (District.QPV_2015, date(2024, 1, 1), 1, False),
        (District.QPV_2015, NOVEMBER, 0, True),
        (District.QPV_2024, date(2023, 12, 1), 0, False),
        (District.QPV_2024, NOVEMBER, 1, True),
    ],
)
def test_a_list_of_districts_goes_with_the_day_when_people_were_hired(
    district: District, month: date, new_people: int, is_possible: bool
) -> None:
    assert (faulty(month, new_people, district=district) == []) is is_possible


def test_young_people_are_out_of_school_and_seeking_work_and_not_merely_without_it() -> None:
    assert "sorti de l'école" in PUBLICS[Public.YOUNG]
    assert ALSO_SAID[Public.YOUNG] not in PUBLICS.values()
