"""A group of structures that answer a need, and what its people do in it."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers import agreeing, grouping, joining, sharing
from marketplace.answers.agreeing import fingerprint_of, words_of
from marketplace.answers.answering import PartSaid, Said
from marketplace.answers.consortia import LegalForm, Origin
from marketplace.answers.consortium_tables import Consortium
from marketplace.answers.tables import Answer
from marketplace.db import transaction
from tests.answers.market import Market, market_of
from tests.factories import people


class Group:
    """A group of the first structures of a market, and what its people do in it."""

    def __init__(self, session: Session, size: int = 3, **changes: object) -> None:
        self.desk = people.desk(session, "25056")
        self.market: Market = market_of(session, structures=size, lots=2, **changes)  # type: ignore[arg-type]  # a test's own values
        self.session = session
        self.ids = [structure.id for structure in self.market.structures]
        self.users = [member.id for member in self.market.members]
        self.lots = [lot.id for lot in self.market.need.lots]
        self.id = self.open()

    def open(self, lead: int = 0, partners: tuple[int, ...] = (1, 2)) -> int:
        with transaction() as session:
            opened = grouping.open_group(
                session,
                self.market.need.id,
                self.ids[lead],
                [self.ids[number] for number in partners if number < len(self.ids)],
                self.users[lead],
                Origin.STRUCTURE,
                LegalForm.SEVERAL,
                clock.now(),
            )
            return opened.id

    def reply(self, number: int, accepts: bool = True, group_id: int | None = None) -> None:
        with transaction() as session:
            joining.reply(
                session,
                group_id or self.id,
                self.ids[number],
                accepts=accepts,
                user_id=self.users[number],
                now=clock.now(),
            )

    def settle(self, *percents: str) -> None:
        shares = {self.ids[n]: Decimal(percent) for n, percent in enumerate(percents)}
        with transaction() as session:
            sharing.settle_by_percent(
                session,
                self.id,
                self.ids[0],
                LegalForm.JOINT_AND_SEVERAL,
                shares,
                self.users[0],
                clock.now(),
            )

    def write(self, euros: int, message: str = "Ensemble") -> None:
        said = Said(message, [PartSaid(self.lots[0], Decimal(euros), Decimal(euros))])
        with transaction() as session:
            seen = words_of(session.get_one(Consortium, self.id))
            agreeing.write_together(
                session, self.id, self.ids[0], said, seen, self.users[0], clock.now()
            )

    def seen(self) -> str:
        self.session.rollback()
        return fingerprint_of(self.session, self.row())

    def agree(self, number: int, seen: str | None = None) -> None:
        seen = seen or self.seen()
        with transaction() as session:
            agreeing.agree(
                session, self.id, self.ids[number], seen, self.users[number], clock.now()
            )

    def send(self, now: datetime | None = None) -> None:
        seen = self.seen()
        with transaction() as session:
            agreeing.send_together(
                session, self.id, self.ids[0], seen, self.users[0], now or clock.now()
            )

    def row(self) -> Consortium:
        self.session.rollback()
        return self.session.get_one(Consortium, self.id)

    def answer(self) -> Answer | None:
        self.session.rollback()
        return self.session.scalars(select(Answer).where(Answer.consortium_id == self.id)).first()

    def ready(self) -> "Group":
        for number in range(1, len(self.ids)):
            self.reply(number)
        self.settle("50", "30", "20")
        self.write(9000)
        return self

    def sent(self) -> "Group":
        self.ready()
        for number in range(1, len(self.ids)):
            self.agree(number)
        self.send()
        return self
