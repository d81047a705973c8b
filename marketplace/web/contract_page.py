"""What the page of one contract shows: where its hours are, who works on it, what changed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.orm import Session

from marketplace.clauses import contract_queries as queries
from marketplace.clauses.contract_tables import (
    Contract,
    ContractChange,
    ContractEmployer,
    ContractLot,
    HourReport,
)
from marketplace.clauses.following import Followed, follow
from marketplace.clauses.member_queries import hours_due, parts_of
from marketplace.clauses.reported import EmployerRole, months_between
from marketplace.formats import moment

MONTHS_SHOWN = 6
"""Months without a report that a contract's page asks for: older ones are asked of the desk."""
BOUND = frozenset({EmployerRole.HOLDER, EmployerRole.MEMBER})
"""Whoever signed the contract: it sees what the contract owes."""


def lots_of(
    session: Session, contract: Contract, today: date
) -> list[tuple[ContractLot, Followed]]:
    done: dict[int, float] = {}
    for (lot_id, _), total in queries.totals_of(session, contract.id).items():
        done[lot_id] = done.get(lot_id, 0.0) + float(total.hours)
    of_contract = HourReport.lot_id.in_([lot.id for lot in contract.lots])
    waiting = dict(session.execute(queries.waiting_hours().where(of_contract)).all())
    return [
        (
            lot,
            follow(
                None if lot.planned_hours is None else float(lot.planned_hours),
                _signed(lot, done.get(lot.id, 0.0)),
                done.get(lot.id, 0.0),
                contract.starts_on,
                contract.ends_on,
                today,
                float(waiting.get(lot.id, 0)),
            ),
        )
        for lot in contract.lots
    ]


def _signed(lot: ContractLot, done: float) -> float | None:
    """What a lot owes by contract; once it is closed, what was done."""
    if lot.closed_at is not None:
        return done
    return None if lot.committed_hours is None else float(lot.committed_hours)


def event_of(change: ContractChange) -> dict[str, str]:
    """A change as the history tells it."""
    return {
        "when": moment(change.changed_at),
        "iso": change.changed_at.isoformat(timespec="minutes"),
        "what": change.reason or "Modification",
        "who": change.user.full_name,
        "text": "\n".join(
            f"{name}\u00a0: {before} → {after}" for name, before, after in change.fields
        ),
        "icon": "pencil",
    }


@dataclass(frozen=True, slots=True)
class AtWork:
    """An employer: the hours and new people that were validated, its part of the contract in
    words and the hours that it makes, and whether nobody can be asked for its hours."""

    employer: ContractEmployer
    hours: float
    people: int
    part: str
    due: float | None
    is_out_of_reach: bool


def at_work(
    session: Session,
    contract: Contract,
    employers: Collection[ContractEmployer],
    lots: Sequence[tuple[ContractLot, Followed]],
) -> list[AtWork]:
    totals = queries.totals_of(session, contract.id)
    parts = parts_of(session, contract)
    due = {lot.id: told.due for lot, told in lots}
    found = []
    for employer in employers:
        own = [total for (_, number), total in totals.items() if number == employer.id]
        takes = parts.get(employer.id, ())
        found.append(
            AtWork(
                employer,
                float(sum(total.hours for total in own)),
                sum(total.new_people for total in own),
                ", ".join(part.said for part in takes),
                hours_due(takes, due),
                employer.role is not EmployerRole.FORMER
                and not queries.readers_of(session, employer, ""),
            )
        )
    return found


def owed_months(
    contract: Contract,
    own: list[ContractEmployer],
    told: set[tuple[int, int, date]],
    today: date,
) -> list[tuple[date, ContractLot, ContractEmployer]]:
    """The latest months that are over and that these employers said nothing of."""
    is_running = today <= contract.ends_on
    until = today.replace(day=1) - timedelta(days=1) if is_running else contract.ends_on
    months = [
        month
        for month in months_between(contract.starts_on, until)
        if contract.closed_until is None or month > contract.closed_until
    ][-MONTHS_SHOWN:]
    return [
        (month, lot, employer)
        for month in reversed(months)
        for lot in contract.lots
        if lot.closed_at is None
        for employer in own
        if employer.role is not EmployerRole.FORMER and (lot.id, employer.id, month) not in told
    ]
