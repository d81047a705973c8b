"""Where a structure sits, from addresses that may contradict themselves."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.structures.placing import Address, Point, Seat, seat_of
from marketplace.territories.gazetteer import Gazetteer

PLACES = Gazetteer.shipped()
OWN = (47.24, 6.02)


def seat(city: str, postcode: str = "", department: str = "", point: Point | None = None) -> Seat:
    return seat_of(Address(city, postcode, department, point), PLACES)


def doubted(found: Seat) -> list[str]:
    return [doubt.field for doubt in found.doubts]


def mean_of_department(code: str) -> Point:
    lat, lon = PLACES.zone_points(code)
    return round(float(lat.mean()), 5), round(float(lon.mean()), 5)


def test_an_address_that_agrees_keeps_its_own_point() -> None:
    assert seat("Besançon", "25000", "25", OWN) == Seat("25056", "25", OWN, False, ())


@pytest.mark.parametrize(
    ("city", "postcode", "department", "commune"),
    [
        ("BESANCON CEDEX", "25043", "25", "25056"),  # a postcode that serves no commune
        ("BERCK SUR MER", "62600", "62", "62108"),
        ("Pierrefitte-sur-Seine", "93380", "93", "93066"),  # part of Saint-Denis since 2025
        ("Paris 13e", "75013", "75", "75056"),
        ("Ajaccio", "20000", "2A", "2A004"),
        ("Dole", "", "39", "39198"),
        ("Dole", "39100", "", "39198"),
    ],
)
def test_a_city_is_found_however_it_is_written(
    city: str, postcode: str, department: str, commune: str
) -> None:
    found = seat(city, postcode, department, OWN)
    assert found.commune == commune
    assert found.doubts == ()


def test_without_a_point_a_structure_stands_at_its_commune_approximately() -> None:
    dole = PLACES.commune("39198")
    assert dole is not None
    assert seat("Dole", "39100", "39") == Seat("39198", "39", (dole.lat, dole.lon), True, ())  # type: ignore[arg-type]  # it has a point


def test_a_city_elsewhere_than_its_postcode_is_doubted_and_its_own_point_kept() -> None:
    found = seat("Le Havre", "21024", "21", OWN)
    assert doubted(found) == ["city"]
    assert found == Seat(None, "21", OWN, False, found.doubts)


def test_a_doubted_city_without_a_point_stands_where_its_postcode_is() -> None:
    found = seat("Toulouse", "25000", "25")
    besancon = PLACES.commune("25056")
    assert besancon is not None
    assert found.point == (besancon.lat, besancon.lon)
    assert found.is_approximate
    assert doubted(found) == ["city"]


def test_a_doubted_city_with_an_unknown_postcode_stands_at_its_department_s_mean() -> None:
    found = seat("Le Havre", "21024", "21")
    assert found.point == mean_of_department("21")
    assert found.is_approximate


def test_a_city_of_the_department_but_not_of_the_postcode_is_not_taken_for_the_seat() -> None:
    found = seat("Beaune", "21000", "21")
    dijon = PLACES.commune("21231")
    assert dijon is not None
    assert doubted(found) == ["postcode"]
    assert found.commune is None
    assert found.point == (dijon.lat, dijon.lon)


def test_a_wrong_department_gives_way_to_city_and_postcode() -> None:
    found = seat("Dijon", "21000", "75")
    assert doubted(found) == ["department"]
    assert (found.commune, found.department) == ("21231", "21")


def test_an_unknown_department_is_doubted() -> None:
    assert doubted(seat("Dijon", "21000", "99")) == ["department"]


def test_an_address_that_says_nothing_has_no_place() -> None:
    found = seat("")
    assert doubted(found) == ["city"]
    assert found == Seat(None, None, None, False, found.doubts)


@settings(max_examples=50, deadline=None)
@given(
    st.text(max_size=60),
    st.one_of(st.just(""), st.from_regex(r"[0-9]{5}", fullmatch=True)),
    st.one_of(st.text(max_size=3), st.sampled_from([d.code for d in PLACES.departments])),
)
def test_a_seat_names_only_places_that_exist(city: str, postcode: str, department: str) -> None:
    found = seat(city, postcode, department)
    assert found.commune is None or PLACES.commune(found.commune)
    assert found.department is None or PLACES.department(found.department)
    assert found.is_approximate == (found.point is not None)
