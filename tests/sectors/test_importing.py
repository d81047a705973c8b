from sqlalchemy import func, select, update

from marketplace.sectors.importing import load_reference
from marketplace.sectors.nomenclature import GROUPS, SECTORS
from marketplace.sectors.queries import all_groups
from marketplace.sectors.tables import SectorGroup, SectorRow


def test_loading_twice_changes_nothing_and_a_spoilt_name_comes_back(session) -> None:
    session.execute(update(SectorGroup).values(name="?"))
    load_reference(session)
    load_reference(session)
    assert session.scalar(select(func.count()).select_from(SectorRow)) == 154
    assert "?" not in session.scalars(select(SectorGroup.name)).all()
    session.rollback()


def test_forms_show_groups_and_sectors_in_the_order_of_the_nomenclature(session) -> None:
    groups = all_groups(session)
    assert [group.slug for group in groups] == [group.slug for group in GROUPS]
    assert [s.slug for group in groups for s in group.sectors] == [s.slug for s in SECTORS]
