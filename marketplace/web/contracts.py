"""Contracts with a social clause: how far each is, what it owes, and who works on it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import Organisation
from marketplace.clauses import contract_queries as queries
from marketplace.clauses.contract_queries import Row
from marketplace.clauses.contract_tables import Contract
from marketplace.clauses.contract_words import LEVERS, NATURES
from marketplace.clauses.following import Followed, together
from marketplace.clauses.post_queries import openings_of
from marketplace.clauses.purchases import DistrictPurchases, district_purchases
from marketplace.clauses.reported import (
    EMPLOYER_KINDS,
    ROLES,
    STATES,
    month_slug,
)
from marketplace.db import db
from marketplace.forms import Paging, page_asked
from marketplace.guards.noting import note_export
from marketplace.guards.roles import (
    Viewer,
    buyer_or_facilitator_required,
    sign_in_required,
    viewer,
)
from marketplace.guards.scopes import (
    employers_reported_by,
    organisations_known_to,
    runs_contract,
    visible_contracts,
)
from marketplace.territories import naming
from marketplace.territories.queries import gazetteer
from marketplace.web.contract_page import BOUND, at_work, event_of, lots_of, owed_months
from marketplace.web.need_ranking import csv_file

contracts = Blueprint("contracts", __name__)

PER_PAGE = 20
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


DISTRICT_COLUMNS = (
    "organisme",
    "besoins_attribues",
    "besoins_en_qpv",
    "attributions",
    "attributions_en_qpv",
    "dont_structures_inclusives",
    "dont_entreprises_ordinaires",
    "attributions_de_lieu_inconnu",
    "montant_ht_de_lieu_connu",
    "montant_ht_en_qpv",
    "dont_montant_ht_structures_inclusives",
    "dont_montant_ht_entreprises_ordinaires",
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
    note_export()
    rows = queries.followed_rows(db.session(), _run_by(asking()), clock.today())
    return csv_file("contrats.csv", COLUMNS, _cells(rows))


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
    """What a contract owes and where it stands; to who works on it for another, its own hours."""
    session, who, today = db.session(), asking(), clock.today()
    contract = contract_among(visible_contracts(who), contract_id)
    is_run = who.is_administrator or _is_run_by(who, contract)
    own = employers_reported_by(session, who, contract)
    shown = contract.employers if is_run else own
    reports = queries.reports_of(session, contract.id, [one.id for one in shown])
    is_bound = is_run or any(one.role in BOUND for one in own)
    lots, places = lots_of(session, contract, today), gazetteer(session)
    return render_template(
        "web/contracts/show.html",
        contract=contract,
        is_run=is_run,
        may_change=_is_run_by(who, contract),
        is_on_desk=contract.desk_id in who.desk_ids,
        own=own,
        is_bound=is_bound,
        lots=lots,
        total=together(told for _, told in lots),
        employers=at_work(session, contract, shown, lots),
        openings=[
            (found, naming.label(places, found.opening.commune_code))
            for found in (openings_of(session, contract.id) if is_bound else ())
        ],
        today=today,
        reports=reports,
        states=STATES,
        roles=ROLES,
        kinds=EMPLOYER_KINDS,
        levers=LEVERS,
        natures=NATURES,
        changes=[event_of(one) for one in queries.changes_of(session, contract.id)]
        if is_run
        else [],
        owed=owed_months(
            contract, own, {(r.lot_id, r.employer_id, r.month) for r in reports}, today
        ),
        place=naming.label(places, contract.territory_code),
        month_slug=month_slug,
    )


@contracts.get("/contrats/achats-en-qpv")
@buyer_or_facilitator_required
def districts() -> ResponseReturnValue:
    """What goes to suppliers of priority districts, for each organisation."""
    return render_template("web/contracts/districts.html", rows=_district_purchases())


@contracts.get("/contrats/achats-en-qpv.csv")
@buyer_or_facilitator_required
def districts_export() -> ResponseReturnValue:
    note_export()
    return csv_file(
        "achats-en-qpv.csv", DISTRICT_COLUMNS, map(_district_cells, _district_purchases())
    )


def _district_purchases() -> list[DistrictPurchases]:
    session = db.session()
    ids = [int(number) for number in organisations_of(session, asking())]
    return district_purchases(session, ids)


def _district_cells(row: DistrictPurchases) -> list[object]:
    return [
        row.organisation,
        row.needs,
        row.needs_inside,
        row.awards,
        row.inside,
        row.inside - row.firms_inside,
        row.firms_inside,
        row.unknown,
        _figure(float(row.amount)),
        _figure(float(row.amount_inside)),
        _figure(float(row.amount_inside - row.amount_firms_inside)),
        _figure(float(row.amount_firms_inside)),
    ]


def organisations_of(session: Session, who: Viewer) -> dict[str, str]:
    """Who buys: one's own organisations; for a facilitator, those of its territory too."""
    known = organisations_known_to(who).order_by(Organisation.name)
    return {str(one.id): one.name for one in session.scalars(known)}


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
