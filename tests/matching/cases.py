"""Random small cases: a dozen offers and a need around a few neighbouring communes."""

import random
from datetime import date, timedelta

from marketplace.matching.shapes import KINDS, SERVICE_TYPES, Need, Offer
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.territories.coverage import Coverage, Place
from marketplace.territories.gazetteer import Gazetteer

GAZETTEER = Gazetteer.shipped()

AROUND_DIJON = ("21231", "21166", "21515", "21054", "21617", "39198", "71076", "25056", "70279")
SECTORS = (
    "nettoyage-de-locaux",
    "nettoyage-urbain",
    "creation-et-entretien-des-espaces-verts",
    "blanchisserie",
    "menuiserie",
    "not-a-sector",
)
ZONES = ("21", "39", "71", "R27", "R84", "242100410", "21231", "39198", "71", "99999", "R99", "FR")
TODAY = date(2026, 11, 24)
TAGS = ("reemploi", "biodiversite", "not-a-tag")
WORDS = ("Nettoyage de bureaux", "Tonte et taille de haies", "", "Lavage du linge", "Divers")


def dice_of(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  # drawn again at will, nothing secret


def offer(dice: random.Random, number: int) -> Offer:
    commune = GAZETTEER.commune(dice.choice(AROUND_DIJON))
    assert commune is not None
    assert commune.lat is not None
    assert commune.lon is not None
    knows_point = dice.random() < 0.8
    knows_commune = dice.random() < 0.8
    return Offer(
        id=f"o{number}",
        structure_id=f"s{dice.randrange(8)}",
        kind=dice.choice((*KINDS, "OPCS")),
        coverage=coverage(dice),
        name=dice.choice(("Atelier du Pont", "Les Jardins", "")),
        title=dice.choice(WORDS),
        sectors=tuple(dice.sample(SECTORS, dice.choice((0, 1, 1, 2)))),
        service_types=tuple(dice.sample((*SERVICE_TYPES, "GIFT"), dice.choice((0, 1, 2)))),
        lat=commune.lat + dice.uniform(-0.1, 0.1) if knows_point else None,
        lon=commune.lon + dice.uniform(-0.1, 0.1) if knows_point else None,
        commune=commune.code if knows_commune else None,
        postcode=dice.choice((None, commune.postcodes[0])),
        department=dice.choice((None, commune.department)),
        region=dice.choice((None, commune.region)),
        active=dice.random() < 0.95,
        reachable=dice.random() < 0.95,
        amount_min=dice.choice((None, 5_000)),
        amount_max=dice.choice((None, 20_000)),
        lead_days=dice.choice((None, 10, 60)),
        answered=dice.choice((0, 2)),
        received=dice.choice((2, 9)),
        absent_until=dice.choice((None, TODAY, TODAY + timedelta(days=9))),
        confirmed_on=dice.choice((None, TODAY, TODAY - timedelta(days=400))),
        qpv=dice.random() < 0.3,
        tags=tuple(dice.sample(TAGS, dice.choice((0, 1, 2)))),
        team=dice.choice((None, 1, 30)),
    )


def coverage(dice: random.Random) -> Coverage:
    match dice.choice(("radius", "radius", "zones", "zones", "country")):
        case "radius":
            return Coverage("radius", km=float(dice.choice((0, 5, 10, 20, 35, 50, 80))))
        case "zones":
            return Coverage("zones", codes=tuple(dice.sample(ZONES, dice.choice((0, 1, 2, 3)))))
    return Coverage("country")


def need(dice: random.Random) -> Need:
    return Need(
        id="n",
        place=place(dice),
        title=dice.choice(WORDS),
        sectors=tuple(dice.sample(SECTORS, dice.choice((1, 1, 2, 3)))),
        service_types=tuple(dice.sample(SERVICE_TYPES, dice.choice((0, 0, 1, 2)))),
        kinds=tuple(dice.sample(KINDS, dice.choice((0, 0, 5)))),
        include_country=dice.random() < 0.5,
        amount_min=dice.choice((None, 30_000)),
        amount_max=dice.choice((None, 40_000)),
        start_in_days=dice.choice((None, 30)),
        valued=tuple(dice.sample(("qpv", "team", "tags"), dice.choice((0, 1, 3)))),
        tags=tuple(dice.sample(TAGS, dice.choice((0, 1, 2)))),
        on=dice.choice((None, TODAY, TODAY + timedelta(days=5))),
    )


def place(dice: random.Random) -> Place:
    commune = GAZETTEER.commune(dice.choice(AROUND_DIJON))
    assert commune is not None
    match dice.choice(("point", "point", "radius", "zones", "zones", "country")):
        case "point":
            return Place("point", commune=commune.code, postcode=commune.postcodes[0])
        case "radius":
            radius = float(dice.choice((5, 15, 30, 50, 100)))
            return Place(
                "point", commune=commune.code, lat=commune.lat, lon=commune.lon, radius_km=radius
            )
        case "zones":
            return Place("zones", codes=tuple(dice.sample(ZONES, dice.choice((1, 1, 2)))))
    return Place("country")


assert all(GAZETTEER.commune(code) for code in AROUND_DIJON)
assert sum(slug in BY_SLUG for slug in SECTORS) == len(SECTORS) - 1
