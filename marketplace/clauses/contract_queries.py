"""Reads: contracts, how far they are, and the reports that employers sent or owe."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from marketplace.accounts.tables import Organisation, User
from marketplace.clauses import report_links
from marketplace.clauses.contract_tables import (
    Contract,
    ContractChange,
    ContractEmployer,
    ContractLot,
    ContractTotal,
    DeskYearPeople,
    HourLine,
    HourReport,
    Programme,
)
from marketplace.clauses.following import Followed, follow
from marketplace.clauses.reported import EmployerRole, ReportState
from marketplace.structures.tables import Structure, StructureMember
from marketplace.territories.tables import Territory

IN_FULL = (
    joinedload(Contract.organisation),
    joinedload(Contract.desk),
    joinedload(Contract.programme),
    joinedload(Contract.need),
    selectinload(Contract.lots),
    selectinload(Contract.employers),
)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is written to for an employer: its people here, else its address with a link."""

    email: str
    name: str
    link: str
    user_id: int | None = None

    @property
    def key(self) -> str:
        return str(self.user_id or self.email)


def readers_of(session: Session, employer: ContractEmployer, secret_key: str) -> list[Reader]:
    people = session.scalars(
        select(User)
        .join(StructureMember, StructureMember.user_id == User.id)
        .join(Structure, Structure.id == StructureMember.structure_id)
        .where(Structure.siret == employer.siret, User.is_active)
        .where(User.email_verified_at.is_not(None))
        .order_by(User.id)
        .distinct()
    ).all()
    page = f"/contrats/{employer.contract_id}"
    if people:
        return [Reader(person.email, person.full_name, page, person.id) for person in people]
    if not employer.email:
        return []
    return [Reader(employer.email, employer.name, report_links.path_of(secret_key, employer.id))]


def employs(structure_ids: Collection[int]) -> ColumnElement[bool]:
    """Of a contract: one of these structures works on it, by its SIRET."""
    employed = (
        select(ContractEmployer.contract_id)
        .join(Structure, Structure.siret == ContractEmployer.siret)
        .where(Structure.id.in_(structure_ids))
    )
    return Contract.id.in_(employed)


def own_employers(
    session: Session, contract_id: int, structure_ids: Collection[int]
) -> Sequence[ContractEmployer]:
    """The employers of a contract that these structures are."""
    same = Structure.siret == ContractEmployer.siret
    return session.scalars(
        select(ContractEmployer)
        .where(ContractEmployer.contract_id == contract_id)
        .where(exists().where(same, Structure.id.in_(structure_ids)))
        .order_by(ContractEmployer.id)
    ).all()


@dataclass(frozen=True, slots=True)
class Row:
    """A contract among others, with where it stands."""

    id: int
    title: str
    buyer: str
    holder: str
    programme: str
    territory_code: str
    territory: str
    starts_on: date
    ends_on: date
    followed: Followed
    new_people: int


def followed_rows(session: Session, visible: Select[Contract], today: date) -> list[Row]:
    """Where each contract of a selection stands, in one query, the latest first."""
    chosen = visible.with_only_columns(Contract.id).order_by(None).subquery()
    of_lot = (
        select(
            ContractTotal.lot_id,
            func.sum(ContractTotal.hours).label("hours"),
            func.sum(ContractTotal.new_people).label("people"),
        )
        .group_by(ContractTotal.lot_id)
        .subquery()
    )
    not_validated = waiting_hours().subquery()
    is_closed = ContractLot.closed_at.is_not(None)
    due = case(
        (is_closed, func.coalesce(of_lot.c.hours, 0)),
        else_=func.coalesce(ContractLot.committed_hours, ContractLot.planned_hours),
    )
    is_signed = func.bool_or(is_closed | ContractLot.committed_hours.is_not(None))
    told = (
        select(
            ContractLot.contract_id,
            func.sum(ContractLot.planned_hours).label("planned"),
            case((is_signed, func.sum(due))).label("committed"),
            func.sum(of_lot.c.hours).label("hours"),
            func.sum(of_lot.c.people).label("people"),
            func.sum(not_validated.c.hours).label("waiting"),
        )
        .outerjoin(of_lot, of_lot.c.lot_id == ContractLot.id)
        .outerjoin(not_validated, not_validated.c.lot_id == ContractLot.id)
        .group_by(ContractLot.contract_id)
        .subquery()
    )
    holder = (ContractEmployer.contract_id == Contract.id) & (
        ContractEmployer.role == EmployerRole.HOLDER
    )
    asked = (
        select(
            Contract,
            Organisation.name,
            ContractEmployer.name,
            Programme.name,
            Territory.name,
            told.c.planned,
            told.c.committed,
            told.c.hours,
            told.c.people,
            told.c.waiting,
        )
        .join(chosen, chosen.c.id == Contract.id)
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .join(Territory, Territory.code == Contract.territory_code)
        .join(ContractEmployer, holder)
        .outerjoin(Programme, Programme.id == Contract.programme_id)
        .outerjoin(told, told.c.contract_id == Contract.id)
        .order_by(Contract.starts_on.desc(), Contract.id.desc())
    )
    return [_row(row, today) for row in session.execute(asked)]


def _row(row: Any, today: date) -> Row:
    contract, buyer, holder, programme, territory, planned, committed, hours, people, waiting = row
    return Row(
        id=contract.id,
        title=contract.title,
        buyer=buyer,
        holder=holder,
        programme=programme or "",
        territory_code=contract.territory_code,
        territory=territory,
        starts_on=contract.starts_on,
        ends_on=contract.ends_on,
        followed=follow(
            None if planned is None else float(planned),
            None if committed is None else float(committed),
            float(hours or 0),
            contract.starts_on,
            contract.ends_on,
            today,
            float(waiting or 0),
        ),
        new_people=people or 0,
    )


@dataclass(frozen=True, slots=True)
class EmployerRow:
    """What a firm achieved on the contracts of a selection."""

    siret: str
    name: str
    kind: str
    contracts: int
    hours: float
    new_people: int


def employer_rows(session: Session, visible: Select[Contract]) -> list[EmployerRow]:
    chosen = visible.with_only_columns(Contract.id).order_by(None).subquery()
    hours = func.coalesce(func.sum(ContractTotal.hours), 0)
    rows = session.execute(
        select(
            ContractEmployer.siret,
            func.max(ContractEmployer.name),
            func.max(ContractEmployer.kind),
            func.count(ContractEmployer.contract_id.distinct()),
            hours,
            func.coalesce(func.sum(ContractTotal.new_people), 0),
        )
        .join(chosen, chosen.c.id == ContractEmployer.contract_id)
        .outerjoin(ContractTotal, ContractTotal.employer_id == ContractEmployer.id)
        .group_by(ContractEmployer.siret)
        .order_by(hours.desc(), func.max(ContractEmployer.name))
    )
    return [EmployerRow(*row[:4], float(row[4]), row[5]) for row in rows]


def totals_of(session: Session, contract_id: int) -> dict[tuple[int, int], ContractTotal]:
    """Validated hours of a contract, by lot and employer."""
    of_contract = (
        select(ContractTotal)
        .join(ContractLot, ContractLot.id == ContractTotal.lot_id)
        .where(ContractLot.contract_id == contract_id)
    )
    return {(total.lot_id, total.employer_id): total for total in session.scalars(of_contract)}


def waiting_hours() -> Select[int, Decimal]:
    """Hours told and not validated yet, by lot."""
    return (
        select(HourReport.lot_id, func.sum(HourLine.hours).label("hours"))
        .join(HourLine, HourLine.report_id == HourReport.id)
        .where(HourReport.state != ReportState.VALIDATED)
        .group_by(HourReport.lot_id)
    )


def reports_of(
    session: Session, contract_id: int, employer_ids: Collection[int] | None = None
) -> Sequence[HourReport]:
    """The reports of a contract, the latest month first; of some employers, when asked so."""
    told = (
        select(HourReport)
        .join(HourReport.lot)
        .join(HourReport.employer)
        .where(ContractLot.contract_id == contract_id)
        .options(contains_eager(HourReport.lot), contains_eager(HourReport.employer))
        .options(selectinload(HourReport.lines))
        .order_by(HourReport.month.desc(), ContractLot.number, ContractEmployer.id)
    )
    if employer_ids is not None:
        told = told.where(HourReport.employer_id.in_(employer_ids))
    return session.scalars(told).all()


def report_at(session: Session, lot_id: int, employer_id: int, month: date) -> HourReport | None:
    named = select(HourReport).filter_by(lot_id=lot_id, employer_id=employer_id, month=month)
    return session.scalars(named.options(selectinload(HourReport.lines))).first()


def waiting_reports(desk_ids: Collection[int]) -> Select[HourReport]:
    """What facilitators have to validate, the longest waiting first."""
    return (
        select(HourReport)
        .join(HourReport.lot)
        .join(ContractLot.contract)
        .where(HourReport.state == ReportState.SENT, Contract.desk_id.in_(desk_ids))
        .options(contains_eager(HourReport.lot).contains_eager(ContractLot.contract))
        .options(joinedload(HourReport.employer), selectinload(HourReport.lines))
        .order_by(HourReport.sent_at, HourReport.id)
    )


def count_waiting(session: Session, desk_ids: Collection[int]) -> int:
    """How many reports facilitators have to validate."""
    waiting = waiting_reports(desk_ids).with_only_columns(HourReport.id).order_by(None)
    return session.scalar(select(func.count()).select_from(waiting.subquery())) or 0


def without_report(session: Session, month: date) -> Sequence[ContractEmployer]:
    """Employers of contracts that run in a month, open to reports, who said nothing of it."""
    last = (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    told = exists().where(HourReport.employer_id == ContractEmployer.id, HourReport.month == month)
    return session.scalars(
        select(ContractEmployer)
        .join(ContractEmployer.contract)
        .where(Contract.starts_on <= last, Contract.ends_on >= month)
        .where(func.coalesce(Contract.closed_until < month, True))
        .where(~told, ContractEmployer.role != EmployerRole.FORMER)
        .where(Contract.lots.any(ContractLot.closed_at.is_(None)))
        .options(contains_eager(ContractEmployer.contract))
        .order_by(ContractEmployer.id)
    ).all()


def changes_of(session: Session, contract_id: int) -> Sequence[ContractChange]:
    """What was changed of a contract, the latest first, with by whom."""
    told = select(ContractChange).filter_by(contract_id=contract_id)
    latest = told.order_by(ContractChange.id.desc()).options(joinedload(ContractChange.user))
    return session.scalars(latest).all()


def programmes(session: Session) -> Sequence[Programme]:
    return session.scalars(select(Programme).order_by(Programme.name)).all()


def people_declared(session: Session, desk_ids: Collection[int]) -> Sequence[DeskYearPeople]:
    told = select(DeskYearPeople).where(DeskYearPeople.desk_id.in_(desk_ids))
    return session.scalars(told.order_by(DeskYearPeople.year.desc())).all()
