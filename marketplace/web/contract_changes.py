"""Contracts with a social clause: opened, put right, given their employers."""

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.clauses import contract_queries as queries
from marketplace.clauses.contract_tables import Contract
from marketplace.clauses.contracting import (
    AlreadyEmployed,
    ContractTold,
    add_employer,
    add_lot,
    change_contract,
    change_employer,
    move_contract,
    open_contract,
    open_from_need,
    plan_lot,
    start_programme,
)
from marketplace.clauses.reported import ROLES, EmployerRole, ProgrammeKind
from marketplace.db import db, transaction
from marketplace.forms import NO_AMOUNT, add_error, choices_of
from marketplace.guards.roles import buyer_or_facilitator_required, sign_in_required
from marketplace.guards.scopes import need_of_insider, runs_contract, visible_contracts
from marketplace.needs.lifecycle import Status
from marketplace.territories import naming
from marketplace.territories.queries import gazetteer
from marketplace.web.accounts import ip
from marketplace.web.contract_forms import (
    ChangeForm,
    ContractForm,
    EmployerForm,
    LotFields,
    PeriodFields,
    TerritoryFields,
    employer_shown,
    lot_shown,
)
from marketplace.web.contracts import asking, contract_among, organisations_of

contract_changes = Blueprint("contract_changes", __name__)


@contract_changes.route("/contrats/nouveau", methods=["GET", "POST"])
@buyer_or_facilitator_required
def create() -> ResponseReturnValue:
    """A contract that was not awarded here."""
    who, form = asking(), ContractForm()
    form.offer(queries.programmes(db.session()))
    form.organisation.choices = choices_of(organisations_of(db.session(), who))
    if form.validate_on_submit() and _find_territory(form):
        with transaction() as session:
            told = _told(session, form)
            contract_id = open_contract(session, told, who.user_id, clock.now()).id
        flash("Le contrat est suivi ici. Ajoutez ses autres lots et employeurs.", "success")
        return redirect(url_for("contracts.show", contract_id=contract_id))
    page = render_template("web/contract_changes/create.html", form=form)
    return page, 422 if form.is_submitted() else 200


def _find_territory(form: TerritoryFields) -> bool:
    code = naming.zone_named(gazetteer(db.session()), form.territory.data or "")
    if code is None:
        add_error(form.territory, "Territoire introuvable\u00a0: choisissez-le dans la liste")
        return False
    form.territory_code = code
    return True


def _told(session: Session, form: ContractForm) -> ContractTold:
    starts_on, ends_on = form.period
    return ContractTold(
        organisation_id=int(form.organisation.data),
        title=form.title.data or "",
        territory_code=form.territory_code,
        starts_on=starts_on,
        ends_on=ends_on,
        holder=form.holder,
        lots=(form.lot(form.title.data or ""),),
        lever=form.chosen_lever,
        nature=form.chosen_nature,
        amount=(form.amount.data or NO_AMOUNT).least,
        programme_id=_programme(session, form),
    )


def _programme(session: Session, form: PeriodFields) -> int | None:
    if form.new_programme.data:
        kind = ProgrammeKind(form.new_programme_kind.data)
        return start_programme(session, kind, form.new_programme.data).id
    return int(form.programme.data) if form.programme.data else None


@contract_changes.post("/besoins/<slug>/contrats")
@sign_in_required
def open_of_need(slug: str) -> ResponseReturnValue:
    """Follow the hours of what a need led to; once, whoever asks first."""
    who = asking()
    need = need_of_insider(db.session(), who, slug)
    if need.status is not Status.AWARDED:
        flash("Le suivi des heures s'ouvre une fois le besoin attribué.", "warning")
        return redirect(url_for("needs.show", slug=slug))
    with transaction() as session:
        opened = open_from_need(session, need.id, who.user_id, clock.now())
        ids = [contract.id for contract in opened]
    flash("Vérifiez la durée, les heures engagées et l'adresse du titulaire.", "success")
    if len(ids) == 1:
        return redirect(url_for("contracts.show", contract_id=ids[0]))
    return redirect(url_for("contracts.index"))


@contract_changes.route(
    "/contrats/<int(max=2147483647):contract_id>/modifier", methods=["GET", "POST"]
)
@sign_in_required
def change(contract_id: int) -> ResponseReturnValue:
    """When it runs, where its hours count, and for which programme."""
    contract, who = _own(contract_id), asking()
    form = ChangeForm(
        data={
            "territory": naming.label(gazetteer(db.session()), contract.territory_code),
            "starts_on": contract.starts_on,
            "ends_on": contract.ends_on,
            "programme": str(contract.programme_id or ""),
            "new_programme_kind": "npnru",
        }
    )
    form.offer(queries.programmes(db.session()))
    if form.validate_on_submit() and _find_territory(form):
        with transaction() as session:
            change_contract(session, contract_id, *form.period, _programme(session, form))
            move_contract(session, contract_id, form.territory_code, who.user_id, ip())
            desk = session.get_one(Contract, contract_id).desk.name
        is_theirs = visible_contracts(who).where(Contract.id == contract_id)
        if db.session.scalars(is_theirs).first() is None:  # another desk has it now
            flash(f"Le contrat est modifié\u00a0: {desk} le suit désormais.", "success")
            return redirect(url_for("contracts.index"))
        flash("Le contrat est modifié.", "success")
        return redirect(url_for("contracts.show", contract_id=contract_id))
    page = render_template("web/contract_changes/change.html", form=form, contract=contract)
    return page, 422 if form.is_submitted() else 200


@contract_changes.route(
    "/contrats/<int(max=2147483647):contract_id>/lots/nouveau", methods=["GET", "POST"]
)
@sign_in_required
def new_lot(contract_id: int) -> ResponseReturnValue:
    contract, form = _own(contract_id), LotFields()
    if form.validate_on_submit():
        with transaction() as session:
            add_lot(session, contract_id, form.lot(form.title.data or ""))
        flash("Le lot est ajouté\u00a0: ses heures se déclarent à part.", "success")
        return redirect(url_for("contracts.show", contract_id=contract_id))
    page = render_template("web/contract_changes/lot.html", form=form, contract=contract, lot=None)
    return page, 422 if form.is_submitted() else 200


@contract_changes.route(
    "/contrats/<int(max=2147483647):contract_id>/lots/<int(max=2147483647):lot_id>",
    methods=["GET", "POST"],
)
@sign_in_required
def lot(contract_id: int, lot_id: int) -> ResponseReturnValue:
    contract = _own(contract_id)
    found = next((one for one in contract.lots if one.id == lot_id), None) or abort(404)
    form = LotFields(data=lot_shown(found))
    if form.validate_on_submit():
        with transaction() as session:
            plan_lot(session, lot_id, form.lot(form.title.data or ""))
        flash("Les heures du lot sont enregistrées.", "success")
        return redirect(url_for("contracts.show", contract_id=contract_id))
    page = render_template("web/contract_changes/lot.html", form=form, contract=contract, lot=found)
    return page, 422 if form.is_submitted() else 200


@contract_changes.route(
    "/contrats/<int(max=2147483647):contract_id>/employeurs/nouveau", methods=["GET", "POST"]
)
@sign_in_required
def new_employer(contract_id: int) -> ResponseReturnValue:
    contract = _own(contract_id)
    form = EmployerForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                add_employer(session, contract_id, form.told(EmployerRole(form.role.data)))
        except AlreadyEmployed:
            add_error(form.siret, "Cet employeur est déjà dans le contrat")
        else:
            flash("L'employeur est ajouté\u00a0: il peut déclarer ses heures.", "success")
            return redirect(url_for("contracts.show", contract_id=contract_id))
    page = render_template(
        "web/contract_changes/employer.html", form=form, contract=contract, one=None
    )
    return page, 422 if form.is_submitted() else 200


@contract_changes.route(
    "/contrats/<int(max=2147483647):contract_id>/employeurs/<int(max=2147483647):employer_id>",
    methods=["GET", "POST"],
)
@sign_in_required
def employer(contract_id: int, employer_id: int) -> ResponseReturnValue:
    contract = _own(contract_id)
    found = next((one for one in contract.employers if one.id == employer_id), None) or abort(404)
    form = EmployerForm(data=employer_shown(found))
    form.role.choices = choices_of({found.role.value: ROLES[found.role]})
    if form.validate_on_submit():
        try:
            with transaction() as session:
                change_employer(session, employer_id, form.told(found.role))
        except AlreadyEmployed:
            add_error(form.siret, "Un autre employeur du contrat porte ce SIRET")
        else:
            flash("L'employeur est modifié.", "success")
            return redirect(url_for("contracts.show", contract_id=contract_id))
    page = render_template(
        "web/contract_changes/employer.html", form=form, contract=contract, one=found
    )
    return page, 422 if form.is_submitted() else 200


def _own(contract_id: int) -> Contract:
    """A contract for those who may change it; to all others, a 404."""
    return contract_among(select(Contract).where(runs_contract(asking())), contract_id)
