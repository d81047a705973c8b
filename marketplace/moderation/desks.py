"""Which desk looks after a place, and what waits on it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.moderation.tables import Desk, DeskMember, DeskTerritory, QueueEntry
from marketplace.needs.tables import Need, PlaceType
from marketplace.territories.tables import Territory
from marketplace.working_days import end_of_working_day_after

NATIONAL = "Guichet national"
DUE_IN_WORKING_DAYS = 2


class NoDesk(Exception):
    """Not even the national desk is there: `marketplace migrate` was never run."""


def open_national_desk(session: Session) -> Desk:
    """The desk that takes what no other does, made once."""
    desk = session.scalar(select(Desk).where(Desk.is_national))
    if desk is None:
        desk = Desk(name=NATIONAL, is_national=True)
        session.add(desk)
        session.flush()
    return desk


def receive_need(session: Session, need: Need, now: datetime) -> QueueEntry:
    """Put a submitted need on the most local desk that covers its place. Raises NoDesk."""
    entry = QueueEntry(
        desk=desk_for_need(session, need),
        need_id=need.id,
        received_at=now,
        due_at=end_of_working_day_after(now, DUE_IN_WORKING_DAYS),
    )
    session.add(entry)
    return entry


def desk_for_need(session: Session, need: Need) -> Desk:
    """The most local desk, with a member, whose territory covers the whole place.

    Else the national one, with or without members. Raises NoDesk.
    """
    codes = [zone.territory_code for zone in need.zones]
    if need.place_type == PlaceType.POINT and need.commune_code:
        codes = [need.commune_code]
    places = session.scalars(select(Territory).where(Territory.code.in_(codes))).all()
    for code in _shared_chain(list(places)):
        if (desk := _staffed_desk_of(session, code)) is not None:
            return desk
    national = session.scalar(select(Desk).where(Desk.is_national))
    if national is None:
        raise NoDesk
    return national


def _shared_chain(places: list[Territory]) -> list[str]:
    """The territories that hold every place, most local first."""
    chains = [[code for code in (p.code, p.epci, p.department, p.region) if code] for p in places]
    if not chains:
        return []
    shared = set(chains[0]).intersection(*chains[1:])
    return [code for code in dict.fromkeys(chains[0]) if code in shared]


def _staffed_desk_of(session: Session, code: str) -> Desk | None:
    staffed = (
        select(Desk)
        .join(DeskTerritory)
        .where(DeskTerritory.territory_code == code)
        .where(select(DeskMember).where(DeskMember.desk_id == Desk.id).exists())
        .order_by(Desk.id)
    )
    return session.scalars(staffed).first()
