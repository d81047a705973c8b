"""The audit trail: who did what, on what, when, from where. Rows are only ever added."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Select, String, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.db import Base


class Action(StrEnum):
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    ACCESS_REFUSED = "access_refused"
    ACCOUNT_CREATED = "account_created"
    ACCOUNT_CLOSED = "account_closed"
    EMAIL_VERIFIED = "email_verified"
    EMAIL_CHANGED = "email_changed"
    PASSWORD_CHANGED = "password_changed"
    IDENTITY_LINKED = "identity_linked"
    IDENTITY_UNLINKED = "identity_unlinked"
    SESSION_REVOKED = "session_revoked"
    INVITED = "invited"
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    INVITATION_ACCEPTED = "invitation_accepted"
    CLAIM_ASKED = "claim_asked"
    CLAIM_DECIDED = "claim_decided"
    ROLE_CHANGED = "role_changed"
    MEMBER_ADDED = "member_added"
    MEMBER_REMOVED = "member_removed"
    DECIDED = "decided"
    OUTCOME_CORRECTED = "outcome_corrected"
    EXPORTED = "exported"
    ERASED = "erased"
    CHANGED = "changed"


class AuditEntry(Base):
    """One row of the trail. A trigger refuses to change it, and to delete it within a year.

    Ids are plain numbers: the trail outlives what it speaks of. `details` holds names of
    fields and roles, never an address, a token or a person's name.
    """

    __tablename__ = "audit_entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now(), index=True)
    action: Mapped[Action] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(index=True)
    object_kind: Mapped[str] = mapped_column(String(30), default="")
    object_id: Mapped[int | None]
    ip: Mapped[str] = mapped_column(String(45), default="")
    details: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)


def note(
    session: Session,
    action: Action,
    *,
    actor_id: int | None,
    about: tuple[str, int] | None = None,
    ip: str = "",
    **details: Any,
) -> None:
    """Add a row, in the transaction of what it tells."""
    kind, object_id = about or ("", None)
    session.add(
        AuditEntry(
            action=action,
            actor_id=actor_id,
            object_kind=kind,
            object_id=object_id,
            ip=ip,
            details=details,
        )
    )


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked for in the trail; what is None or empty narrows nothing."""

    action: Action | None = None
    actor_id: int | None = None
    object_kind: str = ""
    object_id: int | None = None
    since: datetime | None = None
    before: datetime | None = None


def entries(sought: Sought) -> Select[AuditEntry]:
    """The rows that answer to it, latest first."""
    found = select(AuditEntry).order_by(AuditEntry.id.desc())
    if sought.action is not None:
        found = found.where(AuditEntry.action == sought.action)
    if sought.actor_id is not None:
        found = found.where(AuditEntry.actor_id == sought.actor_id)
    if sought.object_kind:
        found = found.where(AuditEntry.object_kind == sought.object_kind)
    if sought.object_id is not None:
        found = found.where(AuditEntry.object_id == sought.object_id)
    if sought.since is not None:
        found = found.where(AuditEntry.at >= sought.since)
    if sought.before is not None:
        found = found.where(AuditEntry.at < sought.before)
    return found


def export_of(session: Session, user_id: int) -> dict[str, list[dict[str, object]]]:
    """What this person did and what was done to its account; from where, only for its own acts.

    Nothing is erased of it: a row names its actor by a number, and ends with its period.
    """
    told = session.scalars(
        select(AuditEntry)
        .where(
            or_(
                AuditEntry.actor_id == user_id,
                (AuditEntry.object_kind == "user") & (AuditEntry.object_id == user_id),
            )
        )
        .order_by(AuditEntry.id)
    )
    return {
        "journal": [
            {
                "le": row.at,
                "action": row.action,
                "par_vous": row.actor_id == user_id,
                "sur": row.object_kind,
                "numero": row.object_id,
                "adresse_ip": row.ip if row.actor_id == user_id else "",
                "precisions": row.details,
            }
            for row in told
        ]
    }
