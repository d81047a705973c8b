"""Needs: those of everyone, one's own, posting, following."""

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from marketplace import clock, formats
from marketplace.accounts.queries import buyable_by, platform_for
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error, choices_of, cleaned, one_line, page_asked
from marketplace.guards.roles import Viewer, buyer_required, viewer
from marketplace.guards.scopes import (
    bought_by,
    is_bought_by,
    may_see_shortlist,
    visible_needs,
)
from marketplace.matching import queries as matching
from marketplace.matching.tables import Match, Shortlist
from marketplace.moderation import desks
from marketplace.moderation.deciding import withdraw as withdraw_need
from marketplace.moderation.queries import desk_of_need
from marketplace.needs import wording
from marketplace.needs.lifecycle import EDITABLE, NEXT, ForbiddenMove, Move, Status
from marketplace.needs.posting import (
    NeedDraft,
    make_move,
    post_need,
    revise_need,
)
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need, NeedKind, PlaceType
from marketplace.offers.wording import SERVICE_TYPES
from marketplace.sectors.queries import all_groups
from marketplace.structures.kinds import Kind
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.gazetteer import Kind as ZoneKind
from marketplace.territories.queries import gazetteer

needs = Blueprint("needs", __name__)

PER_PAGE = 20
MATCHES_SHOWN = 20
NEAR_SHOWN = 10
NEARBY_KM = 20
LONGEST_DELAY_DAYS = 730
DATE_FORMATS = ["%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "%Y-%m-%d"]


class NeedForm(FrenchForm):
    organisation = SelectField("Pour quel organisme achetez-vous ?", coerce=int)
    kind = RadioField(
        "Que cherchez-vous ?",
        [InputRequired("Choisissez ce que vous cherchez")],
        choices=choices_of(wording.KINDS),
    )
    title = StringField(
        "Titre",
        [
            InputRequired("Donnez un titre, par exemple « Entretien des locaux de la mairie »"),
            Length(min=5, max=200, message="Le titre compte de 5 à 200 caractères"),
        ],
        filters=[one_line],
    )
    description = TextAreaField(
        "Description",
        [Optional(), Length(max=20_000, message="La description dépasse 20 000 caractères")],
        filters=[cleaned],
    )
    sectors = SelectMultipleField("Secteurs", [Optional()])
    service_types = SelectMultipleField(
        "Types de prestation", [Optional()], choices=choices_of(SERVICE_TYPES)
    )
    reserved_for = RadioField(
        "Quelles structures peuvent répondre ?",
        default="any",
        choices=choices_of({key: label for key, (label, _) in wording.RESERVATIONS.items()}),
    )
    place_type = RadioField(
        "Où a lieu le travail ?",
        [InputRequired("Dites où a lieu le travail")],
        default=PlaceType.POINT,
        choices=choices_of(
            {
                PlaceType.POINT: "Dans une commune",
                PlaceType.ZONES: "Dans un ou plusieurs territoires",
                PlaceType.COUNTRY: "Dans toute la France",
            }
        ),
    )
    commune = StringField("Commune", [Optional(), Length(max=120)], filters=[one_line])
    radius_km = IntegerField(
        "Seulement les structures situées à moins de",
        [
            Optional(),
            NumberRange(1, 500, "Le rayon est un nombre de kilomètres, de 1 à 500"),
        ],
    )
    zones = TextAreaField("Territoires", [Optional(), Length(max=1000)], filters=[cleaned])
    include_country = BooleanField(
        "Accepter aussi les structures qui interviennent dans toute la France", default=True
    )
    deadline_on = DateField(
        "Réponses jusqu'au",
        [InputRequired("Donnez une date, par exemple 14/12/2026")],
        format=DATE_FORMATS,
    )

    def __init__(self, viewer: Viewer, places: Gazetteer, **kwargs: object) -> None:
        super().__init__(**kwargs)
        session = db.session()
        self.places = places
        self.groups = all_groups(session)
        self.commune_code: str | None = None
        self.zone_codes: tuple[str, ...] = ()
        bought_for = buyable_by(session, viewer.organisation_ids)
        self.organisation.choices = choices_of({o.id: o.name for o in bought_for})
        self.sectors.choices = choices_of(
            {sector.slug: sector.name for group in self.groups for sector in group.sectors}
        )
        if not self.is_submitted() and self.organisation.data is None:
            self.organisation.data = bought_for[0].id

    def validate_deadline_on(self, field: DateField) -> None:
        if field.data is None:
            return  # not a date at all: WTForms says so
        days = (field.data - clock.today()).days
        if days < 1:
            raise ValidationError("La date limite est au plus tôt demain")
        if days > LONGEST_DELAY_DAYS:
            raise ValidationError("La date limite est dans deux ans au plus")

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate(extra_validators)
        if self.place_type.data == PlaceType.POINT:
            return self._find_commune() and is_valid
        if self.place_type.data == PlaceType.ZONES:
            return self._find_zones() and is_valid
        return is_valid

    def _find_commune(self) -> bool:
        if not self.commune.data:
            add_error(self.commune, "Donnez la commune, par exemple Besançon (25)")
            return False
        code = naming.zone_named(self.places, self.commune.data)
        if code is None or self.places.zone_kind(code) is not ZoneKind.COMMUNE:
            add_error(
                self.commune,
                f"Commune introuvable : « {self.commune.data} ». Donnez son nom et son "
                "département, par exemple Besançon (25)",
            )
            return False
        self.commune_code = code
        return True

    def _find_zones(self) -> bool:
        if self.zones.errors:
            return False
        self.zone_codes, unknown = naming.zones_named(self.places, self.zones.data or "")
        if unknown:
            add_error(self.zones, f"Territoire introuvable : « {' », « '.join(unknown)} »")
            return False
        if not self.zone_codes:
            add_error(self.zones, "Donnez au moins un territoire, par exemple Doubs ; Jura")
            return False
        return True

    def draft(self) -> NeedDraft:
        is_point = self.place_type.data == PlaceType.POINT
        return NeedDraft(
            kind=NeedKind(self.kind.data),
            title=self.title.data,
            description=self.description.data,
            sectors=tuple(self.sectors.data),
            service_types=tuple(self.service_types.data),
            kinds=tuple(sorted(wording.RESERVATIONS[self.reserved_for.data][1])),
            place_type=PlaceType(self.place_type.data),
            commune_code=self.commune_code,
            radius_km=self.radius_km.data if is_point else None,
            zones=self.zone_codes,
            include_country=self.include_country.data,
            deadline_on=self.deadline_on.data,
        )


def _as_filled(need: Need, places: Gazetteer) -> dict[str, object]:
    """The form's values for a need that already stands."""
    kinds = frozenset(Kind(kind) for kind in need.kinds)
    return {
        "organisation": need.organisation_id,
        "kind": need.kind,
        "title": need.title,
        "description": need.description,
        "sectors": [sector.sector_slug for sector in need.sectors],
        "service_types": need.service_types,
        "reserved_for": next(
            (key for key, (_, allowed) in wording.RESERVATIONS.items() if allowed == kinds), "any"
        ),
        "place_type": need.place_type,
        "commune": naming.label(places, need.commune_code) if need.commune_code else "",
        "radius_km": need.radius_km,
        "zones": " ; ".join(naming.label(places, zone.territory_code) for zone in need.zones),
        "include_country": need.include_country,
        "deadline_on": need.deadline_on,
    }


@needs.get("/besoins")
def index() -> str:
    page = page_asked()
    wanted = select(Need).where(is_open(clock.now()))
    total = db.session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    shown = (
        wanted.options(joinedload(Need.organisation), selectinload(Need.zones))
        .order_by(Need.deadline_on, Need.id)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    places = gazetteer(db.session())
    return render_template(
        "web/needs/index.html",
        needs=[(need, wording.place(need, places)) for need in db.session.scalars(shown)],
        total=total,
        page=page,
        per_page=PER_PAGE,
        today=clock.today(),
    )


@needs.route("/besoins/deposer", methods=["GET", "POST"])
@buyer_required
def post() -> ResponseReturnValue:
    who = _buyer()
    form = NeedForm(who, gazetteer(db.session()))
    if not form.validate_on_submit():
        page = render_template("web/needs/post.html", form=form, need=None)
        return page, 422 if form.errors else 200
    now = clock.now()
    with transaction() as session:
        buyer_id = form.organisation.data
        platform_id = platform_for(session, who.organisation_ids, buyer_id)
        need = post_need(session, who.user_id, buyer_id, form.draft(), now, platform_id)
        entry = desks.receive_need(session, need, now)
        slug, desk_name = need.slug, entry.desk.name
    flash(f"Votre besoin est déposé. {desk_name} le relit sous deux jours ouvrés.")
    return redirect(url_for("needs.show", slug=slug))


@needs.route("/besoins/<slug>/modifier", methods=["GET", "POST"])
@buyer_required
def edit(slug: str) -> ResponseReturnValue:
    need = _own_need(slug)
    if need.status not in EDITABLE:
        flash("Ce besoin ne peut plus être modifié ici.")
        return redirect(url_for("needs.show", slug=slug))
    places = gazetteer(db.session())
    form = NeedForm(_buyer(), places, data=_as_filled(need, places))
    form.organisation.choices = choices_of({need.organisation_id: need.organisation.name})
    if not form.validate_on_submit():
        page = render_template("web/needs/post.html", form=form, need=need)
        return page, 422 if form.errors else 200
    now = clock.now()
    with transaction() as session:
        need = revise_need(session, need.id, form.draft())
        make_move(session, need, Move.SUBMIT, _buyer().user_id, now)
        desks.receive_need(session, need, now)
    flash("Votre besoin est renvoyé au facilitateur.")
    return redirect(url_for("needs.show", slug=slug))


@needs.route("/besoins/<slug>/retirer", methods=["GET", "POST"])
@buyer_required
def withdraw(slug: str) -> ResponseReturnValue:
    need = _own_need(slug)
    form = WithdrawForm()
    if not form.validate_on_submit():
        page = render_template("web/needs/withdraw.html", form=form, need=need)
        return page, 422 if form.errors else 200
    try:
        with transaction() as session:
            withdraw_need(session, need.id, _buyer().user_id, clock.now(), form.reason.data)
    except ForbiddenMove:
        flash("Ce besoin ne peut plus être retiré.")
    else:
        flash("Votre besoin est retiré : plus personne ne peut y répondre.")
    return redirect(url_for("needs.show", slug=slug))


class WithdrawForm(FrenchForm):
    reason = TextAreaField(
        "Pourquoi retirez-vous ce besoin ?",
        [InputRequired("Dites pourquoi, en quelques mots"), Length(max=1000)],
        filters=[cleaned],
    )


@needs.get("/besoins/<slug>")
def show(slug: str) -> ResponseReturnValue:
    session = db.session()
    who = viewer()
    need = session.scalars(
        visible_needs(who)
        .where(Need.slug == slug)
        .options(selectinload(Need.sectors), selectinload(Need.zones))
    ).one()
    is_insider = may_see_shortlist(session, who, need)
    shortlist = session.get(Shortlist, need.id) if is_insider else None
    if "HX-Request" in request.headers:
        # Asked every two seconds by the page that waits for the ranking.
        is_waiting = shortlist is None and need.status == Status.PUBLISHED
        return Response(status=204, headers={} if is_waiting else {"HX-Refresh": "true"})
    places = gazetteer(session)
    matches = session.scalars(matching.matches_of_need(need.id)).all() if is_insider else []
    eligible = [match for match in matches if not match.near]
    own = matching.matches_of_need(need.id).where(
        Match.structure_id.in_(who.structure_ids if who else ())
    )
    is_buyers = who is not None and is_bought_by(who, need)
    page = page_asked()
    shown = eligible[(page - 1) * MATCHES_SHOWN : page * MATCHES_SHOWN]
    return render_template(
        "web/needs/show.html",
        need=need,
        place=wording.place(need, places),
        centre=places.commune(need.commune_code) if need.commune_code else None,
        sectors=wording.sectors(need),
        reserved=wording.reservation(need),
        is_insider=is_insider,
        own=session.scalars(own).all(),
        shortlist=shortlist,
        eligible=len(eligible),
        nearby=sum(m.distance_km is not None and m.distance_km <= NEARBY_KM for m in eligible),
        shown=[(match, match.structure) for match in shown],
        near=[(match, match.structure) for match in matches if match.near][:NEAR_SHOWN],
        page=page,
        per_page=MATCHES_SHOWN,
        desk=desk_of_need(session, need.id) if is_insider else None,
        history=_history(need) if is_insider else [],
        is_buyers=is_buyers,
        may_edit=is_buyers and need.status in EDITABLE,
        may_withdraw=is_buyers and (need.status, Move.WITHDRAW) in NEXT,
    )


def _history(need: Need) -> list[dict[str, str | None]]:
    """The moves of a need, latest first, as the timeline shows them."""
    return [
        {
            "move": move.move,
            "what": wording.MOVES[move.move],
            "when": formats.moment(move.moved_at),
            "iso": move.moved_at.isoformat(),
            "who": move.user.full_name if move.user else None,
            "text": move.reason,
        }
        for move in reversed(need.moves)
    ]


def _buyer() -> Viewer:
    who = viewer()
    assert who is not None, "the guard lets nobody else in"  # noqa: S101
    return who


def _own_need(slug: str) -> Need:
    found = db.session.scalars(select(Need).where(Need.slug == slug, bought_by(_buyer()))).first()
    return found or abort(404)
