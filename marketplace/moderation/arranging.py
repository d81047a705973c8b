"""An administrator opens, changes and closes desks."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.accounts import inviting
from marketplace.accounts.tables import InvitationKind
from marketplace.moderation.desks import hand_on_unstaffed
from marketplace.moderation.tables import Desk, DeskTerritory


class NameTaken(Exception):
    """Another desk, open or closed, has this name."""


class TerritoryTaken(Exception):
    """Others look after some of these territories; `desks` gives the name of each, by code."""

    def __init__(self, desks: dict[str, str]) -> None:
        super().__init__(*desks)
        self.desks = desks


class NationalDesk(Exception):
    """The national desk stays open, and has no territory of its own."""


@dataclass(frozen=True, slots=True)
class DeskDraft:
    """What an administrator says of a desk; territories by their codes."""

    name: str
    bearer: str
    email: str
    phone: str
    website: str
    territories: tuple[str, ...]


def open_desk(session: Session, draft: DeskDraft, by_id: int, ip: str) -> Desk:
    """Raises NameTaken, TerritoryTaken."""
    desk = Desk()
    _fill(session, desk, draft)
    _note(session, desk.id, by_id, ip, what="opened", territories=list(draft.territories))
    return desk


def change_desk(session: Session, desk_id: int, draft: DeskDraft, by_id: int, ip: str) -> None:
    """What waits on the desk stays there, whatever its territories become.

    Raises NoResultFound, also for a closed desk; NameTaken, TerritoryTaken; NationalDesk when
    it is given territories.
    """
    desk = open_desk_for_update(session, desk_id)
    if desk.is_national and draft.territories:
        raise NationalDesk
    _fill(session, desk, draft)
    _note(session, desk_id, by_id, ip, what="changed", territories=list(draft.territories))


def close_desk(session: Session, desk_id: int, by_id: int, now: datetime, ip: str) -> int:
    """Its people leave it, and what waits there goes to the desk that stands in for it: how
    many needs, offers and claims that is.

    Raises NoResultFound, also for a closed desk; NationalDesk.
    """
    desk = open_desk_for_update(session, desk_id)
    if desk.is_national:
        raise NationalDesk
    for invitation in inviting.waiting_invitations(session, InvitationKind.DESK, desk_id, now):
        inviting.take_back(session, InvitationKind.DESK, desk_id, invitation.id, by_id, now, ip)
    desk.closed_at = now
    desk.territories.clear()
    desk.members.clear()
    session.flush()
    moved = hand_on_unstaffed(session)
    _note(session, desk_id, by_id, ip, what="closed", handed_on=moved)
    return moved


def open_desk_for_update(session: Session, desk_id: int) -> Desk:
    """A desk that is not closed, locked. Raises NoResultFound."""
    named = select(Desk).where(Desk.id == desk_id, Desk.closed_at.is_(None))
    locked = named.with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.scalars(locked).one()


def _fill(session: Session, desk: Desk, draft: DeskDraft) -> None:
    desk.name, desk.bearer = draft.name, draft.bearer
    desk.email, desk.phone, desk.website = draft.email, draft.phone, draft.website
    session.add(desk)
    try:
        session.flush()
    except IntegrityError as error:
        raise NameTaken(draft.name) from error
    if taken := _taken_by_others(session, desk.id, draft.territories):
        raise TerritoryTaken(taken)
    wanted = set(draft.territories)
    kept = [row for row in desk.territories if row.territory_code in wanted]
    new = sorted(wanted - {row.territory_code for row in kept})
    desk.territories = kept + [DeskTerritory(territory_code=code) for code in new]


def _taken_by_others(session: Session, desk_id: int, codes: Collection[str]) -> dict[str, str]:
    taken = (
        select(DeskTerritory.territory_code, Desk.name)
        .join(Desk)
        .where(DeskTerritory.territory_code.in_(codes), Desk.id != desk_id)
        .order_by(DeskTerritory.territory_code)
    )
    return dict(session.execute(taken).all())


def _note(
    session: Session, desk_id: int, by_id: int, ip: str, **details: str | int | list[str]
) -> None:
    audit.note(
        session,
        audit.Action.CHANGED,
        actor_id=by_id,
        about=("desk", desk_id),
        ip=ip,
        **details,
    )
