"""People of structures, needs that fit them, and the days on which they are written to."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.config import Config
from marketplace.db import transaction
from marketplace.digests import opting_out, sending, telling, writing
from marketplace.digests.opting_out import Choices
from marketplace.digests.rechecking import PERSONAL
from marketplace.digests.tables import Notice
from marketplace.digests.topics import UNASKED, Rhythm, Topic
from marketplace.mail import OutgoingMail
from marketplace.matching.shortlisting import shortlist_need
from marketplace.moderation.deciding import approve
from marketplace.moderation.desks import receive_need
from marketplace.needs.tables import Need, NeedKind
from marketplace.structures.tables import Structure
from tests.factories import people
from tests.factories.market import BESANCON, MONDAY, offer, structure, submitted_need

ALL = 2**31 - 1


@dataclass
class Market:
    """A buyer, its facilitator, and structures with one member each, best placed first."""

    buyer: User
    facilitator: User
    organisation_id: int
    structures: list[Structure]
    members: list[User]


def market(session: Session, count: int = 1) -> Market:
    town = people.organisation(session, "Ville de Vallonne")
    buyer = people.buyer(session, town.id)
    facilitator = people.facilitator(session, people.desk(session, BESANCON))
    structures = [structure(session, f"Les Haies {number:03}") for number in range(count)]
    for one in structures:
        offer(session, one)
    members = [people.structure_member(session, one) for one in structures]
    session.commit()
    return Market(buyer, facilitator, town.id, structures, members)


def published(session: Session, market: Market, now: datetime = MONDAY, **changes: object) -> Need:
    """A need of this buyer, ranked, that nobody was told of yet."""
    changes = {"deadline_on": date(2026, 12, 14), "kind": NeedKind.TENDER} | changes
    enough = changes.pop("enough_interested", None)
    need = submitted_need(session, market.buyer.id, market.organisation_id, **changes)
    need.enough_interested = enough  # type: ignore[assignment]  # a test's own value
    receive_need(session, need, now)
    session.flush()
    approve(session, need.id, market.facilitator.id, now)
    session.commit()
    with transaction() as writing_session:
        shortlist_need(writing_session, need.id, now)
    return need


def tell(need: Need, now: datetime) -> int:
    with transaction() as session:
        return telling.tell_matches(session, need.id, now)


def write(now: datetime) -> int:
    with transaction() as session:
        return writing.write_digests(session, 0, ALL, now)


def chooses(
    session: Session,
    user: User,
    rhythm: Rhythm,
    weekday: int = 0,
    urgent_at_once: bool = True,
    paused_until: date | None = None,
) -> None:
    rhythms = dict.fromkeys(UNASKED, rhythm)
    opting_out.choose(session, user.id, Choices(rhythms, weekday, urgent_at_once, paused_until))
    session.commit()


def mails_to(session: Session, user: User) -> list[OutgoingMail]:
    """Its digests, oldest first."""
    session.rollback()
    mails = select(OutgoingMail).where(
        OutgoingMail.user_id == user.id, OutgoingMail.kind == PERSONAL
    )
    return list(session.scalars(mails.order_by(OutgoingMail.id)))


def notices_to(session: Session, user: User, topic: Topic = Topic.NEEDS) -> list[Notice]:
    session.rollback()
    told = select(Notice).where(Notice.user_id == user.id, Notice.topic == topic)
    return list(session.scalars(told.order_by(Notice.id).execution_options(populate_existing=True)))


def titles_in(row: OutgoingMail) -> list[str]:
    return [item["title"] for section in row.context["sections"] for item in section["items"]]


def send(mail_id: int, config: Config, now: datetime) -> None:
    """What the task of the worker does, at a time of ours."""
    with transaction() as session:
        parcel = sending.take(session, mail_id, now, config)
    if parcel is not None:
        outcome = sending.hand_over(parcel, config.smtp_url)
        with transaction() as session:
            sending.stamp(session, parcel, outcome, now)
