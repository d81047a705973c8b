"""What buyers are told of the answers to their needs: sent, amended, taken back; and what silent
structures are told of the questions that buyers answer."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from marketplace.accounts.tables import User
from marketplace.answers.lifecycle import STANDING, AnswerStatus
from marketplace.answers.support_queries import SILENT
from marketplace.answers.tables import Answer, AnswerVersion, Enquiry
from marketplace.digests.tables import Notice, NoticeKind
from marketplace.digests.topics import Topic
from marketplace.digests.untold import LOOKS_BACK, Row, to_buyers, untold
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.tables import Match, MatchMove
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need
from marketplace.structures.tables import Structure, StructureMember


def received(session: Session, now: datetime) -> Iterator[Row]:
    found = to_buyers(
        select(User.id, Answer.id, Need, Structure)
        .select_from(Answer)
        .join(Need, Need.id == Answer.need_id)
        .join(Structure, Structure.id == Answer.structure_id)
    ).where(*_sent(now))
    kind = NoticeKind.ANSWER_RECEIVED
    for user_id, answer_id, need, structure in session.execute(untold(found, kind, Answer.id)):
        yield _row(kind, user_id, answer_id, need, structure, "répond à", now)


def amended(session: Session, now: datetime) -> Iterator[Row]:
    """The last version of an answer, to who was told of one before."""
    told = select(Notice.id).where(
        Notice.user_id == User.id,
        Notice.kind == NoticeKind.ANSWER_RECEIVED,
        Notice.subject_id == Answer.id,
        Notice.ready_at < Answer.sent_at,
    )
    found = to_buyers(
        select(User.id, AnswerVersion.id, Answer.version, Need, Structure)
        .select_from(AnswerVersion)
        .join(Answer, Answer.id == AnswerVersion.answer_id)
        .join(Need, Need.id == Answer.need_id)
        .join(Structure, Structure.id == Answer.structure_id)
    ).where(
        *_sent(now),
        AnswerVersion.number == Answer.version,
        told.correlate(User, Answer).exists(),
    )
    kind = NoticeKind.ANSWER_AMENDED
    for user_id, version_id, number, need, structure in session.execute(
        untold(found, kind, AnswerVersion.id)
    ):
        said = f"modifie sa réponse (version\u00a0{number}) à"
        yield _row(kind, user_id, version_id, need, structure, said, now)


def _sent(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """Of an answer: it stands, and is news."""
    return Answer.status == AnswerStatus.SENT, Answer.sent_at > now - LOOKS_BACK


def taken_back(session: Session, now: datetime) -> Iterator[Row]:
    """Structures that decline after they were interested, be it by an answer."""
    before = aliased(MatchMove)
    stood = select(before.id).where(
        before.match_id == MatchMove.match_id,
        before.status == MatchStatus.INTERESTED,
        before.id < MatchMove.id,
    )
    found = to_buyers(
        select(User.id, MatchMove.id, Need, Structure)
        .select_from(MatchMove)
        .join(Match, Match.id == MatchMove.match_id)
        .join(Need, Need.id == Match.need_id)
        .join(Structure, Structure.id == Match.structure_id)
    ).where(
        MatchMove.status == MatchStatus.DECLINED,
        Match.status == MatchStatus.DECLINED,
        MatchMove.moved_at > now - LOOKS_BACK,
        stood.exists(),
    )
    kind = NoticeKind.ANSWER_TAKEN_BACK
    for user_id, move_id, need, structure in session.execute(untold(found, kind, MatchMove.id)):
        said = "ne répond plus à"
        yield _row(kind, user_id, move_id, need, structure, said, now) | {
            "link": f"/besoins/{need.slug}/reponses#refus"
        }


def questions(session: Session, now: datetime) -> Iterator[Row]:
    """The first answer to a public question, for the people of structures that knew the need by
    then and say nothing; who asked it and who is in the running were written to."""
    own, theirs = aliased(StructureMember), aliased(Match)
    was_told = select(MatchMove.id).where(
        MatchMove.match_id == Match.id,
        MatchMove.status == MatchStatus.NOTIFIED,
        MatchMove.moved_at < Enquiry.answered_at,
    )
    written_to = (
        select(theirs.id)
        .join(own, own.structure_id == theirs.structure_id)
        .where(
            own.user_id == User.id,
            theirs.need_id == Enquiry.need_id,
            theirs.status.in_(STANDING) | (theirs.structure_id == Enquiry.structure_id),
        )
    )
    found = (
        select(User.id, Enquiry.id, Need)
        .distinct()
        .select_from(Enquiry)
        .join(Need, Need.id == Enquiry.need_id)
        .join(Match, Match.need_id == Need.id)
        .join(StructureMember, StructureMember.structure_id == Match.structure_id)
        .join(User, User.id == StructureMember.user_id)
        .where(
            is_open(now),
            Enquiry.answered_at > now - LOOKS_BACK,
            Match.status.in_(SILENT),
            was_told.correlate(Match, Enquiry).exists(),
            ~written_to.correlate(User, Enquiry).exists(),
        )
    )
    kind = NoticeKind.ENQUIRY_ANSWERED
    for user_id, enquiry_id, need in session.execute(untold(found, kind, Enquiry.id)):
        yield {
            "user_id": user_id,
            "topic": Topic.NEEDS,
            "kind": kind,
            "subject_id": enquiry_id,
            "need_id": need.id,
            "title": f"L'acheteur répond à une question sur «\u00a0{need.title}\u00a0»",
            "link": f"/besoins/{need.slug}/questions",
            "ready_at": now,
        }


def _row(
    kind: NoticeKind,
    user_id: int,
    subject_id: int,
    need: Need,
    structure: Structure,
    said: str,
    now: datetime,
) -> Row:
    return {
        "user_id": user_id,
        "topic": Topic.ANSWERS,
        "kind": kind,
        "subject_id": subject_id,
        "need_id": need.id,
        "title": f"{structure.display_name} {said} «\u00a0{need.title}\u00a0»",
        "link": f"/besoins/{need.slug}/reponses/{structure.slug}",
        "ready_at": now,
    }
