"""Keeping the totals of validated hours by lot and employer: they are the sums of the lines."""

from collections.abc import Sequence

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from marketplace.clauses.contract_tables import ContractLot, ContractTotal, HourReport
from marketplace.clauses.told_tables import ToldReport

_CONTRACTS = """
INSERT INTO contract_totals (lot_id, employer_id, hours, new_people)
SELECT r.lot_id, r.employer_id, :sign * sum(l.hours), :sign * sum(l.new_people)
FROM hour_reports r
JOIN hour_lines l ON l.report_id = r.id
WHERE r.id = ANY(:reports)
GROUP BY 1, 2
ON CONFLICT (lot_id, employer_id) DO UPDATE
SET hours = contract_totals.hours + excluded.hours,
    new_people = contract_totals.new_people + excluded.new_people
"""


def count_in(session: Session, report_ids: Sequence[int]) -> None:
    """Add the lines of reports that have just been validated."""
    _shift(session, report_ids, 1)


def count_out(session: Session, report_ids: Sequence[int]) -> None:
    """Take the lines of reports away, before they change or stop being valid. They leave the
    public figures at the next publication, and wait like new ones to be told again."""
    _shift(session, report_ids, -1)
    session.execute(delete(ContractTotal).where(ContractTotal.hours == 0))
    session.execute(delete(ToldReport).where(ToldReport.report_id.in_(report_ids)))


def tell_elsewhere(session: Session, contract_id: int) -> None:
    """Of a contract that has another territory now: what was told of it waits to be told there."""
    reports = (
        select(HourReport.id).join(HourReport.lot).where(ContractLot.contract_id == contract_id)
    )
    session.execute(delete(ToldReport).where(ToldReport.report_id.in_(reports)))


def _shift(session: Session, report_ids: Sequence[int], sign: int) -> None:
    session.flush()
    session.execute(text(_CONTRACTS), {"reports": list(report_ids), "sign": sign})
