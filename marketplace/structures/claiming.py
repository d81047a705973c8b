"""Asking to speak for a structure, known to Tandem or not yet."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.accounts import joining, teams
from marketplace.accounts.tables import InvitationKind
from marketplace.accounts.teams import Team
from marketplace.audit import Action
from marketplace.structures.addresses import is_of_the_house
from marketplace.structures.importing import row_of
from marketplace.structures.register import Entry
from marketplace.structures.tables import Structure, StructureClaim, StructureMember
from marketplace.territories.queries import gazetteer

TEAM = Team(
    kind=InvitationKind.STRUCTURE,
    subject=Structure,
    members=StructureMember,
    requests=StructureClaim,
    key="structure_id",
    invitation_mail="structures/structure_invitation",
    request_mail="structures/claim",
    name_of=lambda structure: structure.display_name,
    home_of=lambda structure: f"/ma-structure/{structure.slug}/equipe",
    page_of=lambda structure: f"/structures/{structure.slug}" if structure.is_active else "",
    without_manager=lambda _: (),  # its desk sees it in its queue
)


PROPOSED = (
    "sort_key",
    "brand",
    "address",
    "postcode",
    "city",
    "commune_code",
    "department_code",
    "lat",
    "lon",
    "is_point_approximate",
    "website",
    "email",
)
"""The columns that a claim brings to a structure that is not listed."""


class Decider(StrEnum):
    """Who has the say on a claim."""

    NOBODY = "nobody"
    """The address is of the house: the person is in already."""
    MANAGERS = "managers"
    DESK = "desk"


class AlreadyListed(Exception):
    """Tandem knows this structure: it can be claimed."""

    def __init__(self, structure: Structure) -> None:
        super().__init__(structure.slug)
        self.structure = structure


def claim(
    session: Session, structure_id: int, user_id: int, message: str, now: datetime, ip: str
) -> tuple[StructureClaim, Decider]:
    """Ask to speak for a structure. Putting it on a desk is left to moderation.claims.

    A structure that nobody holds is given at once to who writes from its own domain.
    Raises as `joining.ask`.
    """
    asked: StructureClaim = joining.ask(session, TEAM, structure_id, user_id, message, now, ip)
    structure = session.get_one(Structure, structure_id)
    if teams.managers_of(session, TEAM, structure_id):
        return asked, Decider.MANAGERS
    is_held = any(m.user.is_active for m in teams.members_of(session, TEAM, structure_id))
    is_sure = is_of_the_house(asked.user.email, structure.email, structure.website)
    if structure.is_active and is_sure and not is_held:
        joining.settle(session, TEAM, structure_id, asked.id, None, True, "", now, ip)
        return asked, Decider.NOBODY
    return asked, Decider.DESK


def decide_for_desk(
    session: Session,
    asked: StructureClaim,
    moderator_id: int,
    is_accepted: bool,
    reason: str,
    now: datetime,
    ip: str,
) -> None:
    """Settle a claim; accepted, a structure that was not listed yet now is, as its claimant
    proposed it and nobody before.

    Raises AlreadyDecided.
    """
    structure = teams.locked(session, TEAM, asked.structure_id)
    joining.settle(
        session, TEAM, structure.id, asked.id, moderator_id, is_accepted, reason, now, ip
    )
    if is_accepted and not structure.is_active:
        for column, value in asked.proposed.items():
            setattr(structure, column, value)
        structure.is_active = True


def seen_by_desk(asked: StructureClaim) -> dict[str, Any]:
    """What accepting a claim would publish of its structure, by column: what its claimant
    proposes for one that is not listed, else what is there."""
    structure = asked.structure
    there = {name: getattr(structure, name) for name in PROPOSED}
    return there if structure.is_active else there | asked.proposed


def propose(
    session: Session, entry: Entry, user_id: int, message: str, now: datetime, ip: str
) -> tuple[StructureClaim, Decider | None]:
    """Claim a structure that Tandem does not list, keeping what this person says of it.

    Proposed again while the first claim waits, it corrects that claim, and no decider is named.
    Raises AlreadyListed, and as `claim`.
    """
    structure = add_unlisted(session, entry, user_id, ip)
    mine = select(StructureClaim).filter_by(structure_id=structure.id, user_id=user_id)
    asked, decider = session.scalar(mine.filter_by(decided_at=None).with_for_update()), None
    if asked is None:
        asked, decider = claim(session, structure.id, user_id, message, now, ip)
    row = row_of(entry, gazetteer(session))
    asked.message, asked.proposed = message, {name: row[name] for name in PROPOSED}
    return asked, decider


def add_unlisted(session: Session, entry: Entry, user_id: int, ip: str) -> Structure:
    """Write down a structure that Tandem does not know, unseen until its desk accepts it.

    One that was refused or delisted stays as it was: what is new stands in the claim.
    Raises AlreadyListed.
    """
    row = row_of(entry, gazetteer(session))
    written = session.scalar(
        insert(Structure)
        .values(**row, is_active=False)
        .on_conflict_do_nothing()
        .returning(Structure)
    )
    if written is not None:
        about = ("structure", written.id)
        audit.note(session, Action.CHANGED, actor_id=user_id, about=about, ip=ip, what="proposed")
        return written
    known = session.scalars(
        select(Structure).filter_by(siret=entry.siret, kind=entry.kind, name=entry.name)
    ).one()
    if known.is_active:
        raise AlreadyListed(known)
    return known
