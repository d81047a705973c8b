"""Who plays in the demonstration, by its ids."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.demo import plots
from marketplace.structures.tables import Structure, StructureMember, StructureRole


@dataclass
class Cast:
    organisations: dict[str, int]
    buyers: dict[str, int]
    structures: dict[str, int]
    desks: dict[str, int]
    moderators: dict[int, int]
    """One facilitator of each desk, by the desk's id."""

    joined: datetime
    speakers: dict[int, int] = field(default_factory=dict)
    """One person of a structure, by the structure's id."""

    names: list[str] = field(default_factory=lambda: list(plots.people()))

    def speaker_of(self, session: Session, structure_id: int) -> int:
        """Whoever speaks for a structure. Without a password where no account does: nobody
        signs in as them."""
        if structure_id not in self.speakers:
            slug = session.get_one(Structure, structure_id).slug
            user_id = self.newcomer(session, f"reponses@{slug}.invalid", self.names.pop(0))
            session.add(
                StructureMember(
                    structure_id=structure_id, user_id=user_id, role=StructureRole.MANAGER
                )
            )
            session.flush()
            self.speakers[structure_id] = user_id
        return self.speakers[structure_id]

    def newcomer(self, session: Session, email: str, full_name: str) -> int:
        """Somebody who belongs to nothing yet."""
        user = User(
            email=email,
            full_name=full_name,
            created_at=self.joined,
            email_verified_at=self.joined,
        )
        session.add(user)
        session.flush()
        return user.id
