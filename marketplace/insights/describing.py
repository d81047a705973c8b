"""Saying what there is in a territory: the tables of its page, and of its export."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from marketplace.clauses import figures
from marketplace.clauses.figures import Breakdown, Dimension, Figures, Parted
from marketplace.clauses.reported import next_month
from marketplace.clock import PARIS
from marketplace.formats import long_date
from marketplace.insights import queries
from marketplace.insights.blocks import Block, Masked, Value, few
from marketplace.insights.directory import Around
from marketplace.insights.partnering import PARTS
from marketplace.insights.periods import last_months, month_label, months_over
from marketplace.insights.queries import Awards, OfAim, OfKind, OfSector
from marketplace.needs.tables import Need
from marketplace.sectors.aims import AIMS
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
DISTRICTS = (
    "Ce que l'employeur a dit du domicile à l'embauche, d'après la liste alors en vigueur. ZUS, "
    "QPV de 2015 et QPV de 2024 sont trois listes différentes : leurs heures ne s'ajoutent pas."
)
APART = "Non répartis\u00a0: effectifs trop faibles, ou hors de ce détail"
NOT_IN_MONTHS = "Non répartis\u00a0: autres mois, ou effectifs trop faibles pour être montrés"


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
    """Eleven queries. With another `seat`, that of a district inside a commune, structures are
    those of the district, needs the commune's, and hours those of the department's residents
    of districts: nobody knows of which."""
    concerned = queries.concerns(code)
    here = queries.seated(places, code) if seat is None else seat
    kinds = queries.structures_by_kind(session, here)
    offers = queries.offers_made(session, here)
    needs, opened = queries.needs_by_month(session, concerned, now)
    awarded, won = queries.awards(session, concerned, here)
    months = last_months(now.astimezone(PARIS).date())
    hours = parted = None
    people: Sequence[tuple[int, int]] = ()
    if seat is None:
        hours = figures.figures_of(session, places, code)
        parted = figures.parted(session, code, months_over(hours.detailed_on), hours)
        people = figures.distinct_people(session, code)
        publics = publics_blocks(parted, hours)
    else:
        publics = _around_district(session, places, code)
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
        hours_by_month=hours_block(parted, hours),
        publics=publics,
        awards=awards_block(awarded, won),
        owed=owed_block(hours, people),
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


def aims_block(found: Mapping[str, OfAim]) -> Block:
    """Only the aims of which something is said, in the order in which they are proposed."""
    return Block(
        "environnement",
        "Objectifs environnementaux",
        ("Objectif", "Offres publiées", "Besoins publiés", "Besoins attribués"),
        tuple(
            (aim.label, found[code].offers, found[code].needs, found[code].awarded)
            for code, aim in AIMS.items()
            if code in found
        ),
        "Une offre, ou un besoin, compte dans chacun des objectifs qu'il nomme\u00a0: les lignes "
        "ne s'additionnent pas.",
    )


def owed_block(hours: Figures | None, people: Sequence[tuple[int, int]]) -> Block:
    """`people`: by year, how many different ones the desk of the territory declared."""
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
            ("Entrées dans un contrat", shown(hours.people)),
            *((f"Personnes différentes en {year}, selon le guichet", n) for year, n in people),
        ),
        "Depuis le premier contrat suivi ici. Une personne qui entre dans deux contrats y compte "
        f"deux fois. {_dated(hours)} {HIDDEN} Leurs heures ne comptent que dans un territoire plus "
        "grand.",
    )


def _dated(hours: Figures) -> str:
    if hours.told_on is None:
        return (
            "Les premières heures paraissent la nuit qui suit leur validation, une fois leur mois "
            "fini."
        )
    return (
        f"Heures des mois finis, validées au {long_date(hours.told_on)}\u00a0; les suivantes "
        f"s'ajoutent le {long_date(next_month(hours.told_on))}."
    )


def _detailed(hours: Figures) -> str:
    """Of a detail that is there, so that it has a day."""
    day = long_date(hours.detailed_on) if hours.detailed_on else ""
    return f"Détail arrêté au {day}, une fois par trimestre."


def hours_block(parted: Parted | None, hours: Figures | None) -> Block:
    columns = ("Mois", "Heures validées")
    if parted is None or hours is None:
        return Block("heures-par-mois", "Heures validées par mois", columns, ())
    told = parted.by_month
    rows: list[tuple[Value, ...]] = [
        (month_label(date.fromisoformat(cell.label)), shown(cell.hours)) for cell in told.cells
    ]
    if told.apart.hours:
        rows.append((NOT_IN_MONTHS, shown(told.apart.hours)))
    note = f"{_detailed(hours)} {HIDDEN}"
    return Block("heures-par-mois", "Heures validées par mois", columns, tuple(rows), note)


def publics_blocks(parted: Parted | None, hours: Figures) -> tuple[Block, ...]:
    if parted is None:
        return ()
    return tuple(_public_block(name, parted.by_dimension[name], hours) for name in BREAKDOWNS)


def is_hidden(block: Block) -> bool:
    """Of hours by public: all of them are in the line of what no other line shows."""
    values = [row[1] for row in block.rows if row[0] != APART]
    return not any(value and value is not Masked.HIDDEN for value in values)


def _around_district(session: Session, places: Gazetteer, code: str) -> tuple[Block, ...]:
    """Of a district inside a commune: the hours of its department by where people live."""
    commune = places.commune(code)
    if commune is None:
        return ()
    hours = figures.figures_of(session, places, commune.department)
    parted = figures.parted(session, commune.department, months_over(hours.detailed_on), hours)
    if parted is None:
        return ()
    block = _public_block("district", parted.by_dimension["district"], hours)
    name = places.name(commune.department)
    return (replace(block, title=f"{block.title}, tout le département ({name})"),)


def _public_block(dimension: Dimension, told: Breakdown, hours: Figures) -> Block:
    cells = [*told.cells]
    if told.apart.hours or told.apart.people:
        cells.append(replace(told.apart, label=APART))
    notes = [DISTRICTS] if dimension == "district" else []
    return Block(
        f"heures-{dimension}",
        f"Heures validées\u00a0: {BREAKDOWNS[dimension].lower()}",
        (BREAKDOWNS[dimension], "Heures validées", "Entrées"),
        tuple((cell.label, shown(cell.hours), shown(cell.people)) for cell in cells),
        " ".join([*notes, _detailed(hours), HIDDEN]),
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
