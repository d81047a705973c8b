"""Rows: people, the organisations that buy, and who belongs to which."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, func, text
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
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_sign_in_at: Mapped[datetime | None]


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

    organisation: Mapped[Organisation] = relationship()
    user: Mapped[User] = relationship()
