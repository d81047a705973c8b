"""A published need with structures matched to it, each with a member who can answer."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import User
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import Match
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Lot, Need, NeedQuestion
from marketplace.structures.tables import Structure
from tests.factories import people
from tests.factories.market import offer, structure, submitted_need


@dataclass
class Market:
    buyer: User
    need: Need
    structures: list[Structure]
    members: list[User]

    def match(self, session: Session, number: int = 0) -> Match:
        session.rollback()
        found = session.query(Match).filter_by(
            need_id=self.need.id, structure_id=self.structures[number].id
        )
        return found.one()


NAMES = ("Les Haies de la Boucle", "Jardins du Doubs", "Vert Comtois", "La Serpe")


def market_of(
    session: Session,
    structures: int = 2,
    lots: int = 0,
    questions: tuple[str, ...] = (),
    **changes: object,
) -> Market:
    organisation = people.organisation(session)
    buyer = people.buyer(session, organisation.id)
    made = [structure(session, NAMES[n % len(NAMES)]) for n in range(structures)]
    for one in made:
        offer(session, one)
    members = [people.structure_member(session, one) for one in made]
    need = submitted_need(session, buyer.id, organisation.id, **changes)
    need.lots = [Lot(number=n + 1, title=f"Secteur {n + 1}") for n in range(lots)]
    need.questions = [
        NeedQuestion(number=n, words=words) for n, words in enumerate(questions, start=1)
    ]
    need.status, need.published_at = Status.PUBLISHED, clock.now()
    session.commit()
    shortlist_need(session, need.id, clock.now())
    session.commit()
    return Market(buyer, need, made, members)


def close(session: Session, need: Need) -> None:
    """Its deadline was yesterday, and the sweep came."""
    need.status, need.deadline_on = Status.CLOSED, yesterday()
    session.commit()


def yesterday() -> date:
    return date.fromordinal(clock.today().toordinal() - 1)
