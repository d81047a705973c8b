"""Changing a contract that is followed: what, by whom and why is kept, for all to read."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.audit import Action
from marketplace.clauses import rollup
from marketplace.clauses.contract_tables import (
    Contract,
    ContractChange,
    ContractEmployer,
    ContractLot,
    HourReport,
    Programme,
)
from marketplace.clauses.contract_words import LEVERS, NATURES, QPV, differences, in_words
from marketplace.clauses.contracting import AlreadyEmployed, EmployerTold, LotTold
from marketplace.clauses.reported import EMPLOYER_KINDS, EmployerRole, next_month
from marketplace.moderation.desks import desk_covering
from marketplace.needs.tables import Lever, Nature
from marketplace.territories.tables import Territory


class ReportedOutside(Exception):
    """Hours were reported in a month that the contract would no longer cover."""

    def __init__(self, month: date) -> None:
        super().__init__(month)
        self.month = month


class LastLot(Exception):
    """A contract keeps one lot at least."""


@dataclass(frozen=True, slots=True)
class By:
    """Who changes something, when, from where and why."""

    user_id: int
    now: datetime
    reason: str
    ip: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What may change of the contract itself."""

    title: str
    territory_code: str
    starts_on: date
    ends_on: date
    lever: Lever | None
    nature: Nature | None
    amount: Decimal | None
    programme_id: int | None


def change_contract(session: Session, contract_id: int, told: Terms, by: By) -> None:
    """Its hours count in the territory that is told, those validated too from the next
    publication on, and the desk of that territory follows it. Raises ReportedOutside,
    moderation.desks.NoDesk."""
    contract = session.get_one(Contract, contract_id, with_for_update=True)
    _check_period(session, contract_id, told.starts_on, told.ends_on)
    before = _terms(session, contract)
    contract.title, contract.lever, contract.nature = told.title, told.lever, told.nature
    contract.amount, contract.programme_id = told.amount, told.programme_id
    contract.starts_on, contract.ends_on = told.starts_on, told.ends_on
    if contract.territory_code != told.territory_code:
        contract.territory_code = told.territory_code
        rollup.tell_elsewhere(session, contract_id)
        contract.desk = desk_covering(session, [told.territory_code])
    keep_change(session, contract_id, differences(before, _terms(session, contract)), by)


def plan_lot(session: Session, lot_id: int, told: LotTold, by: By) -> None:
    """Say what a lot owes."""
    lot = session.get_one(ContractLot, lot_id, with_for_update=True)
    before = _lot(lot)
    lot.title = told.title
    lot.planned_hours, lot.committed_hours = told.planned_hours, told.committed_hours
    lot.targets, lot.support_hires = told.targets, told.support_hires
    keep_change(session, lot.contract_id, differences(before, _lot(lot)), by)


def end_lot(session: Session, lot_id: int, by: By) -> bool:
    """Take away a lot on which nothing was reported, close it otherwise, open it again if it was
    closed. Whether it is still there. Raises LastLot."""
    contract_id = session.get_one(ContractLot, lot_id).contract_id
    contract = session.get_one(Contract, contract_id, with_for_update=True)
    lot = session.get_one(ContractLot, lot_id, populate_existing=True)
    name = f"Lot {lot.number}"
    if not is_reported(session, lot_id):
        if len(contract.lots) == 1:
            raise LastLot
        was = f"{lot.title}, {in_words(lot.planned_hours, 'h')}"
        session.delete(lot)
        session.flush()
        session.expire(contract, ["lots"])
        keep_change(session, contract_id, [[name, was, "Retiré"]], by)
        return False
    states = ("Ouvert", "Clos") if lot.closed_at is None else ("Clos", "Ouvert")
    lot.closed_at = by.now if lot.closed_at is None else None
    keep_change(session, contract_id, [[name, *states]], by)
    return True


def is_reported(session: Session, lot_id: int) -> bool:
    """Whether an employer said anything of a lot."""
    said = select(HourReport.id).where(HourReport.lot_id == lot_id).limit(1)
    return session.scalar(said) is not None


def change_employer(session: Session, employer_id: int, told: EmployerTold, by: By) -> None:
    """Put right what is known of a firm; its role stays. Raises AlreadyEmployed."""
    employer = session.get_one(ContractEmployer, employer_id, with_for_update=True)
    before = _employer(employer)
    try:
        with session.begin_nested():
            employer.siret, employer.name, employer.kind = told.siret, told.name, told.kind
            employer.email, employer.is_in_qpv = told.email, told.is_in_qpv
    except IntegrityError as error:
        raise AlreadyEmployed from error
    keep_change(session, employer.contract_id, differences(before, _employer(employer)), by)


def change_holder(session: Session, contract_id: int, told: EmployerTold, by: By) -> None:
    """Another firm holds the contract from now on; one that worked on it already is told anew.
    The former one keeps the hours that it reported. Raises AlreadyEmployed: it holds it."""
    contract = session.get_one(Contract, contract_id, with_for_update=True)
    former = contract.holder
    if told.siret == former.siret:
        raise AlreadyEmployed
    was = _employer(former)
    former.role = EmployerRole.FORMER
    session.flush()
    same = select(ContractEmployer).filter_by(contract_id=contract_id, siret=told.siret)
    holder = session.scalars(same).first() or ContractEmployer(contract_id=contract_id)
    holder.siret, holder.name, holder.kind = told.siret, told.name, told.kind
    holder.email, holder.is_in_qpv = told.email, told.is_in_qpv
    holder.role = EmployerRole.HOLDER
    session.add(holder)
    session.flush()
    session.expire(contract, ["employers"])
    changed = [["Titulaire", was["Employeur"], holder.name], ["SIRET", was["SIRET"], holder.siret]]
    keep_change(session, contract_id, changed, by)


def keep_change(session: Session, contract_id: int, fields: list[list[str]], by: By) -> None:
    """Write down what was changed of a contract: name, before, after; nothing where nothing was."""
    if not fields:
        return
    session.add(
        ContractChange(
            contract_id=contract_id,
            user_id=by.user_id,
            changed_at=by.now,
            reason=by.reason,
            fields=fields,
        )
    )
    audit.note(
        session,
        Action.CHANGED,
        actor_id=by.user_id,
        about=("contract", contract_id),
        ip=by.ip,
        fields=[name for name, _, _ in fields],
    )
    session.flush()


def _check_period(session: Session, contract_id: int, starts_on: date, ends_on: date) -> None:
    first, last = session.execute(
        select(func.min(HourReport.month), func.max(HourReport.month))
        .join(HourReport.lot)
        .where(ContractLot.contract_id == contract_id)
    ).one()
    if first is not None and next_month(first) - timedelta(days=1) < starts_on:
        raise ReportedOutside(first)
    if last is not None and last > ends_on:
        raise ReportedOutside(last)


def _terms(session: Session, contract: Contract) -> Mapping[str, str]:
    programme = session.get(Programme, contract.programme_id) if contract.programme_id else None
    return {
        "Intitulé": contract.title,
        "Levier": in_words(LEVERS.get(contract.lever or "")),
        "Nature": in_words(NATURES.get(contract.nature or "")),
        "Montant hors taxes": in_words(contract.amount, "€"),
        "Début": in_words(contract.starts_on),
        "Fin": in_words(contract.ends_on),
        "Programme": in_words(programme.name if programme else None),
        "Territoire": session.get_one(Territory, contract.territory_code).name,
    }


def _lot(lot: ContractLot) -> Mapping[str, str]:
    name = f"Lot {lot.number}"
    return {
        f"{name}, intitulé": lot.title,
        f"{name}, heures prévues": in_words(lot.planned_hours, "h"),
        f"{name}, heures engagées": in_words(lot.committed_hours, "h"),
        f"{name}, embauches d'appui": in_words(lot.support_hires),
        f"{name}, objectifs": in_words(lot.targets),
    }


def _employer(employer: ContractEmployer) -> Mapping[str, str]:
    return {
        "Employeur": employer.name,
        "SIRET": in_words(employer.siret),
        "Type d'employeur": EMPLOYER_KINDS[employer.kind],
        "Adresse pour déclarer": in_words(employer.email),
        "Établi en quartier prioritaire": QPV[employer.is_in_qpv],
    }
