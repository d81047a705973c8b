"""A need in four steps: what, where and when, how, check. Each saves what it is told."""

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from marketplace import clock, formats
from marketplace.db import db, transaction
from marketplace.guards.roles import buyer_required
from marketplace.matching.previewing import targeted
from marketplace.moderation import desks
from marketplace.needs import quality, wording
from marketplace.needs.drafting import (
    ALL,
    ChangedElsewhere,
    Incomplete,
    draft_begun,
    fingerprint,
    new_key,
    save_draft,
    start_draft,
    submit_draft,
)
from marketplace.needs.lifecycle import EDITABLE, ForbiddenMove, Move, Status
from marketplace.needs.tables import Need
from marketplace.offers.wording import SERVICE_TYPES
from marketplace.sectors import suggesting
from marketplace.territories.queries import gazetteer
from marketplace.web.needs import buyer, own_need
from marketplace.web.step_forms import CheckForm, HowForm, StepForm, WhatForm, WhereForm

steps = Blueprint("steps", __name__)

NAMED_ON_MAP = 20


@dataclass(frozen=True)
class Step:
    """One page of the form, and the answers that it writes."""

    key: quality.Step
    number: int
    title: str
    answers: tuple[str, ...]

    @property
    def endpoint(self) -> str:
        return f"steps.{self.key}"


WHAT = Step(
    "what", 1, "Quoi", ("organisation_id", "platform_id", "kind", "title", "description", "sectors")
)
WHERE = Step(
    "where",
    2,
    "Où et quand",
    ("place_type", "commune_code", "radius_km", "zones", "deadline_on"),
)
HOW = Step("how", 3, "Comment répondre", ("service_types", "kinds", "include_country"))
STEPS = (WHAT, WHERE, HOW)
TITLES = (*(step.title for step in STEPS), "Vérifier et envoyer")


@steps.route("/besoins/deposer", methods=["GET", "POST"])
@buyer_required
def start() -> ResponseReturnValue:
    """The first step of a need that is not yet a row: its first good answers make it one."""
    who = buyer()
    form = WhatForm(who, None)
    if not form.is_submitted():
        return _what_page(form, None)
    is_valid = form.validate()
    if not form.key.data or form.key.errors:
        form.key.data = new_key()
    elif (begun := draft_begun(db.session(), who.user_id, form.key.data)) is not None:
        return _what(editable_need(begun.slug))
    said = form.answers()
    if not {"organisation_id", "kind", "title"} <= set(said):
        if _by_htmx():
            return _what_saved(form, None, is_saved=False)
        return _what_page(form, None), 422
    with transaction() as session:
        need = start_draft(session, who.user_id, said, form.key.data, clock.now())
    form.seen.data = fingerprint(need, WHAT.answers)
    if _by_htmx():
        answer = _what_saved(form, need, is_saved=True)
        answer.headers["HX-Replace-Url"] = url_for("steps.what", slug=need.slug)
        return answer
    return _onward(need, form, WHAT, is_valid)


@steps.route("/besoins/<slug>/etapes/quoi", methods=["GET", "POST"])
@buyer_required
def what(slug: str) -> ResponseReturnValue:
    return _what(editable_need(slug))


def _what(need: Need) -> ResponseReturnValue:
    form = WhatForm(buyer(), need)
    if not form.is_submitted():
        form.seen.data = fingerprint(need, WHAT.answers)
        return _what_page(form, need)
    is_valid = form.validate()
    try:
        need, is_changed = _save(need, form, WHAT)
    except ChangedElsewhere as conflict:
        told = _conflict(need, form, WHAT, conflict)
        if _by_htmx():
            return _what_saved(form, need, is_saved=False, conflict=told)
        return _what_page(form, need, told), 409
    if _by_htmx():
        return _what_saved(form, need, is_saved=is_changed)
    return _onward(need, form, WHAT, is_valid)


@steps.route("/besoins/<slug>/etapes/ou-et-quand", methods=["GET", "POST"])
@buyer_required
def where(slug: str) -> ResponseReturnValue:
    need = editable_need(slug)
    return _targeting_step(need, WhereForm(need, gazetteer(db.session())), WHERE)


@steps.route("/besoins/<slug>/etapes/comment", methods=["GET", "POST"])
@buyer_required
def how(slug: str) -> ResponseReturnValue:
    need = editable_need(slug)
    return _targeting_step(need, HowForm(need), HOW)


def _targeting_step(need: Need, form: StepForm, step: Step) -> ResponseReturnValue:
    """A step beside which the what-if follows what is answered."""
    if not form.is_submitted():
        form.seen.data = fingerprint(need, step.answers)
        return _targeting_page(need, form, step)
    is_valid = form.validate()
    try:
        need, is_changed = _save(need, form, step)
    except ChangedElsewhere as conflict:
        told = _conflict(need, form, step, conflict)
        if _by_htmx():
            return _targeting_saved(need, form, step, False, told)
        return _targeting_page(need, form, step, told), 409
    if _by_htmx():
        return _targeting_saved(need, form, step, is_changed)
    return _onward(need, form, step, is_valid)


@steps.route("/besoins/<slug>/etapes/verifier", methods=["GET", "POST"])
@buyer_required
def check(slug: str) -> ResponseReturnValue:
    """The summary; sending it is a step of its own."""
    need = editable_need(slug)
    form = CheckForm()
    if not form.validate_on_submit():
        form.seen.data = fingerprint(need, ALL)
        return _check_page(need, form)
    now = clock.now()
    try:
        with transaction() as session:
            need = submit_draft(session, need.id, buyer().user_id, form.seen.data, now)
            desks.receive_need(session, need, now)
    except ForbiddenMove:
        pass  # a second click: it is sent already
    except ChangedElsewhere:
        form.seen.data = fingerprint(need, ALL)
        return _check_page(need, form, is_changed=True), 409
    except Incomplete:
        form.seen.data = fingerprint(need, ALL)
        return _check_page(need, form, is_refused=True), 422
    return redirect(url_for("drafts.sent", slug=slug))


def editable_need(slug: str) -> Need:
    """A buyer's own need, to be changed; one that was sent leads to where it now stands."""
    need = own_need(slug)
    return need if need.status in EDITABLE else _lead_away(need)


def _lead_away(need: Need) -> NoReturn:
    if request.endpoint == "steps.check" and need.status == Status.SUBMITTED:
        abort(redirect(url_for("drafts.sent", slug=need.slug)))  # the second of two clicks
    flash("Ce besoin ne peut plus être modifié ici.")
    elsewhere = url_for("needs.show", slug=need.slug)
    if _by_htmx():
        abort(Response(headers={"HX-Redirect": elsewhere}))
    abort(redirect(elsewhere))


def asked_of_buyer(need: Need) -> str | None:
    """What the desk asked to change, while it waits for that."""
    if need.status != Status.CHANGES_REQUESTED:
        return None
    asked = [move.reason for move in need.moves if move.move is Move.REQUEST_CHANGES]
    return asked[-1] if asked else None


def _by_htmx() -> bool:
    return "HX-Request" in request.headers


def _save(need: Need, form: StepForm, step: Step) -> tuple[Need, bool]:
    """Keep what is right of a step. « Garder mes réponses » vouches for what it saw last."""
    seen = request.form.get("over") or form.seen.data or ""
    try:
        with transaction() as session:
            kept = save_draft(session, need.id, form.answers(), seen, step.answers, clock.now())
    except ForbiddenMove:
        _lead_away(need)
    form.seen.data = fingerprint(kept[0], step.answers)
    return kept


def _onward(need: Need, form: StepForm, step: Step, is_valid: bool) -> ResponseReturnValue:
    """Where the button that was pressed leads, once the step is saved."""
    go = request.form.get("go")
    if go in ("back", "later"):
        if unsaved := form.unsaved():
            flash(f"Ceci reste à corriger et n'est pas enregistré : {', '.join(unsaved)}.")
        if go == "later":
            flash("Votre brouillon est enregistré : reprenez-le quand vous voulez.")
            return redirect(url_for("dashboard.show"))
        return redirect(url_for(STEPS[max(0, step.number - 2)].endpoint, slug=need.slug))
    if not is_valid:
        if isinstance(form, WhatForm):
            return _what_page(form, need), 422
        return _targeting_page(need, form, step), 422
    if step is WHAT and not need.sectors and not request.form.get("proposed"):
        # Without JavaScript the proposals were not seen yet.
        return redirect(url_for("steps.what", slug=need.slug, _anchor="secteurs"))
    following = STEPS[step.number].endpoint if step.number < len(STEPS) else "steps.check"
    return redirect(url_for(following, slug=need.slug))


def _what_page(form: WhatForm, need: Need | None, conflict: dict[str, object] | None = None) -> str:
    proposed = form.proposed()
    return render_template(
        "web/steps/what.html",
        form=form,
        need=need,
        proposed=proposed,
        proposed_key=form.proposed_key(proposed),
        conflict=conflict,
        **_around(need, WHAT),
    )


def _what_saved(
    form: WhatForm, need: Need | None, is_saved: bool, conflict: dict[str, object] | None = None
) -> Response:
    proposed = form.proposed()
    is_new = form.proposed_key(proposed) != request.form.get("proposed", "")
    if need and not (is_saved or is_new or conflict or form.unsaved()):
        return Response(status=204)
    page = render_template(
        "web/steps/what_saved.html",
        form=form,
        need=need,
        proposed=proposed if is_new else None,
        proposed_key=form.proposed_key(proposed),
        conflict=conflict,
        **_around(need, WHAT),
    )
    return Response(page)


def _targeting_page(
    need: Need, form: StepForm, step: Step, conflict: dict[str, object] | None = None
) -> str:
    context = {
        "form": form,
        "need": need,
        "found": targeted(db.session(), need, clock.now(), 1),
        "conflict": conflict,
    } | _around(need, step)
    if step is WHERE:
        return render_template("web/steps/where.html", **context)
    return render_template("web/steps/how.html", **context)


def _targeting_saved(
    need: Need,
    form: StepForm,
    step: Step,
    is_saved: bool,
    conflict: dict[str, object] | None = None,
) -> Response:
    if not (is_saved or conflict or form.unsaved()):
        return Response(status=204)
    page = render_template(
        "web/steps/targeting_saved.html",
        form=form,
        need=need,
        found=targeted(db.session(), need, clock.now(), 1) if is_saved else None,
        conflict=conflict,
        **_around(need, step),
    )
    return Response(page)


def _check_page(
    need: Need, form: CheckForm, is_changed: bool = False, is_refused: bool = False
) -> str:
    session, today = db.session(), clock.today()
    places = gazetteer(session)
    return render_template(
        "web/steps/check.html",
        form=form,
        need=need,
        is_changed=is_changed,
        is_refused=is_refused,
        missing=quality.missing(need, today),
        hints=quality.hints(need, today),
        place=wording.place(need, places),
        centre=places.commune(need.commune_code) if need.commune_code else None,
        sectors=wording.sectors(need),
        services=[label for one, label in SERVICE_TYPES.items() if one in need.service_types],
        reserved=wording.reservation(need),
        found=targeted(session, need, clock.now(), NAMED_ON_MAP),
        asked=asked_of_buyer(need),
        titles=TITLES,
    )


def _around(need: Need | None, step: Step) -> dict[str, object]:
    """What every step's page shows about the draft."""
    remarks = quality.hints(need, clock.today()) if need else []
    return {
        "step": step,
        "titles": TITLES,
        "asked": asked_of_buyer(need) if need else None,
        "hints": [remark.sentence for remark in remarks if remark.step == step.key],
        "saved": _when(need.saved_at) if need else "",
        "in_words": suggesting.in_words,
    }


def _conflict(need: Need, form: StepForm, step: Step, found: ChangedElsewhere) -> dict[str, object]:
    """When it was changed, what is stored that this form says otherwise, and how to choose."""
    return {
        "when": _when(found.saved_at),
        "href": url_for(step.endpoint, slug=need.slug),
        "over": found.fingerprint,
        "stored": form.differing(),
    }


def _when(saved_at: datetime | None) -> str:
    """« à 10 h 32 », « le 23/11/2026 à 10 h 32 »."""
    if saved_at is None:
        return ""
    is_today = saved_at.astimezone(clock.PARIS).date() == clock.today()
    return f"à {formats.hour(saved_at)}" if is_today else f"le {formats.moment(saved_at)}"
