"""What structures hold about a person: handed over, or forgotten."""

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, joinedload

from marketplace.structures.tables import StructureClaim, StructureMember


def export_of(session: Session, user_id: int) -> dict[str, list[dict[str, object]]]:
    memberships = session.scalars(
        select(StructureMember)
        .filter_by(user_id=user_id)
        .options(joinedload(StructureMember.structure))
    )
    claims = (
        select(StructureClaim)
        .options(joinedload(StructureClaim.structure))
        .order_by(StructureClaim.id)
    )
    return {
        "structures": [
            {
                "structure": row.structure.name,
                "siret": row.structure.siret,
                "role": row.role,
                "depuis_le": row.joined_at,
            }
            for row in memberships
        ],
        "demandes_aux_structures": [
            _claim(row) | {"message": row.message}
            for row in session.scalars(claims.filter_by(user_id=user_id))
        ],
        "demandes_aux_structures_decidees": [
            _claim(row) for row in session.scalars(claims.filter_by(decided_by_id=user_id))
        ],
    }


def _claim(row: StructureClaim) -> dict[str, object]:
    return {
        "structure": row.structure.name,
        "siret": row.structure.siret,
        "demande_le": row.asked_at,
        "decide_le": row.decided_at,
        "accepte": row.is_accepted,
        "motif": row.reason,
    }


def erase(session: Session, user_id: int, now: datetime) -> None:
    """It speaks for no structure any more. Its claims stay, closed and without their words."""
    session.execute(delete(StructureMember).where(StructureMember.user_id == user_id))
    session.execute(
        update(StructureClaim)
        .where(StructureClaim.user_id == user_id)
        .values(
            message="",
            reason="",
            is_accepted=func.coalesce(StructureClaim.is_accepted, False),
            decided_at=func.coalesce(StructureClaim.decided_at, now),
        )
    )
