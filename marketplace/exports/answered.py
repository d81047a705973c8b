"""The answers to a buyer's needs: a row a lot that is answered, one for who is only interested."""

from collections.abc import Iterator
from itertools import groupby

from sqlalchemy import Row, Select, and_, func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from marketplace.answers import queries, wording
from marketplace.answers.consortium_queries import answering_groups
from marketplace.answers.lifecycle import AnswerStatus
from marketplace.answers.tables import Answer, AnswerPart, AnswerReply
from marketplace.exports.shapes import NEED, STRUCTURE, Column, Pairs, Sheet, Told
from marketplace.guards.roles import Viewer
from marketplace.guards.scopes import bought_by
from marketplace.matching.lifecycle import ANSWERED
from marketplace.matching.tables import Match
from marketplace.needs.tables import Lot, Need


def _received(viewer: Viewer, asked: Pairs) -> Select[Match, Answer, AnswerPart]:
    """Of all the needs that this person buys for, or of the one that the address names."""
    sent = and_(
        Answer.need_id == Match.need_id,
        Answer.structure_id == Match.structure_id,
        Answer.status == AnswerStatus.SENT,
    )
    rows = (
        select(Match, Answer, AnswerPart)
        .join(Need, Need.id == Match.need_id)
        .outerjoin(Answer, sent)
        .outerjoin(AnswerPart, AnswerPart.answer_id == Answer.id)
        .where(bought_by(viewer), Match.status.in_(ANSWERED))
    )
    named = next((value for name, value in asked if name == "besoin"), None)
    return rows if named is None else rows.where(Need.slug == named)


def _total(session: Session, viewer: Viewer, asked: Pairs) -> int:
    rows = _received(viewer, asked).with_only_columns(Match.id).subquery()
    return session.scalar(select(func.count()).select_from(rows)) or 0


def _rows(session: Session, viewer: Viewer, asked: Pairs) -> Iterator[Told]:
    replies = selectinload(Answer.replies).joinedload(AnswerReply.question)
    wanted = (
        _received(viewer, asked)
        .outerjoin(Lot, Lot.id == AnswerPart.lot_id)
        .options(joinedload(Match.need), joinedload(Match.structure), replies)
        .options(joinedload(AnswerPart.lot))
        .order_by(Match.need_id.desc(), Match.rank, Match.id, Lot.number)
    )
    found = session.execute(wanted).all()
    for need_id, rows in groupby(found, key=_need_of):
        notes = queries.notes_of(session, need_id)
        groups = answering_groups(session, need_id)
        for match, answer, part in rows:
            yield Told(
                viewer,
                match.structure,
                need=match.need,
                match=match,
                answer=answer,
                part=part,
                notes=notes.get(match.structure_id, ()),
                groups=groups.get(match.structure_id, ()),
            )


def _need_of(row: Row[Match, Answer, AnswerPart]) -> int:
    return row[0].need_id


def _of_part(told: Told, name: str) -> object:
    return getattr(told.part, name) if told.part else None


def _of_answer(told: Told, name: str) -> object:
    return getattr(told.answer, name) if told.answer else None


def _lot(told: Told) -> object:
    return told.part.lot.number if told.part and told.part.lot else None


def _replies(told: Told) -> str:
    replies = told.answer.replies if told.answer else []
    ordered = sorted(replies, key=lambda reply: reply.question.number)
    return "\n".join(f"{reply.question.words}\u00a0: {reply.words}" for reply in ordered)


def _notes(told: Told) -> str:
    return "\n".join(f"{note.user.full_name}\u00a0: {note.words}" for note in told.notes)


def _groups(told: Told) -> str:
    return ", ".join(f"Mené par {group.lead.display_name}" for group in told.groups)


_COLUMNS: dict[str, Column] = {
    "title": NEED["title"],
    **{name: STRUCTURE[name] for name in ("name", "siret", "kind", "city", "email", "phone")},
    "state": ("État", lambda told: wording.MATCH_STATUSES[told.match.status]),
    "sent": ("Reçue le", lambda told: _of_answer(told, "sent_at")),
    "version": ("Version", lambda told: _of_answer(told, "version")),
    "lot": ("Lot", _lot),
    "price_min": ("Prix minimal (€ HT)", lambda told: _of_part(told, "price_min")),
    "price_max": ("Prix maximal (€ HT)", lambda told: _of_part(told, "price_max")),
    "capacity": ("Capacité", lambda told: _of_part(told, "capacity")),
    "starts": ("Début possible", lambda told: _of_part(told, "starts_on")),
    "message": ("Message", lambda told: _of_answer(told, "message")),
    "replies": ("Réponses à vos questions", _replies),
    "notes": ("Notes de votre équipe", _notes),
    "group": ("Groupement", _groups),
}
SHEET = Sheet(
    "Les réponses à vos besoins",
    _COLUMNS,
    ("title", "name", "siret", "city", "state", "sent", "lot", "price_min", "price_max"),
    _total,
    _rows,
)
