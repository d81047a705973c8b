"""The invented structures of the demonstration. Pure.

Everything is drawn from one seeded generator over our own words, so the same seed and
gazetteer give the same demonstration everywhere. Nobody real is meant or can be reached:
addresses end in `.invalid` (RFC 2606), telephone numbers are in the blocks that ARCEP keeps
for works of fiction (national numbering plan, decision 2018-0881), and SIRETs are below all
those that INSEE ever gave (see `siret`).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from stdnum import luhn

from marketplace.demo.shapes import InventedOffer, InventedStructure
from marketplace.demo.vocabulary import Words, words_of
from marketplace.sectors.nomenclature import group_of
from marketplace.structures.kinds import HANDICAP, Kind
from marketplace.territories.coverage import Coverage
from marketplace.territories.gazetteer import Commune, Gazetteer
from marketplace.text import slug

SEED = 2026
SILENT_SHARE = 0.06
"""Of the structures, those that published nothing: only an offer is implied of them."""
PAUSED_SHARE = 0.03
NEIGHBOUR_KM = 150
_KM_OF_A_DEGREE = 111.2
_AROUND_THE_CENTRE_DEGREES = 0.008

_FICTION = {
    "01 99 00": ("R11",),
    "02 61 91": ("R24", "R28", "R52", "R53"),
    "03 53 01": ("R27", "R32", "R44"),
    "04 65 71": ("R84", "R93", "R94"),
    "05 36 49": ("R75", "R76"),
    "06 39 98": ("R01", "R02", "R03", "R04", "R06"),
}

_WAYS: dict[str, dict[str, int]] = {
    "local": {"radius": 85, "epci": 15},
    "department": {"radius": 60, "department": 40},
    "region": {"radius": 40, "region": 40, "three departments": 20},
    "national": {"country": 60, "region": 40},
    "zones": {"department": 60, "two departments": 30, "epci": 10},
}
"""How often each coverage is declared: services on the spot, staff by zones, goods afar."""
_RADII_KM = {
    "local": (15, 20, 25, 30, 35, 40),
    "department": (40, 50, 60, 70),
    "region": (80, 100, 120, 150),
}


@dataclass(frozen=True, slots=True)
class _Brief:
    """What is decided of a structure before the rest is drawn."""

    commune: Commune
    kind: Kind
    name: str | None = None
    activities: tuple[str, ...] = ()
    km: int | None = None


def siret(number: int) -> str:
    """The SIRET of the head office of an invented legal unit, for `number` in 0…8999.

    Its SIREN lies between 000 010 000 and 000 099 999, with right keys, while the smallest
    known of the Sirene register is 000 325 175 and INSEE only moves up: see
    docs/decisions/0006-invented-sirets.md.
    """
    if not 0 <= number < 9000:
        raise ValueError(f"no invented SIRET has the number {number}")
    siren = _with_key(f"0000{1000 + number}")
    return _with_key(f"{siren}0001")


def structures(places: Gazetteer, seed: int = SEED) -> list[InventedStructure]:
    """About three hundred, those that accounts and needs count on first."""
    rng = Random(seed)  # noqa: S311 - it invents, it does not protect
    words = words_of("structures")
    taken = {featured["name"] for featured in words["featured"]}
    return [
        _structure(number, brief, words, taken, places, rng)
        for number, brief in enumerate(_briefs(words, places, rng))
    ]


@cache
def _activities() -> dict[str, Words]:
    return {activity["key"]: activity for activity in words_of("activities")["activities"]}


def _with_key(start: str) -> str:
    return start + str(luhn.calc_check_digit(start))


def _briefs(words: Words, places: Gazetteer, rng: Random) -> Iterator[_Brief]:
    for row in [*words["featured"], *words["answering"]]:
        commune = _commune(places, row["commune"])
        kind = Kind(row["kind"])
        yield _Brief(commune, kind, row.get("name"), tuple(row["activities"]), row["km"])
    kinds = [Kind(kind) for kind, count in words["kinds"].items() for _ in range(count)]
    rng.shuffle(kinds)
    for seat, kind in zip(_seats(words, places, rng), kinds, strict=True):
        yield _Brief(seat, kind)


def _seats(words: Words, places: Gazetteer, rng: Random) -> Iterator[Commune]:
    """Towns rather than villages, the largest more often."""
    for code, count in words["seats_by_commune"].items():
        yield from [_commune(places, code)] * count
    for region, count in words["seats"].items():
        located = [c for c in places.communes_in(region) if c.lat is not None]
        towns = sorted(located, key=lambda c: (-c.population, c.code))[: 3 * count]
        yield from rng.choices(towns, [town.population**0.6 for town in towns], k=count)


def _commune(places: Gazetteer, code: str) -> Commune:
    commune = places.commune(code)
    if commune is None:
        raise ValueError(f"no commune has the code {code}")
    return commune


def _structure(
    number: int, brief: _Brief, words: Words, taken: set[str], places: Gazetteer, rng: Random
) -> InventedStructure:
    kind, commune = brief.kind, brief.commune
    keys = brief.activities or _drawn_activities(kind, rng)
    main = _activities()[keys[0]]
    name = brief.name or _name(brief, main, words, taken, rng)
    story, team = rng.choice(words["stories"][kind.value]), rng.randint(9, 95)
    is_silent = not brief.activities and rng.random() < SILENT_SHARE
    offers = [_offer(brief, _activities()[key], words, places, rng) for key in keys]
    return InventedStructure(
        siret=siret(number),
        kind=kind,
        name=name,
        legal_form=rng.choice(words["legal_forms"][kind.value]),
        description=story.format(team=team),
        team=team,
        address=f"{rng.randint(1, 98)} {rng.choice(words['streets']['names'])}",
        postcode=rng.choice(commune.postcodes),
        commune=commune,
        lat=_around(commune.lat, rng),
        lon=_around(commune.lon, rng),
        naf=main["naf"],
        email=f"contact@{slug(name)}.invalid",
        phone=_phone(commune, rng),
        offers=() if is_silent else tuple(offers),
    )


def _drawn_activities(kind: Kind, rng: Random) -> tuple[str, ...]:
    """One to four that this kind does, each once; neighbours of the first more often."""
    possible = [a for a in _activities().values() if kind.value in a["kinds"]]
    count = min(rng.choices([1, 2, 3, 4], [30, 35, 25, 10])[0], len(possible))
    main = rng.choices(possible, [a["weight"] for a in possible])[0]
    weights = [a["weight"] * (6 if _group(a) == _group(main) else 1) for a in possible]
    drawn: dict[str, None] = {main["key"]: None}
    while len(drawn) < count:
        drawn[rng.choices(possible, weights)[0]["key"]] = None
    return tuple(drawn)


def _group(activity: Words) -> str:
    return group_of(activity["sectors"][0])


def _name(brief: _Brief, main: Words, words: Words, taken: set[str], rng: Random) -> str:
    """One that no other has, with a landscape of its region."""
    landscapes = words["landscapes"][brief.commune.region]
    nearby = [place for landscape in landscapes for place in words["places"][landscape]]
    lands = [*nearby, *nearby, *words["places"]["anywhere"]]
    while True:
        pattern = rng.choice(words["names"][brief.kind.value])
        name = str(pattern.format(head=rng.choice(main["heads"]), place=rng.choice(lands)))
        if name not in taken:
            taken.add(name)
            return name


def _offer(
    brief: _Brief, activity: Words, words: Words, places: Gazetteer, rng: Random
) -> InventedOffer:
    sentences = [
        rng.choice(activity["openings"]),
        *rng.sample(activity["details"], 2),
        rng.choice(words["commitments"][_family(brief.kind)]),
    ]
    sectors = activity["sectors"]
    coverage = (
        Coverage("radius", km=brief.km)
        if brief.km
        else _coverage(brief.commune, activity["reach"], places, rng)
    )
    return InventedOffer(
        title=rng.choice(activity["titles"]),
        description=" ".join(sentences),
        sectors=tuple(sectors if rng.random() < 0.7 else sectors[:1]),
        service_types=tuple(activity["types"]),
        coverage=coverage,
        is_paused=brief.km is None and rng.random() < PAUSED_SHARE,
        age_days=rng.randint(15, 700),
    )


def _family(kind: Kind) -> str:
    if kind is Kind.SEP:
        return "prison"
    return "handicap" if kind in HANDICAP else "insertion"


def _coverage(commune: Commune, reach: str, places: Gazetteer, rng: Random) -> Coverage:
    department = commune.department
    neighbours = _neighbours(places, department)
    zones = {
        "epci": (commune.epci or department,),
        "department": (department,),
        "two departments": (department, *neighbours[:1]),
        "three departments": (department, *neighbours[:2]),
        "region": (commune.region or department,),
    }
    ways = _WAYS[reach]
    way = rng.choices(list(ways), list(ways.values()))[0]
    if way == "country":
        return Coverage("country")
    if way == "radius":
        return Coverage("radius", km=rng.choice(_RADII_KM[reach]))
    return Coverage("zones", zones[way])


@cache
def _neighbours(places: Gazetteer, department: str) -> tuple[str, ...]:
    """The departments around, nearest first; none across a sea."""
    away = {
        other.code: _km(_centre(places, department), _centre(places, other.code))
        for other in places.departments
        if other.region and other.code != department
    }
    near = [code for code, km in away.items() if km < NEIGHBOUR_KM]
    return tuple(sorted(near, key=lambda code: (away[code], code)))


@cache
def _centre(places: Gazetteer, code: str) -> tuple[float, float]:
    lat, lon = places.zone_points(code)
    return float(lat.mean()), float(lon.mean())


def _km(one: tuple[float, float], other: tuple[float, float]) -> float:
    """On a flat map: good enough to say which department is next to which."""
    north = other[0] - one[0]
    east = (other[1] - one[1]) * math.cos(math.radians(one[0]))
    return _KM_OF_A_DEGREE * math.hypot(north, east)


def _around(degrees: float | None, rng: Random) -> float:
    """Near the centre, so that two structures of a town are two points on the map."""
    if degrees is None:
        raise ValueError("a seat needs a commune with a point")
    away = rng.uniform(-_AROUND_THE_CENTRE_DEGREES, _AROUND_THE_CENTRE_DEGREES)
    return round(degrees + away, 5)


def _phone(commune: Commune, rng: Random) -> str:
    start = next(start for start, regions in _FICTION.items() if commune.region in regions)
    return f"{start} {_pair(rng)} {_pair(rng)}"


def _pair(rng: Random) -> str:
    return f"{rng.randint(0, 99):02}"
