"""What offers hold about a person. All of it stays: an offer is its structure's."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.offers.tables import Offer, OfferMove


def export_of(session: Session, user_id: int) -> dict[str, list[dict[str, object]]]:
    moves = session.execute(
        select(OfferMove, Offer.title)
        .join(Offer, Offer.id == OfferMove.offer_id)
        .where(OfferMove.user_id == user_id)
        .order_by(OfferMove.id)
    )
    return {
        "etapes_des_offres": [
            {"offre": title, "etape": row.move, "le": row.moved_at, "motif": row.reason}
            for row, title in moves
        ]
    }
