"""Places, zones and distances in numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.territories.atlas import atlas_of
from marketplace.territories.coverage import MET, NEAR, OUT, Place
from marketplace.territories.distances import Points, arc_km, earth, geodesic_km
from marketplace.territories.gazetteer import Gazetteer

GAZETTEER = Gazetteer.shipped()
ATLAS = atlas_of(GAZETTEER)

latitudes, longitudes = st.floats(-60, 60), st.floats(-170, 170)


def state_of(place: Place, code: str) -> int:
    return int(ATLAS.reach(place).zone_state[ATLAS.number(code)])


@given(lat=latitudes, lon=longitudes, north=st.floats(-3, 3), east=st.floats(-3, 3))
@settings(max_examples=200, deadline=None)
def test_a_chord_bent_to_an_arc_is_the_geodesic_to_two_millionths(lat, lon, north, east):
    away = earth([lat], [lon]) - earth([lat + north], [lon + east])
    arc = arc_km((away**2).sum(axis=1))[0]
    geodesic = geodesic_km(lat, lon, lat + north, lon + east)[0]
    assert arc == pytest.approx(geodesic, rel=2e-6, abs=1e-6)


@given(seed=st.integers(0, 1000))
@settings(max_examples=20, deadline=None)
def test_the_nearest_of_many_points_is_the_one_that_looking_at_each_finds(seed):
    dice = np.random.default_rng(seed)
    points = Points(dice.uniform(46, 48, 900), dice.uniform(3, 6, 900))
    some = earth(dice.uniform(44, 50, 200), dice.uniform(0, 9, 200))
    some[3] = np.nan
    plain = [arc_km(((points.xyz - one) ** 2).sum(axis=1)).min() for one in some]
    assert points.nearest_km(some) == pytest.approx(plain, nan_ok=True)


def test_a_place_is_met_by_the_zones_that_hold_it_and_those_that_it_holds():
    dijon = Place("point", commune="21231")
    for code in ("21231", "242100410", "21", "R27"):
        assert state_of(dijon, code) == MET
    department = Place("zones", codes=("21",))
    for code in ("21231", "242100410", "21", "R27"):
        assert state_of(department, code) == MET
    assert state_of(department, "39") == NEAR
    assert state_of(department, "13") == OUT


def test_an_epci_astride_two_departments_lies_in_neither():
    astride = next(
        epci.code
        for epci in GAZETTEER.epcis
        if len({commune.department for commune in GAZETTEER.communes_in(epci.code)}) > 1
    )
    department = GAZETTEER.communes_in(astride)[0].department
    assert state_of(Place("zones", codes=(department,)), astride) == NEAR
    assert state_of(Place("zones", codes=(astride,)), department) == NEAR


def test_a_seat_takes_from_its_commune_what_it_does_not_say():
    seat = ATLAS.seat("39198", None, None, None, None, None)
    assert [ATLAS.codes[n] for n in (seat.commune, seat.department, seat.region)] == [
        "39198",
        "39",
        "R27",
    ]
    dole = GAZETTEER.commune("39198")
    assert dole is not None
    assert (seat.lat, seat.lon, str(seat.postcode)) == (dole.lat, dole.lon, *dole.postcodes)


def test_a_former_commune_is_the_one_that_absorbed_it():
    former = next(f for f in GAZETTEER.former if f.commune != f.code)
    assert ATLAS.number(former.code) == ATLAS.number(former.commune)


def test_an_unknown_code_is_nowhere_and_meets_nothing():
    reach = ATLAS.reach(Place("zones", codes=("R99", "FR", "")))
    assert not reach.zone_state.any()
    assert len(reach.points) == 0
