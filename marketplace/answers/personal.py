"""What answers hold about a person. All of it stays: an answer is its structure's, an outcome
its buyer's. The account that they name is what loses its name."""

from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from marketplace.answers.consortium_tables import (
    Consortium,
    ConsortiumEvent,
    ConsortiumMessage,
)
from marketplace.answers.support_tables import NeedProposal, OfferInvitation
from marketplace.answers.tables import (
    Answer,
    AnswerVersion,
    BuyerNote,
    Enquiry,
    MatchReminder,
    Message,
    Outcome,
    Survey,
    Thread,
)
from marketplace.matching.tables import Match
from marketplace.needs.tables import Need


def export_of(session: Session, user_id: int) -> dict[str, list[dict[str, object]]]:
    return {
        "reponses": [
            {"besoin": title, "etat": row.status, "message": row.message, "le": row.saved_at}
            for row, title in session.execute(
                _of(Answer).where(Answer.author_id == user_id).order_by(Answer.id)
            )
        ],
        "versions_de_reponses": [
            {"besoin": title, "numero": row.number, "contenu": row.content, "le": row.sent_at}
            for row, title in session.execute(
                select(AnswerVersion, Need.title)
                .join(Answer, Answer.id == AnswerVersion.answer_id)
                .join(Need, Need.id == Answer.need_id)
                .where(AnswerVersion.user_id == user_id)
                .order_by(AnswerVersion.answer_id, AnswerVersion.number)
            )
        ],
        "notes_sur_les_reponses": [
            {"besoin": title, "note": row.words, "le": row.written_at}
            for row, title in session.execute(
                _of(BuyerNote).where(BuyerNote.user_id == user_id).order_by(BuyerNote.id)
            )
        ],
        "relances": [
            {"besoin": title, "le": row.reminded_at}
            for row, title in session.execute(
                select(MatchReminder, Need.title)
                .join(Match, Match.id == MatchReminder.match_id)
                .join(Need, Need.id == Match.need_id)
                .where(MatchReminder.user_id == user_id)
                .order_by(MatchReminder.match_id)
            )
        ],
        "questions_posees": [
            {"besoin": title, "question": row.words, "le": row.asked_at}
            for row, title in session.execute(
                _of(Enquiry).where(Enquiry.user_id == user_id).order_by(Enquiry.id)
            )
        ],
        "reponses_aux_questions": [
            {"besoin": title, "reponse": row.answer, "le": row.answered_at}
            for row, title in session.execute(
                _of(Enquiry).where(Enquiry.answered_by_id == user_id).order_by(Enquiry.id)
            )
        ],
        "issues_de_besoins": [
            {"besoin": title, "issue": row.result, "motif": row.reason, "le": row.decided_at}
            for row, title in session.execute(
                _of(Outcome).where(Outcome.decided_by_id == user_id).order_by(Outcome.id)
            )
        ],
        "messages": [
            {"besoin": title, "message": row.words, "le": row.sent_at}
            for row, title in session.execute(
                select(Message, Need.title)
                .join(Thread, Thread.id == Message.thread_id)
                .join(Need, Need.id == Thread.need_id)
                .where(Message.user_id == user_id)
                .order_by(Message.id)
            )
        ],
        "avis": [
            {"besoin": title, "avis": row.helped, "precisions": row.comment, "le": row.said_at}
            for row, title in session.execute(
                _of(Survey).where(Survey.user_id == user_id).order_by(Survey.id)
            )
        ],
        "etapes_des_groupements": [
            {"besoin": title, "etape": row.event, "le": row.happened_at}
            for row, title in session.execute(
                _in_groups(ConsortiumEvent, user_id).order_by(ConsortiumEvent.id)
            )
        ],
        "messages_des_groupements": [
            {"besoin": title, "message": row.words, "le": row.sent_at}
            for row, title in session.execute(
                _in_groups(ConsortiumMessage, user_id).order_by(ConsortiumMessage.id)
            )
        ],
        "propositions_de_changement": [
            {"besoin": title, "proposition": row.words, "le": row.proposed_at}
            for row, title in session.execute(
                _of(NeedProposal)
                .where(NeedProposal.proposed_by_id == user_id)
                .order_by(NeedProposal.id)
            )
        ],
        "propositions_decidees": [
            {"besoin": title, "decision": row.status, "le": row.decided_at}
            for row, title in session.execute(
                _of(NeedProposal)
                .where(NeedProposal.decided_by_id == user_id)
                .order_by(NeedProposal.id)
            )
        ],
        "structures_invitees_a_publier": [
            {"besoin": title, "le": row.invited_at}
            for row, title in session.execute(
                _of(OfferInvitation)
                .where(OfferInvitation.user_id == user_id)
                .order_by(OfferInvitation.id)
            )
        ],
    }


def _in_groups(
    rows: type[ConsortiumEvent] | type[ConsortiumMessage], user_id: int
) -> Select[Any, str]:
    """What a person did or said in groups, each with the title of the need."""
    return (
        select(rows, Need.title)
        .join(Consortium, Consortium.id == rows.consortium_id)
        .join(Need, Need.id == Consortium.need_id)
        .where(rows.user_id == user_id)
    )


def _of(
    rows: type[Answer]
    | type[BuyerNote]
    | type[Enquiry]
    | type[NeedProposal]
    | type[OfferInvitation]
    | type[Outcome]
    | type[Survey],
) -> Select[Any, str]:
    """Rows of a need, each with its title."""
    return select(rows, Need.title).join(Need, Need.id == rows.need_id)
