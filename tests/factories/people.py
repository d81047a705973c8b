"""People, and what they belong to."""

from datetime import UTC, datetime
from functools import cache
from itertools import count

from sqlalchemy.orm import Session

from marketplace.accounts.signing_in import hashed
from marketplace.accounts.tables import (
    Organisation,
    OrganisationKind,
    OrganisationMember,
    OrganisationRole,
    User,
)
from marketplace.moderation.tables import Desk, DeskMember, DeskRole, DeskTerritory
from marketplace.structures.tables import Structure, StructureMember, StructureRole

LONG_AGO = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PASSWORD = "quatre mots au hasard"

_numbers = count(1)


@cache
def _hash() -> str:
    return hashed(PASSWORD)


def user(session: Session, name: str = "Camille Martin", **more: object) -> User:
    said: dict[str, object] = {
        "email": f"personne{next(_numbers)}@tandem.invalid",
        "full_name": name,
        "password_hash": _hash(),
        "email_verified_at": LONG_AGO,
    }
    row = User(**(said | more))
    session.add(row)
    session.flush()
    return row


def organisation(session: Session, name: str = "Ville d'essai") -> Organisation:
    siret = f"{next(_numbers):014}"
    row = Organisation(siret=siret, name=name, kind=OrganisationKind.COMMUNE)
    session.add(row)
    session.flush()
    return row


def buyer(session: Session, organisation_id: int | None = None) -> User:
    person = user(session)
    bought_for = organisation_id or organisation(session).id
    session.add(OrganisationMember(organisation_id=bought_for, user_id=person.id))
    session.flush()
    return person


def structure_member(session: Session, structure: Structure) -> User:
    person = user(session)
    session.add(StructureMember(structure_id=structure.id, user_id=person.id))
    session.flush()
    return person


def desk(session: Session, *codes: str, name: str = "Guichet d'essai") -> Desk:
    row = Desk(name=name, territories=[DeskTerritory(territory_code=code) for code in codes])
    session.add(row)
    session.flush()
    return row


def facilitator(session: Session, of: Desk) -> User:
    person = user(session)
    session.add(DeskMember(desk_id=of.id, user_id=person.id))
    session.flush()
    return person


def organisation_member(
    session: Session, organisation_id: int, role: OrganisationRole, **more: object
) -> User:
    person = user(session, **more)  # type: ignore[arg-type]  # a test's own values
    session.add(OrganisationMember(organisation_id=organisation_id, user_id=person.id, role=role))
    session.flush()
    return person


def structure_manager(session: Session, structure: Structure, **more: object) -> User:
    person = user(session, **more)  # type: ignore[arg-type]  # a test's own values
    session.add(
        StructureMember(structure_id=structure.id, user_id=person.id, role=StructureRole.MANAGER)
    )
    session.flush()
    return person


def lead(session: Session, of: Desk) -> User:
    person = user(session)
    session.add(DeskMember(desk_id=of.id, user_id=person.id, role=DeskRole.LEAD))
    session.flush()
    return person


def joins(session: Session, person: User, organisation_id: int) -> None:
    """The person buys for one more organisation."""
    session.add(OrganisationMember(organisation_id=organisation_id, user_id=person.id))
    session.flush()
