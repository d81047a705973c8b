"""What inclusion could bring to one purchase: the rules, each of which can be reached. Pure.

    buy          under the threshold of any competition, where some structure sells it
    reserve      three structures at least of the families that the law reserves for, and the
                 purchase within what they can take in a year
    one lot      three structures at least, but the whole is more than they can take
    execution    enough hours for a path of insertion, at a usual rate, or a duty to consider it
    entrust      some structure, too few to reserve or hours to count
    criterion    nobody there, and a procedure that compares offers
    nothing      nobody there, and too small a purchase to compare offers

Supplies have no share of labour: no hours are counted, and a duty to consider inclusion is met
by a criterion or by buying from structures. A contract is compared with a year of the structures'
own figures, so its amount is of a year too.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from statistics import median

from marketplace.clauses.advice import FEW, WORTHWHILE_HOURS, Advice, Situation
from marketplace.clauses.hours import WORKING_YEAR, Line
from marketplace.clauses.levers import Duty, advise, duty
from marketplace.clauses.trades import trade_of
from marketplace.insights.programme import Project
from marketplace.needs.specific_services import are_specific
from marketplace.needs.thresholds import Procedure, band
from marketplace.sectors.suggesting import Suggestion, suggest
from marketplace.structures.kinds import HANDICAP, INSERTION, Kind
from marketplace.text import plain

USUAL_RATE = 0.05
HOURLY_COST = 38.0
"""Euros, of a price, since the share of labour is one of a price: what the calculator lets change,
a first look takes as it is."""

MOST_DEPENDENT = 0.30
"""A structure that would owe one buyer more of its turnover depends on it."""
KNOWN = 3
"""Figures known at least, to speak of the structures of a place."""
AS_LIKELY = 0.75
"""A further sector counts when it is this close to the first."""

WORKS_TRADES = frozenset(
    {
        "batiment",
        "maconnerie",
        "peinture",
        "ossature-metallique",
        "platrerie",
        "electricite",
        "plomberie",
        "menuiserie",
        "sols",
        "couverture",
        "demolition",
        "voirie",
        "espaces-verts-creation",
    }
)


GOODS = frozenset(
    {
        "achat-de-produits-reconditionnes-informatique-electronique",
        "articles-protection-covid-19",
        "materiaux-de-construction",
        "papeterie-et-fournitures-administratives",
        "produits-d-entretien-et-desinfectants",
        "producteurs-fournisseurs",
        "textiles",
    }
)
"""Sectors of things that are made and delivered."""

_BOUGHT = re.compile(r"\b(fourniture|achat|acquisition|livraison)s?\b")
_WORKED = re.compile(
    r"\b(pose|installation|montage|travaux|maintenance|reparation|location|prestation|service)s?\b"
    r"|\bmise en (oeuvre|service)\b|\b(et|avec) entretien\b"
)


class Choice(StrEnum):
    BUY = "buy"
    RESERVE = "reserve"
    ONE_LOT = "one_lot"
    EXECUTION = "execution"
    ENTRUST = "entrust"
    CRITERION = "criterion"
    NOTHING = "nothing"


CHOICES: Mapping[Choice, str] = {
    Choice.BUY: "Acheter à une structure",
    Choice.RESERVE: "Réserver le marché",
    Choice.ONE_LOT: "Réserver un lot",
    Choice.EXECUTION: "Clause d'insertion",
    Choice.ENTRUST: "Confier une part",
    Choice.CRITERION: "Critère d'insertion",
    Choice.NOTHING: "Rien de plus à prévoir",
}


HELD = frozenset({Choice.BUY, Choice.RESERVE, Choice.ONE_LOT, Choice.ENTRUST})
"""What gives work to structures that were found."""
ASKED = frozenset({Choice.EXECUTION, Choice.CRITERION})
"""What asks something of whoever wins."""


class Capacity(StrEnum):
    ENOUGH = "enough"
    TIGHT = "tight"
    UNKNOWN = "unknown"


CAPACITIES: Mapping[Capacity, str] = {
    Capacity.ENOUGH: "Suffisante",
    Capacity.TIGHT: "Tendue",
    Capacity.UNKNOWN: "Non connue",
}


@dataclass(frozen=True, slots=True)
class Answering:
    """A structure that could answer. `turnover` in euros a year, `team` in people."""

    kind: Kind
    turnover: int | None
    team: int | None
    is_close: bool


@dataclass(frozen=True)
class Potential:
    """`dependency`: the purchase of a year over the median turnover of those who could answer.
    `hours`: insertion hours of the whole contract at a usual rate; None without a known trade."""

    project: Project
    sectors: Sequence[Suggestion]
    nature: str
    count: int
    insertion: int
    handicap: int
    close: int
    hours: float | None
    dependency: float | None
    capacity: Capacity
    choice: Choice
    why: str
    advice: Advice | None
    duty: Duty | None
    is_social_service: bool = False


def sectors_of(project: Project) -> list[Suggestion]:
    """Those that its title speaks of; none when no inclusive supplier sells this."""
    found = suggest(project.title, top=3)
    return [one for one in found if one.confidence >= AS_LIKELY * found[0].confidence]


def assess(
    project: Project,
    sectors: Sequence[Suggestion],
    answering: Sequence[Answering],
    buyer_kind: str,
    on: date,
) -> Potential:
    """`answering`: each structure once, whatever its offers."""
    trade = trade_of([one.slug for one in sectors]) if sectors else None
    nature = nature_of(project.title, sectors)
    is_specific = nature == "services" and are_specific((), [one.slug for one in sectors])
    is_counted = trade is not None and nature != "supplies"
    line = (
        Line(float(project.amount), trade.proposed, USUAL_RATE, HOURLY_COST)
        if trade and is_counted
        else None
    )
    kinds = Counter(one.kind for one in answering)
    situation = Situation(
        nature=nature,
        buyer_kind=buyer_kind,
        on=on,
        amount=project.amount,
        answering=kinds,
        is_social_service=is_specific,
        hours=line.hours if line else None,
    )
    owed = duty(nature, buyer_kind, project.amount, on, is_specific)
    dependency = _dependency(project, answering)
    capacity = _capacity(project, line, answering, dependency)
    procedure = band(nature, buyer_kind, project.amount, on, is_specific).procedure
    is_owed_or_long = owed is not None or (situation.hours or 0) >= WORTHWHILE_HOURS
    choice = _choice(kinds, capacity, procedure, nature != "supplies" and is_owed_or_long)
    part = replace(situation, lots=2) if choice is Choice.ONE_LOT else situation
    levers = {one.lever: one for one in advise(part)}
    return Potential(
        project=project,
        sectors=sectors,
        nature=nature,
        count=len(answering),
        insertion=_of(kinds, INSERTION),
        handicap=_of(kinds, HANDICAP),
        close=sum(one.is_close for one in answering),
        hours=line.hours if line else None,
        dependency=dependency,
        capacity=capacity,
        choice=choice,
        why=_WHY[choice],
        advice=levers.get(lever) if (lever := _lever(choice, kinds)) is not None else None,
        duty=owed,
        is_social_service=is_specific,
    )


def nature_of(title: str, sectors: Sequence[Suggestion]) -> str:
    """Works, supplies or services, by the words of a title and the trade of its sectors."""
    trade = trade_of([one.slug for one in sectors]) if sectors else None
    if trade and trade.code in WORKS_TRADES:
        return "works"
    words = plain(title)
    is_bought = _BOUGHT.search(words) or (sectors and sectors[0].slug in GOODS)
    return "supplies" if is_bought and not _WORKED.search(words) else "services"


_WHY: Mapping[Choice, str] = {
    Choice.BUY: "Une structure au moins pourrait répondre, et le montant permet de lui acheter "
    "sans publicité ni mise en concurrence.",
    Choice.RESERVE: "Assez de structures pourraient répondre, et le marché tient dans ce qu'elles "
    "font en un an.",
    Choice.ONE_LOT: "Assez de structures pourraient répondre, mais le marché entier dépasse ce "
    "qu'elles font en un an\u00a0: réservez-leur une part.",
    Choice.EXECUTION: "Trop peu de structures pour réserver, mais assez d'heures de travail pour "
    "des parcours d'insertion, ou une obligation à ce montant.",
    Choice.ENTRUST: "Une structure au moins pourrait prendre une part du travail.",
    Choice.CRITERION: "Aucune structure trouvée\u00a0: demandez aux candidats ce qu'ils proposent "
    "pour l'insertion.",
    Choice.NOTHING: "Aucune structure trouvée, et un montant trop faible pour comparer des offres "
    "sur l'insertion.",
}


def _choice(
    answering: Mapping[Kind, int], capacity: Capacity, procedure: Procedure, is_worth_hours: bool
) -> Choice:
    is_found = any(answering.values())
    if procedure is Procedure.DIRECT:
        return Choice.BUY if is_found else Choice.NOTHING
    if _of(answering, INSERTION | HANDICAP) >= FEW:
        return Choice.ONE_LOT if capacity is Capacity.TIGHT else Choice.RESERVE
    if is_worth_hours:
        return Choice.EXECUTION
    return Choice.ENTRUST if is_found else Choice.CRITERION


def _lever(choice: Choice, kinds: Mapping[Kind, int]) -> str | None:
    """The code of the advice to show: nothing for buying without a lever, None for no advice."""
    if choice in (Choice.RESERVE, Choice.ONE_LOT):
        insertion, handicap = _of(kinds, INSERTION), _of(kinds, HANDICAP)
        if max(insertion, handicap) < FEW:
            return "reserved_both"
        return "reserved_insertion" if insertion >= handicap else "reserved_handicap"
    return {
        Choice.EXECUTION: "execution",
        Choice.ENTRUST: "subcontracting",
        Choice.CRITERION: "criterion",
        Choice.BUY: "",
    }.get(choice)


def _dependency(project: Project, answering: Sequence[Answering]) -> float | None:
    known = [one.turnover for one in answering if one.turnover]
    return float(project.annual) / median(known) if len(known) >= KNOWN else None


def _capacity(
    project: Project,
    line: Line | None,
    answering: Sequence[Answering],
    dependency: float | None,
) -> Capacity:
    """By turnover, and by people where the work can be counted in hours."""
    teams = [one.team for one in answering if one.team]
    posts = line.labour_hours / float(project.amount / project.annual) / WORKING_YEAR if line else 0
    is_crowded = posts > median(teams) if line and len(teams) >= KNOWN else None
    if (dependency or 0) > MOST_DEPENDENT or is_crowded:
        return Capacity.TIGHT
    return Capacity.UNKNOWN if dependency is None and is_crowded is None else Capacity.ENOUGH


def _of(kinds: Mapping[Kind, int], family: frozenset[Kind]) -> int:
    return sum(count for kind, count in kinds.items() if kind in family)
