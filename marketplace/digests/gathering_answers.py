"""What buyers are told of the answers to their needs: sent, amended, taken back."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, aliased

from marketplace.accounts.tables import User
from marketplace.answers.lifecycle import AnswerStatus
from marketplace.answers.tables import Answer, AnswerVersion
from marketplace.digests.tables import Notice, NoticeKind
from marketplace.digests.topics import Topic
from marketplace.digests.untold import LOOKS_BACK, Row, to_buyers, untold
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.tables import Match, MatchMove
from marketplace.needs.tables import Need
from marketplace.structures.tables import Structure


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
