"""What the steps of a need share: which they are, whose need it is, what surrounds a page."""

from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from flask import Response, abort, flash, redirect, request, url_for
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from marketplace import clock, formats
from marketplace.db import db
from marketplace.guards.scopes import bought_by
from marketplace.moderation.queries import latest_decision
from marketplace.moderation.remarks import FIELDS, in_order
from marketplace.needs import quality
from marketplace.needs.drafting import ChangedElsewhere
from marketplace.needs.lifecycle import EDITABLE, Status
from marketplace.needs.tables import Lot, Need
from marketplace.sectors import suggesting
from marketplace.web.needs import buyer
from marketplace.web.step_forms import StepForm


@dataclass(frozen=True)
class Step:
    """One page of the form, and the answers that it writes."""

    key: quality.Step
    number: int
    title: str
    answers: tuple[str, ...] = ()

    @property
    def endpoint(self) -> str:
        return f"steps.{self.key}"


WHAT = Step(
    "what",
    1,
    "Quoi",
    (
        "organisation_id",
        "platform_id",
        "kind",
        "title",
        "description",
        "sectors",
        "nature",
        "amount_min",
        "amount_max",
        "is_amount_shared",
        "cpv_codes",
    ),
)
LOTS = Step("lots", 1, "Quoi")
"""A page of the first step, for who cuts the need into lots."""
WHERE = Step(
    "where",
    2,
    "Où et quand",
    (
        "place_type",
        "commune_code",
        "radius_km",
        "zones",
        "deadline_on",
        "starts_on",
        "duration_months",
        "asking_until",
    ),
)
HOW = Step(
    "how",
    3,
    "Comment répondre",
    (
        "service_types",
        "kinds",
        "include_country",
        "response_modes",
        "response_email",
        "response_phone",
        "response_url",
        "is_anonymous",
        "questions",
        "lever",
        "lever_reason",
        "environmental_tags",
        "valued",
    ),
)
STEPS = (WHAT, WHERE, HOW)
TITLES = (*(step.title for step in STEPS), "Vérifier et envoyer")


def following(step: Step) -> str:
    """The endpoint of the page after a step."""
    return STEPS[step.number].endpoint if step.number < len(STEPS) else "steps.check"


def preceding(step: Step, need: Need) -> str:
    if step is WHERE and need.lots:
        return LOTS.endpoint
    return STEPS[max(0, step.number - 2)].endpoint


def editable_need(slug: str) -> Need:
    """A buyer's own need, to be changed; one that was sent leads to where it now stands."""
    in_full = (
        joinedload(Need.organisation),
        selectinload(Need.sectors),
        selectinload(Need.zones),
        selectinload(Need.questions),
        selectinload(Need.lots).options(joinedload(Lot.sectors), joinedload(Lot.zones)),
    )
    own = select(Need).where(Need.slug == slug, bought_by(buyer())).options(*in_full)
    need = db.session.scalars(own).first() or abort(404)
    return need if need.status in EDITABLE else lead_away(need)


def lead_away(need: Need) -> NoReturn:
    """To where a need stands that is no longer changed here."""
    if request.endpoint == "steps.check" and need.status == Status.SUBMITTED:
        abort(redirect(url_for("drafts.sent", slug=need.slug)))  # the second of two clicks
    flash("Ce besoin ne peut plus être modifié ici.")
    elsewhere = url_for("needs.show", slug=need.slug)
    if by_htmx():
        abort(Response(headers={"HX-Redirect": elsewhere}))
    abort(redirect(elsewhere))


def by_htmx() -> bool:
    return "HX-Request" in request.headers


@dataclass(frozen=True)
class AskedField:
    """What to change in one field, and the step where it is."""

    label: str
    step: str
    words: str


@dataclass(frozen=True)
class Asked:
    """What a desk wants changed before it publishes a need."""

    reason: str
    remarks: list[AskedField]


def asked_of_buyer(need: Need) -> Asked | None:
    """What the desk asked to change, while it waits for that."""
    if need.status != Status.CHANGES_REQUESTED:
        return None
    decision = latest_decision(db.session(), need.id)
    if decision is None:
        return None
    said = {remark.field: remark.words for remark in decision.remarks}
    return Asked(
        decision.reason,
        [AskedField(label, FIELDS[name].step, words) for name, label, words in in_order(said)],
    )


def around(need: Need | None, step: Step) -> dict[str, object]:
    """What every step's page shows about the draft."""
    remarks = quality.hints(need, clock.today()) if need else []
    return {
        "step": step,
        "titles": TITLES,
        "asked": asked_of_buyer(need) if need else None,
        "hints": [remark.sentence for remark in remarks if remark.step == step.key],
        "saved": when(need.saved_at) if need else "",
        "in_words": suggesting.in_words,
    }


def conflict_with(found: ChangedElsewhere, form: StepForm, href: str) -> dict[str, object]:
    """When it was changed, what is stored that this form says otherwise, and how to choose."""
    return {
        "when": when(found.saved_at),
        "href": href,
        "over": found.fingerprint,
        "stored": form.differing(),
    }


def when(saved_at: datetime | None) -> str:
    """« à 10 h 32 », « le 23/11/2026 à 10 h 32 »."""
    if saved_at is None:
        return ""
    is_today = saved_at.astimezone(clock.PARIS).date() == clock.today()
    return f"à {formats.hour(saved_at)}" if is_today else f"le {formats.moment(saved_at)}"
