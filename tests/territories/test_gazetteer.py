"""The shipped territories, and what can be asked of them."""

import numpy as np

from marketplace.territories.gazetteer import COUNTRY, Gazetteer, Kind, read, written

FRANCE = Gazetteer.shipped()


def test_every_commune_of_france_is_there():
    assert len(FRANCE.communes) == 34_969
    assert len(FRANCE.departments) == 101 + 8
    assert len(FRANCE.regions) == 18
    assert sum(commune.region is None for commune in FRANCE.communes) == 94


def test_a_commune_knows_the_zones_that_hold_it():
    dijon = FRANCE.commune("21231")
    assert dijon is not None
    assert (dijon.name, dijon.department, dijon.region) == ("Dijon", "21", "R27")
    assert dijon.postcodes == ("21000",)
    assert FRANCE.zones_of("21231") == ("21231", "242100410", "21", "R27")
    assert FRANCE.zones_of("98818") == ("98818", "988")


def test_a_code_says_its_kind_and_its_name():
    named = {code: (FRANCE.zone_kind(code), FRANCE.name(code)) for code in ("21", "R27", "FR")}
    assert named == {
        "21": (Kind.DEPARTMENT, "Côte-d'Or"),
        "R27": (Kind.REGION, "Bourgogne-Franche-Comté"),
        "FR": (Kind.COUNTRY, "France"),
    }
    assert FRANCE.zone_kind("242100410") is Kind.EPCI
    assert FRANCE.zone_kind("2A004") is Kind.COMMUNE
    assert FRANCE.name("2A004") == "Ajaccio"


def test_unknown_codes_give_nothing():
    for code in ("", "R99", "99999", "200000000", "\x00", "21231 "):
        assert FRANCE.zone_kind(code) is None
        assert FRANCE.name(code) is None
        assert FRANCE.zones_of(code) == ()
        assert FRANCE.communes_in(code) == ()
        assert FRANCE.zone_points(code)[0].size == 0


def test_a_former_code_leads_to_the_commune_of_today():
    paris = FRANCE.commune("75112")
    assert paris is not None
    assert paris.code == "75056"
    assert "75012" in paris.postcodes


def test_a_postcode_gives_all_that_it_serves():
    assert [commune.name for commune in FRANCE.by_postcode("75012")] == ["Paris"]
    assert len(FRANCE.by_postcode("21500")) > 10
    assert FRANCE.by_postcode("21078") == ()


def test_the_points_of_a_zone_are_its_communes():
    lat, lon = FRANCE.zone_points("25")
    assert lat.size == lon.size == len(FRANCE.communes_in("25"))
    assert np.all((lat > 46) & (lat < 48) & (lon > 5) & (lon < 7.5))
    assert FRANCE.zone_points(COUNTRY)[0].size == 34_969 - 6


def test_zones_touch_when_they_share_a_commune():
    for code in ("25056", "242500361", "25", "R27"):
        touching = FRANCE.zones_touching(code)
        assert {code, "242500361", "25", "R27"} <= touching
        assert not touching & {"R53", "35"}
        assert all(code in FRANCE.zones_touching(zone) for zone in touching if code != "25056")
    assert "21" not in FRANCE.zones_touching("25")
    assert [one.code for one in FRANCE.departments_of("242500361")] == ["25"]
    astride = next(e.code for e in FRANCE.epcis if len(FRANCE.departments_of(e.code)) > 1)
    for department in FRANCE.departments_of(astride):
        assert astride in FRANCE.zones_touching(department.code)


def test_points_lie_where_the_territories_are():
    metropolitan = [c for c in FRANCE.communes if not c.code.startswith(("97", "98"))]
    assert all(c.lat is not None and 41 < c.lat < 51.5 for c in metropolitan)
    assert all(c.lon is not None and -5.5 < c.lon < 9.7 for c in metropolitan)


def test_nine_people_in_ten_live_in_a_commune_whose_point_is_exact():
    exact = sum(commune.population for commune in FRANCE.communes if not commune.approximate)
    assert exact / sum(commune.population for commune in FRANCE.communes) > 0.9


def test_a_gazetteer_comes_back_the_same_from_its_file():
    again = read(written(FRANCE))
    assert again.communes == FRANCE.communes
    assert again.epcis == FRANCE.epcis
    assert again.departments == FRANCE.departments
    assert again.regions == FRANCE.regions
    assert again.former == FRANCE.former
    assert written(again) == written(FRANCE)
