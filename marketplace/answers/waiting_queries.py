"""Reads: what waits for a person in the groups and conversations of its needs and structures."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from marketplace.answers.consortia import MemberStatus
from marketplace.answers.consortium_queries import open_groups_of
from marketplace.answers.consortium_tables import Consortium
from marketplace.answers.tables import Thread


def invitations_of(
    session: Session, structure_ids: Collection[int], now: datetime
) -> Sequence[Consortium]:
    """The groups that these structures are asked to join and have not replied to, those of the
    needs that close first before the others."""
    return [
        group
        for group in open_groups_of(session, structure_ids, now)
        if any(
            member.structure_id in structure_ids and member.status is MemberStatus.INVITED
            for member in group.members
        )
    ]


def unread_conversations(
    session: Session, bought: Select[Any], structure_ids: Collection[int]
) -> int:
    """How many conversations the other side wrote in last, of these needs or structures.
    `bought` gives ids of needs."""

    def is_new(read_at: InstrumentedAttribute[datetime | None]) -> ColumnElement[bool]:
        return read_at.is_(None) | (read_at < Thread.last_message_at)

    theirs = Thread.structure_id.in_(structure_ids) & is_new(Thread.structure_read_at)
    ours = Thread.need_id.in_(bought) & is_new(Thread.buyer_read_at)
    return session.scalars(select(func.count(Thread.id)).where(theirs | ours)).one()
