"""Opening a contract with a social clause: from an awarded need, or as it is told by hand."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.answers.lifecycle import Result
from marketplace.answers.queries import outcomes_of
from marketplace.answers.tables import Outcome
from marketplace.audit import Action
from marketplace.clauses.calculating import kept
from marketplace.clauses.contract_tables import (
    Contract,
    ContractEmployer,
    ContractLot,
    DeskYearPeople,
    Programme,
)
from marketplace.clauses.member_queries import led_group, partners_on
from marketplace.clauses.queries import latest_calculation
from marketplace.clauses.reported import ORDINARY, EmployerRole, ProgrammeKind, next_month
from marketplace.clock import PARIS
from marketplace.moderation.desks import desk_covering, need_codes
from marketplace.needs.tables import Lever, Nature, Need
from marketplace.structures.tables import Structure
from marketplace.territories.gazetteer import COUNTRY
from marketplace.territories.tables import Territory

MONTHS = 12
"""How long a contract lasts whose need did not say; to be put right by its buyer."""


class AlreadyEmployed(Exception):
    """This SIRET works on the contract already."""


@dataclass(frozen=True, slots=True)
class LotTold:
    title: str
    planned_hours: Decimal | None = None
    committed_hours: Decimal | None = None
    targets: str = ""
    support_hires: int | None = None
    lot_id: int | None = None


@dataclass(frozen=True, slots=True)
class EmployerTold:
    siret: str
    name: str
    kind: str = ORDINARY
    email: str = ""
    is_in_qpv: bool | None = None
    role: EmployerRole = EmployerRole.HOLDER


@dataclass(frozen=True, slots=True)
class ContractTold:
    organisation_id: int
    title: str
    territory_code: str
    starts_on: date
    ends_on: date
    holder: EmployerTold
    lots: tuple[LotTold, ...]
    lever: Lever | None = None
    nature: Nature | None = None
    amount: Decimal | None = None
    programme_id: int | None = None
    need_id: int | None = None
    members: tuple[EmployerTold, ...] = ()
    """The others of the group that won it."""


def open_contract(session: Session, told: ContractTold, user_id: int, now: datetime) -> Contract:
    """Write a contract down, at the desk of its territory. Raises moderation.desks.NoDesk."""
    contract = Contract(
        need_id=told.need_id,
        organisation_id=told.organisation_id,
        desk_id=desk_covering(session, [told.territory_code]).id,
        programme_id=told.programme_id,
        territory_code=told.territory_code,
        title=told.title,
        lever=told.lever,
        nature=told.nature,
        amount=told.amount,
        starts_on=told.starts_on,
        ends_on=told.ends_on,
        created_at=now,
        created_by_id=user_id,
    )
    contract.lots = [_lot(lot, number) for number, lot in enumerate(told.lots, start=1)]
    contract.employers = [_employer(one) for one in (told.holder, *told.members)]
    session.add(contract)
    session.flush()
    return contract


def open_from_need(session: Session, need_id: int, user_id: int, now: datetime) -> list[Contract]:
    """The contracts that an awarded need led to, one a holder with the lots it won; those that
    are there already come first. The need's row is locked, so that two people open them once.
    """
    need = session.scalars(select(Need).where(Need.id == need_id).with_for_update()).one()
    there = session.scalars(select(Contract).filter_by(need_id=need_id)).all()
    if there:
        return list(there)
    won: dict[tuple[int | None, str, str], list[Outcome]] = {}
    for outcome in outcomes_of(session, need_id):
        if outcome.result is Result.AWARDED:
            named = (outcome.structure_id, outcome.holder_siret, outcome.holder_name)
            won.setdefault(named, []).append(outcome)
    return [
        open_contract(session, won_by(session, need, outcomes, now), user_id, now)
        for outcomes in won.values()
    ]


def won_by(
    session: Session, need: Need, outcomes: Sequence[Outcome], now: datetime
) -> ContractTold:
    """The contract of the one holder of these outcomes."""
    starts_on = need.starts_on or next_month(now.astimezone(PARIS).date())
    ends_on = starts_on
    for _ in range(need.duration_months or MONTHS):
        ends_on = _same_day_next_month(ends_on)
    amounts = [outcome.amount for outcome in outcomes if outcome.amount is not None]
    return ContractTold(
        organisation_id=need.organisation_id,
        title=need.title,
        territory_code=_territory(session, need),
        starts_on=starts_on,
        ends_on=ends_on - timedelta(days=1),
        holder=_holder(outcomes[0]),
        lots=_lots(session, need, outcomes),
        lever=_lever(need, [one.lot_id for one in outcomes]),
        nature=need.nature,
        amount=sum(amounts, Decimal(0)) if amounts else None,
        need_id=need.id,
        members=partners_of(
            session, need.id, outcomes[0].structure, [one.lot_id for one in outcomes]
        ),
    )


def _lever(need: Need, lot_ids: Collection[int | None]) -> Lever | None:
    """That of the lots won, where they have the same: each may have its own."""
    levers = {lot.lever or need.lever for lot in need.lots if lot.id in lot_ids}
    if not levers:
        return need.lever
    return levers.pop() if len(levers) == 1 else None


def _same_day_next_month(day: date) -> date:
    month = next_month(day)
    return min(month + timedelta(days=day.day - 1), next_month(month) - timedelta(days=1))


def _holder(outcome: Outcome) -> EmployerTold:
    structure = outcome.structure
    if structure is None:
        return EmployerTold(outcome.holder_siret, outcome.holder_name)
    return employed(structure, EmployerRole.HOLDER)


def employed(structure: Structure, role: EmployerRole) -> EmployerTold:
    return EmployerTold(
        structure.siret,
        structure.display_name,
        structure.kind.value,
        is_in_qpv=structure.is_in_qpv,
        role=role,
    )


def partners_of(
    session: Session, need_id: int, holder: Structure | None, lot_ids: Collection[int | None]
) -> tuple[EmployerTold, ...]:
    """Whoever answered with the holder, and takes a part of what it won."""
    group = led_group(session, need_id, holder.siret) if holder else None
    if holder is None or group is None:
        return ()
    partners = {one.siret: one for one in partners_on(group, lot_ids)}
    partners.pop(holder.siret, None)
    return tuple(employed(one, EmployerRole.MEMBER) for one in partners.values())


def _lots(session: Session, need: Need, outcomes: Sequence[Outcome]) -> tuple[LotTold, ...]:
    """With the hours of the last calculation, where it can be told which lot they are for."""
    saved = latest_calculation(session, need.id)
    lines = kept(saved.assumptions).lines if saved else ()
    if not need.lots:
        planned = Decimal(str(round(saved.hours, 2))) if saved else None
        return (LotTold(need.title, planned),)
    told = (need.kept_lots, need.lots)  # a lot may have been withdrawn since, or before
    parts = next((lots for lots in told if len(lots) == len(lines)), [])
    hours = {lot.id: line.hours for lot, line in zip(parts, lines, strict=bool(parts))}
    won = {outcome.lot_id for outcome in outcomes}
    return tuple(
        LotTold(
            lot.title,
            Decimal(str(round(hours[lot.id], 2))) if lot.id in hours else None,
            lot_id=lot.id,
        )
        for lot in need.lots
        if lot.id in won
    )


def _territory(session: Session, need: Need) -> str:
    """Where the hours count: the need's commune or zone; for several, what holds them all."""
    codes = need_codes(need)
    if len(codes) == 1:
        return codes[0]
    places = session.scalars(select(Territory).where(Territory.code.in_(codes))).all()
    for level in ("epci", "department", "region"):
        held_by = {getattr(place, level) for place in places}
        if len(held_by) == 1 and None not in held_by:
            return str(held_by.pop())
    return COUNTRY


def _lot(told: LotTold, number: int) -> ContractLot:
    return ContractLot(
        lot_id=told.lot_id,
        number=number,
        title=told.title,
        planned_hours=told.planned_hours,
        committed_hours=told.committed_hours,
        targets=told.targets,
        support_hires=told.support_hires,
    )


def _employer(told: EmployerTold) -> ContractEmployer:
    return ContractEmployer(
        siret=told.siret,
        name=told.name,
        kind=told.kind,
        role=told.role,
        email=told.email,
        is_in_qpv=told.is_in_qpv,
    )


def add_employer(session: Session, contract_id: int, told: EmployerTold) -> ContractEmployer:
    """One more firm on a contract. Raises AlreadyEmployed."""
    employer = _employer(told)
    employer.contract_id = contract_id
    try:
        with session.begin_nested():
            session.add(employer)
    except IntegrityError as error:
        raise AlreadyEmployed from error
    return employer


def add_lot(session: Session, contract_id: int, told: LotTold) -> ContractLot:
    """One more lot, numbered after the others; the contract's row is locked, so that two people
    add two."""
    session.get_one(Contract, contract_id, with_for_update=True)
    last = select(func.max(ContractLot.number)).where(ContractLot.contract_id == contract_id)
    lot = _lot(told, (session.scalar(last) or 0) + 1)
    lot.contract_id = contract_id
    session.add(lot)
    session.flush()
    return lot


def close_months(
    session: Session, contract_id: int, month: date, user_id: int, ip: str = ""
) -> None:
    """Nobody reports hours in this month or before any more; a later call may open some again."""
    contract = session.get_one(Contract, contract_id, with_for_update=True)
    contract.closed_until = next_month(month) - timedelta(days=1)
    audit.note(
        session,
        Action.CHANGED,
        actor_id=user_id,
        about=("contract", contract_id),
        ip=ip,
        fields=["closed_until"],
    )


def start_programme(session: Session, kind: ProgrammeKind, name: str) -> Programme:
    """The programme of this name, made where there is none."""
    made = insert(Programme).values(kind=kind, name=name)
    session.execute(made.on_conflict_do_nothing(index_elements=["name"]))
    return session.scalars(select(Programme).filter_by(name=name)).one()


def declare_people(
    session: Session, desk_id: int, year: int, count: int, user_id: int, now: datetime
) -> None:
    """How many different people worked in a year on the contracts of a desk."""
    said = {"distinct_people": count, "said_at": now, "user_id": user_id}
    row = insert(DeskYearPeople).values(desk_id=desk_id, year=year, **said)
    session.execute(row.on_conflict_do_update(index_elements=["desk_id", "year"], set_=said))
