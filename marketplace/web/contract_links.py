"""Employers without an account are sent, on request, the link by which they tell their hours."""

from flask import Blueprint, abort, current_app, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from marketplace import clock
from marketplace.clauses.contract_tables import Contract
from marketplace.clauses.informing import send_link
from marketplace.clauses.reported import EmployerRole
from marketplace.db import transaction
from marketplace.guards.roles import sign_in_required
from marketplace.guards.scopes import runs_contract
from marketplace.web.contracts import asking, contract_among

contract_links = Blueprint("contract_links", __name__)


@contract_links.post(
    "/contrats/<int(max=2147483647):contract_id>/employeurs/<int(max=2147483647):employer_id>/lien"
)
@sign_in_required
def send(contract_id: int, employer_id: int) -> ResponseReturnValue:
    """By whoever runs the contract."""
    contract = contract_among(select(Contract).where(runs_contract(asking())), contract_id)
    working = [one for one in contract.employers if one.role is not EmployerRole.FORMER]
    employer = next((one for one in working if one.id == employer_id), None) or abort(404)
    with transaction() as session:
        sent = send_link(session, employer, str(current_app.secret_key), clock.now())
    if sent:
        flash(f"{employer.name} reçoit le lien pour déclarer ses heures.", "success")
    else:
        flash(
            f"{employer.name} n'a ni compte ni adresse\u00a0: complétez sa fiche d'abord.", "error"
        )
    return redirect(url_for("contracts.show", contract_id=contract_id, _anchor="employeurs"))
