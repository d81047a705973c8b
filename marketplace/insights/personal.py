"""What figures hold about a person. It stays: spending and studies are their organisation's."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.insights.spend_tables import PotentialStudy, SpendFile


def export_of(session: Session, user_id: int) -> dict[str, list[dict[str, object]]]:
    files = select(SpendFile).filter_by(author_id=user_id).order_by(SpendFile.id)
    studies = select(PotentialStudy).filter_by(author_id=user_id).order_by(PotentialStudy.id)
    return {
        "depenses_importees": _rows(session.scalars(files)),
        "etudes_de_potentiel": _rows(session.scalars(studies)),
    }


def _rows(kept: Iterable[SpendFile | PotentialStudy]) -> list[dict[str, object]]:
    return [
        {"nom": row.name, "organisme": row.organisation.name, "le": row.created_at} for row in kept
    ]
