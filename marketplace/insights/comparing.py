"""Comparing departments and regions: the tables of the figures of a region or of the country."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy.orm import Session

from marketplace.clauses import figures
from marketplace.clauses.figures import Figures
from marketplace.clock import PARIS
from marketplace.insights import departments as by_department
from marketplace.insights import queries
from marketplace.insights.blocks import Block, Value
from marketplace.insights.describing import (
    HIDDEN,
    aims_block,
    awards_block,
    hours_block,
    kinds_block,
    owed_block,
    publics_blocks,
    shown,
    trend_block,
)
from marketplace.insights.history import Series, series_of
from marketplace.insights.periods import last_months, months_over
from marketplace.insights.queries import OfKind
from marketplace.insights.slugs import departments_in
from marketplace.structures.kinds import HANDICAP, INSERTION
from marketplace.structures.kinds import Kind as StructureKind
from marketplace.territories.gazetteer import COUNTRY, Gazetteer

LATELY = timedelta(days=365)
PER = 100_000


class Measure(StrEnum):
    """What a map may show, by its name in the address."""

    DENSITY = "densite"
    STRUCTURES = "structures"
    OFFERS = "offres"
    NEEDS = "besoins"
    HOURS = "heures"


MEASURES: Mapping[Measure, str] = {
    Measure.DENSITY: "Structures pour 100 000 habitants",
    Measure.STRUCTURES: "Structures",
    Measure.OFFERS: "Offres publiées",
    Measure.NEEDS: "Besoins publiés en un an",
    Measure.HOURS: "Heures d'insertion validées",
}


@dataclass(frozen=True, slots=True)
class Part:
    """A department or a region in figures; its hours as they may be told."""

    code: str
    name: str
    population: int
    structures: int = 0
    insertion: int = 0
    handicap: int = 0
    in_districts: int = 0
    offers: int = 0
    open_needs: int = 0
    needs: int = 0
    planned: int = 0
    hours: Value = 0

    @property
    def density(self) -> float | None:
        return round(self.structures * PER / self.population, 1) if self.population else None

    def measured(self, measure: Measure) -> float | None:
        return {
            Measure.DENSITY: self.density,
            Measure.STRUCTURES: self.structures,
            Measure.OFFERS: self.offers,
            Measure.NEEDS: self.needs,
            Measure.HOURS: self.hours if isinstance(self.hours, int) else None,
        }[measure]


@dataclass(frozen=True, slots=True)
class Compared:
    code: str
    structures: int
    offers: int
    open_needs: int
    hours: Figures
    departments: tuple[Part, ...]
    by_region: Block
    by_department: Block
    kinds: Block
    trend: Block
    owed: Block
    hours_by_month: Block
    publics: tuple[Block, ...]
    awards: Block
    aims: Block
    history: tuple[Series, ...]

    @property
    def hours_told(self) -> Value:
        return shown(self.hours.achieved)

    @property
    def blocks(self) -> list[Block]:
        first = [self.by_region, self.by_department, self.kinds, self.trend, self.owed]
        hours = (self.hours_by_month, *self.publics)
        last = (self.awards, self.aims, *map(history_block, self.history))
        told = (*first, *hours, *last)
        return [block for block in told if block]


def compare(session: Session, places: Gazetteer, code: str, now: datetime) -> Compared:
    """The figures of a region, or of the country, and of each part: fifteen queries at most."""
    seat, concerned = queries.seated(places, code), queries.concerns(code)
    months = last_months(now.astimezone(PARIS).date())
    codes = departments_in(places, code)
    regions = [region.code for region in places.regions] if code == COUNTRY else []
    kinds = by_department.structures_by_department(session, seat)
    hours = figures.told_hours(session, {*codes, *regions})
    planned, planned_in_regions = by_department.planned_hours(session)
    departments = _departments(session, places, codes, now, kinds, hours, planned)
    needs, opened = queries.needs_by_month(session, concerned, now)
    awarded, won = queries.awards(session, concerned, seat)
    owed = figures.figures_of(session, places, code)
    parted = figures.parted(session, code, months_over(owed.detailed_on), owed)
    totals = _by_kind(kinds)
    return Compared(
        code=code,
        structures=sum(one.structures for one in totals.values()),
        offers=sum(one.offers for one in departments),
        open_needs=opened,
        hours=owed,
        departments=departments,
        by_region=_block(
            "regions",
            "Région par région",
            _regions(session, places, departments, now, hours, planned_in_regions)
            if regions
            else (),
        ),
        by_department=_block("departements", "Département par département", departments),
        kinds=kinds_block(totals),
        trend=trend_block(
            months,
            [
                ("Besoins publiés", needs),
                ("Attributions", {of: one.number for of, one in awarded.items()}),
            ],
        ),
        owed=owed_block(owed, []),
        hours_by_month=hours_block(parted, owed),
        publics=publics_blocks(parted, owed),
        awards=awards_block(awarded, won),
        aims=aims_block(queries.by_aim(session, concerned, seat)),
        history=tuple(series_of(code)),
    )


def history_block(series: Series) -> Block:
    return Block(
        "historique",
        series.name,
        ("Mesure", "Valeur", "Unité", "Date", "Source", "À vérifier"),
        tuple(
            (one.label, one.value, one.unit, one.dated, series.source, one.doubt)
            for one in series.figures
        ),
        series.about,
    )


def _by_kind(
    kinds: Mapping[tuple[str | None, StructureKind], tuple[int, int, int]],
) -> dict[StructureKind, OfKind]:
    summed: dict[StructureKind, OfKind] = {}
    for (_, kind), (number, in_districts, people) in kinds.items():
        so_far = summed.get(kind, OfKind(0, 0, 0))
        summed[kind] = OfKind(
            so_far.structures + number,
            so_far.in_districts + in_districts,
            so_far.people + people,
        )
    return summed


def _departments(
    session: Session,
    places: Gazetteer,
    codes: Sequence[str],
    now: datetime,
    kinds: Mapping[tuple[str | None, StructureKind], tuple[int, int, int]],
    hours: Mapping[str, float | None],
    planned: Mapping[str, int],
) -> tuple[Part, ...]:
    offers = by_department.offers_by_department(session)
    needs = by_department.needs_by_department(session, now, now - LATELY)
    parts = {
        code: Part(
            code,
            places.name(code) or code,
            sum(commune.population for commune in places.communes_in(code)),
            offers=offers.get(code, 0),
            open_needs=needs.get(code, (0, 0))[0],
            needs=needs.get(code, (0, 0))[1],
            planned=planned.get(code, 0),
            hours=shown(hours[code]),
        )
        for code in codes
    }
    for (code, kind), (number, in_districts, _) in kinds.items():
        if code in parts:
            so_far = parts[code]
            parts[code] = replace(
                so_far,
                structures=so_far.structures + number,
                insertion=so_far.insertion + number * (kind in INSERTION),
                handicap=so_far.handicap + number * (kind in HANDICAP),
                in_districts=so_far.in_districts + in_districts,
            )
    return tuple(parts.values())


def _regions(
    session: Session,
    places: Gazetteer,
    departments: Sequence[Part],
    now: datetime,
    hours: Mapping[str, float | None],
    planned: Mapping[str, int],
) -> tuple[Part, ...]:
    """What adds up is added; needs and planned hours, which do not, are counted again."""
    needs = by_department.needs_by_region(session, now, now - LATELY)
    parts = []
    for region in places.regions:
        inside = set(departments_in(places, region.code))
        own = [one for one in departments if one.code in inside]
        parts.append(
            Part(
                region.code,
                region.name,
                sum(one.population for one in own),
                structures=sum(one.structures for one in own),
                insertion=sum(one.insertion for one in own),
                handicap=sum(one.handicap for one in own),
                in_districts=sum(one.in_districts for one in own),
                offers=sum(one.offers for one in own),
                open_needs=needs.get(region.code, (0, 0))[0],
                needs=needs.get(region.code, (0, 0))[1],
                planned=planned.get(region.code, 0),
                hours=shown(hours[region.code]),
            )
        )
    return tuple(parts)


def _block(key: str, title: str, parts: Sequence[Part]) -> Block:
    return Block(
        key,
        title,
        (
            "Territoire",
            "Structures",
            "Insertion",
            "Handicap",
            "En quartier prioritaire",
            "Pour 100 000 habitants",
            "Offres",
            "Besoins ouverts",
            "Besoins en un an",
            "Heures prévues",
            "Heures validées",
        ),
        tuple(_row(part) for part in parts),
        "Un besoin sur plusieurs territoires compte dans chacun ; un besoin sur toute la France, "
        "dans aucun. Les heures d'un contrat, prévues ou validées, comptent là où est son "
        "territoire\u00a0: celles d'une région, ou d'un EPCI à cheval sur deux départements, dans "
        f"aucun département. {HIDDEN} Leurs heures comptent dans un territoire plus grand\u00a0: "
        "la somme des lignes peut être un peu moins que le total.",
    )


def _row(part: Part) -> tuple[Value, ...]:
    return (
        part.name,
        part.structures,
        part.insertion,
        part.handicap,
        part.in_districts,
        part.density,
        part.offers,
        part.open_needs,
        part.needs,
        part.planned,
        part.hours,
    )
