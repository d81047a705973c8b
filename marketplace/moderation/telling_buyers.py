"""Telling a need's buyer what its desk decided."""

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from marketplace import mail
from marketplace.accounts.tables import OrganisationMember, User
from marketplace.mail import Promise
from marketplace.moderation.remarks import REJECTIONS, in_order
from marketplace.moderation.tables import Decision, DeskNote, QueueEntry
from marketplace.needs.lifecycle import Move
from marketplace.needs.tables import Need

KINDS = {
    Move.APPROVE: "moderation/need_published",
    Move.REQUEST_CHANGES: "moderation/need_sent_back",
    Move.REJECT: "moderation/need_not_published",
}
TOPIC = "needs_posted"


def tell_buyers(session: Session, need: Need, decision: Decision, entry: QueueEntry) -> None:
    """Write to who posted a need or, when that account is closed, to its colleagues."""
    asked = {remark.field: remark.words for remark in decision.remarks}
    is_sent_back = decision.move is Move.REQUEST_CHANGES
    for person in _buyers(session, need):
        mail.post(
            session,
            key=f"need_decided:{decision.id}:{person.id}",
            kind=KINDS[decision.move],
            address=person.email,
            promise=Promise.AT_MOST_ONCE,
            user_id=person.id,
            topic=TOPIC,
            link=f"/besoins/{need.slug}{'/modifier' if is_sent_back else ''}",
            name=person.full_name,
            need=need.title,
            desk=entry.desk.name,
            reason=decision.reason,
            motive=REJECTIONS.get(decision.reason_code, ""),
            remarks=[{"label": label, "words": words} for _, label, words in in_order(asked)],
            adjusted=adjusted_before(session, need.id),
        )


def _buyers(session: Session, need: Need) -> Sequence[User]:
    if need.author.is_active:
        return [need.author]
    theirs = or_(
        OrganisationMember.organisation_id == need.organisation_id,
        OrganisationMember.organisation_id == need.platform_id,
    )
    members = select(OrganisationMember.user_id).where(theirs)
    colleagues = select(User).where(User.id.in_(members), User.is_active).order_by(User.id)
    return session.scalars(colleagues).all()


def adjusted_before(session: Session, need_id: int) -> list[str]:
    """How desks changed the targeting of a need before publishing it, in words."""
    notes = (
        select(DeskNote.words)
        .where(DeskNote.need_id == need_id, DeskNote.changes.is_not(None))
        .order_by(DeskNote.id)
    )
    return list(session.scalars(notes))
