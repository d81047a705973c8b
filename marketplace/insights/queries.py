"""Reads: what there is in a territory. Each function is one query, whatever the territory."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    case,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from marketplace.answers.lifecycle import Result
from marketplace.answers.tables import Outcome
from marketplace.clock import PARIS
from marketplace.insights.slugs import departments_in
from marketplace.needs.lifecycle import Status
from marketplace.needs.queries import is_open
from marketplace.needs.searching import lies_in
from marketplace.needs.tables import Need
from marketplace.offers.tables import Offer, OfferSector, OfferStatus
from marketplace.structures.kinds import Kind as StructureKind
from marketplace.structures.tables import Structure
from marketplace.territories.gazetteer import COUNTRY, Gazetteer, Kind
from marketplace.territories.tables import Territory


@dataclass(frozen=True, slots=True)
class OfKind:
    """Structures of one kind: how many, in priority districts, and people in insertion there
    when they say it."""

    structures: int
    in_districts: int
    people: int


@dataclass(frozen=True, slots=True)
class OfSector:
    offers: int
    structures: int


@dataclass(frozen=True, slots=True)
class Offers:
    """Published offers: how many, by declared sector, and by the month of their publication,
    None for those that came from a register."""

    number: int
    by_sector: dict[str, OfSector]
    by_month: dict[date | None, int]


@dataclass(frozen=True, slots=True)
class OfAim:
    """What serves or values an environmental aim: published offers, needs that were published,
    and those of them that were awarded."""

    offers: int = 0
    needs: int = 0
    awarded: int = 0


@dataclass(frozen=True, slots=True)
class Awards:
    """Lots and needs awarded: how many, to structures of Tandem; the amounts that are known,
    and how many of them there are."""

    number: int = 0
    to_structures: int = 0
    amount: Decimal = Decimal(0)
    with_amount: int = 0

    def __add__(self, other: "Awards") -> "Awards":
        return Awards(
            self.number + other.number,
            self.to_structures + other.to_structures,
            self.amount + other.amount,
            self.with_amount + other.with_amount,
        )


def seated(places: Gazetteer, code: str) -> ColumnElement[bool]:
    """Of a structure: its seat is in this territory."""
    kind = places.zone_kind(code)
    if kind is Kind.COUNTRY:
        return true()
    if kind is Kind.REGION:
        return Structure.department_code.in_(departments_in(places, code))
    if kind is Kind.DEPARTMENT:
        return Structure.department_code == code
    if kind is Kind.EPCI:
        members = select(Territory.code).where(Territory.epci == code)
        return Structure.commune_code.in_(members)
    return Structure.commune_code == code


def concerns(code: str) -> ColumnElement[bool]:
    """Of a need: its place is this territory, holds it or lies in it."""
    return true() if code == COUNTRY else lies_in(code)


def structures_by_kind(session: Session, seat: ColumnElement[bool]) -> dict[StructureKind, OfKind]:
    counted = (
        select(
            Structure.kind,
            func.count(),
            func.count().filter(Structure.is_in_qpv.is_(True)),
            func.coalesce(func.sum(Structure.team_insertion), 0),
        )
        .where(Structure.is_active, seat)
        .group_by(Structure.kind)
    )
    return {
        kind: OfKind(structures, in_districts, people or 0)
        for kind, structures, in_districts, people in session.execute(counted)
    }


def offers_made(session: Session, seat: ColumnElement[bool]) -> Offers:
    """One reading, by sector and by month at once."""
    month = _month(Offer.published_at)
    is_by_sector = func.grouping(OfferSector.sector_slug) == 0
    counted = (
        select(
            is_by_sector,
            OfferSector.sector_slug,
            month,
            func.count(Offer.id.distinct()),
            func.count(Offer.structure_id.distinct()),
        )
        .select_from(Offer)
        .join(Structure)
        .outerjoin(OfferSector)
        .where(Offer.status == OfferStatus.PUBLISHED, Structure.is_active, seat)
        .group_by(func.grouping_sets(tuple_(OfferSector.sector_slug), tuple_(month)))
    )
    by_sector: dict[str, OfSector] = {}
    by_month: dict[date | None, int] = {}
    for is_sector, slug, of, offers, structures in session.execute(counted):
        if not is_sector:
            by_month[of] = offers
        elif slug is not None:
            by_sector[slug] = OfSector(offers, structures)
    return Offers(sum(by_month.values()), by_sector, by_month)


def by_aim(
    session: Session, concerned: ColumnElement[bool], seat: ColumnElement[bool]
) -> dict[str, OfAim]:
    """By the code of an environmental aim; an offer that names none has those of its structure."""
    is_told = func.cardinality(Offer.environmental_tags) > 0
    served = case((is_told, Offer.environmental_tags), else_=Structure.environmental_tags)
    offers = (
        select(func.unnest(served).label("aim"), literal("offers").label("what"))
        .select_from(Offer)
        .join(Structure)
        .where(Offer.status == OfferStatus.PUBLISHED, Structure.is_active, seat)
    )
    valued = func.unnest(Need.environmental_tags)
    is_public = Need.published_at.is_not(None)
    needs = select(valued, literal("needs")).where(is_public, concerned)
    awarded = select(valued, literal("awarded")).where(Need.status == Status.AWARDED, concerned)
    told = union_all(offers, needs, awarded).subquery()
    counted = select(told.c.aim, told.c.what, func.count()).group_by(told.c.aim, told.c.what)
    found: dict[str, dict[str, int]] = {}
    for aim, what, number in session.execute(counted):
        found.setdefault(aim, {})[what] = number
    return {aim: OfAim(**numbers) for aim, numbers in found.items()}


def needs_by_month(
    session: Session, concerned: ColumnElement[bool], now: datetime
) -> tuple[dict[date, int], int]:
    """Needs by the month of their publication, and how many are open now."""
    month = _month(Need.published_at)
    counted = (
        select(month, func.count(), func.count().filter(is_open(now)))
        .where(Need.published_at.is_not(None), concerned)
        .group_by(month)
    )
    rows = session.execute(counted).all()
    return {of: number for of, number, _ in rows}, sum(number for _, _, number in rows)


def urgent_needs(
    session: Session, concerned: ColumnElement[bool], now: datetime, limit: int
) -> Sequence[Need]:
    """The open needs that close first, with whom they are from and where."""
    opened = select(Need).where(is_open(now), concerned)
    loaded = opened.options(joinedload(Need.organisation), joinedload(Need.zones))
    # Joined zones repeat a need: the limit is set on needs alone.
    first = select(Need.id).where(is_open(now), concerned)
    first = first.order_by(Need.deadline_on, Need.id).limit(limit)
    return (
        session.scalars(loaded.where(Need.id.in_(first)).order_by(Need.deadline_on, Need.id))
        .unique()
        .all()
    )


def awards(
    session: Session, concerned: ColumnElement[bool], seat: ColumnElement[bool]
) -> tuple[dict[date, Awards], Awards]:
    """What buyers awarded where a territory is concerned, by the month when they said so; then
    what its structures won, wherever the work is."""
    month = _month(Outcome.decided_at)
    counted = (
        select(month, *_awards(concerned), *_awards(seat & Outcome.structure_id.is_not(None)))
        .join(Need, Need.id == Outcome.need_id)
        .outerjoin(Structure, Structure.id == Outcome.structure_id)
        .where(Outcome.result == Result.AWARDED, or_(concerned, seat))
        .group_by(month)
    )
    by_month: dict[date, Awards] = {}
    won = Awards()
    for of, *figures in session.execute(counted):
        here, theirs = Awards(*figures[:4]), Awards(*figures[4:])
        won += theirs
        if here.number:
            by_month[of] = here
    return by_month, won


def _awards(counted: ColumnElement[bool]) -> tuple[ColumnElement[Any], ...]:
    return (
        func.count().filter(counted),
        func.count(Outcome.structure_id).filter(counted),
        func.coalesce(func.sum(Outcome.amount).filter(counted), 0),
        func.count(Outcome.amount).filter(counted),
    )


def _month(moment: InstrumentedAttribute[Any]) -> ColumnElement[date]:
    """The first day of the month of an instant, in Paris. Nothing is bound, so that PostgreSQL
    sees the same words where rows are grouped by it."""
    in_paris = func.timezone(literal_column(f"'{PARIS}'"), moment)
    return cast(func.date_trunc(literal_column("'month'"), in_paris), Date)
