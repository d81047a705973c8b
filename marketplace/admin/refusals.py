"""Addresses that refuse our mail: seen, added from a file of the mail provider, taken back."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.file import FileField, FileRequired
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit, clock, sheets
from marketplace.db import db, transaction
from marketplace.digests import bouncing, opting_out
from marketplace.digests.bouncing import Refusal
from marketplace.digests.queries import paused_addresses
from marketplace.digests.tables import PausedAddress, PauseReason
from marketplace.forms import FrenchForm, add_error, paging
from marketplace.guards.roles import administrator_required, visitor_ip

refusals = Blueprint("refusals", __name__, url_prefix="/admin/courriels/refuses")

PER_PAGE = 20
REASONS = {
    PauseReason.BOUNCE: "Refusé par le serveur",
    PauseReason.COMPLAINT: "Signalé indésirable",
}
MOST_BROKEN_SHOWN = 20
UNREADABLE = (
    "Ce fichier ne se lit pas\u00a0: donnez un fichier CSV avec les colonnes «\u00a0address\u00a0» "
    "et «\u00a0type\u00a0», et, si vous l'avez, «\u00a0said\u00a0»"
)


class RefusalsForm(FrenchForm):
    file = FileField(
        "Fichier CSV des adresses refusées", [FileRequired("Choisissez un fichier CSV")]
    )


@refusals.route("", methods=["GET", "POST"])
@administrator_required
def index() -> ResponseReturnValue:
    form = RefusalsForm()
    broken: list[sheets.BrokenRow] = []
    if form.validate_on_submit():
        try:
            lines = list(bouncing.lines_in(form.file.data.stream))
        except sheets.WrongColumns as error:
            add_error(form.file, _columns_refused(error))
        except sheets.Unreadable:
            add_error(form.file, UNREADABLE)
        else:
            broken = [line for line in lines if isinstance(line, sheets.BrokenRow)]
            _pause([line for line in lines if isinstance(line, Refusal)])
            if not broken:
                return redirect(url_for("refusals.index"))
            add_error(form.file, "Des lignes n'ont pas été comprises, les autres sont prises")
    session, wanted = db.session(), paused_addresses()
    on = paging(session, wanted, PER_PAGE)
    page = render_template(
        "admin/refusals/index.html",
        form=form,
        broken=broken[:MOST_BROKEN_SHOWN],
        addresses=session.scalars(on.of(wanted)).all(),
        paging=on,
        reasons=REASONS,
    )
    return page, 422 if form.errors else 200


@refusals.post("/reprendre")
@administrator_required
def resume() -> ResponseReturnValue:
    address = request.form.get("address", "").lower()
    db.session.scalars(select(PausedAddress).filter_by(address=address.replace("\0", ""))).one()
    with transaction() as session:
        opting_out.resume_address(session, address)
        _note(session, "resumed", 1)
    flash("Nous écrivons de nouveau à cette adresse.", "success")
    return redirect(url_for("refusals.index"))


def _columns_refused(error: sheets.WrongColumns) -> str:
    names = "\u00a0», «\u00a0".join(error.missing or error.twice)
    told = "Il manque la colonne" if error.missing else "Le fichier donne deux fois la colonne"
    return f"{told} «\u00a0{names}\u00a0»\u00a0: corrigez sa première ligne, puis recommencez"


def _pause(found: list[Refusal]) -> None:
    with transaction() as session:
        paused = bouncing.pause(session, found, clock.now())
        _note(session, "paused", paused)
    flash(
        f"{paused} adresses de plus sont en pause." if paused > 1 else f"{paused} adresse en pause."
    )


def _note(session: Session, what: str, addresses: int) -> None:
    audit.note(
        session,
        audit.Action.CHANGED,
        actor_id=current_user.user_id,
        ip=visitor_ip(),
        what=what,
        addresses=addresses,
    )
