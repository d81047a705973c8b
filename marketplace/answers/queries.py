"""Reads: who answered what, who is told, what was asked, said and decided."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, joinedload, selectinload

from marketplace.accounts.tables import OrganisationMember, User
from marketplace.answers.lifecycle import STANDING, AnswerStatus, DeclineReason, Side
from marketplace.answers.tables import (
    Answer,
    AnswerFile,
    AnswerPart,
    AnswerReply,
    BuyerNote,
    Enquiry,
    MatchReminder,
    Message,
    MessageFile,
    Outcome,
    Survey,
    Thread,
)
from marketplace.matching.lifecycle import ANSWERED, MatchStatus
from marketplace.matching.tables import Match, MatchMove
from marketplace.needs.tables import Lot, Need
from marketplace.structures.tables import Structure, StructureMember


def people_of_structure(session: Session, structure_id: int) -> Sequence[User]:
    """Those who speak for a structure and can be written to."""
    return people_of_structures(session, {structure_id})


def people_of_structures(session: Session, structure_ids: Collection[int]) -> Sequence[User]:
    """The same of several structures, each person once."""
    members = select(StructureMember.user_id).where(StructureMember.structure_id.in_(structure_ids))
    return session.scalars(_written_to().where(User.id.in_(members)).order_by(User.id)).all()


def buyers_of(session: Session, need: Need) -> Sequence[User]:
    """Who is told about a need: its author while it buys for it, else all who do."""
    owners = [o for o in (need.organisation_id, need.platform_id) if o is not None]
    members = select(OrganisationMember.user_id).where(
        OrganisationMember.organisation_id.in_(owners)
    )
    found = session.scalars(_written_to().where(User.id.in_(members)).order_by(User.id)).all()
    return [person for person in found if person.id == need.author_id] or found


def _written_to() -> Select[User]:
    return select(User).where(User.is_active, User.email_verified_at.is_not(None))


def in_the_running(session: Session, need_id: int) -> set[int]:
    """The ids of the structures that are interested in a need, or answered it."""
    standing = select(Match.structure_id).where(
        Match.need_id == need_id, Match.status.in_(STANDING)
    )
    return set(session.scalars(standing))


def unopened(need_id: int) -> Select[Match]:
    """The matches that were told of a need, have not opened it, and were not reminded."""
    reminded = select(MatchReminder).where(MatchReminder.match_id == Match.id).exists()
    return (
        select(Match)
        .where(Match.need_id == need_id, Match.status == MatchStatus.NOTIFIED, ~reminded)
        .options(joinedload(Match.structure))
    )


def _by_status(need_id: int) -> Select[MatchStatus, int]:
    """How many matches of a need are in each state."""
    return (
        select(Match.status, func.count(Match.id).label("matches"))
        .where(Match.need_id == need_id)
        .group_by(Match.status)
    )


def declines_of(session: Session, need_id: int) -> dict[DeclineReason, int]:
    """How many structures decline a need, by the reason that each gave last."""
    latest = (
        select(MatchMove.reason_code)
        .join(Match)
        .where(
            Match.need_id == need_id,
            Match.status == MatchStatus.DECLINED,
            MatchMove.status == MatchStatus.DECLINED,
        )
        .ext(distinct_on(MatchMove.match_id))
        .order_by(MatchMove.match_id, MatchMove.id.desc())
        .subquery()
    )
    counted = select(latest.c.reason_code, func.count()).group_by(latest.c.reason_code)
    return {
        DeclineReason(code or DeclineReason.OTHER): count
        for code, count in session.execute(counted)
    }


def declined_with_words(session: Session, need_id: int) -> Sequence[tuple[str, str]]:
    """What structures that decline wrote, without their names: reason and words, latest first."""
    said = (
        select(MatchMove.reason_code, MatchMove.reason)
        .join(Match)
        .where(
            Match.need_id == need_id,
            Match.status == MatchStatus.DECLINED,
            MatchMove.status == MatchStatus.DECLINED,
            MatchMove.reason != "",
        )
        .order_by(MatchMove.id.desc())
    )
    return session.execute(said).all()


def answered_matches(need_id: int) -> Select[Match]:
    """The matches whose structure is or was in the running, the short list first."""
    first = Match.status.in_((MatchStatus.RETAINED, MatchStatus.SHORTLISTED))
    return (
        select(Match)
        .where(Match.need_id == need_id, Match.status.in_(ANSWERED))
        .options(joinedload(Match.structure))
        .order_by(first.desc(), Match.rank, Match.id)
    )


def answering_lot(answered: Select[Match], lot_id: int) -> Select[Match]:
    """Of these matches, those whose answer speaks of a lot."""
    return answered.where(_part_of_match(lot_id).exists())


def cheapest_first(answered: Select[Match], lot_id: int | None) -> Select[Match]:
    """The same by what each asks at least for a lot, or for a need without lots; those that
    give no price come last."""
    least = func.coalesce(AnswerPart.price_min, AnswerPart.price_max)
    price = _part_of_match(lot_id).with_only_columns(least).scalar_subquery()
    return answered.order_by(None).order_by(price.asc().nulls_last(), Match.rank, Match.id)


def _part_of_match(lot_id: int | None) -> Select[AnswerPart]:
    """What the structure of a match sent about a lot."""
    return (
        select(AnswerPart)
        .join(Answer)
        .where(Answer.need_id == Match.need_id, Answer.structure_id == Match.structure_id)
        .where(Answer.status == AnswerStatus.SENT, AnswerPart.lot_id.is_not_distinct_from(lot_id))
        .correlate(Match)
    )


def sent_answers(session: Session, need_id: int) -> dict[int, Answer]:
    """The answers to a need that were sent and not withdrawn, by the id of their structure."""
    sent = (
        select(Answer)
        .where(Answer.need_id == need_id, Answer.status == AnswerStatus.SENT)
        .options(*whole_answer())
    )
    return {answer.structure_id: answer for answer in session.scalars(sent)}


def sent_prices(session: Session, need_id: int) -> dict[int, Answer]:
    """The same with their prices alone, for a list: one query."""
    sent = (
        select(Answer)
        .where(Answer.need_id == need_id, Answer.status == AnswerStatus.SENT)
        .options(joinedload(Answer.parts).joinedload(AnswerPart.lot))
    )
    return {answer.structure_id: answer for answer in session.scalars(sent).unique()}


def lots_answered(session: Session, need_id: int) -> dict[int, list[int]]:
    """The numbers of the lots that each answer which was sent speaks of, by the id of its
    structure; none for an answer to a need without lots."""
    spoken_of = (
        select(Answer.structure_id, Lot.number)
        .select_from(Answer)
        .outerjoin(AnswerPart, AnswerPart.answer_id == Answer.id)
        .outerjoin(Lot, Lot.id == AnswerPart.lot_id)
        .where(Answer.need_id == need_id, Answer.status == AnswerStatus.SENT)
        .order_by(Lot.number)
    )
    found: dict[int, list[int]] = {}
    for structure_id, number in session.execute(spoken_of):
        found.setdefault(structure_id, []).extend([] if number is None else [number])
    return found


class Received(NamedTuple):
    """How many structures answered a need, and how many answers nobody of the buyer opened yet."""

    total: int
    new: int


def answers_received(session: Session, need_ids: Collection[int]) -> dict[int, Received]:
    """What each of these needs received, by its id, and what of it is not opened as it now stands;
    those that nobody answered are left out."""
    new = func.count().filter(Answer.read_version < Answer.version)
    counted = (
        select(Answer.need_id, func.count(), new)
        .where(Answer.need_id.in_(need_ids), Answer.status == AnswerStatus.SENT)
        .group_by(Answer.need_id)
    )
    return {need_id: Received(*counts) for need_id, *counts in session.execute(counted)}


def whole_answer() -> list[Any]:
    """Options that load all that a page shows of an answer."""
    return [
        selectinload(Answer.parts).joinedload(AnswerPart.lot),
        selectinload(Answer.replies).joinedload(AnswerReply.question),
        selectinload(Answer.files).joinedload(AnswerFile.file),
        joinedload(Answer.structure),
    ]


def answer_of(session: Session, need_id: int, structure_id: int) -> Answer | None:
    named = select(Answer).filter_by(need_id=need_id, structure_id=structure_id)
    return session.scalars(named.options(*whole_answer())).first()


def match_of(session: Session, need_id: int, structure_id: int) -> Match | None:
    named = select(Match).filter_by(need_id=need_id, structure_id=structure_id)
    return session.scalars(named.options(joinedload(Match.structure))).first()


def has_answered(session: Session, need_id: int, structure_id: int) -> bool:
    """Whether a structure is or was in the running."""
    match = match_of(session, need_id, structure_id)
    return match is not None and match.status in ANSWERED


def answers_of(structure_ids: Collection[int]) -> Select[Match]:
    """The needs that these structures answered, declined or wrote an answer to, latest first."""
    written = (
        select(Answer)
        .where(Answer.need_id == Match.need_id, Answer.structure_id == Match.structure_id)
        .exists()
    )
    touched = Match.status.in_(ANSWERED | {MatchStatus.DECLINED})
    return (
        select(Match)
        .join(Need)
        .where(Match.structure_id.in_(structure_ids), or_(touched, written))
        .options(joinedload(Match.need).joinedload(Need.organisation))
        .options(joinedload(Match.structure))
        .order_by(Need.deadline_on.desc(), Match.id.desc())
    )


def notes_of(session: Session, need_id: int) -> dict[int, list[BuyerNote]]:
    """The buyer's notes about each structure, latest first."""
    found: dict[int, list[BuyerNote]] = {}
    rows = select(BuyerNote).filter_by(need_id=need_id).options(joinedload(BuyerNote.user))
    for note in session.scalars(rows.order_by(BuyerNote.id.desc())):
        found.setdefault(note.structure_id, []).append(note)
    return found


def enquiries_of(session: Session, need_id: int) -> Sequence[Enquiry]:
    """The questions asked about a need, in their order."""
    asked = select(Enquiry).filter_by(need_id=need_id).order_by(Enquiry.asked_at, Enquiry.id)
    return session.scalars(asked).all()


def outcomes_of(session: Session, need_id: int) -> Sequence[Outcome]:
    """What was decided of a need, lot by lot."""
    decided = select(Outcome).filter_by(need_id=need_id).options(joinedload(Outcome.structure))
    return session.scalars(decided.options(joinedload(Outcome.lot)).order_by(Outcome.id)).all()


def has_outcome(session: Session, need_id: int) -> bool:
    """Whether something is decided, be it of one lot: such a need is not reopened."""
    return bool(session.scalar(select(Outcome.id).filter_by(need_id=need_id).limit(1)))


def has_said_whether_it_helped(session: Session, need_id: int, structure_id: int | None) -> bool:
    said = select(Survey.id).filter_by(need_id=need_id, structure_id=structure_id)
    return session.scalar(said) is not None


def thread_of(session: Session, need_id: int, structure_id: int) -> Thread | None:
    """A conversation with its messages."""
    named = select(Thread).filter_by(need_id=need_id, structure_id=structure_id)
    messages = selectinload(Thread.messages)
    return session.scalars(
        named.options(
            messages.joinedload(Message.user),
            messages.selectinload(Message.files).joinedload(MessageFile.file),
        )
    ).first()


MUTUAL = frozenset({MatchStatus.SHORTLISTED, MatchStatus.RETAINED})


def mutual_structures(session: Session, need_id: int) -> set[int]:
    """The ids of the structures that see how to reach the buyer, and the buyer them: they are
    interested, and the buyer chose them for its short list or wrote to them."""
    written = (
        select(Message.id)
        .join(Thread)
        .where(
            Thread.need_id == need_id,
            Thread.structure_id == Match.structure_id,
            Message.side == Side.BUYER,
        )
        .exists()
    )
    wanted = (Match.status.in_(MUTUAL)) | (Match.status.in_(ANSWERED) & written)
    return set(session.scalars(select(Match.structure_id).where(Match.need_id == need_id, wanted)))


def conversations(bought: Select[Any] | None, structure_ids: Collection[int]) -> Select[Thread]:
    """The conversations of these structures, and about the needs whose ids `bought` selects,
    latest first."""
    theirs: ColumnElement[bool] = Thread.structure_id.in_(structure_ids)
    if bought is not None:
        theirs = theirs | Thread.need_id.in_(bought)
    return (
        select(Thread)
        .where(theirs)
        .options(joinedload(Thread.need).joinedload(Need.organisation))
        .options(joinedload(Thread.structure))
        .order_by(Thread.last_message_at.desc(), Thread.id.desc())
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What a buyer and its facilitator are told about a need at a glance."""

    interested: int
    answers: int
    opened: int
    declines: Mapping[DeclineReason, int]
    waiting_questions: int


def standing_of(session: Session, need_id: int) -> Standing:
    counted = _by_status(need_id).subquery()
    by_status = select(func.jsonb_object_agg(counted.c.status, counted.c.matches))
    sent = select(func.count(Answer.id)).filter_by(need_id=need_id, status=AnswerStatus.SENT)
    waiting = select(func.count(Enquiry.id)).filter_by(need_id=need_id, answered_at=None)
    matches, answers, questions = session.execute(
        select(*(one.scalar_subquery() for one in (by_status, sent, waiting)))
    ).one()
    matches = matches or {}
    return Standing(
        interested=sum(matches.get(status, 0) for status in ANSWERED),
        answers=answers,
        opened=matches.get(MatchStatus.OPENED, 0),
        declines=declines_of(session, need_id) if MatchStatus.DECLINED in matches else {},
        waiting_questions=questions,
    )


def structure_named(session: Session, slug: str, structure_ids: Collection[int]) -> Structure:
    """One of these structures. Raises NoResultFound."""
    named = select(Structure).where(Structure.slug == slug, Structure.id.in_(structure_ids))
    return session.scalars(named).one()


def last_words_of(session: Session, match_id: int) -> MatchMove | None:
    """The latest step of a match."""
    moves = select(MatchMove).filter_by(match_id=match_id).order_by(MatchMove.id.desc()).limit(1)
    return session.scalars(moves).first()
