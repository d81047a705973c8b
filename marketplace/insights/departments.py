"""Reads: the same figures, department by department. Each function is one query."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CTE, ColumnElement, Select, case, func, literal, select, union, union_all
from sqlalchemy.orm import Session, aliased

from marketplace.clauses.contract_tables import Contract, ContractLot
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need, NeedZone
from marketplace.offers.tables import Offer, OfferStatus
from marketplace.structures.kinds import Kind as StructureKind
from marketplace.structures.tables import Structure
from marketplace.territories.gazetteer import Kind
from marketplace.territories.tables import Territory


def structures_by_department(
    session: Session, seat: ColumnElement[bool]
) -> dict[tuple[str | None, StructureKind], tuple[int, int, int]]:
    """By department and kind: structures, those in priority districts, people in insertion."""
    counted = (
        select(
            Structure.department_code,
            Structure.kind,
            func.count(),
            func.count().filter(Structure.is_in_qpv.is_(True)),
            func.coalesce(func.sum(Structure.team_insertion), 0),
        )
        .where(Structure.is_active, seat)
        .group_by(Structure.department_code, Structure.kind)
    )
    return {
        (department, kind): (number, in_districts, people or 0)
        for department, kind, number, in_districts, people in session.execute(counted)
    }


def offers_by_department(session: Session) -> dict[str | None, int]:
    """Published offers by the department of their structure's seat."""
    counted = (
        select(Structure.department_code, func.count())
        .join(Offer, Offer.structure_id == Structure.id)
        .where(Offer.status == OfferStatus.PUBLISHED, Structure.is_active)
        .group_by(Structure.department_code)
    )
    return dict(session.execute(counted).all())


def needs_by_department(
    session: Session, now: datetime, since: datetime
) -> dict[str, tuple[int, int]]:
    """By department: needs open now, and those published since a day."""
    placed = departments_of_needs().subquery()
    counted = (
        select(
            placed.c.department,
            func.count().filter(is_open(now)),
            func.count().filter(Need.published_at >= since),
        )
        .join(Need, Need.id == placed.c.need_id)
        .where(Need.published_at.is_not(None))
        .group_by(placed.c.department)
    )
    return {of: (opened, lately) for of, opened, lately in session.execute(counted)}


def needs_by_region(session: Session, now: datetime, since: datetime) -> dict[str, tuple[int, int]]:
    """The same by region: a need for two departments of one counts once."""
    placed = departments_of_needs().subquery()
    regions = (
        select(placed.c.need_id, Territory.region)
        .join(Territory, Territory.code == placed.c.department)
        .where(Territory.region.is_not(None))
        .distinct()
        .subquery()
    )
    counted = (
        select(
            regions.c.region,
            func.count().filter(is_open(now)),
            func.count().filter(Need.published_at >= since),
        )
        .join(Need, Need.id == regions.c.need_id)
        .where(Need.published_at.is_not(None))
        .group_by(regions.c.region)
    )
    return {of: (opened, lately) for of, opened, lately in session.execute(counted)}


def planned_hours(session: Session) -> tuple[dict[str, int], dict[str, int]]:
    """Planned hours by the department of each contract's territory, those of an EPCI astride
    two, or of a region, being in none; then by region, with what is signed for the region itself
    and for an EPCI astride two of its departments: as validated hours are counted."""
    planned = (
        select(Contract.territory_code, func.sum(ContractLot.planned_hours).label("hours"))
        .join(ContractLot, ContractLot.contract_id == Contract.id)
        .group_by(Contract.territory_code)
        .cte()
    )
    by_department = _planned_by(planned, Kind.DEPARTMENT, "department")
    by_region = _planned_by(planned, Kind.REGION, "region")
    found: dict[str, dict[str, int]] = {Kind.DEPARTMENT: {}, Kind.REGION: {}}
    for level, of, hours in session.execute(union_all(by_department, by_region)):
        found[level][of] = round(hours or 0)
    return found[Kind.DEPARTMENT], found[Kind.REGION]


def _planned_by(planned: CTE, kind: Kind, level: str) -> Select[str, str, Decimal]:
    member = aliased(Territory)
    above = getattr(member, level)
    of_epci = (
        select(func.min(above))
        .where(member.epci == Territory.code)
        .having(func.count(above.distinct()) == 1)
        .scalar_subquery()
    )
    place = case(
        (Territory.kind == kind, Territory.code),
        (Territory.kind == Kind.EPCI, of_epci),
        else_=getattr(Territory, level),
    )
    return (
        select(literal(str(kind)), place, func.sum(planned.c.hours))
        .select_from(planned)
        .join(Territory, Territory.code == planned.c.territory_code)
        .where(place.is_not(None))
        .group_by(place)
    )


def departments_of_needs() -> Select[int, str]:
    """Each need with each department that its place lies in, is or holds: one for two
    departments comes twice, one for a region once for each of its departments, one for the
    whole country never."""
    zone = Territory.code == NeedZone.territory_code
    is_department = Territory.kind == Kind.DEPARTMENT
    of_zone = select(NeedZone.need_id, Territory.department)
    whole = select(NeedZone.need_id, Territory.code)
    found = union(
        select(Need.id, Territory.department).join(Territory, Territory.code == Need.commune_code),
        of_zone.join(Territory, zone),
        of_zone.join(Territory, Territory.epci == NeedZone.territory_code),
        whole.join(Territory, zone).where(is_department),
        whole.join(Territory, Territory.region == NeedZone.territory_code).where(is_department),
    ).subquery()
    need_id, department = found.c
    named = select(need_id.label("need_id"), department.label("department"))
    return named.where(department.is_not(None))
