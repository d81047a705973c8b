"""Rows: the networks that have somebody here, and who."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, func
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.tables import User
from marketplace.db import Base
from marketplace.structures.networks import NETWORKS


class Network(Base):
    """A network of structures.networks, once somebody was invited to speak for it."""

    __tablename__ = "networks"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(30), unique=True)

    @property
    def name(self) -> str:
        return NETWORKS.get(self.code, self.code)


class NetworkPartner(Base):
    """A person who follows the structures of a network, and decides nothing for them."""

    __tablename__ = "network_partners"

    network_id: Mapped[int] = mapped_column(ForeignKey("networks.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    joined_at: Mapped[datetime] = mapped_column(server_default=func.now())

    network: Mapped[Network] = relationship()
    user: Mapped[User] = relationship()
