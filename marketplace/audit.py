"""The audit trail: who did what, on what, when, from where. Rows are only ever added."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import String, func
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
    SESSION_REVOKED = "session_revoked"
    INVITED = "invited"
    INVITATION_ACCEPTED = "invitation_accepted"
    CLAIM_ASKED = "claim_asked"
    CLAIM_DECIDED = "claim_decided"
    ROLE_CHANGED = "role_changed"
    MEMBER_ADDED = "member_added"
    MEMBER_REMOVED = "member_removed"
    DECIDED = "decided"
    EXPORTED = "exported"
    ERASED = "erased"
    CHANGED = "changed"


class AuditEntry(Base):
    """One row of the trail. A trigger refuses to change or delete it.

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
