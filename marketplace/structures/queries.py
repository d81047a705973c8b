"""Reads: structures, by who speaks for them and by name."""

from collections.abc import Collection, Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from marketplace.structures.tables import Structure, StructureReference, StructureSite


def structures_of(session: Session, ids: Collection[int]) -> Sequence[Structure]:
    """These structures, by name."""
    return session.scalars(by_name(select(Structure).where(Structure.id.in_(ids)))).all()


def live_structures() -> Select[Structure]:
    """The structures that are open, by name."""
    return by_name(select(Structure).where(Structure.is_active))


def by_name(structures: Select[Structure]) -> Select[Structure]:
    """Ordered as a French reader expects on every host, whatever its collation."""
    return structures.order_by(Structure.sort_key, Structure.id)


def structures_named(session: Session, slugs: Sequence[str]) -> Sequence[Structure]:
    """The open structures with these slugs, in their order."""
    named = select(Structure).where(Structure.slug.in_(slugs), Structure.is_active)
    return sorted(session.scalars(named), key=lambda structure: slugs.index(structure.slug))


def sites_of(session: Session, structure_id: int) -> Sequence[StructureSite]:
    """Where a structure works besides its seat, in the order of entry."""
    own = select(StructureSite).where(StructureSite.structure_id == structure_id)
    return session.scalars(own.order_by(StructureSite.id)).all()


def references_of(session: Session, structure_id: int) -> Sequence[StructureReference]:
    """The clients that a structure names, the latest first."""
    own = select(StructureReference).where(StructureReference.structure_id == structure_id)
    latest = StructureReference.year.desc().nulls_last()
    return session.scalars(own.order_by(latest, StructureReference.id)).all()
