"""Asking structures whether what they said of their offers long ago still holds."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.digests.tables import Notice, NoticeKind
from marketplace.digests.topics import Topic
from marketplace.digests.untold import Row, untold
from marketplace.offers.queries import to_confirm
from marketplace.offers.tables import Offer
from marketplace.offers.wording import holds
from marketplace.structures.tables import Structure, StructureMember

KIND = NoticeKind.OFFER_TO_CONFIRM


def forget_answered(session: Session, now: datetime) -> None:
    """An offer that was confirmed, paused or archived is asked about no more; a year later, it
    is asked about anew."""
    asked = select(Offer.id).where(Offer.id == Notice.subject_id, to_confirm(now))
    session.execute(
        delete(Notice)
        .where(Notice.kind == KIND, ~asked.exists())
        .execution_options(synchronize_session=False)
    )


def to_ask(session: Session, now: datetime) -> Iterator[Row]:
    """To the people of a structure, each of its offers that waits to be confirmed."""
    found = (
        select(User.id, Offer, Structure.slug)
        .select_from(Offer)
        .join(Structure, Structure.id == Offer.structure_id)
        .join(StructureMember, StructureMember.structure_id == Structure.id)
        .join(User, User.id == StructureMember.user_id)
        .where(to_confirm(now), Structure.is_active)
        .order_by(Offer.id, User.id)
    )
    for user_id, offer, slug in session.execute(untold(found, KIND, Offer.id)):
        yield {
            "user_id": user_id,
            "topic": Topic.OFFERS,
            "kind": KIND,
            "subject_id": offer.id,
            "need_id": None,
            "title": f"«\u00a0{offer.title}\u00a0», confirmée le {holds(offer)}, "
            "vaut-elle toujours\u00a0?",
            "link": f"/structures/{slug}/offres/{offer.id}",
            "ready_at": now,
        }
