"""The audit trail: who did what, on what, when, from where; read here, and exported."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from tempfile import SpooledTemporaryFile

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from wtforms import DateField, IntegerField, SelectField, StringField, ValidationError
from wtforms.validators import Length, NumberRange, Optional

from marketplace import audit, clock
from marketplace.accounts import queries
from marketplace.accounts.tables import User
from marketplace.admin.trail_words import OBJECTS, names_of, said
from marketplace.audit import Action, Sought
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, choices_of, one_line, paging
from marketplace.guards.roles import administrator_required, visitor_ip
from marketplace.sheets import write_csv
from marketplace.territories.queries import gazetteer

trail = Blueprint("trail", __name__, url_prefix="/admin/journal")

PER_PAGE = 20
HIGHEST_ID = 2_147_483_647
READ_AT_ONCE = 1_000
KEPT_IN_MEMORY = 1_000_000
DATE_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "%Y-%m-%d"]

ACTIONS = {
    Action.SIGNED_IN: "Connexion",
    Action.SIGN_IN_REFUSED: "Connexion refusée",
    Action.SIGNED_OUT: "Déconnexion",
    Action.ACCESS_REFUSED: "Accès refusé",
    Action.ACCOUNT_CREATED: "Compte créé",
    Action.ACCOUNT_CLOSED: "Compte fermé",
    Action.EMAIL_VERIFIED: "Adresse confirmée",
    Action.EMAIL_CHANGED: "Adresse changée",
    Action.PASSWORD_CHANGED: "Mot de passe changé",
    Action.IDENTITY_LINKED: "Identité extérieure rattachée",
    Action.IDENTITY_UNLINKED: "Identité extérieure détachée",
    Action.SESSION_REVOKED: "Session fermée",
    Action.INVITED: "Invitation",
    Action.INVITATION_WITHDRAWN: "Invitation retirée",
    Action.INVITATION_ACCEPTED: "Invitation acceptée",
    Action.CLAIM_ASKED: "Rattachement demandé",
    Action.CLAIM_DECIDED: "Rattachement décidé",
    Action.ROLE_CHANGED: "Rôle changé",
    Action.MEMBER_ADDED: "Membre ajouté",
    Action.MEMBER_REMOVED: "Membre retiré",
    Action.DECIDED: "Décision",
    Action.OUTCOME_CORRECTED: "Issue corrigée",
    Action.EXPORTED: "Export",
    Action.ERASED: "Effacement",
    Action.CHANGED: "Modification",
}
COLUMNS = (
    "Ligne",
    "Date et heure de Paris",
    "Action",
    "Personne",
    "Numéro de la personne",
    "Objet",
    "Numéro de l'objet",
    "Adresse IP",
    "Précisions",
)


class TrailFilter(FrenchForm):
    class Meta(FrenchForm.Meta):
        csrf = False  # of a search; the export is a POST, checked like all others

    action = SelectField("Action", default="", choices=choices_of({"": "Toutes", **ACTIONS}))
    acteur = StringField(
        "Personne qui agit",
        [Optional(), Length(max=254, message="L'adresse dépasse 254 caractères")],
        filters=[one_line],
    )
    objet = SelectField("Objet", default="", choices=choices_of({"": "Tous", **OBJECTS}))
    numero = IntegerField(
        "Numéro de l'objet",
        [Optional(), NumberRange(1, HIGHEST_ID, "Le numéro est un nombre entier, dès 1")],
    )
    du = DateField("Du", [Optional()], format=DATE_FORMATS)
    au = DateField("Au", [Optional()], format=DATE_FORMATS)

    def __init__(self, asked: MultiDict[str, str]) -> None:
        super().__init__(asked)
        self.actor_id: int | None = None

    def validate_acteur(self, field: StringField) -> None:
        said = field.data or ""
        if said.isdecimal() and len(said) < len(str(HIGHEST_ID)):
            self.actor_id = int(said)
            return
        same_address = select(User.id).where(func.lower(User.email) == said.lower())
        self.actor_id = db.session().scalar(same_address)
        if self.actor_id is None:
            raise ValidationError("Personne n'a cette adresse ni ce numéro")

    def validate_du(self, field: DateField) -> None:
        _plausible(field.data)

    def validate_au(self, field: DateField) -> None:
        _plausible(field.data)

    def sought(self) -> Sought:
        return Sought(
            action=Action(self.action.data) if self.action.data else None,
            actor_id=self.actor_id,
            object_kind=self.objet.data,
            object_id=self.numero.data,
            since=_midnight(self.du.data) if self.du.data else None,
            before=_midnight(self.au.data + timedelta(days=1)) if self.au.data else None,
        )

    def active(self) -> list[tuple[str, str, str]]:
        """The filters in use: name, value as typed, words."""
        said = {field.name: _as_typed(field) for field in self}
        shown = said | {
            "action": ACTIONS.get(Action(said["action"]), "") if said["action"] else "",
            "acteur": f"Par {said['acteur']}",
            "objet": OBJECTS.get(said["objet"], ""),
            "numero": f"N° {said['numero']}",
            "du": f"Dès le {said['du']}",
            "au": f"Jusqu'au {said['au']}",
        }
        return [(name, value, shown[name]) for name, value in said.items() if value]


def _plausible(day: date | None) -> None:
    if day is not None and not 2000 <= day.year < 2200:
        raise ValidationError("Donnez une date entre 2000 et 2199")


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=clock.PARIS)


def _as_typed(field: StringField) -> str:
    return str((field.raw_data or [""])[0])


@trail.get("/")
@administrator_required
def index() -> ResponseReturnValue:
    session, form = db.session(), TrailFilter(request.args)
    if not form.validate():
        return render_template("admin/trail/index.html", form=form, active=[], rows=[]), 422
    wanted = queries.trail(audit.entries(form.sought()))
    at = paging(session, wanted, PER_PAGE)
    shown = session.execute(at.of(wanted)).all()
    names, places = names_of(session, [entry for entry, _ in shown]), gazetteer(session)
    return render_template(
        "admin/trail/index.html",
        form=form,
        active=form.active(),
        rows=[
            {
                "entry": entry,
                "action": ACTIONS[entry.action],
                "actor": name,
                "object": names.get((entry.object_kind, entry.object_id)),
                "details": said(entry.details, names, places),
            }
            for entry, name in shown
        ],
        at=at,
    )


@trail.post("/exporter")
@administrator_required
def export() -> ResponseReturnValue:
    """The rows that the filters give, in a CSV file; the trail says who took them."""
    form = TrailFilter(request.form)
    if not form.validate():
        flash("Ces filtres ne vont pas : corrigez-les, puis exportez.", "error")
        return redirect(url_for("trail.index"))
    with transaction() as session:
        audit.note(
            session,
            Action.EXPORTED,
            actor_id=current_user.user_id,
            ip=visitor_ip(),
            what="trail",
            filters=[name for name, *_ in form.active()],
        )
    file = SpooledTemporaryFile(max_size=KEPT_IN_MEMORY)  # noqa: SIM115 - send_file closes it
    for line in write_csv(COLUMNS, _cells(db.session(), form.sought())):
        file.write(line.encode())
    file.seek(0)
    return send_file(
        file,
        mimetype="text/csv",
        as_attachment=True,
        download_name=f"journal-{clock.today().isoformat()}.csv",
    )


def _cells(session: Session, sought: Sought) -> Iterator[tuple[object, ...]]:
    places, wanted = gazetteer(session), queries.trail(audit.entries(sought))
    for entry, name in session.execute(wanted, execution_options={"yield_per": READ_AT_ONCE}):
        yield (
            entry.id,
            entry.at.astimezone(clock.PARIS).strftime("%Y-%m-%d %H:%M:%S"),
            ACTIONS[entry.action],
            name,
            entry.actor_id,
            OBJECTS.get(entry.object_kind, entry.object_kind),
            entry.object_id,
            entry.ip,
            said(entry.details, {}, places),
        )
