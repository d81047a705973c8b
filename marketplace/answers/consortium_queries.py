"""Reads: groups that answer together, who is in them, what each takes, who follows them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from marketplace.accounts.tables import User
from marketplace.answers.consortia import LIVING, ConsortiumStatus, MemberStatus
from marketplace.answers.consortium_tables import (
    Consortium,
    ConsortiumEvent,
    ConsortiumFile,
    ConsortiumMember,
    ConsortiumMessage,
    ConsortiumShare,
)
from marketplace.answers.eligibility import admits_some
from marketplace.answers.lifecycle import AnswerStatus
from marketplace.answers.tables import Answer, AnswerFile
from marketplace.files.tables import StoredFile
from marketplace.matching.tables import Match
from marketplace.moderation.desks import desk_for_need
from marketplace.moderation.tables import DeskMember, QueueEntry
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need
from marketplace.offers.tables import Offer, OfferStatus
from marketplace.structures.tables import Structure

RUNNING = (ConsortiumStatus.FORMING, ConsortiumStatus.SENT)


@dataclass(frozen=True, slots=True)
class Share:
    """What a structure takes of a joint answer: a lot, or of the whole so many per cent."""

    structure_id: int
    lot_id: int | None
    percent: Decimal


def shares_of(consortium: Consortium) -> list[Share]:
    """What each member takes, and so which of the hours achieved are its own: of a lot all of
    them, of the whole so many per cent. Empty while nothing is decided."""
    return [Share(row.structure_id, row.lot_id, row.percent) for row in consortium.shares]


def whole_groups() -> Select[Consortium]:
    """Groups, with all that a page shows of them."""
    return select(Consortium).options(
        joinedload(Consortium.need).selectinload(Need.lots),
        joinedload(Consortium.lead),
        selectinload(Consortium.members).joinedload(ConsortiumMember.structure),
        selectinload(Consortium.shares).joinedload(ConsortiumShare.lot),
        selectinload(Consortium.shares).joinedload(ConsortiumShare.structure),
    )


def groups_of_need(session: Session, need_id: int) -> Sequence[Consortium]:
    """The groups that are not dissolved, in the order in which they were opened."""
    of_need = whole_groups().where(
        Consortium.need_id == need_id, Consortium.status != ConsortiumStatus.DISSOLVED
    )
    return session.scalars(of_need.order_by(Consortium.id)).unique().all()


def living_members(consortium: Consortium) -> list[ConsortiumMember]:
    """The invited and the accepted."""
    return [member for member in consortium.members if member.status in LIVING]


def accepted_members(consortium: Consortium) -> list[ConsortiumMember]:
    return [m for m in consortium.members if m.status is MemberStatus.ACCEPTED]


def leads_group(session: Session, need_id: int, structure_id: int) -> bool:
    """Whether a structure is the lead of a group for a need."""
    leads = select(Consortium.id).where(
        Consortium.need_id == need_id,
        Consortium.lead_id == structure_id,
        Consortium.status.in_(RUNNING),
    )
    return session.scalar(leads.limit(1)) is not None


def is_in_group(session: Session, need_id: int, structure_id: int) -> bool:
    """Whether a structure accepted to be in a group for a need."""
    return session.scalar(select(_in_groups(need_id, structure_id).exists())) is True


def groups_of_structure(session: Session, need_id: int, structure_id: int) -> Sequence[Consortium]:
    """The groups for a need that a structure is in or asked to join."""
    of_it = select(ConsortiumMember.consortium_id).where(
        ConsortiumMember.structure_id == structure_id, ConsortiumMember.status.in_(LIVING)
    )
    ids = set(session.scalars(of_it))
    return [group for group in groups_of_need(session, need_id) if group.id in ids]


def open_groups_of(
    session: Session, structure_ids: Collection[int], now: datetime
) -> Sequence[Consortium]:
    """The groups that these structures are in or asked to join, while their needs are open."""
    theirs = exists().where(
        ConsortiumMember.consortium_id == Consortium.id,
        ConsortiumMember.structure_id.in_(structure_ids),
        ConsortiumMember.status.in_(LIVING),
    )
    found = (
        whole_groups()
        .join(Need, Need.id == Consortium.need_id)
        .where(theirs, is_open(now), Consortium.status != ConsortiumStatus.DISSOLVED)
        .order_by(Need.deadline_on, Consortium.id)
    )
    return session.scalars(found).unique().all()


def is_otherwise_engaged(
    session: Session, need_id: int, structure_id: int, consortium_id: int | None
) -> bool:
    """Whether a structure is in another group for the same need, or answers it alone too."""
    others = _in_groups(need_id, structure_id)
    if consortium_id is not None:
        others = others.where(Consortium.id != consortium_id)
    alone = select(Answer.id).where(
        Answer.need_id == need_id,
        Answer.structure_id == structure_id,
        Answer.status == AnswerStatus.SENT,
        Answer.consortium_id.is_(None),
    )
    return session.scalar(select(or_(others.exists(), alone.exists()))) is True


def engaged_twice(session: Session, need_id: int) -> set[int]:
    """The ids of the structures that are in several groups for a need, or in one and answer it
    alone too; what a lead sent alone is replaced by what its group sends."""
    in_them = (
        select(ConsortiumMember.structure_id, func.count().label("groups"))
        .join(Consortium)
        .where(
            Consortium.need_id == need_id,
            Consortium.status != ConsortiumStatus.DISSOLVED,
            ConsortiumMember.status == MemberStatus.ACCEPTED,
        )
        .group_by(ConsortiumMember.structure_id)
        .subquery()
    )
    alone = exists().where(
        Answer.need_id == need_id,
        Answer.structure_id == in_them.c.structure_id,
        Answer.status == AnswerStatus.SENT,
        Answer.consortium_id.is_(None),
    )
    leads = exists().where(
        Consortium.need_id == need_id,
        Consortium.lead_id == in_them.c.structure_id,
        Consortium.status.in_(RUNNING),
    )
    twice = select(in_them.c.structure_id).where(or_(in_them.c.groups > 1, alone & ~leads))
    return set(session.scalars(twice))


def _in_groups(need_id: int, structure_id: int) -> Select[int]:
    return (
        select(Consortium.id)
        .join(ConsortiumMember)
        .where(
            Consortium.need_id == need_id,
            Consortium.status != ConsortiumStatus.DISSOLVED,
            ConsortiumMember.structure_id == structure_id,
            ConsortiumMember.status == MemberStatus.ACCEPTED,
        )
    )


def has_published_offer(session: Session, structure_id: int) -> bool:
    published = exists().where(
        Offer.structure_id == structure_id, Offer.status == OfferStatus.PUBLISHED
    )
    return session.scalar(select(published)) is True


def possible_partners(session: Session, need: Need, limit: int) -> list[Structure]:
    """The structures that the ranking found for a need and that it is open to, best first."""
    found = (
        select(Structure)
        .join(Match, Match.structure_id == Structure.id)
        .where(Match.need_id == need.id, Structure.is_active)
        .order_by(Match.rank)
        .limit(limit)
    )
    return [one for one in session.scalars(found) if admits_some(need, one.kind)]


def facilitators_of(session: Session, need: Need) -> Sequence[User]:
    """The people of the desk that a need came to last."""
    latest = (
        select(QueueEntry.desk_id)
        .where(QueueEntry.need_id == need.id)
        .order_by(QueueEntry.id.desc())
        .limit(1)
    )
    desk_id = session.scalar(latest) or desk_for_need(session, need).id
    return session.scalars(
        select(User)
        .join(DeskMember, DeskMember.user_id == User.id)
        .where(DeskMember.desk_id == desk_id)
        .where(User.is_active, User.email_verified_at.is_not(None))
        .order_by(User.id)
    ).all()


def events_of(session: Session, consortium_id: int) -> Sequence[ConsortiumEvent]:
    """The steps of a group, latest first."""
    steps = select(ConsortiumEvent).filter_by(consortium_id=consortium_id)
    loaded = steps.options(joinedload(ConsortiumEvent.structure), joinedload(ConsortiumEvent.user))
    return session.scalars(loaded.order_by(ConsortiumEvent.id.desc())).all()


def messages_of(session: Session, consortium_id: int) -> Sequence[ConsortiumMessage]:
    said = select(ConsortiumMessage).filter_by(consortium_id=consortium_id)
    loaded = said.options(
        joinedload(ConsortiumMessage.structure), joinedload(ConsortiumMessage.user)
    )
    return session.scalars(loaded.order_by(ConsortiumMessage.id)).all()


def files_of_group(session: Session, group: Consortium) -> list[tuple[Structure, list[StoredFile]]]:
    """What each structure joins to the joint answer, in the order in which they were asked to
    come in; of the lead also what it had joined to an answer of its own, which goes out too."""
    joined = select(ConsortiumFile.structure_id, StoredFile).join(
        StoredFile, StoredFile.id == ConsortiumFile.file_id
    )
    earlier = (
        select(Answer.structure_id, StoredFile)
        .join(AnswerFile, AnswerFile.answer_id == Answer.id)
        .join(StoredFile, StoredFile.id == AnswerFile.file_id)
        .where(Answer.need_id == group.need_id, Answer.structure_id == group.lead_id)
    )
    found: dict[int, list[StoredFile]] = {}
    for rows in (earlier, joined.where(ConsortiumFile.consortium_id == group.id)):
        for structure_id, file in session.execute(rows.order_by(StoredFile.id)):
            found.setdefault(structure_id, []).append(file)
    return [
        (member.structure, found[member.structure_id])
        for member in group.members
        if member.structure_id in found
    ]


def own_files(session: Session, group_id: int, structure_id: int) -> list[StoredFile]:
    """What one structure joined in the group itself."""
    joined = (
        select(StoredFile)
        .join(ConsortiumFile, ConsortiumFile.file_id == StoredFile.id)
        .filter(
            ConsortiumFile.consortium_id == group_id, ConsortiumFile.structure_id == structure_id
        )
    )
    return list(session.scalars(joined.order_by(StoredFile.id)))


def answering_groups(session: Session, need_id: int) -> dict[int, list[Consortium]]:
    """The groups that answered a need, by each structure in them."""
    found: dict[int, list[Consortium]] = {}
    for group in groups_of_need(session, need_id):
        if group.status is ConsortiumStatus.SENT:
            for member in accepted_members(group):
                found.setdefault(member.structure_id, []).append(group)
    return found


def groups_named(session: Session, need_id: int) -> dict[int, list[Consortium]]:
    """The same with their leads alone, for a list: one query."""
    in_them = (
        select(ConsortiumMember.structure_id, Consortium)
        .join(Consortium, Consortium.id == ConsortiumMember.consortium_id)
        .where(
            Consortium.need_id == need_id,
            Consortium.status == ConsortiumStatus.SENT,
            ConsortiumMember.status == MemberStatus.ACCEPTED,
        )
        .options(joinedload(Consortium.lead))
        .order_by(Consortium.id)
    )
    found: dict[int, list[Consortium]] = {}
    for structure_id, group in session.execute(in_them):
        found.setdefault(structure_id, []).append(group)
    return found


def leads_of_partners(
    session: Session, need_id: int, lead_ids: Collection[int]
) -> Mapping[int, int]:
    """The members of the groups that answered a need under these leads, each with its lead."""
    rows = session.execute(
        select(ConsortiumMember.structure_id, Consortium.lead_id)
        .join(Consortium)
        .where(
            Consortium.need_id == need_id,
            Consortium.status == ConsortiumStatus.SENT,
            Consortium.lead_id.in_(lead_ids),
            ConsortiumMember.status == MemberStatus.ACCEPTED,
        )
    )
    return {structure_id: lead_id for structure_id, lead_id in rows if structure_id != lead_id}
