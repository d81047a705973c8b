"""A structure writes its answer, sends it, and amends it until the deadline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace import formats
from marketplace.answers.consortium_queries import is_in_group, leads_group
from marketplace.answers.eligibility import lots_for
from marketplace.answers.lifecycle import AnswerStatus, Refusal, Refused
from marketplace.answers.responding import admitted, answer_for_update, stand
from marketplace.answers.tables import Answer, AnswerPart, AnswerReply, AnswerVersion
from marketplace.needs.tables import GroupRule, Lot, Need, NeedKind
from marketplace.structures.kinds import Kind
from marketplace.structures.tables import Structure


@dataclass(frozen=True, slots=True)
class PartSaid:
    """What is said of a lot, or of a need without lots (`lot_id` None)."""

    lot_id: int | None
    price_min: Decimal | None
    price_max: Decimal | None
    capacity: str = ""
    starts_on: date | None = None

    @property
    def says_something(self) -> bool:
        return bool(self.has_price or self.capacity or self.starts_on)

    @property
    def has_price(self) -> bool:
        return self.price_min is not None or self.price_max is not None


@dataclass(frozen=True, slots=True)
class Said:
    """What a structure answers; `replies` by the id of the buyer's question."""

    message: str = ""
    parts: Sequence[PartSaid] = ()
    replies: Mapping[int, str] = field(default_factory=dict)


def save_answer(
    session: Session,
    need_id: int,
    structure_id: int,
    user_id: int,
    said: Said,
    seen: int,
    now: datetime,
) -> Answer:
    """Keep a draft, which only the structure sees; what is sent is not changed by it.

    `seen` is the version that the person was shown. Raises Refused.
    """
    need = admitted(session, need_id, structure_id, user_id, now)
    _check_alone(session, need, structure_id)
    answer = own_answer(session, need, structure_id, user_id, now)
    if answer.status is AnswerStatus.SENT or answer.version != seen:
        raise Refused(Refusal.OVERTAKEN)
    _write(answer, need, _with_ended_lots(session, answer, said), user_id, now)
    answer.status = AnswerStatus.DRAFT
    session.flush()
    return answer


def send_answer(
    session: Session,
    need_id: int,
    structure_id: int,
    user_id: int,
    said: Said,
    seen: int,
    now: datetime,
    consortium_id: int | None = None,
) -> Answer:
    """Send an answer, or amend the one that was sent: each is kept as a version.

    Sending the same words again is sending them once. `seen` is the version that the person
    was shown: whoever was overtaken by a colleague is told. A group sends its joint answer in
    the name of its lead. Raises Refused.
    """
    need = admitted(session, need_id, structure_id, user_id, now)
    if consortium_id is None:
        _check_alone(session, need, structure_id)
    stand(session, need_id, structure_id, user_id, now)
    answer = own_answer(session, need, structure_id, user_id, now)
    said = _with_ended_lots(session, answer, said)
    _check_said(need, said)
    if consortium_id is None:
        _check_lots(need, session.get_one(Structure, structure_id).kind, said)
    is_sent = answer.status is AnswerStatus.SENT and answer.consortium_id == consortium_id
    if is_sent and content_of(answer) == content_as_said(need, said):
        return answer
    if answer.version != seen:
        raise Refused(Refusal.OVERTAKEN)
    _write(answer, need, said, user_id, now)
    answer.status, answer.sent_at, answer.withdrawn_at = AnswerStatus.SENT, now, None
    answer.version += 1
    answer.consortium_id = consortium_id
    session.flush()
    session.add(
        AnswerVersion(
            answer_id=answer.id,
            number=answer.version,
            content=content_of(answer),
            sent_at=now,
            user_id=user_id,
        )
    )
    return answer


def content_of(answer: Answer) -> dict[str, Any]:
    """An answer as it now is, for its versions: plain values, prices as text."""
    return {
        "message": answer.message,
        "parts": sorted(
            (
                _part_content(p.lot_id, p.price_min, p.price_max, p.capacity, p.starts_on)
                for p in answer.parts
            ),
            key=_by_lot,
        ),
        "replies": {str(r.question_id): r.words for r in answer.replies},
    }


def content_as_said(need: Need, said: Said) -> dict[str, Any]:
    """The content that an answer would have with these words."""
    return {
        "message": said.message,
        "parts": sorted(
            (
                _part_content(p.lot_id, p.price_min, p.price_max, p.capacity, p.starts_on)
                for p in _parts(need, said)
            ),
            key=_by_lot,
        ),
        "replies": {str(key): words for key, words in _replies(need, said).items()},
    }


def _check_said(need: Need, said: Said) -> None:
    """A quote has a price; what is sent to a sourcing may be words alone."""
    parts = _parts(need, said)
    if need.kind is NeedKind.QUOTE and not any(part.has_price for part in parts):
        raise Refused(Refusal.EMPTY)
    if need.kind is NeedKind.SOURCING and not (parts or said.message or _replies(need, said)):
        raise Refused(Refusal.SAYS_NOTHING)


def _check_lots(need: Need, kind: Kind, said: Said) -> None:
    """A lot reserved to other kinds is not answered; of what ended, nothing new is said."""
    closed = {lot.id for lot in need.open_lots} - {lot.id for lot in lots_for(need, kind)}
    if any(part.lot_id in closed for part in _parts(need, said)):
        raise Refused(Refusal.LOT_KIND)


def _check_alone(session: Session, need: Need, structure_id: int) -> None:
    """A lead answers by its group; a member may answer alone too, unless the buyer refuses it."""
    is_lead = leads_group(session, need.id, structure_id)
    is_refused = need.several_groups is GroupRule.REFUSED
    if is_lead or (is_refused and is_in_group(session, need.id, structure_id)):
        raise Refused(Refusal.GROUPED)


def _part_content(
    lot_id: int | None,
    price_min: Decimal | None,
    price_max: Decimal | None,
    capacity: str,
    starts_on: date | None,
) -> dict[str, Any]:
    return {
        "lot_id": lot_id,
        "price_min": None if price_min is None else f"{price_min:.2f}",
        "price_max": None if price_max is None else f"{price_max:.2f}",
        "capacity": capacity,
        "starts_on": starts_on.isoformat() if starts_on else None,
    }


def _by_lot(part: dict[str, Any]) -> int:
    return part["lot_id"] or 0


def _parts(need: Need, said: Said) -> list[PartSaid]:
    """Those that say something of a lot of this need."""
    lots: set[int | None] = {lot.id for lot in need.lots}
    known = lots or {None}
    return [part for part in said.parts if part.lot_id in known and part.says_something]


def _with_ended_lots(session: Session, answer: Answer, said: Said) -> Said:
    """What was answered to a lot that ended since stays as it is, and nothing new is."""
    ended = select(Lot.id).where(Lot.need_id == answer.need_id, Lot.ending.is_not(None))
    over = set(session.scalars(ended))
    if not over:
        return said
    kept = [
        PartSaid(part.lot_id, part.price_min, part.price_max, part.capacity, part.starts_on)
        for part in answer.parts
        if part.lot_id in over
    ]
    return replace(said, parts=[*(p for p in said.parts if p.lot_id not in over), *kept])


def _replies(need: Need, said: Said) -> dict[int, str]:
    asked = {question.id for question in need.questions}
    return {key: words for key, words in said.replies.items() if key in asked and words}


def own_answer(
    session: Session, need: Need, structure_id: int, user_id: int, now: datetime
) -> Answer:
    """The locked answer of a structure to a need, an empty draft at first."""
    session.execute(
        insert(Answer)
        .values(
            need_id=need.id,
            structure_id=structure_id,
            author_id=user_id,
            status=AnswerStatus.DRAFT,
            message="",
            version=0,
            saved_at=now,
        )
        .on_conflict_do_nothing(index_elements=["need_id", "structure_id"])
    )
    answer = answer_for_update(session, need.id, structure_id)
    assert answer is not None, "it was just made, here or by another"  # noqa: S101
    return answer


def _write(answer: Answer, need: Need, said: Said, user_id: int, now: datetime) -> None:
    # All that is read comes first, so that the row is written once.
    kept = {part.lot_id: part for part in answer.parts}
    replied = {reply.question_id: reply for reply in answer.replies}
    spoken = {part.lot_id: part for part in _parts(need, said)}
    words = _replies(need, said)
    answer.message = said.message
    answer.author_id = user_id
    answer.saved_at = now
    for lot_id in kept.keys() - spoken.keys():
        answer.parts.remove(kept[lot_id])
    for lot_id, part in spoken.items():
        row = kept.get(lot_id)
        if row is None:
            row = AnswerPart(lot_id=lot_id)
            answer.parts.append(row)
        row.price_min, row.price_max = part.price_min, part.price_max
        row.capacity, row.starts_on = part.capacity, part.starts_on
    for question_id in replied.keys() - words.keys():
        answer.replies.remove(replied[question_id])
    for question_id, said_words in words.items():
        if question_id in replied:
            replied[question_id].words = said_words
        else:
            answer.replies.append(AnswerReply(question_id=question_id, words=said_words))


def part_price(part: AnswerPart) -> str:
    """« 12 000,50 € HT », « de 40 000 € à 60 000 € HT »; nothing when no price is given."""
    said = formats.euros_range(part.price_min, part.price_max)
    return f"{said} HT" if said else ""
