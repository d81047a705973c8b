"""Loading the sectors that the package ships."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.sectors.nomenclature import GROUPS, SECTORS
from marketplace.sectors.tables import SectorGroup, SectorRow


def load_reference(session: Session) -> None:
    """Bring groups and sectors up to date. Nothing is removed: old needs keep their sectors."""
    groups = insert(SectorGroup).values(
        [
            {"slug": group.slug, "name": group.name, "position": position}
            for position, group in enumerate(GROUPS)
        ]
    )
    session.execute(
        groups.on_conflict_do_update(
            index_elements=["slug"],
            set_={"name": groups.excluded.name, "position": groups.excluded.position},
        )
    )
    sectors = insert(SectorRow).values(
        [
            {"slug": s.slug, "group_slug": s.group.slug, "name": s.name, "position": s.index}
            for s in SECTORS
        ]
    )
    session.execute(
        sectors.on_conflict_do_update(
            index_elements=["slug"],
            set_={
                "group_slug": sectors.excluded.group_slug,
                "name": sectors.excluded.name,
                "position": sectors.excluded.position,
            },
        )
    )
