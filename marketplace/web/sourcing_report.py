"""The account of a sourcing (R2111-1): the need, whom it was shown to and why, what each was
told, answered or declined, and what the buyer concludes. To be printed, or taken as a file."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from flask import Blueprint, Response, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session, joinedload
from wtforms import TextAreaField
from wtforms.validators import Length

from marketplace import clock, formats
from marketplace.answers.differences import differences_of
from marketplace.answers.wording import DECLINES
from marketplace.db import db, transaction
from marketplace.digests.queries import announcements_of
from marketplace.forms import FrenchForm, cleaned
from marketplace.guards.noting import note_export
from marketplace.guards.roles import sign_in_required, viewer
from marketplace.guards.scopes import is_bought_by, need_of_insider
from marketplace.mail import MailState
from marketplace.matching import explaining
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.tables import Match, MatchMove
from marketplace.needs import wording
from marketplace.needs.concluding import conclude
from marketplace.needs.queries import is_public_change
from marketplace.needs.tables import (
    Need,
    NeedAmendment,
    NeedMove,
    NeedNotice,
    NoticeKind,
    SourcingReport,
)
from marketplace.structures.kinds import LABELS
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.queries import gazetteer
from marketplace.web.need_ranking import csv_file

sourcing_report = Blueprint("sourcing_report", __name__)

SHOWN = 200
"""Structures on the page; the file holds all."""

STEPS = {
    MatchStatus.SUGGESTED: "Trouvée par le classement",
    MatchStatus.NOTIFIED: "Prévenue",
    MatchStatus.OPENED: "A ouvert le besoin",
    MatchStatus.INTERESTED: "Intéressée",
    MatchStatus.DECLINED: "A décliné",
    MatchStatus.SHORTLISTED: "Présélectionnée",
    MatchStatus.RETAINED: "Retenue",
    MatchStatus.NOT_RETAINED: "Non retenue",
}
NOTICES = {
    NoticeKind.AMENDED: "Prévenue d'une modification",
    NoticeKind.CLOSED: "Prévenue de la clôture anticipée",
    NoticeKind.REOPENED: "Prévenue de la réouverture",
    NoticeKind.WITHDRAWN: "Prévenue du retrait",
}
COLUMNS = (
    "Structure",
    "SIRET",
    "Type",
    "Ville",
    "Rang",
    "Distance en km",
    "Pourquoi elle a été trouvée",
    "Ce qui manque",
    "État",
    "Étape",
    "Date et heure de Paris",
    "Par",
    "Motif",
)


@dataclass(frozen=True)
class Step:
    """Something that a structure was told, or did."""

    what: str
    at: datetime
    who: str
    why: str = ""


@dataclass(frozen=True)
class Line:
    match: Match
    reasons: Sequence[str]
    missing: Sequence[str]
    state: str
    steps: list[Step] = field(default_factory=list)


class ConclusionForm(FrenchForm):
    conclusion = TextAreaField(
        "Ce que vous concluez de ce sourçage",
        [Length(max=20_000, message="La conclusion dépasse 20 000 caractères")],
        filters=[cleaned],
    )


@sourcing_report.route("/besoins/<slug>/compte-rendu", methods=["GET", "POST"])
@sign_in_required
def show(slug: str) -> ResponseReturnValue:
    session, who = db.session(), viewer()
    need = need_of_insider(session, who, slug)
    if need.published_at is None:
        abort(404)
    is_buyers = who is not None and is_bought_by(who, need)
    form = ConclusionForm()
    if form.is_submitted() and not is_buyers:
        abort(404)
    if form.validate_on_submit():
        with transaction() as writing:
            conclude(writing, need.id, form.conclusion.data, clock.now())
        flash("Votre conclusion est enregistrée.", "success")
        return redirect(url_for("sourcing_report.show", slug=slug, _anchor="conclusion"))
    report = session.get(SourcingReport, need.id)
    if not form.is_submitted():
        form.conclusion.data = report.conclusion if report else ""
    places = gazetteer(session)
    amendments = _amendments(session, need, places)
    page = render_template(
        "web/sourcing_report/show.html",
        need=need,
        form=form,
        report=report,
        is_buyers=is_buyers,
        place=wording.place(need, places),
        sectors=wording.sectors(need),
        reserved=wording.reservation(need),
        amount=wording.shown_amount(need, is_insider=True),
        lots=[(lot, wording.place(lot, places), wording.sectors(lot)) for lot in need.lots],
        version=len(amendments) + 1,
        amendments=amendments,
        moves=_moves(session, need.id),
        totals=_totals(session, need.id),
        lines=list(_lines(session, need.id, SHOWN)),
        shown=SHOWN,
        now=clock.now(),
    )
    return page, 422 if form.errors else 200


@sourcing_report.get("/besoins/<slug>/compte-rendu.csv")
@sign_in_required
def export(slug: str) -> Response:
    """A row a step: whom, what, when, by whom and why."""
    need = need_of_insider(db.session(), viewer(), slug)
    if need.published_at is None:
        abort(404)
    note_export(("need", need.id))
    name = f"compte-rendu-{need.slug}-{clock.today().isoformat()}.csv"
    return csv_file(name, COLUMNS, _cells(db.session(), need.id))


def _cells(session: Session, need_id: int) -> Iterator[tuple[object, ...]]:
    for line in _lines(session, need_id, None):
        match, structure = line.match, line.match.structure
        for step in line.steps:
            yield (
                structure.display_name,
                structure.siret,
                LABELS[structure.kind],
                structure.city,
                match.rank,
                None if match.distance_km is None else round(match.distance_km),
                "\u00a0; ".join(line.reasons),
                "\u00a0; ".join(line.missing),
                line.state,
                step.what,
                step.at.astimezone(clock.PARIS).strftime("%Y-%m-%d %H:%M:%S"),
                step.who,
                step.why,
            )


def _lines(session: Session, need_id: int, most: int | None) -> Iterator[Line]:
    """The structures found, those that were told first; each with its steps, in order."""
    is_told = Match.status != MatchStatus.SUGGESTED
    found = select(Match).where(Match.need_id == need_id).options(joinedload(Match.structure))
    matches = session.scalars(found.order_by(is_told.desc(), Match.rank).limit(most)).all()
    moves: dict[int, list[Step]] = defaultdict(list)
    wanted = select(MatchMove).join(Match).where(Match.need_id == need_id)
    for move in session.scalars(wanted.options(joinedload(MatchMove.user)).order_by(MatchMove.id)):
        reason = DECLINES.get(move.reason_code, move.reason_code)  # type: ignore[call-overload]  # codes are stored as text
        why = "\u00a0: ".join(said for said in (reason, move.reason) if said)
        who = move.user.full_name if move.user else "Tandem"
        moves[move.match_id].append(Step(STEPS[move.status], move.moved_at, who, why))
    mailed = announcements_of(session, need_id)
    for match_id, its_moves in moves.items():
        for number, step in enumerate(its_moves):
            if step.what == STEPS[MatchStatus.NOTIFIED] and match_id in mailed:
                its_moves[number] = replace(step, why=_announced(mailed[match_id]))
    told: dict[int, list[Step]] = defaultdict(list)
    for notice in session.scalars(select(NeedNotice).filter_by(need_id=need_id)):
        people = f"{notice.people} personne{'s' if notice.people > 1 else ''}"
        told[notice.structure_id].append(
            Step(NOTICES[notice.kind], notice.told_at, "Tandem", f"Courriel à {people}")
        )
    for match in matches:
        steps = [Step(STEPS[MatchStatus.SUGGESTED], match.first_matched_at, "Tandem")]
        steps += sorted(
            moves[match.id] + told[match.structure_id], key=lambda step: (step.at, step.what)
        )
        yield Line(
            match,
            explaining.sentences(match.reasons, "buyer"),
            [explaining.NEAR[code] for code in match.near],
            STEPS[match.status],
            steps,
        )


def _announced(notices: Sequence[tuple[int | None, MailState | None, datetime | None]]) -> str:
    """How the people of a structure were told of the need, and what left: it is proof."""
    left = [at for _, state, at in notices if state is MailState.SENT and at is not None]
    waiting = sum(mail_id is None for mail_id, _, _ in notices)
    forgotten = sum(bool(mail_id) and state is None for mail_id, state, _ in notices)
    others = len(notices) - len(left) - waiting - forgotten
    said = []
    if left:
        people = f"{len(left)} personne{'s' if len(left) > 1 else ''}"
        said.append(f"Courriel parti le {formats.moment(min(left))}, à {people}")
    if forgotten:
        said.append("Courriel écrit, dont l'envoi n'est plus conservé")
    if waiting:
        said.append("Dans ses notifications\u00a0; par courriel au prochain récapitulatif")
    if others and not left:
        said.append("Dans ses notifications\u00a0; aucun courriel n'est parti")
    return "\u00a0; ".join(said)


def _totals(session: Session, need_id: int) -> dict[MatchStatus, int]:
    """How many structures are, or once were, in each state; told, all that went past being
    found, since some open the need before their turn comes."""
    counted = (
        select(MatchMove.status, func.count(Match.id.distinct()))
        .join(Match)
        .where(Match.need_id == need_id)
        .group_by(MatchMove.status)
    )
    eligible = Match.need_id == need_id, func.cardinality(Match.near) == 0
    found = select(literal(MatchStatus.SUGGESTED, Match.status.type), func.count()).where(*eligible)
    told = select(literal(MatchStatus.NOTIFIED, Match.status.type), func.count()).where(
        Match.need_id == need_id, Match.status != MatchStatus.SUGGESTED
    )
    past = counted.where(MatchMove.status != MatchStatus.NOTIFIED)
    return dict(session.execute(union_all(past, told, found)).all())


def _amendments(session: Session, need: Need, places: Gazetteer) -> list[dict[str, object]]:
    made = select(NeedAmendment).where(NeedAmendment.need_id == need.id, is_public_change())
    rows = made.options(joinedload(NeedAmendment.user))
    return [
        {
            "number": number,
            "when": formats.moment(row.amended_at),
            "who": row.user.full_name,
            "changes": differences_of(row, places),
        }
        for number, row in enumerate(session.scalars(rows.order_by(NeedAmendment.id)), start=2)
    ]


def _moves(session: Session, need_id: int) -> list[tuple[str, str, str, str]]:
    made = select(NeedMove).filter_by(need_id=need_id).options(joinedload(NeedMove.user))
    return [
        (
            wording.MOVES[move.move],
            formats.moment(move.moved_at),
            move.user.full_name if move.user else "À la date limite",
            move.reason,
        )
        for move in session.scalars(made.order_by(NeedMove.id))
    ]
