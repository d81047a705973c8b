"""A buyer records what came of its need, lot by lot; everyone who answered is told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from marketplace import audit, mail
from marketplace.answers import queries, wording
from marketplace.answers.consortium_queries import leads_of_partners
from marketplace.answers.lifecycle import STANDING, Refusal, Refused, Result
from marketplace.answers.tables import Answer, AnswerPart, Outcome
from marketplace.audit import Action
from marketplace.mail import Promise
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.moving import move_match
from marketplace.matching.tables import Match
from marketplace.needs.lifecycle import Move, Status
from marketplace.needs.posting import make_move, need_for_update
from marketplace.needs.tables import Lot, Need


@dataclass(frozen=True, slots=True)
class Decided:
    """What comes of a lot, or of a need without lots (`lot_id` None).

    The holder of what is awarded is a structure of Tandem or a firm that is named.
    """

    lot_id: int | None
    result: Result
    structure_id: int | None = None
    holder_name: str = ""
    holder_siret: str = ""
    amount: Decimal | None = None
    reason: str = ""


def record_outcomes(
    session: Session,
    need_id: int,
    user_id: int,
    decided: Sequence[Decided],
    now: datetime,
    ip: str = "",
) -> None:
    """Write down what is decided of a closed need; a lot may wait. Once all is decided, the
    need and its matches are at their end.

    Raises Refused: the need is not closed, a lot is decided already or not one of its own,
    or the holder is a structure that did not answer.
    """
    need = need_for_update(session, need_id)
    if need.status is not Status.CLOSED:
        raise Refused(Refusal.NOT_CLOSED)
    lots = {lot.id: lot for lot in need.lots}
    known: set[int | None] = {*lots} or {None}
    before = {outcome.lot_id for outcome in queries.outcomes_of(session, need_id)}
    new = {one.lot_id for one in decided}
    if not new or new & before or not new <= known or len(new) < len(decided):
        raise Refused(Refusal.NOT_CLOSED)
    running = _running(session, need_id)
    standing = {match.structure_id for match in running}
    holders = {one.structure_id for one in decided if one.structure_id is not None}
    if not holders <= standing:
        raise Refused(Refusal.NOT_ANSWERED)
    session.add_all(_row(need_id, one, user_id, now) for one in decided)
    session.flush()
    if before | new == known:
        _end(session, need, running, user_id, now)
    _tell(session, need, lots, decided, running)
    audit.note(
        session,
        Action.DECIDED,
        actor_id=user_id,
        about=("need", need_id),
        ip=ip,
        outcome=[one.result.value for one in decided],
    )


def _running(session: Session, need_id: int) -> Sequence[Match]:
    """The matches in the running, locked."""
    standing = (
        select(Match)
        .where(Match.need_id == need_id, Match.status.in_(STANDING))
        .options(joinedload(Match.structure))
        .order_by(Match.structure_id)
        .with_for_update(of=Match)
        .execution_options(populate_existing=True)
    )
    return session.scalars(standing).all()


def _row(need_id: int, one: Decided, user_id: int, now: datetime) -> Outcome:
    return Outcome(
        need_id=need_id,
        lot_id=one.lot_id,
        result=one.result,
        structure_id=one.structure_id,
        holder_name=one.holder_name,
        holder_siret=one.holder_siret,
        amount=one.amount,
        reason=one.reason,
        decided_at=now,
        decided_by_id=user_id,
    )


def _end(
    session: Session, need: Need, running: Iterable[Match], user_id: int, now: datetime
) -> None:
    outcomes = queries.outcomes_of(session, need.id)
    results = {outcome.result for outcome in outcomes}
    if Result.AWARDED in results:
        move = Move.AWARD
    elif results == {Result.ABANDONED}:
        move = Move.ABANDON
    else:
        move = Move.FIND_UNSUCCESSFUL
    reasons = dict.fromkeys(outcome.reason for outcome in outcomes if outcome.reason)
    reason = "\n".join(reasons)
    make_move(session, need, move, user_id, now, reason)
    holders = {outcome.structure_id for outcome in outcomes if outcome.structure_id is not None}
    holders |= leads_of_partners(session, need.id, holders).keys()
    for match in running:
        if match.structure_id in holders:
            move_match(session, match, MatchStatus.RETAINED, user_id, now)
        else:
            move_match(session, match, MatchStatus.NOT_RETAINED, user_id, now, reason=reason)


def _tell(
    session: Session,
    need: Need,
    lots: dict[int, Lot],
    decided: Sequence[Decided],
    running: Iterable[Match],
) -> None:
    spoken = _lots_answered(session, need.id)
    leads = leads_of_partners(session, need.id, {match.structure_id for match in running})
    for match in running:
        sides = {match.structure_id, leads.get(match.structure_id, match.structure_id)}
        answered = set[int | None]().union(*(spoken.get(one, set()) for one in sides))
        answered = answered or {one.lot_id for one in decided}
        concerned = [one for one in decided if one.lot_id in answered]
        if not concerned:
            continue
        said = [
            wording.outcome_told(
                one.result,
                is_holder=one.structure_id in sides,
                lot=f"Lot {lots[one.lot_id].number}" if one.lot_id is not None else "",
            )
            for one in concerned
        ]
        reasons = dict.fromkeys(
            one.reason for one in concerned if one.reason and one.structure_id not in sides
        )
        which = "-".join(str(one.lot_id or 0) for one in concerned)
        for person in queries.people_of_structure(session, match.structure_id):
            mail.post(
                session,
                key=f"outcome:{need.id}:{match.structure_id}:{person.id}:{which}"[:200],
                kind="answers/outcome",
                address=person.email,
                promise=Promise.AT_MOST_ONCE,
                user_id=person.id,
                topic="outcomes",
                link=f"/besoins/{need.slug}/reponse/{match.structure.slug}",
                name=person.full_name,
                structure=match.structure.display_name,
                need=need.title,
                outcome=" ".join(said),
                reason="\n".join(reasons),
            )


def _lots_answered(session: Session, need_id: int) -> dict[int, set[int | None]]:
    """The lots that each structure's answer speaks of."""
    found: dict[int, set[int | None]] = {}
    parts = select(Answer.structure_id, AnswerPart.lot_id).join(AnswerPart)
    for structure_id, lot_id in session.execute(parts.where(Answer.need_id == need_id)):
        found.setdefault(structure_id, set()).add(lot_id)
    return found
