"""What the people of a structure say of it, and who changed what, when."""

from datetime import date, datetime
from typing import TypedDict

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.clock import PARIS
from marketplace.structures.tables import (
    Structure,
    StructureChange,
    StructureReference,
    StructureSite,
)
from marketplace.structures.wording import shown
from marketplace.territories.gazetteer import Commune
from marketplace.text import sort_key

MOST_SITES = 50
MOST_REFERENCES = 50

FOR_RANKING = frozenset(
    {"absent_until", "brand", "city", "environmental_tags", "is_in_qpv", "postcode"}
    | {"team_insertion"}
)
"""What the ranking of needs reads: when it changes, shortlists do too."""


class Said(TypedDict, total=False):
    """What one page of the profile says; what is left out stays as it was."""

    brand: str
    description: str
    website: str
    contact_name: str
    email: str
    phone: str
    address: str
    postcode: str
    is_in_qpv: bool | None
    is_in_frr: bool | None
    team_insertion: int | None
    team_permanent: int | None
    turnover: int | None
    turnover_year: int | None
    labels: list[str]
    networks: list[str]
    environmental_tags: list[str]
    absent_until: date | None


class TooMany(Exception):
    """A structure names so many places or clients already that nobody reads them."""


def change_profile(
    session: Session, structure_id: int, said: Said, user_id: int, now: datetime
) -> set[str]:
    """Keep what a page says, and a row for each field that differs: the names of these."""
    structure = _locked(session, structure_id)
    changed = set()
    for field, value in said.items():
        before = getattr(structure, field)
        if before == value:
            continue
        setattr(structure, field, value)
        _note(session, structure_id, field, shown(field, before), shown(field, value), user_id, now)
        changed.add(field)
    if "brand" in changed:
        structure.sort_key = sort_key(structure.display_name)[:300]
    if changed & {"is_in_qpv", "is_in_frr"}:
        structure.seat_checked_on = now.astimezone(PARIS).date()
    return changed


def move_seat(
    session: Session, structure_id: int, commune: Commune, user_id: int, now: datetime
) -> set[str]:
    """Seat a structure in another commune, at its middle until a register tells the street.

    In the commune where it already is, its own point stays.
    """
    structure = _locked(session, structure_id)
    if structure.commune_code == commune.code:
        return set()
    before = structure.city
    structure.commune_code, structure.city = commune.code, commune.name
    structure.department_code = commune.department
    structure.lat, structure.lon = commune.lat, commune.lon
    structure.is_point_approximate = True
    _note(session, structure_id, "city", before, commune.name, user_id, now)
    return {"city"}


def add_site(
    session: Session,
    structure_id: int,
    label: str,
    address: str,
    commune: Commune,
    user_id: int,
    now: datetime,
) -> StructureSite:
    """Another place where it works. Raises TooMany."""
    _locked(session, structure_id)
    if len(sites_of(session, structure_id)) >= MOST_SITES:
        raise TooMany
    site = StructureSite(
        structure_id=structure_id,
        label=label,
        address=address,
        commune_code=commune.code,
        lat=commune.lat,
        lon=commune.lon,
    )
    session.add(site)
    _note(session, structure_id, "sites", "", f"{label}, {commune.name}", user_id, now)
    session.flush()
    return site


def remove_site(
    session: Session, structure_id: int, site_id: int, user_id: int, now: datetime
) -> None:
    """Raises NoResultFound, also for a place of another structure."""
    named = select(StructureSite).filter_by(id=site_id, structure_id=structure_id)
    site = session.scalars(named.with_for_update()).one()
    session.delete(site)
    _note(session, structure_id, "sites", site.label, "", user_id, now)


def add_reference(
    session: Session,
    structure_id: int,
    client: str,
    work: str,
    year: int | None,
    user_id: int,
    now: datetime,
) -> StructureReference:
    """A client that it names. Raises TooMany."""
    _locked(session, structure_id)
    if len(references_of(session, structure_id)) >= MOST_REFERENCES:
        raise TooMany
    reference = StructureReference(structure_id=structure_id, client=client, work=work, year=year)
    session.add(reference)
    _note(session, structure_id, "references", "", client, user_id, now)
    session.flush()
    return reference


def remove_reference(
    session: Session, structure_id: int, reference_id: int, user_id: int, now: datetime
) -> None:
    """Raises NoResultFound, also for a client of another structure."""
    named = select(StructureReference).filter_by(id=reference_id, structure_id=structure_id)
    reference = session.scalars(named.with_for_update()).one()
    session.delete(reference)
    _note(session, structure_id, "references", reference.client, "", user_id, now)


def sites_of(session: Session, structure_id: int) -> list[StructureSite]:
    """In the order in which they were added."""
    sites = select(StructureSite).filter_by(structure_id=structure_id)
    return list(session.scalars(sites.order_by(StructureSite.id)))


def references_of(session: Session, structure_id: int) -> list[StructureReference]:
    """The latest work first; those without a year last."""
    references = select(StructureReference).filter_by(structure_id=structure_id)
    latest = StructureReference.year.desc().nulls_last()
    return list(session.scalars(references.order_by(latest, StructureReference.id)))


def _locked(session: Session, structure_id: int) -> Structure:
    named = select(Structure).where(Structure.id == structure_id)
    locked = named.with_for_update().execution_options(populate_existing=True)
    return session.scalars(locked).one()


def _note(
    session: Session,
    structure_id: int,
    field: str,
    before: str,
    after: str,
    user_id: int,
    now: datetime,
) -> None:
    session.add(
        StructureChange(
            structure_id=structure_id,
            user_id=user_id,
            changed_at=now,
            field=field,
            before=before,
            after=after,
        )
    )
