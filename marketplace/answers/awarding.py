"""A buyer records what came of its need, lot by lot; everyone who answered is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.answers import queries, telling
from marketplace.answers.lifecycle import Decided, Refusal, Refused, Result
from marketplace.answers.tables import Outcome, OutcomeReason
from marketplace.answers.telling import NO_REASONS, Told
from marketplace.audit import Action
from marketplace.matching.lifecycle import ANSWERED, MatchStatus
from marketplace.matching.moving import move_match
from marketplace.matching.tables import Match
from marketplace.needs.lifecycle import OVER, Move, Status
from marketplace.needs.posting import correct_end, make_move, need_for_update
from marketplace.needs.tables import Need


@dataclass(frozen=True, slots=True)
class Corrected:
    """What was recorded before, and how many structures are told that it changed."""

    before: Decided
    structures: int


def record_outcomes(
    session: Session,
    need_id: int,
    user_id: int,
    decided: Sequence[Decided],
    now: datetime,
    ip: str = "",
    own_reasons: Mapping[int, str] = NO_REASONS,
) -> None:
    """Write down what is decided of a closed need; a lot may wait. Once all is decided, the
    need and its matches are at their end.

    `own_reasons` are for one structure alone, by its id: it reads that instead of the reason
    of the lot. Raises Refused: the need is not closed, a lot is decided already or not one of
    its own, or the holder is a structure that did not answer.
    """
    need = need_for_update(session, need_id)
    if need.status is not Status.CLOSED:
        raise Refused(Refusal.NOT_CLOSED)
    known: set[int | None] = {lot.id for lot in need.kept_lots} or {None}
    before = {outcome.lot_id for outcome in queries.outcomes_of(session, need_id)}
    new = {one.lot_id for one in decided}
    if not new or new & before or not new <= known or len(new) < len(decided):
        raise Refused(Refusal.NOT_CLOSED)
    running = _running(session, need_id)
    _check_holders(running, decided)
    rows = [Outcome(need_id=need_id) for _ in decided]
    for row, one in zip(rows, decided, strict=True):
        _write(row, one, user_id)
        row.decided_at = now
    session.add_all(rows)
    session.flush()
    told = telling.told_of(session, need, decided, own_reasons)
    _keep_reasons(session, rows, told, own_reasons)
    if before | new == known:
        make_move(session, need, _end_of(session, need), user_id, now, _reason(session, need))
        _end_matches(session, need, running, user_id, now)
    which = "-".join(str(one.lot_id or 0) for one in decided)
    telling.tell(session, need, told, f"{need_id}:{which}"[:100])
    audit.note(
        session,
        Action.DECIDED,
        actor_id=user_id,
        about=("need", need_id),
        ip=ip,
        outcome=[one.result.value for one in decided],
    )


def correct_outcome(
    session: Session,
    need_id: int,
    outcome_id: int,
    user_id: int,
    decided: Decided,
    why: str,
    now: datetime,
    ip: str = "",
    own_reasons: Mapping[int, str] = NO_REASONS,
) -> Corrected:
    """Put right what was recorded of a lot, and tell those for whom something changes.

    The contracts that the need led to are for clauses.correcting, in the same transaction.
    Raises NoResultFound; Refused: nothing changes, or the holder did not answer.
    """
    need = need_for_update(session, need_id)
    locked = select(Outcome).filter_by(id=outcome_id, need_id=need_id).with_for_update(of=Outcome)
    outcome = session.scalars(locked.execution_options(populate_existing=True)).one()
    before, own_before = decided_of(outcome), own_reasons_of(session, outcome_id)
    if decided.lot_id != outcome.lot_id or (decided, dict(own_reasons)) == (before, own_before):
        raise Refused(Refusal.NOTHING_CHANGES)
    running = _running(session, need_id)
    _check_holders(running, [decided])
    was_told = telling.told_of(session, need, [before], own_before)
    _write(outcome, decided, user_id)
    outcome.corrected_at, outcome.correction = now, why
    told = telling.told_of(session, need, [decided], own_reasons)
    for row in session.scalars(select(OutcomeReason).filter_by(outcome_id=outcome_id)):
        session.delete(row)
    session.flush()
    _keep_reasons(session, [outcome], told, own_reasons)
    if need.status in OVER:
        correct_end(
            session, need, _end_of(session, need), user_id, now, f"Issue corrigée\u00a0: {why}"
        )
        _end_matches(session, need, running, user_id, now)
    changed = news_of(was_told, told)
    telling.tell_corrected(session, need, changed, why, now)
    audit.note(
        session,
        Action.OUTCOME_CORRECTED,
        actor_id=user_id,
        about=("need", need_id),
        ip=ip,
        before=[before.result.value, before.structure_id],
        after=[decided.result.value, decided.structure_id],
        why=why,
    )
    return Corrected(before, structures=len(changed))


def news_of(was_told: Sequence[Told], told: Sequence[Told]) -> list[Told]:
    """Of what is told of a correction, what its reader was not told before."""
    known = {(one.structure.id, one.sentences, one.reason) for one in was_told}
    return [one for one in told if (one.structure.id, one.sentences, one.reason) not in known]


def decided_of(outcome: Outcome) -> Decided:
    return Decided(
        lot_id=outcome.lot_id,
        result=outcome.result,
        structure_id=outcome.structure_id,
        holder_name=outcome.holder_name,
        holder_siret=outcome.holder_siret,
        amount=outcome.amount,
        reason=outcome.reason,
    )


def own_reasons_of(session: Session, outcome_id: int) -> dict[int, str]:
    """The reasons of an outcome that are for one structure alone, by its id."""
    rows = select(OutcomeReason.structure_id, OutcomeReason.words)
    return dict(session.execute(rows.filter_by(outcome_id=outcome_id)).all())


def _running(session: Session, need_id: int) -> Sequence[Match]:
    """The matches that stand or stood, locked."""
    answered = (
        select(Match)
        .where(Match.need_id == need_id, Match.status.in_(ANSWERED))
        .order_by(Match.structure_id)
        .with_for_update(of=Match)
        .execution_options(populate_existing=True)
    )
    return session.scalars(answered).all()


def _check_holders(running: Sequence[Match], decided: Sequence[Decided]) -> None:
    holders = {one.structure_id for one in decided if one.structure_id is not None}
    if not holders <= {match.structure_id for match in running}:
        raise Refused(Refusal.NOT_ANSWERED)


def _write(outcome: Outcome, one: Decided, user_id: int) -> None:
    outcome.lot_id, outcome.result = one.lot_id, one.result
    outcome.structure_id = one.structure_id
    outcome.holder_name, outcome.holder_siret = one.holder_name, one.holder_siret
    outcome.amount, outcome.reason = one.amount, one.reason
    outcome.decided_by_id = user_id


def _keep_reasons(
    session: Session,
    outcomes: Sequence[Outcome],
    told: Sequence[Told],
    own_reasons: Mapping[int, str],
) -> None:
    """A reason is kept with each lot that its structure does not get."""
    session.add_all(
        OutcomeReason(outcome_id=outcome.id, structure_id=one.structure.id, words=words)
        for one in told
        if (words := own_reasons.get(one.structure.id, ""))
        for outcome in outcomes
        if outcome.lot_id in one.refused
    )
    session.flush()


def _end_of(session: Session, need: Need) -> Move:
    results = {outcome.result for outcome in queries.outcomes_of(session, need.id)}
    if Result.AWARDED in results:
        return Move.AWARD
    return Move.ABANDON if results == {Result.ABANDONED} else Move.FIND_UNSUCCESSFUL


def _reason(session: Session, need: Need) -> str:
    outcomes = queries.outcomes_of(session, need.id)
    return "\n".join(dict.fromkeys(outcome.reason for outcome in outcomes if outcome.reason))


def _end_matches(
    session: Session, need: Need, running: Sequence[Match], user_id: int, now: datetime
) -> None:
    """Each structure is retained, or not with the reasons of the lots that it answered."""
    hearing = telling.hearing_of(session, need.id, [match.structure_id for match in running])
    for match in running:
        heard = hearing.of(match.structure_id)
        if any(one.is_holder for one in heard):
            status, reason = MatchStatus.RETAINED, ""
        else:
            status = MatchStatus.NOT_RETAINED
            reason = "\n".join(dict.fromkeys(one.reason for one in heard if one.reason))
        if match.status is not status:
            move_match(session, match, status, user_id, now, reason=reason)
