"""Contracts with a social clause: opened, changed, given their lots and employers."""

from flask import Blueprint, abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.clauses import contract_queries as queries
from marketplace.clauses.changing import (
    By,
    LastLot,
    ReportedOutside,
    Terms,
    change_contract,
    change_employer,
    change_holder,
    end_lot,
    is_reported,
    plan_lot,
)
from marketplace.clauses.contract_tables import Contract, ContractLot
from marketplace.clauses.contracting import (
    AlreadyEmployed,
    ContractTold,
    add_employer,
    add_lot,
    open_contract,
    open_from_need,
    start_programme,
)
from marketplace.clauses.informing import tell_employed, tell_opened
from marketplace.clauses.reported import EmployerRole, ProgrammeKind, month_in_words
from marketplace.db import db, transaction
from marketplace.forms import NO_AMOUNT, add_error, choices_of
from marketplace.guards.roles import buyer_or_facilitator_required, sign_in_required, visitor_ip
from marketplace.guards.scopes import need_of_insider, runs_contract, visible_contracts
from marketplace.needs.lifecycle import Status
from marketplace.territories import naming
from marketplace.territories.queries import gazetteer
from marketplace.web.contract_forms import (
    ChangeForm,
    ContractForm,
    EmployerChangeForm,
    EmployerForm,
    EndLotForm,
    LotChangeForm,
    LotFields,
    PeriodFields,
    TerritoryFields,
    contract_shown,
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
            contract = open_contract(session, told, who.user_id, clock.now())
            tell_opened(session, contract, str(current_app.secret_key))
            contract_id = contract.id
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
        now = clock.now()
        opened = open_from_need(session, need.id, who.user_id, now)
        for contract in opened:
            if contract.created_at == now:
                tell_opened(session, contract, str(current_app.secret_key))
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
    """Its terms, when it runs, where its hours count, and for which programme."""
    contract, who = _own(contract_id), asking()
    place = naming.label(gazetteer(db.session()), contract.territory_code)
    form = ChangeForm(data=contract_shown(contract) | {"territory": place})
    form.offer(queries.programmes(db.session()))
    if form.validate_on_submit() and _find_territory(form) and _change(contract_id, form):
        desk = db.session.get_one(Contract, contract_id).desk.name
        is_theirs = visible_contracts(who).where(Contract.id == contract_id)
        if db.session.scalars(is_theirs).first() is None:  # another desk has it now
            flash(f"Le contrat est modifié\u00a0: {desk} le suit désormais.", "success")
            return redirect(url_for("contracts.index"))
        flash("Le contrat est modifié.", "success")
        return redirect(url_for("contracts.show", contract_id=contract_id))
    page = render_template("web/contract_changes/change.html", form=form, contract=contract)
    return page, 422 if form.is_submitted() else 200


def _change(contract_id: int, form: ChangeForm) -> bool:
    starts_on, ends_on = form.period
    try:
        with transaction() as session:
            told = Terms(
                title=form.title.data or "",
                territory_code=form.territory_code,
                starts_on=starts_on,
                ends_on=ends_on,
                lever=form.chosen_lever,
                nature=form.chosen_nature,
                amount=(form.amount.data or NO_AMOUNT).least,
                programme_id=_programme(session, form),
            )
            change_contract(session, contract_id, told, _by(form.reason.data))
    except ReportedOutside as outside:
        month = month_in_words(outside.month)
        why = f"Des heures sont déclarées en {month}\u00a0: le contrat garde ce mois"
        add_error(form.starts_on if outside.month < starts_on else form.ends_on, why)
        return False
    return True


def _by(reason: str | None) -> By:
    return By(asking().user_id, clock.now(), reason or "", visitor_ip())


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
    found = _lot(contract, lot_id)
    form = LotChangeForm(data=lot_shown(found))
    if form.validate_on_submit():
        with transaction() as session:
            plan_lot(session, lot_id, form.lot(form.title.data or ""), _by(form.reason.data))
        flash("Les heures du lot sont enregistrées.", "success")
        return redirect(url_for("contracts.show", contract_id=contract_id))
    page = render_template("web/contract_changes/lot.html", form=form, contract=contract, lot=found)
    return page, 422 if form.is_submitted() else 200


@contract_changes.route(
    "/contrats/<int(max=2147483647):contract_id>/lots/<int(max=2147483647):lot_id>/fin",
    methods=["GET", "POST"],
)
@sign_in_required
def end(contract_id: int, lot_id: int) -> ResponseReturnValue:
    """Take a lot away, close it when hours were reported on it, or open it again."""
    contract, form = _own(contract_id), EndLotForm()
    found = _lot(contract, lot_id)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                is_kept = end_lot(session, lot_id, _by(form.reason.data))
        except LastLot:
            form.form_errors.append("C'est le seul lot du contrat\u00a0: il ne se retire pas.")
        else:
            flash("Le lot est clos ou rouvert." if is_kept else "Le lot est retiré.", "success")
            return redirect(url_for("contracts.show", contract_id=contract_id))
    page = render_template(
        "web/contract_changes/end.html",
        form=form,
        contract=contract,
        lot=found,
        is_reported=is_reported(db.session(), lot_id),
    )
    return page, 422 if form.is_submitted() else 200


def _lot(contract: Contract, lot_id: int) -> ContractLot:
    return next((one for one in contract.lots if one.id == lot_id), None) or abort(404)


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
                told = form.told(EmployerRole(form.role.data))
                added = add_employer(session, contract_id, told)
                tell_employed(session, added, str(current_app.secret_key))
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
    form = EmployerChangeForm(data=employer_shown(found))
    if form.validate_on_submit():
        try:
            with transaction() as session:
                change_employer(session, employer_id, form.told(found.role), _by(form.reason.data))
        except AlreadyEmployed:
            add_error(form.siret, "Un autre employeur du contrat porte ce SIRET")
        else:
            flash("L'employeur est modifié.", "success")
            return redirect(url_for("contracts.show", contract_id=contract_id))
    page = render_template(
        "web/contract_changes/employer.html", form=form, contract=contract, one=found
    )
    return page, 422 if form.is_submitted() else 200


@contract_changes.route(
    "/contrats/<int(max=2147483647):contract_id>/titulaire", methods=["GET", "POST"]
)
@sign_in_required
def holder(contract_id: int) -> ResponseReturnValue:
    """Another firm takes the contract over; what the former one reported stays its own."""
    contract = _own(contract_id)
    form = EmployerChangeForm()
    if form.validate_on_submit():
        try:
            with transaction() as session:
                told = form.told(EmployerRole.HOLDER)
                change_holder(session, contract_id, told, _by(form.reason.data))
                new = session.get_one(Contract, contract_id).holder
                tell_employed(session, new, str(current_app.secret_key))
        except AlreadyEmployed:
            add_error(form.siret, "Cette entreprise est déjà titulaire du contrat")
        else:
            flash("Le contrat a un nouveau titulaire.", "success")
            return redirect(url_for("contracts.show", contract_id=contract_id))
    page = render_template("web/contract_changes/holder.html", form=form, contract=contract)
    return page, 422 if form.is_submitted() else 200


def _own(contract_id: int) -> Contract:
    """A contract for those who may change it; to all others, a 404."""
    return contract_among(select(Contract).where(runs_contract(asking())), contract_id)
