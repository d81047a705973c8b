"""The facilitator's desk: what waits, who takes care of it, and who asks to join a structure."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import HiddenField, RadioField, TextAreaField
from wtforms.validators import InputRequired, Length

from marketplace import clock, formats
from marketplace.accounts.joining import AlreadyDecided
from marketplace.accounts.tables import User
from marketplace.accounts.teams import members_of
from marketplace.db import db, transaction
from marketplace.forms import FrenchForm, add_error, choices_of, cleaned, one_line, one_of, paging
from marketplace.guards.roles import Viewer, facilitator_required, viewer, visitor_ip
from marketplace.guards.scopes import claims_on_desk_of, entries_on_desk_of
from marketplace.moderation import due
from marketplace.moderation.assigning import NotOfTheDesk, TakenMeanwhile, assign
from marketplace.moderation.claims import decide_claim
from marketplace.moderation.queries import (
    Sifted,
    Subject,
    colleagues_on,
    latest_decisions,
    queue_summary,
    waiting,
)
from marketplace.moderation.tables import Decision, QueueEntry
from marketplace.needs import wording
from marketplace.needs.lifecycle import Move
from marketplace.structures.claiming import TEAM, seen_by_desk
from marketplace.structures.tables import StructureClaim
from marketplace.territories import naming
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.queries import gazetteer

desk = Blueprint("desk", __name__, url_prefix="/guichet")

PER_PAGE = 25
DECISIONS_SHOWN = 10
LONGEST_PLACE = 120
NOBODY = 0

SUBJECTS = {
    Subject.NEED: "Besoins",
    Subject.CLAIM: "Demandes de structures",
    Subject.OFFER: "Offres",
}
OFFER_MOVES = {
    Move.APPROVE: "Offre validée",
    Move.REQUEST_CHANGES: "Offre renvoyée",
    Move.REJECT: "Offre refusée",
}
CLAIM_MOVES = {Move.APPROVE: "Demande acceptée", Move.REJECT: "Demande refusée"}


class ClaimDecisionForm(FrenchForm):
    move = RadioField(
        "Votre décision",
        [InputRequired("Choisissez une décision")],
        choices=choices_of({Move.APPROVE: "Accepter", Move.REJECT: "Refuser"}),
    )
    reason = TextAreaField("Motif, lu par la personne", [Length(max=2000)], filters=[cleaned])

    def validate(self, extra_validators: object = None) -> bool:
        is_valid = super().validate(extra_validators)
        if self.move.data == Move.REJECT and not self.reason.data:
            add_error(self.reason, "Dites pourquoi, pour que la personne sache quoi faire")
            return False
        return bool(is_valid)


class AssignForm(FrenchForm):
    """`seen`: who had it when the page was shown."""

    seen = HiddenField(filters=[one_line])
    assignee = RadioField(
        "Qui s'en occupe\u00a0?",
        [InputRequired("Choisissez une personne, ou personne")],
        coerce=int,
    )


@dataclass(frozen=True)
class Waiting:
    """One line of the queue."""

    entry: QueueEntry
    kind: str
    title: str
    href: str
    who: str
    place: str
    due: str
    is_late: bool
    """Its time is over."""


@desk.get("/")
@facilitator_required
def queue() -> str:
    session, who, now = db.session(), facilitator(), clock.now()
    places = gazetteer(session)
    sifted, where = _sifted(who, places)
    wanted = waiting(who.desk_ids, now, sifted)
    at = paging(session, wanted, PER_PAGE)
    return render_template(
        "admin/desk/queue.html",
        waiting=[line(entry, places, now) for entry in session.scalars(at.of(wanted))],
        at=at,
        counts=queue_summary(session, who.desk_ids, who.user_id, now),
        subjects=SUBJECTS,
        sifted=sifted,
        where=where,
        is_unknown_place=bool(where) and sifted.territory is None,
        active=_active(sifted, where),
        me=who.user_id,
        decided=[
            [
                _what(decision),
                _decided(decision),
                decision.moderator.full_name,
                formats.moment(decision.decided_at),
                decision.reason or "–",
            ]
            for decision in latest_decisions(session, who.desk_ids, DECISIONS_SHOWN)
        ],
    )


def _sifted(who: Viewer, places: Gazetteer) -> tuple[Sifted, str]:
    """What the address asks for, and the place as it was typed."""
    where = one_line(request.args.get("lieu", ""))[:LONGEST_PLACE]
    whose = {"moi": who.user_id, "personne": NOBODY}
    sifted = Sifted(
        subject=one_of(Subject, "sujet"),
        assignee_id=whose.get(request.args.get("qui", "")),
        is_overdue=request.args.get("retard") == "1",
        territory=naming.zone_named(places, where) if where else None,
    )
    return sifted, where


def _active(sifted: Sifted, where: str) -> list[tuple[str, str, str]]:
    """The filters in use, as the list shows them: name, value, words."""
    active = []
    if sifted.subject:
        active.append(("sujet", sifted.subject.value, SUBJECTS[sifted.subject]))
    if sifted.assignee_id is not None:
        is_mine = sifted.assignee_id != NOBODY
        label = "Ce que je suis" if is_mine else "Sans personne"
        active.append(("qui", "moi" if is_mine else "personne", label))
    if sifted.is_overdue:
        active.append(("retard", "1", "En retard"))
    if where:
        active.append(("lieu", where, where))
    return active


def line(entry: QueueEntry, places: Gazetteer, now: datetime) -> Waiting:
    """What a line of the queue says of an entry."""
    kind, title, href, who, place = _said_of(entry, places)
    is_late = entry.due_at < now
    return Waiting(entry, kind, title, href, who, place, due.in_words(entry.due_at, now), is_late)


def _said_of(entry: QueueEntry, places: Gazetteer) -> tuple[str, str, str, str, str]:
    if entry.need:
        href = url_for("desk_needs.review", slug=entry.need.slug)
        place = wording.place(entry.need, places)
        kind = wording.KINDS[entry.need.kind]
        return kind, entry.need.title, href, entry.need.organisation.name, place
    if entry.offer:
        href = url_for("desk_offers.review", offer_id=entry.offer.id)
        structure = entry.offer.structure
        return "Offre", entry.offer.title, href, structure.display_name, structure.city
    assert entry.claim is not None, "the table lets no entry wait for nothing"  # noqa: S101
    structure = entry.claim.structure
    href = url_for("desk.claim", claim_id=entry.claim.id)
    is_new = "" if structure.is_active else " (nouvelle)"
    title = f"{entry.claim.user.full_name} demande à gérer {structure.display_name}{is_new}"
    return "Demande", title, href, structure.display_name, structure.city


def _what(decision: Decision) -> str:
    """What a decision was about, in words."""
    if decision.need:
        return decision.need.title
    if decision.offer:
        return decision.offer.title
    assert decision.claim is not None, "the table lets nobody decide of nothing"  # noqa: S101
    return f"Demande pour {decision.claim.structure.display_name}"


def _decided(decision: Decision) -> str:
    """What was decided, in words that agree with what it was about."""
    if decision.need:
        return wording.MOVES[decision.move]
    if decision.offer:
        return OFFER_MOVES[decision.move]
    return CLAIM_MOVES[decision.move]


@desk.route("/file/<int(max=2147483647):entry_id>", methods=["GET", "POST"])
@facilitator_required
def share(entry_id: int) -> ResponseReturnValue:
    """Take what waits, give it to a colleague, or leave it to everybody."""
    session, who = db.session(), facilitator()
    entry = session.scalars(entries_on_desk_of(who).where(QueueEntry.id == entry_id)).one()
    if entry.decided_at is not None:
        flash("Ce dossier n'attend plus de décision.")
        return redirect(url_for("desk.queue"))
    people = colleagues_on(session, entry)
    form = AssignForm()
    form.assignee.choices = choices_of(
        {NOBODY: "Personne en particulier"} | {one.id: one.full_name for one in people}
    )
    about = line(entry, gazetteer(session), clock.now())
    if not form.validate_on_submit():
        form.seen.data = str(entry.assignee_id or NOBODY)
        if not form.is_submitted():
            form.assignee.data = entry.assignee_id or NOBODY
        page = render_template("admin/desk/share.html", form=form, about=about)
        return page, 422 if form.errors else 200
    chosen = form.assignee.data or None
    try:
        with transaction() as writing:
            assign(writing, entry_id, chosen, _number(form.seen.data))
    except TakenMeanwhile as meanwhile:
        whose = meanwhile.assignee.full_name if meanwhile.assignee else "personne"
        flash(f"Entre-temps, ce dossier a changé de main\u00a0: {whose} s'en occupe.")
    except NotOfTheDesk:
        flash("Cette personne ne travaille plus à ce guichet.")
    else:
        flash(_shared(about.title, next((one for one in people if one.id == chosen), None), who))
    return redirect(about.href if chosen == who.user_id else url_for("desk.queue"))


def _number(words: str | None) -> int | None:
    """Who is named in the hidden field; nobody that there is, if it was tampered with."""
    return (int(words) or None) if words and words.isascii() and words.isdigit() else -1


def _shared(title: str, to: User | None, who: Viewer) -> str:
    if to is None:
        return f"«\u00a0{title}\u00a0» est de nouveau à qui le prendra."
    if to.id == who.user_id:
        return f"Vous vous occupez de «\u00a0{title}\u00a0»."
    return f"«\u00a0{title}\u00a0» est confié à {to.full_name}."


@desk.route("/demandes/<int(max=2147483647):claim_id>", methods=["GET", "POST"])
@facilitator_required
def claim(claim_id: int) -> ResponseReturnValue:
    """Who asks to speak for a structure of the territory: accepted or refused."""
    session, who = db.session(), facilitator()
    asked = session.scalars(claims_on_desk_of(who).where(StructureClaim.id == claim_id)).one()
    if asked.decided_at is not None:
        flash("Cette demande n'attend plus de décision.")
        return redirect(url_for("desk.queue"))
    form = ClaimDecisionForm()
    if not form.validate_on_submit():
        places = gazetteer(session)
        seen = seen_by_desk(asked)
        seat = seen["commune_code"]
        page = render_template(
            "admin/desk/claim.html",
            form=form,
            asked=asked,
            structure=asked.structure,
            seen=seen,
            place=naming.label(places, seat) if seat else seen["city"],
            people=members_of(session, TEAM, asked.structure_id),
        )
        return page, 422 if form.errors else 200
    is_accepted = form.move.data == Move.APPROVE
    try:
        with transaction() as writing:
            decide_claim(
                writing,
                claim_id,
                who.user_id,
                is_accepted,
                form.reason.data,
                clock.now(),
                visitor_ip(),
            )
    except AlreadyDecided:
        flash("Quelqu'un d'autre a décidé avant vous.")
    else:
        flash("Décision enregistrée, la personne est prévenue.", "success")
    return redirect(url_for("desk.queue"))


def facilitator() -> Viewer:
    who = viewer()
    assert who is not None, "the guard lets nobody else in"  # noqa: S101
    return who
