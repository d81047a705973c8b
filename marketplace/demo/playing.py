"""Playing what happens to a need, each act by the deed that its person would do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.answers import (
    answering,
    asking,
    choosing,
    discussing,
    grouping,
    joining,
    queries,
    responding,
    sharing,
    surveying,
    talking,
)
from marketplace.answers.answering import PartSaid, Said
from marketplace.answers.awarding import record_outcomes
from marketplace.answers.consortia import LegalForm, Origin
from marketplace.answers.consortium_queries import groups_of_need
from marketplace.answers.lifecycle import Decided, DeclineReason, Help, Result, Side
from marketplace.clauses.calculating import Calculation, keep_calculation
from marketplace.clauses.hours import Line
from marketplace.demo.cast import Cast
from marketplace.demo.days import spread
from marketplace.demo.plots import Act, End, Estimate
from marketplace.matching.tables import Match
from marketplace.needs.amending import extend
from marketplace.needs.tables import Need

CLEANING = "nettoyage"
"""The trade of the calculations: see clauses.trades."""


@dataclass(frozen=True)
class Stage:
    need: Need
    buyer_id: int
    deadline_on: date
    """The last that the need had."""

    cast: Cast


def play(
    session: Session, stage: Stage, acts: tuple[Act, ...], start: datetime, end: datetime
) -> None:
    """The acts in their order, between these two moments."""
    for act, moment in zip(acts, spread(start, end, len(acts)), strict=True):
        _DEEDS[act.does](session, stage, act, moment)
        session.flush()


def calculate(session: Session, stage: Stage, typed: Estimate, now: datetime) -> None:
    """The buyer keeps its calculation of insertion hours with its need."""
    line = Line(
        typed.amount,
        typed.labour_share,
        typed.rate,
        typed.hourly_cost,
        title=stage.need.title,
    )
    months = stage.need.duration_months
    calculation = Calculation((line,), (CLEANING,), "wage", None, months, None)
    keep_calculation(session, stage.need.id, calculation, stage.buyer_id, now)


def award(session: Session, stage: Stage, end: End, now: datetime) -> None:
    decided = Decided(
        lot_id=None,
        result=Result.AWARDED,
        structure_id=_structure(session, stage, end.holder),
        amount=end.amount,
        reason=end.reason,
    )
    record_outcomes(session, stage.need.id, stage.buyer_id, [decided], now)


def _structure(session: Session, stage: Stage, named: str) -> int:
    """By its name, or by its rank on the need's shortlist."""
    if named in stage.cast.structures:
        return stage.cast.structures[named]
    ranked = select(Match.structure_id).filter_by(need_id=stage.need.id, rank=int(named))
    return session.scalars(ranked).one()


def _actor(session: Session, stage: Stage, act: Act) -> tuple[int, int, int]:
    """The ids of the need, of the structure that acts and of the person who does it for her."""
    structure_id = _structure(session, stage, act.by)
    return stage.need.id, structure_id, stage.cast.speaker_of(session, structure_id)


def _open(session: Session, stage: Stage, act: Act, now: datetime) -> tuple[int, int, int]:
    """Whoever acts has looked at the need."""
    need_id, structure_id, user_id = _actor(session, stage, act)
    responding.stamp_opened(session, need_id, [structure_id], user_id, now)
    session.flush()
    return need_id, structure_id, user_id


def _ask(session: Session, stage: Stage, act: Act, now: datetime) -> None:
    asking.ask(session, *_open(session, stage, act, now), act.words, now)


def _reply(session: Session, stage: Stage, act: Act, now: datetime) -> None:
    last = queries.enquiries_of(session, stage.need.id)[-1]
    asking.answer_enquiry(session, stage.need.id, last.id, stage.buyer_id, act.words, now)


def _interest(session: Session, stage: Stage, act: Act, now: datetime) -> None:
    responding.say_interested(session, *_open(session, stage, act, now), now)


def _decline(session: Session, stage: Stage, act: Act, now: datetime) -> None:
    who = _open(session, stage, act, now)
    responding.decline(session, *who, now, DeclineReason(act.reason), act.words)


def _draft(session: Session, stage: Stage, act: Act, now: datetime) -> None:
    said = _said(stage.need, act)
    answering.save_answer(session, *_open(session, stage, act, now), said, 0, now)


def _answer(session: Session, stage: Stage, act: Act, now: datetime) -> None:
    said = _said(stage.need, act)
    answering.send_answer(session, *_open(session, stage, act, now), said, 0, now)


def _said(need: Need, act: Act) -> Said:
    least, most = act.price or (None, None)
    return Said(
        message=act.words,
        parts=(PartSaid(None, least, most, act.capacity),),
        replies={
            question.id: words
            for question, words in zip(need.questions, act.replies, strict=False)
            if words
        },
    )


def _message(session: Session, stage: Stage, act: Act, now: datetime) -> None:
    if act.by:
        need_id, structure_id, user_id = _actor(session, stage, act)
        side = Side.STRUCTURE
    else:
        need_id, structure_id, user_id = (
            stage.need.id,
            _structure(session, stage, act.to),
            stage.buyer_id,
        )
        side = Side.BUYER
    talking.write(session, need_id, structure_id, side, user_id, act.words, now)


def _shortlist(session: Session, stage: Stage, act: Act, now: datetime) -> None:
    structure_id = _structure(session, stage, act.by)
    choosing.shortlist(session, stage.need.id, structure_id, stage.buyer_id, now)


def _note(session: Session, stage: Stage, act: Act, now: datetime) -> None:
    structure_id = _structure(session, stage, act.by)
    choosing.note_down(session, stage.need.id, structure_id, stage.buyer_id, act.words, now)


def _extend(session: Session, stage: Stage, act: Act, now: datetime) -> None:
    extend(session, stage.need.id, stage.buyer_id, stage.deadline_on, now)


def _survey(session: Session, stage: Stage, act: Act, now: datetime) -> None:
    helped = Help(act.helped)
    if act.by:
        who = _actor(session, stage, act)
        surveying.say_whether_it_helped(session, *who, helped, act.words, now)
    else:
        surveying.say_whether_it_helped(
            session, stage.need.id, None, stage.buyer_id, helped, act.words, now
        )


def _group(session: Session, stage: Stage, act: Act, now: datetime) -> None:
    need_id, lead_id, user_id = _open(session, stage, act, now)
    partners = [_structure(session, stage, name) for name in act.partners]
    form = LegalForm.SEVERAL_WITH_LIABLE_LEAD
    grouping.open_group(session, need_id, lead_id, partners, user_id, Origin.STRUCTURE, form, now)


def _group_id(session: Session, stage: Stage) -> int:
    return groups_of_need(session, stage.need.id)[0].id


def _join(session: Session, stage: Stage, act: Act, now: datetime) -> None:
    _, structure_id, user_id = _open(session, stage, act, now)
    group_id = _group_id(session, stage)
    joining.reply(session, group_id, structure_id, accepts=True, user_id=user_id, now=now)


def _share(session: Session, stage: Stage, act: Act, now: datetime) -> None:
    _, lead_id, user_id = _actor(session, stage, act)
    parts = {_structure(session, stage, name): part for name, part in act.percents.items()}
    form = LegalForm.SEVERAL_WITH_LIABLE_LEAD
    sharing.settle_by_percent(
        session, _group_id(session, stage), lead_id, form, parts, user_id, now
    )


def _say(session: Session, stage: Stage, act: Act, now: datetime) -> None:
    _, structure_id, user_id = _actor(session, stage, act)
    discussing.say(session, _group_id(session, stage), structure_id, user_id, act.words, now)


_DEEDS: dict[str, Callable[[Session, Stage, Act, datetime], None]] = {
    "answer": _answer,
    "ask": _ask,
    "decline": _decline,
    "draft": _draft,
    "extend": _extend,
    "group": _group,
    "interest": _interest,
    "join": _join,
    "message": _message,
    "note": _note,
    "reply": _reply,
    "say": _say,
    "share": _share,
    "shortlist": _shortlist,
    "survey": _survey,
}
