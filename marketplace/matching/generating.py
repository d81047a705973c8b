"""Invented offers and needs, as many as a benchmark asks for: the same seed, the same ones. Pure.

Shares follow what the sector publishes of itself: two or three activities a structure, half
of the coverages by radius, a third by zones, the rest national.
"""

from collections.abc import Iterator

import numpy as np

from marketplace.matching.shapes import KINDS, SERVICE_TYPES, Need, Offer
from marketplace.sectors.nomenclature import SECTORS
from marketplace.territories.coverage import Coverage, Place
from marketplace.territories.gazetteer import Commune, Gazetteer

_ACTIVITIES_A_STRUCTURE = 2.57
_RADII = (30, 35, 40, 45, 50, 60, 70, 75, 80, 90, 100)
_NAMES = ("Ateliers", "Jardins", "Chantiers", "Relais", "Tremplin", "Passerelle", "Fabrique")
_OF = ("du Val", "de la Source", "des Remparts", "du Pont", "de l'Étang", "des Tilleuls", "du Lac")
_PHRASES = (
    "Nos équipes sont encadrées par des professionnels du métier.",
    "Le matériel est fourni et entretenu par nos soins.",
    "Chaque chantier est suivi par un référent unique.",
    "Nous formons nos salariés pendant tout leur parcours.",
    "Intervention possible dès la semaine suivante.",
    "Nous travaillons déjà pour des communes et des hôpitaux.",
    "Nos produits d'entretien portent un label écologique.",
    "Un devis gratuit vous est remis après la visite.",
)
_SHAPES = (
    "city",
    "city",
    "city",
    "city",
    "radius",
    "department",
    "department",
    "region",
    "country",
)


def offers(count: int, gazetteer: Gazetteer, seed: int = 1) -> Iterator[Offer]:
    """Offers of structures seated where people live."""
    dice = np.random.default_rng(seed)
    seats = _Seats(gazetteer, dice)
    made = structure = 0
    while made < count:
        structure += 1
        seat = seats.draw()
        activities = 1 + int(dice.poisson(_ACTIVITIES_A_STRUCTURE - 1))
        sectors = dice.choice(len(SECTORS), size=min(activities, 8), replace=False)
        names = ", ".join(SECTORS[sector].name.lower() for sector in sectors)
        phrases = dice.choice(_PHRASES, size=3, replace=False)
        description = f"Nous proposons : {names}. {' '.join(phrases)}"
        name = f"{dice.choice(_NAMES)} {dice.choice(_OF)} {seat.name}"
        kind = str(dice.choice(KINDS))
        lat, lon = dice.normal((seat.lat or 0.0, seat.lon or 0.0), 0.01)
        for sector in sectors[: count - made]:
            made += 1
            yield Offer(
                id=f"o{made}",
                structure_id=f"s{structure}",
                kind=kind,
                coverage=_coverage(dice, seat),
                name=name,
                description=description,
                sectors=(SECTORS[sector].slug,),
                service_types=(str(dice.choice(SERVICE_TYPES)),),
                lat=round(float(lat), 6),
                lon=round(float(lon), 6),
                commune=seat.code,
            )


def needs(count: int, gazetteer: Gazetteer, seed: int = 2) -> Iterator[Need]:
    """Needs of one to three sectors, most of them in a commune."""
    dice = np.random.default_rng(seed)
    seats = _Seats(gazetteer, dice)
    for number in range(count):
        seat = seats.draw()
        sectors = dice.choice(len(SECTORS), size=int(dice.integers(1, 4)), replace=False)
        names = ", ".join(SECTORS[sector].name for sector in sectors)
        yield Need(
            id=f"n{number}",
            title=f"{names} à {seat.name}",
            description=f"La commune cherche qui puisse assurer : {names.lower()}.",
            sectors=tuple(SECTORS[sector].slug for sector in sectors),
            service_types=("PREST",) if dice.random() < 1 / 3 else (),
            place=_place(str(dice.choice(_SHAPES)), seat),
            include_country=bool(dice.random() < 1 / 3),
        )


class _Seats:
    """Draws communes by their population, thousands at a time."""

    def __init__(self, gazetteer: Gazetteer, dice: np.random.Generator) -> None:
        self._communes = [c for c in gazetteer.communes if c.lat is not None and c.region]
        people = np.array([commune.population + 1.0 for commune in self._communes])
        self._odds = people / people.sum()
        self._dice = dice
        self._drawn: list[int] = []

    def draw(self) -> Commune:
        if not self._drawn:
            self._drawn = self._dice.choice(len(self._communes), size=5_000, p=self._odds).tolist()
        return self._communes[self._drawn.pop()]


def _coverage(dice: np.random.Generator, seat: Commune) -> Coverage:
    chance = dice.random()
    if chance < 0.5:
        return Coverage("radius", km=float(dice.choice(_RADII)))
    if chance < 0.7:
        return Coverage("zones", codes=(seat.department,))
    if chance < 0.8:
        return Coverage("zones", codes=(seat.region or seat.department,))
    if chance < 0.85:
        return Coverage("zones", codes=(seat.code, seat.epci or seat.department))
    return Coverage("country")


def _place(shape: str, seat: Commune) -> Place:
    match shape:
        case "city":
            return Place("point", commune=seat.code)
        case "radius":
            return Place("point", commune=seat.code, radius_km=50.0)
        case "department":
            return Place("zones", codes=(seat.department,))
        case "region":
            return Place("zones", codes=(seat.region or seat.department,))
    return Place("country")
