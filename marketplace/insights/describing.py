"""Saying what there is in a territory: the tables of its page, and of its export."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from marketplace.clauses import figures
from marketplace.clauses.figures import Cell, Dimension, Figures, PeriodFigures
from marketplace.clock import PARIS
from marketplace.insights import queries
from marketplace.insights.blocks import Block, Masked, Value, few
from marketplace.insights.directory import Around
from marketplace.insights.partnering import PARTS
from marketplace.insights.periods import last_months, month_label
from marketplace.insights.queries import Awards, OfKind, OfSector
from marketplace.needs.tables import Need
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.structures.kinds import HANDICAP, INSERTION, LABELS
from marketplace.structures.kinds import Kind as StructureKind
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer

MOST_URGENT = 5
BREAKDOWNS: Mapping[Dimension, str] = {
    "public": "Public",
    "sex": "Sexe",
    "age": "Âge",
    "district": "Quartier de résidence",
}
HIDDEN = "Moins de cinq personnes ne se comptent pas à part, ni ce qui permettrait de les déduire."


@dataclass(frozen=True, slots=True)
class Described:
    """What a territory's page shows. `hours` is None where no contract says any: a priority
    district has none of its own."""

    structures: int
    offers: int
    open_needs: int
    urgent: Sequence[Need]
    hours: Figures | None
    kinds: Block
    sectors: Block
    trend: Block
    hours_by_month: Block
    publics: tuple[Block, ...]
    awards: Block
    owed: Block

    @property
    def hours_told(self) -> Value:
        return shown(self.hours.achieved) if self.hours else None

    @property
    def blocks(self) -> list[Block]:
        figures = [self.kinds, self.sectors, self.trend, self.owed, self.hours_by_month]
        return [block for block in (*figures, *self.publics, self.awards) if block]


def describe(
    session: Session,
    places: Gazetteer,
    code: str,
    now: datetime,
    seat: ColumnElement[bool] | None = None,
) -> Described:
    """Nine queries. With another `seat`, that of a district inside a commune, structures are
    those of the district, needs the commune's, and hours are left out."""
    concerned = queries.concerns(places, code)
    here = queries.seated(places, code) if seat is None else seat
    kinds = queries.structures_by_kind(session, here)
    offers = queries.offers_made(session, here)
    needs, opened = queries.needs_by_month(session, concerned, now)
    awarded, won = queries.awards(session, concerned, here)
    months = last_months(now.astimezone(PARIS).date())
    hours = months_of_hours = None
    publics: tuple[Block, ...] = ()
    if seat is None:
        hours = figures.figures_of(session, code)
        months_of_hours = figures.by_month(session, code, months[0], months[-1])
        publics = publics_block(figures.breakdowns(session, code, list(BREAKDOWNS)))
    return Described(
        structures=sum(one.structures for one in kinds.values()),
        offers=offers.number,
        open_needs=opened,
        urgent=queries.urgent_needs(session, concerned, now, MOST_URGENT) if opened else [],
        hours=hours,
        kinds=kinds_block(kinds),
        sectors=sectors_block(offers.by_sector),
        trend=trend_block(
            months,
            [
                ("Besoins publiés", needs),
                ("Offres publiées", offers.by_month),
                ("Attributions", {of: one.number for of, one in awarded.items()}),
            ],
        ),
        hours_by_month=hours_block(months, months_of_hours or []),
        publics=publics,
        awards=awards_block(awarded, won),
        owed=owed_block(hours),
    )


def family(kind: StructureKind) -> str:
    if kind in INSERTION:
        return "Insertion"
    return "Handicap" if kind in HANDICAP else "Prison"


def kinds_block(kinds: Mapping[StructureKind, OfKind]) -> Block:
    return Block(
        "types",
        "Structures par type",
        ("Type", "Famille", "Structures", "En quartier prioritaire", "Salariés en insertion"),
        tuple(
            (
                f"{kind}, {LABELS[kind]}",
                family(kind),
                kinds[kind].structures,
                kinds[kind].in_districts,
                kinds[kind].people or None,
            )
            for kind in StructureKind
            if kind in kinds
        ),
        "Salariés en insertion : de celles qui l'ont dit.",
    )


def sectors_block(sectors: Mapping[str, OfSector]) -> Block:
    known = [(BY_SLUG[slug], found) for slug, found in sectors.items() if slug in BY_SLUG]
    known.sort(key=lambda row: (-row[1].structures, -row[1].offers, row[0].index))
    return Block(
        "secteurs",
        "Offres par secteur",
        ("Secteur", "Groupe", "Offres", "Structures"),
        tuple(
            (sector.name, sector.group.name, found.offers, found.structures)
            for sector, found in known
        ),
        "Secteurs déclarés ; une offre qui en déclare deux compte dans les deux.",
    )


def trend_block(months: Sequence[date], series: Sequence[tuple[str, Mapping[Any, int]]]) -> Block:
    """Counts by month; those of no month are left out."""
    counts = [[counted.get(of, 0) for _, counted in series] for of in months]
    rows: list[tuple[Value, ...]] = [
        (month_label(of), *row) for of, row in zip(months, counts, strict=True)
    ]
    return Block(
        "evolution",
        "Évolution par mois",
        ("Mois", *(name for name, _ in series)),
        tuple(rows) if any(map(any, counts)) else (),
    )


def owed_block(hours: Figures | None) -> Block:
    columns = ("Mesure", "Valeur")
    if hours is None or not hours.contracts:
        return Block("heures", "Heures d'insertion", columns, ())
    return Block(
        "heures",
        "Heures d'insertion",
        columns,
        (
            ("Contrats suivis", hours.contracts),
            ("Heures prévues", round(hours.planned)),
            ("Heures engagées", round(hours.committed)),
            ("Heures validées", shown(hours.achieved)),
            ("Entrées dans un contrat", Masked.HIDDEN if hours.people is None else hours.people),
        ),
        f"Depuis le premier contrat suivi ici. {HIDDEN}",
    )


def hours_block(months: Sequence[date], found: Sequence[PeriodFigures]) -> Block:
    of_month = {one.period: one for one in found}
    return Block(
        "heures-par-mois",
        "Heures validées par mois",
        ("Mois", "Heures validées", "Entrées"),
        tuple(
            (
                month_label(month),
                shown(of_month[month].hours) if month in of_month else 0,
                shown(of_month[month].people) if month in of_month else 0,
            )
            for month in months
        )
        if found
        else (),
        HIDDEN,
    )


def publics_block(found: Mapping[Dimension, Sequence[Cell]]) -> tuple[Block, ...]:
    return tuple(
        Block(
            f"heures-{dimension}",
            f"Heures validées : {BREAKDOWNS[dimension].lower()}",
            (BREAKDOWNS[dimension], "Heures validées", "Entrées"),
            tuple((cell.label, shown(cell.hours), shown(cell.people)) for cell in cells)
            if any(cell.is_masked or cell.hours for cell in cells)
            else (),
            HIDDEN,
        )
        for dimension, cells in found.items()
    )


def awards_block(awarded: Mapping[date, Awards], won: Awards) -> Block:
    here = sum(awarded.values(), Awards())
    columns = ("Mesure", "Nombre", "Montant HT connu (€)")
    if not here.number and not won.number:
        return Block("attributions", "Attributions", columns, ())
    return Block(
        "attributions",
        "Attributions",
        columns,
        (
            ("Marchés et lots attribués", here.number, few(round(here.amount), here.with_amount)),
            ("dont à des structures inclusives", here.to_structures, None),
            (
                "Remportés par les structures d'ici, où que ce soit",
                won.number,
                few(round(won.amount), won.with_amount),
            ),
        ),
        "Ce que les acheteurs ont dit sur Tandem. Un montant fait de moins de cinq marchés n'est "
        "pas montré.",
    )


def partners_block(found: Around, places: Gazetteer) -> Block:
    return Block(
        "annuaire",
        "Qui fait quoi",
        ("Organisme", "Rôle", "Ce qu'il fait", "Où", "Contact", "Site"),
        tuple(
            (
                partner.name,
                PARTS[partner.part],
                partner.role,
                naming.label(places, partner.territory_code) if partner.territory_code else "",
                partner.contact,
                partner.website,
            )
            for partner in found.partners
        ),
    )


def shown(value: float | None) -> Value:
    """Hours or people, whole; hidden when None."""
    return Masked.HIDDEN if value is None else round(value)
