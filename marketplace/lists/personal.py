"""What lists and saved searches hold about a person: handed over, or forgotten."""

from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session, joinedload

from marketplace.lists.export_tables import Export, ExportChoice
from marketplace.lists.tables import Favourite, FavouriteList, SavedSearch


def export_of(session: Session, user_id: int) -> dict[str, list[dict[str, object]]]:
    lists = select(FavouriteList).filter_by(owner_id=user_id).order_by(FavouriteList.id)
    kept = select(Favourite).filter_by(added_by_id=user_id).order_by(Favourite.added_at)
    searches = select(SavedSearch).filter_by(user_id=user_id).order_by(SavedSearch.id)
    choices = select(ExportChoice).filter_by(user_id=user_id).order_by(ExportChoice.sheet)
    taken = select(Export).filter_by(user_id=user_id).order_by(Export.id)
    return {
        "colonnes_exportees": [
            {"tableau": row.sheet, "colonnes": row.columns, "format": row.format}
            for row in session.scalars(choices)
        ],
        "exports": [
            {"tableau": row.sheet, "recherche": row.asked, "lignes": row.total, "le": row.asked_at}
            for row in session.scalars(taken)
        ],
        "listes": [
            {"nom": row.name, "partagee": row.organisation_id is not None, "le": row.created_at}
            for row in session.scalars(lists)
        ],
        "structures_gardees": [
            {
                "structure": row.structure.name,
                "siret": row.structure.siret,
                "note": row.note,
                "le": row.added_at,
            }
            for row in session.scalars(kept.options(joinedload(Favourite.structure)))
        ],
        "recherches_enregistrees": [
            {
                "nom": row.name,
                "recherche": row.asked,
                "suivie": row.is_watched,
                "le": row.created_at,
            }
            for row in session.scalars(searches)
        ],
    }


def erase(session: Session, user_id: int, now: datetime) -> None:
    """Its own lists and searches go; what it shared stays to its colleagues, without its name
    nor the notes that it may have signed."""
    own = FavouriteList.owner_id == user_id
    alone = select(FavouriteList.id).where(own, FavouriteList.organisation_id.is_(None))
    session.execute(delete(Favourite).where(Favourite.list_id.in_(alone)))
    session.execute(
        update(Favourite).where(Favourite.added_by_id == user_id).values(added_by_id=None, note="")
    )
    session.execute(delete(FavouriteList).where(FavouriteList.id.in_(alone)))
    session.execute(update(FavouriteList).where(own).values(owner_id=None))
    for table in (SavedSearch, ExportChoice, Export):
        session.execute(delete(table).where(table.user_id == user_id))
