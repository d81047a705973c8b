"""Rows: lists of structures, kept alone or with colleagues, and searches to come back to."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.tables import Organisation, User
from marketplace.db import Base
from marketplace.offers.narrowing import Face
from marketplace.structures.tables import Structure


class FavouriteList(Base):
    """Structures that somebody keeps under a name. With an organisation, its people share it:
    they add, note and remove; its owner names and deletes it."""

    __tablename__ = "favourite_lists"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    """None once its owner's account is erased: only a shared list outlives it."""
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("organisations.id"), index=True)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    owner: Mapped[User | None] = relationship()
    organisation: Mapped[Organisation | None] = relationship()


class Favourite(Base):
    """A structure of a list, and what was noted about it."""

    __tablename__ = "favourites"

    list_id: Mapped[int] = mapped_column(ForeignKey("favourite_lists.id"), primary_key=True)
    structure_id: Mapped[int] = mapped_column(
        ForeignKey("structures.id"), primary_key=True, index=True
    )
    note: Mapped[str] = mapped_column(default="")
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    added_at: Mapped[datetime]

    structure: Mapped[Structure] = relationship()
    added_by: Mapped[User | None] = relationship()


class SavedSearch(Base):
    """A search under a name; `asked` is what its address asks. Watched: the digest tells what
    is new in it, at the rhythm that its owner chose for searches."""

    __tablename__ = "saved_searches"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    face: Mapped[Face] = mapped_column(default=Face.STRUCTURES)
    asked: Mapped[dict[str, list[str]]] = mapped_column(JSONB)
    is_watched: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
