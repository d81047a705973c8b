"""What needs hold about a person. It stays, but for the purchases that it follows: a need is
its organisation's, and what became of it has to be explained. The account that it names is what
loses its name."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from marketplace.needs.plan_tables import PlanFollow, PlannedPurchase
from marketplace.needs.tables import Need, NeedAmendment, NeedMove


def export_of(session: Session, user_id: int) -> dict[str, list[dict[str, object]]]:
    needs = session.scalars(
        select(Need)
        .filter_by(author_id=user_id)
        .options(joinedload(Need.organisation))
        .order_by(Need.id)
    )
    moves = session.execute(
        select(NeedMove, Need.title)
        .join(Need, Need.id == NeedMove.need_id)
        .where(NeedMove.user_id == user_id)
        .order_by(NeedMove.id)
    )
    amendments = session.execute(
        select(NeedAmendment, Need.title)
        .join(Need, Need.id == NeedAmendment.need_id)
        .where(NeedAmendment.user_id == user_id)
        .order_by(NeedAmendment.id)
    )
    plans = session.scalars(
        select(PlannedPurchase).filter_by(author_id=user_id).order_by(PlannedPurchase.id)
    )
    follows = session.execute(
        select(PlanFollow, PlannedPurchase.title)
        .join(PlannedPurchase, PlannedPurchase.id == PlanFollow.plan_id)
        .where(PlanFollow.user_id == user_id)
        .order_by(PlanFollow.plan_id)
    )
    return {
        "achats_prevus": [{"achat": row.title, "annonce_le": row.created_at} for row in plans],
        "achats_suivis": [{"achat": title, "depuis_le": row.followed_at} for row, title in follows],
        "besoins_deposes": [
            {
                "besoin": row.title,
                "organisme": row.organisation.name,
                "description": row.description,
                "etat": row.status,
                "cree_le": row.created_at,
                "publie_le": row.published_at,
                "reponses_jusqu_au": row.deadline_on,
            }
            for row in needs
        ],
        "etapes_des_besoins": [
            {"besoin": title, "etape": row.move, "le": row.moved_at, "motif": row.reason}
            for row, title in moves
        ],
        "modifications_des_besoins": [
            {"besoin": title, "le": row.amended_at, "changements": row.changes}
            for row, title in amendments
        ],
    }


def erase(session: Session, user_id: int) -> None:
    session.execute(delete(PlanFollow).filter_by(user_id=user_id))
