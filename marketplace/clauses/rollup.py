"""Keeping the totals of validated hours: they are the sums of the lines, and quick to read."""

from collections.abc import Sequence

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from marketplace.clauses.contract_tables import (
    Contract,
    ContractLot,
    ContractTotal,
    HourReport,
    HourTotal,
)
from marketplace.clauses.reported import ReportState
from marketplace.territories.gazetteer import COUNTRY

_LOCK = 120_012
"""One writer of totals at a time: two that meet in the country's rows would wait in a ring."""

_TERRITORIES = """
WITH counted AS (
    SELECT c.territory_code, r.month, l.way, l.work_contract, l.public, l.sex, l.age, l.district,
           sum(l.hours) AS hours, sum(l.people) AS people, sum(l.new_people) AS new_people
    FROM hour_reports r
    JOIN hour_lines l ON l.report_id = r.id
    JOIN contract_lots t ON t.id = r.lot_id
    JOIN contracts c ON c.id = t.contract_id
    WHERE r.id = ANY(:reports)
    GROUP BY GROUPING SETS (
        (c.territory_code, r.month),
        (c.territory_code, r.month, l.way),
        (c.territory_code, r.month, l.work_contract),
        (c.territory_code, r.month, l.public),
        (c.territory_code, r.month, l.sex),
        (c.territory_code, r.month, l.age),
        (c.territory_code, r.month, l.district)
    )
)
INSERT INTO hour_totals (territory_code, month, dimension, value, hours, people, new_people)
SELECT held.code, counted.month,
       CASE WHEN way IS NOT NULL THEN 'way'
            WHEN work_contract IS NOT NULL THEN 'work_contract'
            WHEN public IS NOT NULL THEN 'public'
            WHEN sex IS NOT NULL THEN 'sex'
            WHEN age IS NOT NULL THEN 'age'
            WHEN district IS NOT NULL THEN 'district'
            ELSE 'all' END AS dimension,
       coalesce(way, work_contract, public, sex, age, district, 'all') AS value,
       :sign * sum(hours), :sign * sum(people), :sign * sum(new_people)
FROM counted
JOIN territories place ON place.code = counted.territory_code
CROSS JOIN LATERAL (
    SELECT above.code
    FROM territories above
    WHERE above.code IN (place.code, place.epci, place.department, place.region, :country)
    UNION
    SELECT min(member.department) FROM territories member
    WHERE member.epci = place.code HAVING count(DISTINCT member.department) = 1
    UNION
    SELECT min(member.region) FROM territories member
    WHERE member.epci = place.code HAVING count(DISTINCT member.region) = 1
) AS held
GROUP BY 1, 2, 3, 4
ON CONFLICT (territory_code, month, dimension, value) DO UPDATE
SET hours = hour_totals.hours + excluded.hours,
    people = hour_totals.people + excluded.people,
    new_people = hour_totals.new_people + excluded.new_people
"""

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
    """Take the lines of reports away, before they change or stop being valid."""
    _shift(session, report_ids, -1)
    session.execute(delete(HourTotal).where(HourTotal.hours == 0, HourTotal.people == 0))
    session.execute(delete(ContractTotal).where(ContractTotal.hours == 0))


def count_elsewhere(session: Session, contract: Contract, territory_code: str) -> None:
    """Give a contract another territory, and take its validated hours there."""
    _lock(session)  # before looking: a report that is being validated is counted by then
    valid = (
        select(HourReport.id)
        .join(HourReport.lot)
        .where(ContractLot.contract_id == contract.id, HourReport.state == ReportState.VALIDATED)
    )
    report_ids = session.scalars(valid).all()
    count_out(session, report_ids)
    contract.territory_code = territory_code
    count_in(session, report_ids)


def rebuild(session: Session) -> None:
    """Everything again from the lines of what is validated."""
    session.flush()
    session.execute(delete(HourTotal))
    session.execute(delete(ContractTotal))
    valid = select(HourReport.id).where(HourReport.state == ReportState.VALIDATED)
    _shift(session, session.scalars(valid).all(), 1)


def _shift(session: Session, report_ids: Sequence[int], sign: int) -> None:
    session.flush()
    _lock(session)
    said = {"reports": list(report_ids), "sign": sign}
    session.execute(text(_TERRITORIES), said | {"country": COUNTRY})
    session.execute(text(_CONTRACTS), said)


def _lock(session: Session) -> None:
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
