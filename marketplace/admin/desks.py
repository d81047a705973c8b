"""Desks: opening, changing and closing them. Their people are looked after in `team`."""

from enum import StrEnum

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import func, select
from wtforms import (
    EmailField,
    SearchField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, Optional

from marketplace import clock
from marketplace.accounts.addresses import is_address
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error, choices_of, cleaned, one_line, one_of, paging
from marketplace.guards.roles import administrator_required, visitor_ip
from marketplace.moderation import arranging
from marketplace.moderation.arranging import DeskDraft
from marketplace.moderation.queries import desks_like, members_of_desk
from marketplace.moderation.tables import Desk, QueueEntry
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.queries import gazetteer

desks = Blueprint("desks", __name__, url_prefix="/admin/guichets")

PER_PAGE = 20
LONGEST = 200


class Standing(StrEnum):
    OPEN = "ouverts"
    CLOSED = "fermes"


STANDINGS = {Standing.OPEN: "Ouverts", Standing.CLOSED: "Fermés"}


class DeskFilter(FrenchForm):
    q = SearchField("Nom ou organisme porteur")
    etat = SelectField("Guichets", choices=choices_of(STANDINGS))


class DeskForm(FrenchForm):
    name = StringField(
        "Nom du guichet",
        [
            InputRequired("Donnez un nom, par exemple Guichet du Doubs"),
            Length(min=3, max=200, message="Le nom compte de 3 à 200 caractères"),
        ],
        filters=[one_line],
    )
    bearer = StringField(
        "Organisme porteur",
        [Optional(), Length(max=200, message="Le nom dépasse 200 caractères")],
        filters=[one_line],
    )
    email = EmailField("Adresse électronique publique", [Optional()], filters=[one_line])
    phone = StringField(
        "Téléphone public",
        [Optional(), Length(max=30, message="Le numéro dépasse 30 caractères")],
        filters=[one_line],
    )
    website = StringField(
        "Site internet",
        [Optional(), Length(max=255, message="L'adresse du site dépasse 255 caractères")],
        filters=[one_line],
    )
    territories = TextAreaField(
        "Territoires",
        [Optional(), Length(max=5000, message="La liste dépasse 5 000 caractères")],
        filters=[cleaned],
    )

    def __init__(self, places: Gazetteer, desk: Desk | None, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.places = places
        self.codes: tuple[str, ...] = ()
        if desk is not None and desk.is_national:
            del self.territories

    def validate_email(self, field: EmailField) -> None:
        if not is_address(field.data or ""):
            raise ValidationError("Donnez une adresse complète, par exemple clause@exemple.fr")

    def validate_website(self, field: StringField) -> None:
        address = field.data or ""
        if not address.startswith(("https://", "http://")) or " " in address:
            raise ValidationError("Donnez une adresse qui commence par https://")

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = bool(super().validate(extra_validators))
        if self.territories is None or self.territories.errors:
            return is_valid
        self.codes, unknown = naming.zones_named(self.places, self.territories.data or "")
        if unknown:
            add_error(self.territories, f"Territoire introuvable : « {' », « '.join(unknown)} »")
        elif not self.codes:
            add_error(self.territories, "Donnez au moins un territoire, par exemple Doubs ; Jura")
        return is_valid and not self.territories.errors

    def refuse_taken(self, desks_by_code: dict[str, str]) -> None:
        for code, name in desks_by_code.items():
            label = naming.label(self.places, code)
            add_error(self.territories, f"{label} est déjà suivi par « {name} »")

    def draft(self) -> DeskDraft:
        return DeskDraft(
            name=self.name.data or "",
            bearer=self.bearer.data or "",
            email=self.email.data or "",
            phone=self.phone.data or "",
            website=self.website.data or "",
            territories=self.codes,
        )


@desks.get("/")
@administrator_required
def index() -> str:
    session = db.session()
    words = one_line(request.args.get("q", ""))[:LONGEST]
    standing = one_of(Standing, "etat") or Standing.OPEN
    wanted = desks_like(words, is_open=standing is Standing.OPEN)
    at = paging(session, wanted, PER_PAGE)
    places = gazetteer(session)
    return render_template(
        "admin/desks/index.html",
        form=DeskFilter(request.args),
        active=[("q", words, words)] if words else [],
        is_open=standing is Standing.OPEN,
        desks=[
            (desk, _territories(desk, places), people, waiting)
            for desk, people, waiting in session.execute(at.of(wanted))
        ],
        at=at,
    )


@desks.get("/<int(max=2147483647):desk_id>")
@administrator_required
def show(desk_id: int) -> str:
    session, desk = db.session(), _desk(desk_id)
    return render_template(
        "admin/desks/show.html",
        desk=desk,
        territories=_territories(desk, gazetteer(session)),
        members=members_of_desk(session, desk_id),
        waiting=_waiting(desk_id),
    )


@desks.route("/nouveau", methods=["GET", "POST"])
@administrator_required
def post() -> ResponseReturnValue:
    form = DeskForm(gazetteer(db.session()), None)
    if not form.validate_on_submit():
        return _form_page(form, None)
    try:
        with transaction() as session:
            desk = arranging.open_desk(session, form.draft(), current_user.user_id, visitor_ip())
            session.flush()
            desk_id = desk.id
    except arranging.NameTaken:
        add_error(form.name, "Un autre guichet porte ou a porté ce nom")
        return _form_page(form, None)
    except arranging.TerritoryTaken as taken:
        form.refuse_taken(taken.desks)
        return _form_page(form, None)
    flash("Le guichet est ouvert. Invitez maintenant ses facilitateurs.", "success")
    return redirect(url_for("team.show", desk_id=desk_id))


@desks.route("/<int(max=2147483647):desk_id>/modifier", methods=["GET", "POST"])
@administrator_required
def edit(desk_id: int) -> ResponseReturnValue:
    desk, places = _open_desk(desk_id), gazetteer(db.session())
    form = DeskForm(places, desk, data=_as_filled(desk, places))
    if not form.validate_on_submit():
        return _form_page(form, desk)
    try:
        with transaction() as session:
            arranging.change_desk(
                session, desk_id, form.draft(), current_user.user_id, visitor_ip()
            )
    except arranging.NameTaken:
        add_error(form.name, "Un autre guichet porte ou a porté ce nom")
        return _form_page(form, _desk(desk_id))
    except arranging.TerritoryTaken as taken:
        form.refuse_taken(taken.desks)
        return _form_page(form, _desk(desk_id))
    flash("Le guichet est modifié.", "success")
    return redirect(url_for("desks.show", desk_id=desk_id))


@desks.route("/<int(max=2147483647):desk_id>/fermer", methods=["GET", "POST"])
@administrator_required
def close(desk_id: int) -> ResponseReturnValue:
    desk = _open_desk(desk_id)
    if desk.is_national:
        flash("Le guichet national ne ferme pas : il prend ce que nul autre ne suit.", "error")
        return redirect(url_for("desks.show", desk_id=desk_id))
    if request.method != "POST":
        return render_template("admin/desks/close.html", desk=desk, waiting=_waiting(desk_id))
    with transaction() as session:
        moved = arranging.close_desk(
            session, desk_id, current_user.user_id, clock.now(), visitor_ip()
        )
    told = {0: "", 1: " Une décision attendue passe à un autre guichet."}
    flash(
        "Le guichet est fermé."
        + told.get(moved, f" {moved} décisions attendues passent à d'autres guichets."),
        "success",
    )
    return redirect(url_for("desks.index"))


def _form_page(form: DeskForm, desk: Desk | None) -> ResponseReturnValue:
    page = render_template("admin/desks/post.html", form=form, desk=desk)
    return page, 422 if form.errors else 200


def _as_filled(desk: Desk, places: Gazetteer) -> dict[str, str]:
    return {
        "name": desk.name,
        "bearer": desk.bearer,
        "email": desk.email,
        "phone": desk.phone,
        "website": desk.website,
        "territories": "\u00a0; ".join(_territories(desk, places)),
    }


def _territories(desk: Desk, places: Gazetteer) -> list[str]:
    return sorted(naming.label(places, row.territory_code) for row in desk.territories)


def _waiting(desk_id: int) -> int:
    entries = select(func.count()).where(
        QueueEntry.desk_id == desk_id, QueueEntry.decided_at.is_(None)
    )
    return db.session().scalar(entries) or 0


def _desk(desk_id: int) -> Desk:
    return db.session().get(Desk, desk_id) or abort(404)


def _open_desk(desk_id: int) -> Desk:
    desk = _desk(desk_id)
    return desk if desk.closed_at is None else abort(404)
