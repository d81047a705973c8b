"""Planned purchases: told early by buyers, read by everyone, made needs in one click."""

from collections.abc import Iterable

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from wtforms import SelectField, SelectMultipleField
from wtforms.validators import InputRequired

from marketplace import clock, formats
from marketplace.accounts.queries import buyable_by
from marketplace.db import db, transaction
from marketplace.forms import NO_AMOUNT, AmountField, Amounts, FrenchForm, choices_of, paging
from marketplace.guards.roles import Viewer, buyer_required, sign_in_required, viewer
from marketplace.guards.scopes import announced_to_all, planned_by_viewer, visible_needs
from marketplace.needs import planning
from marketplace.needs.plan_tables import PlannedPurchase
from marketplace.needs.planning import AlreadyANeed, Said
from marketplace.needs.searching import sought_in
from marketplace.needs.tables import Need, PlaceType
from marketplace.sectors.nomenclature import BY_SLUG, GROUPS
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.queries import gazetteer
from marketplace.web.needs import buyer
from marketplace.web.place_fields import PlaceFields
from marketplace.web.step_forms import SectorFields

programming = Blueprint("programming", __name__)

PER_PAGE = 20


class PlanForm(SectorFields, PlaceFields):
    """A need's own fields, and a quarter in place of a deadline."""

    organisation = SelectField("Pour quel organisme\u00a0?", coerce=int)
    quarter = SelectField("Quand\u00a0?", [InputRequired("Choisissez un trimestre")])
    amount = AmountField("Montant estimé")
    sectors = SelectMultipleField("Secteurs", [InputRequired("Choisissez au moins un secteur")])

    def __init__(self, who: Viewer, places: Gazetteer, plan: PlannedPurchase | None) -> None:
        super().__init__(data=_filled(plan, places) if plan else {"place_type": PlaceType.POINT})
        self.places = places
        self.offer_sectors()
        bought_for = buyable_by(db.session(), who.organisation_ids)
        self.organisation.choices = choices_of({o.id: o.name for o in bought_for})
        known = planning.quarters(clock.today())
        if plan and (plan.year, plan.quarter) not in known:
            known.insert(0, (plan.year, plan.quarter))
        self.quarter.choices = choices_of({f"{y}-{q}": planning.in_words(y, q) for y, q in known})

    @property
    def said(self) -> Said:
        year, quarter = map(int, self.quarter.data.split("-"))
        least, most = self.amount.data or NO_AMOUNT
        is_zones = self.place_type.data == PlaceType.ZONES
        return Said(
            organisation_id=self.organisation.data,
            title=self.title.data or "",
            description=self.description.data or "",
            sectors=sorted(set(self.sectors.data or [])),
            year=year,
            quarter=quarter,
            amount_min=least,
            amount_max=most,
            place_type=PlaceType(self.place_type.data),
            commune_code=self.commune_code if self.is_point else None,
            zones=list(self.zone_codes) if is_zones else [],
        )


@programming.get("/programmation")
def index() -> str:
    session = db.session()
    places = gazetteer(session)
    sought = sought_in(request.args, places)
    plans = planning.announced(clock.today(), sought.sectors, sought.zone)
    at = paging(session, plans, PER_PAGE)
    rows = [] if sought.is_unknown_place else session.scalars(at.of(plans)).all()
    return render_template(
        "web/programming/index.html",
        sought=sought,
        groups=GROUPS,
        sector_name=BY_SLUG[sought.sector].name if sought.sector in BY_SLUG else "",
        at=at,
        plans=[(plan, *_in_words(plan, places)) for plan in rows],
        followed=_followed(plan.id for plan in rows),
    )


@programming.get("/programmation/<int(max=2147483647):plan_id>")
def show(plan_id: int) -> ResponseReturnValue:
    plan = _announced(plan_id)
    if plan.need_id is not None:
        seen = visible_needs(viewer()).where(Need.id == plan.need_id)
        if (need := db.session().scalars(seen).first()) is not None:
            return redirect(url_for("needs.show", slug=need.slug))
    when, amount, where, sectors = _in_words(plan, gazetteer(db.session()))
    return render_template(
        "web/programming/show.html",
        plan=plan,
        when=when,
        amount=amount,
        where=where,
        sectors=sectors,
        followed=_followed([plan.id]),
    )


@programming.post("/programmation/<int(max=2147483647):plan_id>/suivre")
@sign_in_required
def follow(plan_id: int) -> ResponseReturnValue:
    plan = _announced(plan_id)
    with transaction() as session:
        planning.follow(session, plan.id, current_user.user_id, clock.now())
    flash(f"C'est noté\u00a0: vous saurez quand «\u00a0{plan.title}\u00a0» sera publié.", "success")
    return redirect(url_for("programming.show", plan_id=plan_id))


@programming.post("/programmation/<int(max=2147483647):plan_id>/ne-plus-suivre")
@sign_in_required
def unfollow(plan_id: int) -> ResponseReturnValue:
    plan = _announced(plan_id)
    with transaction() as session:
        planning.unfollow(session, plan.id, current_user.user_id)
    flash(f"Vous ne suivez plus «\u00a0{plan.title}\u00a0».")
    return redirect(url_for("programming.show", plan_id=plan_id))


@programming.get("/mes-achats-prevus")
@buyer_required
def mine() -> str:
    session = db.session()
    places, plans = gazetteer(session), planning.planned_by(buyer().organisation_ids)
    at = paging(session, plans, PER_PAGE)
    rows = session.scalars(at.of(plans)).all()
    needs = {plan.need_id for plan in rows if plan.need_id}
    slugs = dict(session.execute(select(Need.id, Need.slug).where(Need.id.in_(needs))).all())
    return render_template(
        "web/programming/mine.html",
        at=at,
        plans=[(plan, slugs.get(plan.need_id or 0), *_in_words(plan, places)) for plan in rows],
        form=FrenchForm(),
    )


@programming.route("/programmation/ajouter", methods=["GET", "POST"])
@buyer_required
def add() -> ResponseReturnValue:
    form = PlanForm(buyer(), gazetteer(db.session()), None)
    if not form.validate_on_submit():
        return _page(form, None)
    with transaction() as session:
        planning.plan(session, form.said, buyer().user_id, clock.now())
    flash("Votre achat prévu est annoncé.")
    return redirect(url_for("programming.mine"))


@programming.route("/programmation/<int(max=2147483647):plan_id>/modifier", methods=["GET", "POST"])
@buyer_required
def edit(plan_id: int) -> ResponseReturnValue:
    plan = _own(plan_id)
    form = PlanForm(buyer(), gazetteer(db.session()), plan)
    if not form.validate_on_submit():
        return _page(form, plan)
    try:
        with transaction() as session:
            planning.change_plan(session, plan_id, form.said)
    except AlreadyANeed:
        flash("Cet achat est déjà devenu un besoin\u00a0: modifiez le besoin.")
    else:
        flash("Votre achat prévu est modifié.")
    return redirect(url_for("programming.mine"))


@programming.post("/programmation/<int(max=2147483647):plan_id>/retirer")
@buyer_required
def drop(plan_id: int) -> ResponseReturnValue:
    _own(plan_id)
    try:
        with transaction() as session:
            planning.drop_plan(session, plan_id)
    except AlreadyANeed:
        flash("Cet achat est déjà devenu un besoin\u00a0: il ne se retire plus ici.")
    else:
        flash("Votre achat prévu est retiré.")
    return redirect(url_for("programming.mine"))


@programming.post("/programmation/<int(max=2147483647):plan_id>/devenir-besoin")
@buyer_required
def become_need(plan_id: int) -> ResponseReturnValue:
    _own(plan_id)
    try:
        with transaction() as session:
            need = planning.become_need(session, plan_id, buyer().user_id, clock.now())
    except AlreadyANeed as already:
        need = db.session().get_one(Need, already.need_id)
        return redirect(url_for("needs.show", slug=need.slug))
    flash("Le brouillon de votre besoin est prêt\u00a0: complétez-le et envoyez-le.")
    return redirect(url_for("steps.what", slug=need.slug))


def _announced(plan_id: int) -> PlannedPurchase:
    return db.session().scalars(announced_to_all().filter_by(id=plan_id)).first() or abort(404)


def _followed(plan_ids: Iterable[int]) -> set[int]:
    who = viewer()
    return planning.followed_among(db.session(), [*plan_ids], who.user_id) if who else set()


def _own(plan_id: int) -> PlannedPurchase:
    """A plan of the buyer's own organisations; anybody else's is not there."""
    plan = db.session().scalars(planned_by_viewer(buyer()).filter_by(id=plan_id)).first()
    return plan or abort(404)


def _page(form: PlanForm, plan: PlannedPurchase | None) -> ResponseReturnValue:
    page = render_template(
        "web/programming/edit.html", form=form, plan=plan, proposed=form.proposed()
    )
    return page, 422 if form.errors else 200


def _filled(plan: PlannedPurchase, places: Gazetteer) -> dict[str, object]:
    return {
        "organisation": plan.organisation_id,
        "title": plan.title,
        "description": plan.description,
        "sectors": plan.sectors,
        "quarter": f"{plan.year}-{plan.quarter}",
        "amount": Amounts(plan.amount_min, plan.amount_max),
        "place_type": plan.place_type,
        "commune": naming.label(places, plan.commune_code) if plan.commune_code else "",
        "zones": "\u00a0; ".join(naming.label(places, code) for code in plan.zones),
    }


def _in_words(plan: PlannedPurchase, places: Gazetteer) -> tuple[str, str, str, list[str]]:
    """When, how much, where and in which sectors."""
    codes = [plan.commune_code] if plan.commune_code else plan.zones
    where = ", ".join(naming.label(places, code) for code in codes) or "Toute la France"
    names = [BY_SLUG[slug].name for slug in plan.sectors if slug in BY_SLUG]
    amount = formats.euros_range(plan.amount_min, plan.amount_max)
    return planning.in_words(plan.year, plan.quarter), amount, where, names
