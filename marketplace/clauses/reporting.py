"""Employers report the hours of a month; a facilitator validates them, or asks."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import mail
from marketplace.clauses import rollup
from marketplace.clauses.contract_queries import Reader, readers_of
from marketplace.clauses.contract_tables import (
    Contract,
    ContractEmployer,
    ContractLot,
    HourLine,
    HourReport,
    ReportVersion,
)
from marketplace.clauses.informing import tell_replaced
from marketplace.clauses.reported import (
    MOST_LINES,
    Line,
    ReportState,
    faults,
    month_in_words,
    months_between,
)
from marketplace.clock import PARIS
from marketplace.mail import Promise


class Refusal(StrEnum):
    CLOSED = "closed"
    LOT_CLOSED = "lot_closed"
    OUTSIDE = "outside"
    TO_COME = "to_come"
    FAULTY = "faulty"
    STALE = "stale"
    DECIDED = "decided"


REFUSALS = {
    Refusal.CLOSED: "Ce mois est clos\u00a0: demandez à votre facilitateur de le rouvrir.",
    Refusal.LOT_CLOSED: "Ce lot est clos\u00a0: demandez à qui suit le contrat de le rouvrir.",
    Refusal.OUTSIDE: "Ce mois est hors de la durée du contrat.",
    Refusal.TO_COME: "Ce mois n'a pas commencé.",
    Refusal.FAULTY: "Une ligne dit une chose impossible.",
    Refusal.STALE: "Ce relevé a changé pendant que vous le lisiez\u00a0: relisez-le.",
    Refusal.DECIDED: "Ce relevé ne peut plus recevoir cette décision\u00a0: relisez-le.",
}


class Refused(Exception):
    """What a report asks cannot be done; `why` says why."""

    def __init__(self, why: Refusal) -> None:
        super().__init__(why)
        self.why = why


def month_refused(contract: Contract, month: date, today: date) -> Refusal | None:
    """Why nobody may report hours in a month of a contract."""
    if month > today:
        return Refusal.TO_COME
    if month not in months_between(contract.starts_on, contract.ends_on):
        return Refusal.OUTSIDE
    if contract.closed_until is not None and month <= contract.closed_until:
        return Refusal.CLOSED
    return None


def send_report(
    session: Session,
    lot_id: int,
    employer_id: int,
    month: date,
    lines: Sequence[Line],
    user_id: int | None,
    now: datetime,
    seen: int | None = None,
) -> HourReport:
    """Say what an employer's people worked on a lot in a month; nothing is an answer too.

    What was said before stays as a version; when it was validated, it stops counting until
    the new one is. Lines of one sort are added up. `seen`: the version that the sender had
    before its eyes, None to replace whatever is there.

    Raises Refused.
    """
    lot = session.get_one(ContractLot, lot_id)
    contract = session.get_one(Contract, lot.contract_id, with_for_update=True)
    session.refresh(lot)
    employer = session.get_one(ContractEmployer, employer_id)
    if employer.contract_id != contract.id:
        raise Refused(Refusal.OUTSIDE)
    if lot.closed_at is not None:
        raise Refused(Refusal.LOT_CLOSED)
    if (why := month_refused(contract, month, now.astimezone(PARIS).date())) is not None:
        raise Refused(why)
    if len(lines) > MOST_LINES or any(next(faults(line, month), None) for line in lines):
        raise Refused(Refusal.FAULTY)
    report = report_for_update(session, lot_id, employer_id, month)
    if seen is not None and seen != (report.version if report else 0):
        raise Refused(Refusal.STALE)
    if report is None:
        report = HourReport(lot_id=lot_id, employer_id=employer_id, month=month, version=0)
        session.add(report)
    elif report.state is ReportState.VALIDATED:
        rollup.count_out(session, [report.id])
        tell_replaced(session, report, user_id)
    merged = _merged(lines)
    report.state, report.version = ReportState.SENT, report.version + 1
    report.sent_at, report.sent_by_id = now, user_id
    report.decided_at = report.decided_by_id = None
    report.question = ""
    report.lines = [HourLine(**asdict(line)) for line in merged]
    report.versions.append(
        ReportVersion(number=report.version, lines=stored(merged), sent_at=now, user_id=user_id)
    )
    session.flush()
    return report


def report_for_update(
    session: Session, lot_id: int, employer_id: int, month: date
) -> HourReport | None:
    named = select(HourReport).filter_by(lot_id=lot_id, employer_id=employer_id, month=month)
    return session.scalars(named.with_for_update()).first()


def validate(
    session: Session, report_id: int, version: int, user_id: int, now: datetime
) -> HourReport:
    """The report counts; in public, from the next publication on. Raises Refused: it was decided
    already, or it is no longer the version that was read."""
    report = _waiting(session, report_id, version, (ReportState.SENT, ReportState.ASKED))
    report.state = ReportState.VALIDATED
    report.decided_at, report.decided_by_id = now, user_id
    rollup.count_in(session, [report.id])
    return report


def ask(
    session: Session,
    report_id: int,
    version: int,
    question: str,
    user_id: int,
    now: datetime,
    secret_key: str,
) -> HourReport:
    """Ask the employer about a report, which stops counting if it did. Raises Refused."""
    report = _waiting(session, report_id, version, tuple(ReportState))
    if report.state is ReportState.VALIDATED:
        rollup.count_out(session, [report.id])
    report.state, report.question = ReportState.ASKED, question
    report.decided_at, report.decided_by_id = now, user_id
    for reader in readers_of(session, report.employer, secret_key):
        _tell(session, report, reader, question, now)
    return report


def _tell(
    session: Session, report: HourReport, reader: Reader, question: str, now: datetime
) -> None:
    contract = report.employer.contract
    mail.post(
        session,
        key=f"report_asked:{report.id}:{report.version}:{now:%Y%m%d%H%M%S}:{reader.key}"[:200],
        kind="clauses/report_asked",
        address=reader.email,
        promise=Promise.AT_MOST_ONCE,
        user_id=reader.user_id,
        topic="hours",
        link=reader.link,
        name=reader.name,
        employer=report.employer.name,
        contract=contract.title,
        month=month_in_words(report.month),
        question=question,
    )


def _waiting(
    session: Session, report_id: int, version: int, states: Sequence[ReportState]
) -> HourReport:
    report = session.get_one(HourReport, report_id, with_for_update=True)
    if report.version != version:
        raise Refused(Refusal.STALE)
    if report.state not in states:
        raise Refused(Refusal.DECIDED)
    return report


def _merged(lines: Sequence[Line]) -> list[Line]:
    found: dict[tuple[str, ...], list[Line]] = {}
    for line in lines:
        found.setdefault(line.sort, []).append(line)
    return [
        replace(
            same[0],
            hours=sum((line.hours for line in same), Decimal(0)),
            people=sum(line.people for line in same),
            new_people=sum(line.new_people for line in same),
        )
        for same in found.values()
    ]


def stored(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Lines as a version keeps them."""
    return [asdict(line) | {"hours": str(line.hours)} for line in lines]
