"""Territories as people write them in forms."""

from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.naming import MOST_UNKNOWN, label, zone_named, zones_named

PLACES = Gazetteer.shipped()


def test_territories_are_named_one_a_line_or_parted_by_semicolons_each_once() -> None:
    words = f"Doubs ; jura\nDijon (21);; Doubs ;\r\n25 ; {label(PLACES, '242500361')}"
    assert zones_named(PLACES, words) == (("25", "39", "21231", "242500361"), [])


def test_what_names_no_territory_is_given_back_and_the_country_is_none() -> None:
    assert zones_named(PLACES, "Pays imaginaire;France ; Doubs") == (
        ("25",),
        ["Pays imaginaire", "France"],
    )


def test_the_country_is_not_taken_for_a_commune() -> None:
    assert {zone_named(PLACES, words) for words in ("France", "toute la France", "fr")} == {"FR"}


def test_the_search_stops_when_nothing_makes_sense() -> None:
    words = ";".join("q" * length for length in range(20, 500))
    codes, unknown = zones_named(PLACES, words)
    assert (codes, len(unknown)) == ((), MOST_UNKNOWN)
