"""A contract with its employers and a month of hours, for the world of the matrix."""

from datetime import timedelta

from flask import current_app
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import Organisation, User
from marketplace.clauses.report_links import token_of
from marketplace.clauses.reported import month_slug
from marketplace.clauses.reporting import send_report
from marketplace.structures.tables import Structure
from tests.factories.contracts import contract, employer, line

FIRM = "21210231300013"


def populate_contracts(
    session: Session,
    buyer: User,
    member: User,
    town: Organisation,
    supplier: Structure,
    things: dict[str, str],
) -> None:
    """Of the town, held by the supplier, who told its hours of last month; a firm helps it."""
    month = (clock.today().replace(day=1) - timedelta(days=1)).replace(day=1)
    row = contract(
        session,
        buyer.id,
        town.id,
        siret=supplier.siret,
        name=supplier.name,
        starts_on=month,
        ends_on=month + timedelta(days=365),
    )
    firm = employer(session, row, siret=FIRM, kind="ordinary", email="paie@firme.invalid")
    lot, holder, now = row.lots[0], row.holder, clock.now()
    report = send_report(session, lot.id, holder.id, month, [line(70, 1, 1)], member.id, now)
    send_report(session, lot.id, firm.id, month, [line(35, 1, 1)], None, now)
    things |= {"contract": str(row.id), "contract_lot": str(lot.id), "holder": str(holder.id)}
    things |= {"firm": str(firm.id), "report": str(report.id), "month": month_slug(month)}
    things["hours_token"] = token_of(str(current_app.secret_key), firm.id)
