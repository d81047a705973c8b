"""Which desk looks after a place, and what waits on it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.moderation.tables import Desk, DeskMember, DeskTerritory, QueueEntry
from marketplace.needs.tables import Need, PlaceType
from marketplace.structures.tables import Structure
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
    """The desk of the whole place of a need, as `desk_covering`. Raises NoDesk."""
    return desk_covering(session, need_codes(need))


def need_codes(need: Need) -> list[str]:
    """The territories where the work of a need is; none for the whole country."""
    if need.place_type == PlaceType.POINT and need.commune_code:
        return [need.commune_code]
    return [zone.territory_code for zone in need.zones]


def desk_for_structure(session: Session, structure: Structure) -> Desk:
    """The desk of a structure's seat, as `desk_covering`. Raises NoDesk."""
    return desk_covering(session, _seat(structure))


def _seat(structure: Structure) -> list[str]:
    seat = structure.commune_code or structure.department_code
    return [seat] if seat else []


def desk_covering(session: Session, codes: Collection[str]) -> Desk:
    """The most local staffed desk whose territory holds all these territories.

    Else the national one, with or without members; for no territory, too. Raises NoDesk.
    """
    places = session.scalars(select(Territory).where(Territory.code.in_(codes))).all()
    for code in _shared_chain(list(places)):
        if (desk := _staffed_desk_of(session, code)) is not None:
            return desk
    national = session.scalar(select(Desk).where(Desk.is_national))
    if national is None:
        raise NoDesk
    return national


def desks_above(session: Session, entry: QueueEntry) -> list[Desk]:
    """The staffed desks of the regions that hold all of an entry's place, then the national."""
    places = session.scalars(select(Territory).where(Territory.code.in_(_codes(entry)))).all()
    regions = [code for code in _shared_chain(list(places)) if code.startswith("R")]
    wider = [desk for code in regions if (desk := _staffed_desk_of(session, code))]
    national = session.scalars(select(Desk).where(Desk.is_national, is_staffed())).all()
    return [*wider, *national]


def _codes(entry: QueueEntry) -> list[str]:
    """The territories of what waits."""
    if entry.need:
        return need_codes(entry.need)
    subject = entry.offer or entry.claim
    assert subject is not None, "the table lets no entry wait for nothing"  # noqa: S101
    return _seat(subject.structure)


def is_staffed() -> ColumnElement[bool]:
    """Of a desk: somebody who can still sign in works there."""
    members = select(DeskMember).join(User).where(DeskMember.desk_id == Desk.id, User.is_active)
    return members.exists()


def hand_on_unstaffed(session: Session) -> int:
    """Give what waits on desks where nobody works any more to the desks that stand in for
    them, with its due time as it was. How many have moved."""
    stranded = (
        select(QueueEntry)
        .join(Desk)
        .where(QueueEntry.decided_at.is_(None), ~Desk.is_national, ~is_staffed())
        .with_for_update(of=QueueEntry)
    )
    moved = 0
    for entry in session.scalars(stranded):
        entry.desk = desk_covering(session, _codes(entry))
        entry.assignee_id = None
        moved += 1
    return moved


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
        .where(DeskTerritory.territory_code == code, is_staffed())
        .order_by(Desk.id)
    )
    return session.scalars(staffed).first()
