"""The social clause: how many hours, and by which lever. Public, and kept with a need."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from marketplace import clock
from marketplace.clauses import hours
from marketplace.clauses.advice import FITS, Situation
from marketplace.clauses.calculating import Calculation, keep_calculation, kept
from marketplace.clauses.levers import advise, duty
from marketplace.clauses.queries import (
    amount_of,
    duty_of,
    latest_calculation,
    shared_calculation,
)
from marketplace.clauses.texts import texts
from marketplace.clauses.trades import trades
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm
from marketplace.guards.roles import sign_in_required, signed_in, viewer
from marketplace.guards.scopes import may_see_shortlist, visible_needs
from marketplace.matching import shapes
from marketplace.matching.previewing import Preview, preview, preview_of
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need
from marketplace.needs.wording import is_specific
from marketplace.sectors.suggesting import suggest
from marketplace.structures.kinds import Kind
from marketplace.territories.coverage import Place
from marketplace.territories.gazetteer import COUNTRY
from marketplace.territories.queries import gazetteer
from marketplace.web.clause_forms import COST_KINDS, CalculatorForm, LeverForm, prefilled, proposed

clauses = Blueprint("clauses", __name__)

COUNTED = 500
"""Structures counted by kind, the best ones: far more than a reservation needs."""


@clauses.get("/clause/calculer")
def calculate() -> ResponseReturnValue:
    """The address says everything, so that it can be sent to a colleague."""
    form = _calculator(request.args)
    return _calculator_page(form, need=None)


@clauses.get("/clause/calcul/<token>")
def shared(token: str) -> ResponseReturnValue:
    """A calculation kept with a need, for who was given its link."""
    row = shared_calculation(db.session(), token)
    if row is None:
        abort(404)
    calculation = kept(row.assumptions)
    return render_template(
        "web/clauses/shared.html", row=row, calculation=calculation, **_results(calculation)
    )


@clauses.get("/besoins/<slug>/clause")
@sign_in_required
def for_need(slug: str) -> ResponseReturnValue:
    """The hours and the levers of a need, for its buyer and its facilitators."""
    need = _own_need(slug)
    if request.args:
        form = _calculator(request.args)
    else:
        latest = latest_calculation(db.session(), need.id)
        data = prefilled(kept(latest.assumptions)) if latest else proposed(need)
        form = CalculatorForm(None, data=data)
    return _calculator_page(form, need)


@clauses.post("/besoins/<slug>/clause")
@sign_in_required
def keep(slug: str) -> ResponseReturnValue:
    """Keep the calculation that the page shows; what it says travels with the button."""
    need, form = _own_need(slug), _calculator(request.form)
    if not form.validate():
        return _calculator_page(form, need)
    who = signed_in()
    with transaction() as session:
        keep_calculation(session, need.id, form.calculation, who.user_id, clock.now())
    flash("Le calcul est enregistré avec le besoin.")
    return redirect(url_for("clauses.for_need", slug=slug))


@clauses.get("/clause/leviers")
def levers() -> ResponseReturnValue:
    form = LeverForm(request.args, places=gazetteer(db.session()))
    if not request.args:
        return render_template("web/clauses/levers.html", form=form, advice=None)
    if not form.validate():
        return render_template("web/clauses/levers.html", form=form, advice=None), 422
    session, today = db.session(), clock.today()
    amount = form.amount.data.most or form.amount.data.least
    is_known = bool(suggest(form.what.data, top=1))
    found = _answering(session, form.what.data, form.place) if is_known else None
    situation = Situation(
        nature=form.nature.data,
        buyer_kind=form.buyer.data,
        on=today,
        amount=amount,
        lots=form.lots.data or 0,
        answering=_by_kind(found) if found else None,
        is_social_service=form.is_social_service,
    )
    return render_template(
        "web/clauses/levers.html",
        form=form,
        advice=advise(situation),
        fits=FITS,
        duty=duty(
            situation.nature, situation.buyer_kind, amount, today, situation.is_social_service
        ),
        eligible=found.eligible if found else None,
        is_unknown=bool(form.what.data) and not is_known,
    )


def _own_need(slug: str) -> Need:
    """A need that its buyer or its facilitators ask for; anybody else is told 404."""
    session, who = db.session(), viewer()
    need = session.scalars(visible_needs(who).where(Need.slug == slug)).first()
    if need is None or not may_see_shortlist(session, who, need):
        abort(404)
    return need


def _calculator(said: Mapping[str, Any]) -> CalculatorForm:
    form = CalculatorForm(MultiDict(said))
    if said.get("go") == "add":
        form.more_lines()
    return form


def _calculator_page(form: CalculatorForm, need: Need | None) -> ResponseReturnValue:
    is_sent = request.method == "POST"
    said = request.form if is_sent else request.args
    is_asked = is_sent or ("cost" in said and said.get("go") != "add")
    is_valid = form.validate() if is_asked else False
    results = _results(form.calculation) if is_valid else {"lines": None}
    context: dict[str, Any] = {"form": form, "need": need, "charter": texts()["ANRU"]} | results
    context |= {"calculation": form.calculation if is_valid else None}
    status = 422 if is_asked and not is_valid else 200
    if need is None:
        return render_template("web/clauses/calculate.html", **context), status
    context |= _of_need(need, results.get("hours"))
    context |= {"keeping": FrenchForm(), "said": _said(said)}
    return render_template("web/clauses/for_need.html", **context), status


def _said(said: Any) -> list[tuple[str, str]]:
    """What the calculator was told, for the button that keeps it."""
    return [pair for pair in said.items(multi=True) if pair[0] not in ("csrf_token", "go")]


def _of_need(need: Need, asked_hours: float | None) -> dict[str, Any]:
    session, today = db.session(), clock.today()
    nature, buyer = str(need.nature or "services"), str(need.organisation.kind)
    found = preview(session, need, clock.now(), COUNTED) if _is_placed(need) else None
    latest = latest_calculation(session, need.id)
    situation = Situation(
        nature=nature,
        buyer_kind=buyer,
        on=today,
        amount=amount_of(need),
        lots=len(need.kept_lots),
        answering=_by_kind(found) if found else None,
        is_social_service=is_specific(need),
        hours=asked_hours if asked_hours is not None else latest.hours if latest else None,
    )
    return {
        "latest": latest,
        "advice": advise(situation),
        "fits": FITS,
        "duty": duty_of(need, today),
        "eligible": found.eligible if found else None,
    }


def _is_placed(need: Need) -> bool:
    return need.status is not Status.DRAFT or need.place_type is not None


def _answering(session: Session, what: str, code: str) -> Preview:
    """Who could answer these words in a territory."""
    regions = gazetteer(session).regions
    codes = (code,) if code != COUNTRY else tuple(region.code for region in regions)
    asked = shapes.Need(id="0", title=what, place=Place("zones", codes=codes))
    return preview_of(session, asked, clock.now(), COUNTED)


def _by_kind(found: Preview) -> Mapping[Kind, int]:
    best = [found.structures[match.structure_id] for match in found.best if not match.near]
    return Counter(Kind(structure.kind) for structure in best)


def _results(calculation: Calculation) -> dict[str, Any]:
    """What the hours are, and what they amount to."""
    lines, people = calculation.lines, calculation.people
    each = hours.hours_a_person(calculation.hours, people) if people else None
    in_days = [
        (line, hours.intellectual(line.amount, line.labour_share, line.rate, _daily(line)))
        for line, trade in zip(lines, calculation.trades, strict=True)
        if trade in trades() and trades()[trade].in_days
    ]
    return {
        "lines": lines,
        "hours": calculation.hours,
        "equivalent": hours.equivalent(calculation.hours),
        "posts": _posts(calculation),
        "sensitivity": hours.sensitivity(lines),
        "each": each,
        "intellectual": in_days,
        "cost_kind": COST_KINDS[calculation.cost_kind],
        "cost_on": calculation.cost_on,
        "at_price": hours.at_price(lines) if calculation.cost_kind == "wage" else None,
        "printed_on": clock.today(),
    }


def _daily(line: hours.Line) -> float:
    return line.hourly_cost * hours.DAY


def _posts(calculation: Calculation) -> float | None:
    """Full-time posts over the months of the contract."""
    if not calculation.months:
        return None
    return calculation.hours / (hours.WORKING_YEAR / 12 * calculation.months)
