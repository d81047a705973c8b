"""Rows: people, the organisations that buy, and who belongs to which."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.db import Base


class OrganisationKind(StrEnum):
    COMMUNE = "commune"
    EPCI = "epci"
    DEPARTMENT = "department"
    REGION = "region"
    STATE = "state"
    PUBLIC_BODY = "public_body"
    SOCIAL_LANDLORD = "social_landlord"
    HOSPITAL = "hospital"
    ASSOCIATION = "association"
    COMPANY = "company"


class OrganisationRole(StrEnum):
    MANAGER = "manager"
    MEMBER = "member"


class LinkPurpose(StrEnum):
    VERIFY_EMAIL = "verify_email"
    SIGN_IN = "sign_in"
    RESET_PASSWORD = "reset_password"
    LEAVE_ADDRESS = "leave_address"
    CONFIRM_ADDRESS = "confirm_address"
    ERASE_ACCOUNT = "erase_account"
    LINK_IDENTITY = "link_identity"


class InvitationKind(StrEnum):
    ORGANISATION = "organisation"
    STRUCTURE = "structure"
    DESK = "desk"
    ADMINISTRATOR = "administrator"
    NETWORK = "network"


class User(Base):
    """A person. What it may do comes from what it belongs to, and `is_administrator`."""

    __tablename__ = "users"
    __table_args__ = (Index("uq_users_email_lower", text("lower(email)"), unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    full_name: Mapped[str] = mapped_column(String(120))
    password_hash: Mapped[str | None] = mapped_column(String(255))
    is_administrator: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    email_verified_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_sign_in_at: Mapped[datetime | None]
    previous_sign_in_at: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    """When a long absence was announced to end in the account's erasure."""
    erased_at: Mapped[datetime | None]
    """Since when nothing here says who this was: for good."""


class Organisation(Base):
    """A public buyer: a commune, a hospital, a landlord…"""

    __tablename__ = "organisations"

    id: Mapped[int] = mapped_column(primary_key=True)
    siret: Mapped[str] = mapped_column(String(14), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[OrganisationKind]
    commune_code: Mapped[str | None] = mapped_column(ForeignKey("territories.code"))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class OrganisationMember(Base):
    """A person who buys for an organisation."""

    __tablename__ = "organisation_members"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    role: Mapped[OrganisationRole] = mapped_column(default=OrganisationRole.MEMBER)
    joined_at: Mapped[datetime] = mapped_column(server_default=func.now())

    organisation: Mapped[Organisation] = relationship()
    user: Mapped[User] = relationship()


class OrganisationRequest(Base):
    """Somebody asks an organisation to take them in; one open request of each to each."""

    __tablename__ = "organisation_requests"
    __table_args__ = (
        Index(
            "uq_organisation_requests_open",
            "organisation_id",
            "user_id",
            unique=True,
            postgresql_where=text("decided_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    message: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    is_accepted: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(default="")

    organisation: Mapped[Organisation] = relationship()
    user: Mapped[User] = relationship(foreign_keys=user_id)


class PurchasingMandate(Base):
    """A purchasing platform, such as the State's regional ones, that posts for another."""

    __tablename__ = "purchasing_mandates"

    platform_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisations.id"), primary_key=True, index=True
    )


class UserSession(Base):
    """A browser that somebody signed in with. The cookie holds what `token_hash` hashes."""

    __tablename__ = "user_sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ip: Mapped[str] = mapped_column(String(45), default="")
    browser: Mapped[str] = mapped_column(String(200), default="")

    user: Mapped[User] = relationship()


class AccountLink(Base):
    """A link mailed to a person: for one purpose and one address, once, for a while."""

    __tablename__ = "account_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    purpose: Mapped[LinkPurpose]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    address: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class Invitation(Base):
    """An address asked to join something. `subject_id` is the id of an organisation, a
    structure or a desk, by `kind`: a plain number, since two of them stand on upper floors."""

    __tablename__ = "invitations"
    __table_args__ = (Index("ix_invitations_subject", "kind", "subject_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    kind: Mapped[InvitationKind]
    subject_id: Mapped[int | None]
    role: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(254))
    invited_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    withdrawn_at: Mapped[datetime | None]


class ExternalIdentity(Base):
    """Who a person is for an identity provider: the pair (issuer, subject), never an address."""

    __tablename__ = "external_identities"
    __table_args__ = (UniqueConstraint("issuer", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(String(255))
    subject: Mapped[str] = mapped_column(String(255))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    linked_at: Mapped[datetime]
