"""What stored files hold about a person. They stay with what they belong to: a need and its
answers have to be explained. The account that they name is what loses its name."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.files.tables import StoredFile


def export_of(session: Session, user_id: int) -> dict[str, list[dict[str, object]]]:
    handed_in = select(StoredFile).filter_by(user_id=user_id).order_by(StoredFile.id)
    return {
        "fichiers_joints": [
            {"nom": row.name, "format": row.format, "octets": row.size, "joint_le": row.stored_at}
            for row in session.scalars(handed_in)
        ]
    }
