"""Telling structures what became of a need that was proposed to them."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from marketplace import mail
from marketplace.accounts.tables import User
from marketplace.answers.differences import differences_of
from marketplace.answers.queries import lots_answered
from marketplace.answers.wording import answer_concerned
from marketplace.formats import long_date
from marketplace.mail import Promise
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.tables import Match
from marketplace.needs import wording
from marketplace.needs.amending_lots import numbers_in
from marketplace.needs.tables import Need, NeedAmendment, NeedNotice, NoticeKind
from marketplace.structures.tables import Structure, StructureMember
from marketplace.territories.queries import gazetteer

TOPIC = "amendments"

Unaware = Collection[tuple[int, int]]
"""Structures and people whose announcement of the need is still to leave: it will show the need
as it is then, so that they are not told what became of it."""
NOBODY: Unaware = frozenset()


def tell_amended(
    session: Session,
    need: Need,
    amendment: NeedAmendment,
    now: datetime,
    unaware: Unaware = NOBODY,
) -> int:
    """What changed, to the people of every structure that was told of the need, refusals
    included: the change may be what they lacked. How many structures that makes.

    Who answered is told that its answer stands and may be changed, and which of the lots that
    changed it answered.
    """
    changed = [
        {"label": one.label, "before": one.before, "after": one.after}
        for one in differences_of(amendment, gazetteer(session))
    ]
    numbers = numbers_in(amendment.changes)
    return _tell(
        session,
        need,
        NoticeKind.AMENDED,
        str(amendment.id),
        now,
        amendment.id,
        unaware=unaware,
        answered={
            structure_id: answer_concerned(numbers, lots)
            for structure_id, lots in lots_answered(session, need.id).items()
        },
        changes=changed,
    )


def tell_reopened(session: Session, need: Need, now: datetime, unaware: Unaware = NOBODY) -> int:
    return _tell(session, need, NoticeKind.REOPENED, f"{need.id}", now, unaware=unaware)


def tell_closed(
    session: Session, need: Need, reason: str, now: datetime, unaware: Unaware = NOBODY
) -> int:
    """A need closed before its deadline: those who are still preparing an answer may stop."""
    about = f"{need.id}:{now:%Y%m%d%H%M%S%f}"
    return _tell(session, need, NoticeKind.CLOSED, about, now, unaware=unaware, why=reason)


def tell_withdrawn(
    session: Session, need: Need, reason: str, now: datetime, unaware: Unaware = NOBODY
) -> int:
    about = f"{need.id}"
    return _tell(session, need, NoticeKind.WITHDRAWN, about, now, unaware=unaware, why=reason)


def told_structures(session: Session, need_id: int, unaware: Unaware = NOBODY) -> int:
    """How many structures an amendment of this need would be told to."""
    return len({row.structure_id for row in _people_told(session, need_id, unaware)})


def _tell(
    session: Session,
    need: Need,
    kind: NoticeKind,
    about: str,
    now: datetime,
    amendment_id: int | None = None,
    unaware: Unaware = NOBODY,
    answered: Mapping[int, str] = MappingProxyType({}),
    **context: Any,
) -> int:
    people = _people_told(session, need.id, unaware)
    for row in people:
        mail.post(
            session,
            key=f"need_{kind}:{about}:{row.structure_id}:{row.user_id}",
            kind=f"needs/{kind}",
            address=row.email,
            promise=Promise.AT_MOST_ONCE,
            user_id=row.user_id,
            topic=TOPIC,
            link=f"/besoins/{need.slug}"
            if kind is not NoticeKind.WITHDRAWN
            else "/besoins-pour-vous",
            name=row.full_name,
            need=need.title,
            buyer=wording.shown_buyer(need),
            structure=row.brand or row.structure_name,
            day=long_date(need.deadline_on) if need.deadline_on else "",
            answered=answered.get(row.structure_id, ""),
            **context,
        )
    told = Counter(row.structure_id for row in people)
    session.add_all(
        NeedNotice(
            need_id=need.id,
            structure_id=structure_id,
            amendment_id=amendment_id,
            kind=kind,
            told_at=now,
            people=count,
        )
        for structure_id, count in sorted(told.items())
    )
    return len(told)


def _people_told(
    session: Session, need_id: int, unaware: Unaware
) -> Sequence[Row[int, str, str, int, str, str]]:
    """The people, with a confirmed address, of each structure whose match is past a suggestion."""
    past = session.execute(
        select(
            Match.structure_id,
            Structure.brand,
            Structure.name.label("structure_name"),
            User.id.label("user_id"),
            User.email,
            User.full_name,
        )
        .join(Structure, Structure.id == Match.structure_id)
        .join(StructureMember, StructureMember.structure_id == Match.structure_id)
        .join(User, User.id == StructureMember.user_id)
        .where(Match.need_id == need_id, Match.status != MatchStatus.SUGGESTED)
        .where(Structure.is_active, User.is_active, User.email_verified_at.is_not(None))
        .order_by(Match.structure_id, User.id)
    ).all()
    return [row for row in past if (row.structure_id, row.user_id) not in unaware]
