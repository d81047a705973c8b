"""What structures hold about a person: handed over, or forgotten."""

from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session, joinedload

from marketplace.structures.import_tables import StructureImport
from marketplace.structures.network_tables import NetworkPartner
from marketplace.structures.tables import StructureChange, StructureClaim, StructureMember


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
    changes = session.scalars(
        select(StructureChange)
        .filter_by(user_id=user_id)
        .options(joinedload(StructureChange.structure))
        .order_by(StructureChange.id)
    )
    partner = select(NetworkPartner).filter_by(user_id=user_id)
    handed_in = select(StructureImport).filter_by(user_id=user_id).order_by(StructureImport.id)
    return {
        "reseaux": [
            {"reseau": row.network.name, "depuis_le": row.joined_at}
            for row in session.scalars(partner.options(joinedload(NetworkPartner.network)))
        ],
        "registres_importes": [
            {"fichier": row.file_name, "lignes": row.total, "le": row.handed_in_at}
            for row in session.scalars(handed_in)
        ],
        "modifications_des_structures": [
            {
                "structure": row.structure.name,
                "champ": row.field,
                "le": row.changed_at,
                "avant": row.before,
                "apres": row.after,
            }
            for row in changes
        ],
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
            _claim(row) | {"message": row.message, "structure_proposee": row.proposed}
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
    """It speaks for no structure nor network any more. Its claims stay, closed and wordless."""
    for table in (StructureMember, NetworkPartner):
        session.execute(delete(table).where(table.user_id == user_id))
    session.execute(
        update(StructureClaim)
        .where(StructureClaim.user_id == user_id)
        .values(
            message="",
            reason="",
            proposed={},
            is_accepted=func.coalesce(StructureClaim.is_accepted, False),
            decided_at=func.coalesce(StructureClaim.decided_at, now),
        )
    )
