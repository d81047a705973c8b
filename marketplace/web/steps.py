"""A need in four steps: what, where and when, how, check. Each saves what it is told."""

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadRequest

from marketplace import clock
from marketplace.clauses.queries import duty_of
from marketplace.db import db, transaction
from marketplace.forms import one_line
from marketplace.guards.roles import buyer_required
from marketplace.matching.previewing import targeted
from marketplace.moderation import desks
from marketplace.needs import quality, wording
from marketplace.needs.drafting import (
    ALL,
    Answers,
    ChangedElsewhere,
    Incomplete,
    draft_begun,
    fingerprint,
    missing_of,
    new_key,
    save_draft,
    start_draft,
    submit_draft,
)
from marketplace.needs.lifecycle import EDITABLE, ForbiddenMove
from marketplace.needs.lots import lots_seen
from marketplace.needs.tables import Need, PlaceType
from marketplace.offers.wording import SERVICE_TYPES
from marketplace.sectors.aims import AIMS
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.territories.queries import gazetteer
from marketplace.web.how_form import HowForm
from marketplace.web.needs import buyer, own_need
from marketplace.web.step_flow import (
    HOW,
    LOTS,
    TITLES,
    WHAT,
    WHERE,
    Step,
    around,
    asked_of_buyer,
    by_htmx,
    conflict_with,
    editable_need,
    following,
    lead_away,
    preceding,
)
from marketplace.web.step_forms import CheckForm, StepForm, WhatForm
from marketplace.web.where_form import WhereForm

steps = Blueprint("steps", __name__)

NAMED_ON_MAP = 20


@steps.route("/besoins/deposer", methods=["GET", "POST"])
@buyer_required
def start() -> ResponseReturnValue:
    """The first step of a need that is not yet a row: its first good answers make it one."""
    who = buyer()
    form = WhatForm(who, None)
    places = gazetteer(db.session())
    if not form.is_submitted():
        asked = request.args.getlist("secteur")
        form.sectors.data = [slug for slug in dict.fromkeys(asked) if slug in BY_SLUG]
        form.commune.data = one_line(request.args.get("commune", ""))
    if places.commune(form.commune.data or "") is None:
        form.commune.data = ""
    if not form.is_submitted():
        return _what_page(form, None)
    is_valid = form.validate()
    if not form.key.data or form.key.errors:
        form.key.data = new_key()
    elif (begun := draft_begun(db.session(), who.user_id, form.key.data)) is not None:
        return _what(editable_need(begun.slug))
    said = form.answers()
    if not {"organisation_id", "kind", "title"} <= set(said):
        if by_htmx():
            return _what_saved(form, None, is_saved=False)
        return _what_page(form, None), 422
    if form.commune.data:
        said |= Answers(place_type=PlaceType.POINT, commune_code=form.commune.data)
    with transaction() as session:
        need = start_draft(session, who.user_id, said, form.key.data, clock.now())
    form.seen.data = fingerprint(need, WHAT.answers)
    if by_htmx():
        answer = _what_saved(form, need, is_saved=True)
        answer.headers["HX-Replace-Url"] = url_for("steps.what", slug=need.slug)
        return answer
    return _what_done(need, form, is_valid)


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
    except ChangedElsewhere as found:
        told = conflict_with(found, form, url_for("steps.what", slug=need.slug))
        if by_htmx():
            return _what_saved(form, need, is_saved=False, conflict=told)
        return _what_page(form, need, told), 409
    if by_htmx():
        return _what_saved(form, need, is_saved=is_changed)
    return _what_done(need, form, is_valid)


@steps.get("/besoins/<slug>/etapes/lots")
@buyer_required
def lots(slug: str) -> str:
    """The lots of a need, to be added to, put in order and taken out."""
    need = editable_need(slug)
    places = gazetteer(db.session())
    found = targeted(db.session(), need, clock.now(), 1) if need.lots else None
    return render_template(
        "web/steps/lots.html",
        need=need,
        lots=[(lot, wording.place(lot, places)) for lot in need.lots],
        found={one.lot_id: one for one in found.lots} if found else {},
        seen=lots_seen(need),
        **around(need, LOTS),
    )


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
    except ChangedElsewhere as found:
        told = conflict_with(found, form, url_for(step.endpoint, slug=need.slug))
        if by_htmx():
            return _targeting_saved(need, form, step, False, told)
        return _targeting_page(need, form, step, told), 409
    if by_htmx():
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


@steps.errorhandler(CSRFError)
def retype(_: CSRFError) -> ResponseReturnValue:
    """The session of the page is over: nothing is saved. What was typed is still there for who
    signed in again meanwhile; a visitor signs in, and comes back to the draft."""
    if by_htmx():
        return _unread()  # the page says it in its last line
    return _retyped()


@buyer_required
def _retyped() -> ResponseReturnValue:
    slug = (request.view_args or {}).get("slug")
    need = own_need(slug) if slug else None
    if need and need.status not in EDITABLE:
        return _unread()
    flash(
        "Votre connexion avait pris fin\u00a0: rien de ce dernier envoi n'est enregistré. "
        "Vos réponses sont toujours là\u00a0: vérifiez-les, puis continuez."
    )
    if need is None or request.endpoint == "steps.what":
        return _what_page(WhatForm(buyer(), need), need), 400
    if request.endpoint == "steps.where":
        return _targeting_page(need, WhereForm(need, gazetteer(db.session())), WHERE), 400
    if request.endpoint == "steps.how":
        return _targeting_page(need, HowForm(need), HOW), 400
    form = CheckForm()
    form.seen.data = fingerprint(need, ALL)
    return _check_page(need, form), 400


def _unread() -> ResponseReturnValue:
    return current_app.handle_http_exception(BadRequest())


def _save(need: Need, form: StepForm, step: Step) -> tuple[Need, bool]:
    """Keep what is right of a step. « Garder mes réponses » vouches for what it saw last."""
    seen = request.form.get("over") or form.seen.data or ""
    try:
        with transaction() as session:
            kept = save_draft(session, need.id, form.answers(), seen, step.answers, clock.now())
    except ForbiddenMove:
        lead_away(need)
    form.seen.data = fingerprint(kept[0], step.answers)
    return kept


def _what_done(need: Need, form: WhatForm, is_valid: bool) -> ResponseReturnValue:
    """The first step is saved; who looks for a code stays on its page."""
    if request.form.get("go") == "cpv":
        form.keep_codes()
        return _what_page(form, need), 200 if is_valid else 422
    return _onward(need, form, WHAT, is_valid)


def _onward(need: Need, form: StepForm, step: Step, is_valid: bool) -> ResponseReturnValue:
    """Where the button that was pressed leads, once the step is saved."""
    go = request.form.get("go")
    if go in ("back", "later"):
        if unsaved := form.unsaved():
            flash(f"Ceci reste à corriger et n'est pas enregistré\u00a0: {', '.join(unsaved)}.")
        if go == "later":
            flash("Votre brouillon est enregistré\u00a0: reprenez-le quand vous voulez.")
            return redirect(url_for("dashboard.show"))
        return redirect(url_for(preceding(step, need), slug=need.slug))
    if not is_valid:
        if isinstance(form, WhatForm):
            return _what_page(form, need), 422
        return _targeting_page(need, form, step), 422
    is_cut = isinstance(form, WhatForm) and (form.has_lots or form.in_lots.data)
    if step is WHAT and not (is_cut or need.sectors or request.form.get("proposed")):
        # Without JavaScript the proposals were not seen yet.
        return redirect(url_for("steps.what", slug=need.slug, _anchor="secteurs"))
    return redirect(url_for(LOTS.endpoint if is_cut else following(step), slug=need.slug))


def _what_page(form: WhatForm, need: Need | None, conflict: dict[str, object] | None = None) -> str:
    proposed = form.proposed()
    return render_template(
        "web/steps/what.html",
        form=form,
        need=need,
        proposed=proposed,
        proposed_key=form.proposed_key(proposed),
        conflict=conflict,
        **around(need, WHAT),
    )


def _what_saved(
    form: WhatForm, need: Need | None, is_saved: bool, conflict: dict[str, object] | None = None
) -> Response:
    proposed = form.proposed()
    is_new = form.proposed_key(proposed) != request.form.get("proposed", "") and not form.has_lots
    is_sought = form.cpv_shown != request.form.get("cpv_shown", "")
    if need and not (is_saved or is_new or is_sought or conflict or form.unsaved()):
        return Response(status=204)
    page = render_template(
        "web/steps/what_saved.html",
        form=form,
        need=need,
        proposed=proposed if is_new else None,
        is_sought=is_sought,
        proposed_key=form.proposed_key(proposed),
        conflict=conflict,
        **around(need, WHAT),
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
    } | around(need, step)
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
        **around(need, step),
    )
    return Response(page)


def _check_page(
    need: Need, form: CheckForm, is_changed: bool = False, is_refused: bool = False
) -> str:
    session, today = db.session(), clock.today()
    places = gazetteer(session)
    found = targeted(session, need, clock.now(), NAMED_ON_MAP)
    return render_template(
        "web/steps/check.html",
        form=form,
        need=need,
        is_changed=is_changed,
        is_refused=is_refused,
        missing=missing_of(session, need, today),
        hints=quality.hints(need, today),
        place=wording.place(need, places),
        centre=places.commune(need.commune_code) if need.commune_code else None,
        sectors=wording.sectors(need),
        lots=[(lot, wording.place(lot, places)) for lot in need.lots],
        found_lots={one.lot_id: one for one in found.lots},
        services=[label for one, label in SERVICE_TYPES.items() if one in need.service_types],
        aims=[aim.label for code, aim in AIMS.items() if code in need.environmental_tags],
        valued=[label for code, label in wording.VALUED.items() if code in need.valued],
        band=wording.band(need, today),
        reserved=wording.reservation(need),
        found=found,
        duty=duty_of(need, today),
        asked=asked_of_buyer(need),
        titles=TITLES,
    )
