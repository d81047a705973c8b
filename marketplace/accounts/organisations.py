"""The organisations that buy: opening one, joining one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace import audit
from marketplace.accounts.tables import (
    InvitationKind,
    Organisation,
    OrganisationKind,
    OrganisationMember,
    OrganisationRequest,
    User,
)
from marketplace.accounts.teams import NotVerified, Role, Team, add_member
from marketplace.audit import Action


def administrators(session: Session) -> Sequence[User]:
    """Those whose account is open."""
    active = select(User).where(User.is_administrator, User.is_active).order_by(User.id)
    return session.scalars(active).all()


TEAM = Team(
    kind=InvitationKind.ORGANISATION,
    subject=Organisation,
    members=OrganisationMember,
    requests=OrganisationRequest,
    key="organisation_id",
    invitation_mail="accounts/organisation_invitation",
    request_mail="accounts/request",
    name_of=lambda organisation: organisation.name,
    home_of=lambda organisation: f"/mon-organisme/{organisation.siret}/equipe",
    page_of=lambda organisation: "/mes-organismes",
    without_manager=administrators,
)


class AlreadyThere(Exception):
    """An organisation has this SIRET already: ask it to join."""


@dataclass(frozen=True)
class OrganisationDraft:
    """What a person says of an organisation that buys; the SIRET is checked."""

    siret: str
    name: str
    kind: OrganisationKind
    commune_code: str | None


def open_organisation(
    session: Session, draft: OrganisationDraft, user_id: int, now: datetime, ip: str
) -> Organisation:
    """Write an organisation down and make the person its manager.

    Raises NotVerified; AlreadyThere, also for the slower of two colleagues.
    """
    if session.get_one(User, user_id).email_verified_at is None:
        raise NotVerified
    row = insert(Organisation).values(
        siret=draft.siret,
        name=draft.name,
        kind=draft.kind,
        commune_code=draft.commune_code,
        created_at=now,
    )
    written = session.scalar(
        row.on_conflict_do_nothing(index_elements=["siret"]).returning(Organisation)
    )
    if written is None:
        raise AlreadyThere
    about = ("organisation", written.id)
    audit.note(session, Action.CHANGED, actor_id=user_id, about=about, ip=ip, what="opened")
    add_member(session, TEAM, written.id, user_id, Role.MANAGER, user_id, ip)
    return written


def organisation_of(session: Session, siret: str) -> Organisation | None:
    """The organisation with this SIRET."""
    return session.scalar(select(Organisation).where(Organisation.siret == siret))
