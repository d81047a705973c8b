"""Contracts with a social clause: how far each is, what it owes, and who works on it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from tempfile import SpooledTemporaryFile

from flask import Blueprint, abort, render_template, request, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import Organisation
from marketplace.clauses import contract_queries as queries
from marketplace.clauses.contract_queries import Row
from marketplace.clauses.contract_tables import Contract, ContractEmployer, ContractLot
from marketplace.clauses.following import Followed, follow, together
from marketplace.clauses.purchases import district_purchases
from marketplace.clauses.reported import (
    EMPLOYER_KINDS,
    ROLES,
    STATES,
    month_slug,
    months_between,
)
from marketplace.db import db
from marketplace.forms import Paging, page_asked
from marketplace.guards.roles import (
    Viewer,
    buyer_or_facilitator_required,
    sign_in_required,
    viewer,
)
from marketplace.guards.scopes import (
    employers_reported_by,
    runs_contract,
    visible_contracts,
)
from marketplace.sheets import write_csv
from marketplace.territories import naming
from marketplace.territories.queries import gazetteer
from marketplace.web.contract_forms import (
    LEVERS,
)

contracts = Blueprint("contracts", __name__)

KEPT_IN_MEMORY = 1_000_000
PER_PAGE = 20
MONTHS_SHOWN = 6
"""Months without a report that a contract's page asks for: older ones are asked of the desk."""

EMPLOYERS = "employeur"
GROUPS: dict[str, tuple[str, Callable[[Row], str]]] = {
    "acheteur": ("Acheteur", lambda row: row.buyer),
    "programme": ("Programme", lambda row: row.programme or "Hors programme"),
    "territoire": ("Territoire", lambda row: row.territory),
}
COLUMNS = (
    "contrat",
    "acheteur",
    "titulaire",
    "programme",
    "territoire",
    "debut",
    "fin",
    "heures_prevues",
    "heures_engagees",
    "heures_realisees",
    "heures_attendues",
    "heures_a_la_fin",
    "en_retard",
    "nouvelles_personnes",
)


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    contracts: int
    followed: Followed


@contracts.get("/contrats")
@sign_in_required
def index() -> ResponseReturnValue:
    """What one follows, contract by contract or by what they share; what one works on."""
    session, who, today = db.session(), asking(), clock.today()
    rows = queries.followed_rows(session, _run_by(who), today)
    by = request.args.get("par", "")
    paging = Paging(len(rows), _page(len(rows)), PER_PAGE)
    worked = visible_contracts(who).where(~runs_contract(who)).options(*queries.IN_FULL)
    is_asked = not who.is_administrator and who.is_structure_member
    return render_template(
        "web/contracts/index.html",
        rows=rows[(paging.page - 1) * PER_PAGE : paging.page * PER_PAGE],
        behind=sum(row.followed.is_behind for row in rows),
        total=together(row.followed for row in rows),
        groups=_groups(rows, by),
        by=by if by in GROUPS or by == EMPLOYERS else "",
        label=GROUPS[by][0] if by in GROUPS else "",
        employers=queries.employer_rows(session, _run_by(who)) if by == EMPLOYERS else [],
        kinds=EMPLOYER_KINDS,
        paging=paging,
        worked=session.scalars(worked.order_by(Contract.id.desc())).unique().all()
        if is_asked
        else [],
        may_open=who.is_buyer or who.is_facilitator,
    )


def _groups(rows: list[Row], by: str) -> list[Group]:
    if by not in GROUPS:
        return []
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(GROUPS[by][1](row), []).append(row)
    return [
        Group(name, len(shared), together(row.followed for row in shared))
        for name, shared in sorted(found.items())
    ]


@contracts.get("/contrats/export.csv")
@sign_in_required
def export() -> ResponseReturnValue:
    rows = queries.followed_rows(db.session(), _run_by(asking()), clock.today())
    file = SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115 - send_file closes it
    for line in write_csv(COLUMNS, _cells(rows)):
        file.write(line.encode())
    file.seek(0)
    return send_file(file, mimetype="text/csv", as_attachment=True, download_name="contrats.csv")


def _cells(rows: list[Row]) -> Iterator[list[object]]:
    for row in rows:
        told = row.followed
        yield [
            row.title,
            row.buyer,
            row.holder,
            row.programme,
            row.territory,
            row.starts_on.isoformat(),
            row.ends_on.isoformat(),
            _figure(told.planned),
            _figure(told.committed),
            _figure(told.achieved),
            _figure(told.expected),
            _figure(told.forecast),
            "oui" if told.is_behind else "non",
            row.new_people,
        ]


def _figure(hours: float | None) -> str | None:
    return None if hours is None else f"{hours:.2f}".replace(".", ",")


@contracts.get("/contrats/<int(max=2147483647):contract_id>")
@sign_in_required
def show(contract_id: int) -> ResponseReturnValue:
    """What a contract owes and where it stands; to an employer, what it owes itself."""
    session, who, today = db.session(), asking(), clock.today()
    contract = contract_among(visible_contracts(who), contract_id)
    is_run = who.is_administrator or _is_run_by(who, contract)
    own = employers_reported_by(session, who, contract)
    shown = contract.employers if is_run else own
    reports = queries.reports_of(session, contract.id, [one.id for one in shown])
    return render_template(
        "web/contracts/show.html",
        contract=contract,
        is_run=is_run,
        may_change=_is_run_by(who, contract),
        is_on_desk=contract.desk_id in who.desk_ids,
        own=own,
        lots=_lots(session, contract, today),
        total=together(told for _, told in _lots(session, contract, today)),
        employers=_employers(session, contract) if is_run else [],
        reports=reports,
        states=STATES,
        roles=ROLES,
        kinds=EMPLOYER_KINDS,
        levers=LEVERS,
        owed=_owed(contract, own, {(r.lot_id, r.employer_id, r.month) for r in reports}, today),
        place=naming.label(gazetteer(session), contract.territory_code),
        month_slug=month_slug,
    )


def _lots(session: Session, contract: Contract, today: date) -> list[tuple[ContractLot, Followed]]:
    done: dict[int, float] = {}
    for (lot_id, _), total in queries.totals_of(session, contract.id).items():
        done[lot_id] = done.get(lot_id, 0.0) + float(total.hours)
    return [
        (
            lot,
            follow(
                None if lot.planned_hours is None else float(lot.planned_hours),
                None if lot.committed_hours is None else float(lot.committed_hours),
                done.get(lot.id, 0.0),
                contract.starts_on,
                contract.ends_on,
                today,
            ),
        )
        for lot in contract.lots
    ]


def _employers(session: Session, contract: Contract) -> list[tuple[ContractEmployer, float, int]]:
    totals = queries.totals_of(session, contract.id)
    found = []
    for employer in contract.employers:
        own = [total for (_, number), total in totals.items() if number == employer.id]
        hours = float(sum(total.hours for total in own))
        found.append((employer, hours, sum(total.new_people for total in own)))
    return found


def _owed(
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
        for employer in own
        if (lot.id, employer.id, month) not in told
    ]


@contracts.get("/contrats/achats-en-qpv")
@buyer_or_facilitator_required
def districts() -> ResponseReturnValue:
    """What goes to suppliers of priority districts, for each organisation."""
    session, who = db.session(), asking()
    ids = [int(number) for number in organisations_of(session, who)]
    return render_template("web/contracts/districts.html", rows=district_purchases(session, ids))


def organisations_of(session: Session, who: Viewer) -> dict[str, str]:
    """Who buys: one's own organisations; for a facilitator, all."""
    known = select(Organisation.id, Organisation.name).order_by(Organisation.name)
    if not who.is_facilitator:
        known = known.where(Organisation.id.in_(who.organisation_ids))
    return {str(number): name for number, name in session.execute(known)}


def asking() -> Viewer:
    who = viewer()
    assert who is not None, "the guard lets nobody else in"  # noqa: S101
    return who


def _run_by(who: Viewer) -> Select[Contract]:
    contracts = select(Contract)
    return contracts if who.is_administrator else contracts.where(runs_contract(who))


def _is_run_by(who: Viewer, contract: Contract) -> bool:
    return contract.organisation_id in who.organisation_ids or contract.desk_id in who.desk_ids


def contract_among(among: Select[Contract], contract_id: int) -> Contract:
    named = among.where(Contract.id == contract_id).options(*queries.IN_FULL)
    return db.session.scalars(named).unique().one_or_none() or abort(404)


def _page(total: int) -> int:
    return min(page_asked(), max(1, -(-total // PER_PAGE)))
