"""A desk says who does what in its territories."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.insights.tables import Part, TerritoryPartner
from marketplace.text import sort_key

MOST = 200
"""Partners of one desk."""

PARTS: Mapping[Part, str] = {
    Part.ADVISES: "Conseille les acheteurs",
    Part.REFERS: "Oriente les publics",
    Part.TRAINS: "Forme",
    Part.EMPLOYS: "Emploie ou met à disposition",
    Part.FUNDS: "Finance",
    Part.BUYS: "Achète",
    Part.OTHER: "Autre rôle",
}


class TooMany(Exception):
    """The desk names as many partners as it may."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a desk says of a partner; `territory_code` None: wherever the desk works."""

    name: str
    part: Part
    role: str
    contact: str
    website: str
    territory_code: str | None


def add_partner(
    session: Session, desk_id: int, said: Said, by_id: int, now: datetime, ip: str
) -> TerritoryPartner:
    """Raises TooMany."""
    named = select(TerritoryPartner.id).where(TerritoryPartner.desk_id == desk_id)
    if len(session.scalars(named).all()) >= MOST:
        raise TooMany
    partner = TerritoryPartner(desk_id=desk_id)
    _fill(partner, said, now)
    session.add(partner)
    _note(session, desk_id, by_id, ip, "partner_added")
    return partner


def change_partner(
    session: Session, desk_id: int, partner_id: int, said: Said, by_id: int, now: datetime, ip: str
) -> None:
    """Raises NoResultFound when the desk has no such partner."""
    _fill(_partner(session, desk_id, partner_id), said, now)
    _note(session, desk_id, by_id, ip, "partner_changed")


def drop_partner(session: Session, desk_id: int, partner_id: int, by_id: int, ip: str) -> None:
    """Raises NoResultFound when the desk has no such partner."""
    session.delete(_partner(session, desk_id, partner_id))
    _note(session, desk_id, by_id, ip, "partner_dropped")


def _partner(session: Session, desk_id: int, partner_id: int) -> TerritoryPartner:
    own = select(TerritoryPartner).where(
        TerritoryPartner.id == partner_id, TerritoryPartner.desk_id == desk_id
    )
    return session.scalars(own.with_for_update()).one()


def _fill(partner: TerritoryPartner, said: Said, now: datetime) -> None:
    partner.name, partner.sort_key = said.name, sort_key(said.name)
    partner.part, partner.role = said.part, said.role
    partner.contact, partner.website = said.contact, said.website
    partner.territory_code = said.territory_code
    partner.updated_at = now


def _note(session: Session, desk_id: int, by_id: int, ip: str, what: str) -> None:
    audit.note(
        session, audit.Action.CHANGED, actor_id=by_id, about=("desk", desk_id), ip=ip, what=what
    )
