"""Rows: inclusive structures and their members."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.tables import User
from marketplace.db import Base
from marketplace.files.tables import StoredFile
from marketplace.structures.kinds import Kind


class StructureRole(StrEnum):
    MANAGER = "manager"
    MEMBER = "member"


class Structure(Base):
    """An inclusive structure. A SIRET can carry several, told apart by kind and name.

    `is_active` false: closed or delisted, never matched. `is_reachable` false: asked not
    to be matched; without any known address it stays true, and only mail is out of reach.
    """

    __tablename__ = "structures"
    __table_args__ = (
        UniqueConstraint("siret", "kind", "name"),
        Index("ix_structures_networks", "networks", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(90), unique=True)
    siret: Mapped[str] = mapped_column(String(14))
    kind: Mapped[Kind]
    name: Mapped[str] = mapped_column(String(255))
    sort_key: Mapped[str] = mapped_column(String(300, collation="C"), index=True)
    brand: Mapped[str] = mapped_column(String(255), default="")
    legal_form: Mapped[str] = mapped_column(String(120), default="")
    description: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(String(255), default="")
    postcode: Mapped[str] = mapped_column(String(5), default="")
    city: Mapped[str] = mapped_column(String(120), default="")
    commune_code: Mapped[str | None] = mapped_column(ForeignKey("territories.code"), index=True)
    department_code: Mapped[str | None] = mapped_column(String(3), index=True)
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    is_point_approximate: Mapped[bool] = mapped_column(default=False)
    naf: Mapped[str] = mapped_column(String(6), default="")
    website: Mapped[str] = mapped_column(String(255), default="")
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(30), default="")
    contact_name: Mapped[str] = mapped_column(String(120), default="", server_default="")
    labels: Mapped[list[str]] = mapped_column(
        ARRAY(String(30)), default=list, server_default=text("'{}'")
    )
    networks: Mapped[list[str]] = mapped_column(
        ARRAY(String(30)), default=list, server_default=text("'{}'")
    )
    environmental_tags: Mapped[list[str]] = mapped_column(
        ARRAY(String(30)), default=list, server_default=text("'{}'")
    )
    """Codes of structures.labels, structures.networks and sectors.aims."""
    is_in_qpv: Mapped[bool | None]
    is_in_frr: Mapped[bool | None]
    """Seated in a priority district, or in a rural zone to revitalise, as it says itself."""
    seat_checked_on: Mapped[date | None]
    team_insertion: Mapped[int | None]
    team_permanent: Mapped[int | None]
    turnover: Mapped[int | None] = mapped_column(BigInteger)
    """In euros, of the year beside it."""
    turnover_year: Mapped[int | None]
    absent_until: Mapped[date | None]
    """Full until that day, included: it still stands in shortlists, a little lower."""
    is_active: Mapped[bool] = mapped_column(default=True)
    is_reachable: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now(), onupdate=func.now())

    @property
    def display_name(self) -> str:
        """What people call it: its brand where it has one."""
        return self.brand or self.name


class StructureMember(Base):
    """A person who speaks for a structure."""

    __tablename__ = "structure_members"

    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    role: Mapped[StructureRole] = mapped_column(default=StructureRole.MEMBER)
    joined_at: Mapped[datetime] = mapped_column(server_default=func.now())

    structure: Mapped[Structure] = relationship()
    user: Mapped[User] = relationship()


class StructureClaim(Base):
    """Somebody asks to speak for a structure; one open claim a person and structure."""

    __tablename__ = "structure_claims"
    __table_args__ = (
        Index(
            "uq_structure_claims_open",
            "structure_id",
            "user_id",
            unique=True,
            postgresql_where=text("decided_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    message: Mapped[str] = mapped_column(default="")
    asked_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    is_accepted: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(default="")
    proposed: Mapped[dict[str, Any]] = mapped_column(
        JSONB, default=dict, server_default=text("'{}'")
    )
    """What this person says of a structure that was not listed, by column."""

    structure: Mapped[Structure] = relationship()
    user: Mapped[User] = relationship(foreign_keys=user_id)


class StructureSite(Base):
    """Another place where a structure works, besides its seat."""

    __tablename__ = "structure_sites"

    id: Mapped[int] = mapped_column(primary_key=True)
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"), index=True)
    label: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(255), default="")
    commune_code: Mapped[str] = mapped_column(ForeignKey("territories.code"))
    lat: Mapped[float | None]
    lon: Mapped[float | None]


class StructureReference(Base):
    """A client that a structure names, and what it did there."""

    __tablename__ = "structure_references"

    id: Mapped[int] = mapped_column(primary_key=True)
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"), index=True)
    client: Mapped[str] = mapped_column(String(200))
    work: Mapped[str] = mapped_column(String(300), default="")
    year: Mapped[int | None]


class StructureChange(Base):
    """Something that a person changed in a profile, in words, before and after."""

    __tablename__ = "structure_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    changed_at: Mapped[datetime]
    field: Mapped[str] = mapped_column(String(40))
    before: Mapped[str] = mapped_column(default="")
    after: Mapped[str] = mapped_column(default="")

    structure: Mapped[Structure] = relationship()
    user: Mapped[User | None] = relationship()


class StructureImage(Base):
    """A picture on a structure's page, with its words for who does not see it; one is the logo."""

    __tablename__ = "structure_images"
    __table_args__ = (
        Index(
            "uq_structure_images_logo",
            "structure_id",
            unique=True,
            postgresql_where=text("is_logo"),
        ),
    )

    file_id: Mapped[int] = mapped_column(ForeignKey("stored_files.id"), primary_key=True)
    structure_id: Mapped[int] = mapped_column(ForeignKey("structures.id"), index=True)
    is_logo: Mapped[bool] = mapped_column(default=False)
    alt: Mapped[str] = mapped_column(String(200), default="")

    file: Mapped[StoredFile] = relationship()
