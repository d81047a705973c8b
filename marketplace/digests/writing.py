"""Writing digests: what each person is to be told by now, in one mail."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVarTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    type_coerce,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from marketplace import mail
from marketplace.accounts.tables import User
from marketplace.clock import PARIS
from marketplace.digests import periods
from marketplace.digests.opting_out import EVERYTHING
from marketplace.digests.rechecking import (
    NOTHING,
    PERSONAL,
    still_true,
)
from marketplace.digests.stating import Facts, context_of, facts_of
from marketplace.digests.tables import (
    MailSetting,
    Notice,
    PausedAddress,
    TopicRhythm,
)
from marketplace.digests.topics import MONDAY, UNASKED, WEEKDAYS, Rhythm
from marketplace.jobs import Job, enqueue
from marketplace.mail import Draft, Promise

A_JOB = 250
"""People whose digests are written in one transaction."""

Columns = TypeVarTuple("Columns")

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_A_MOMENT = timedelta(seconds=1)
"""What is ready this very moment goes at once."""


@dataclass
class _Reader:
    user_id: int
    email: str
    name: str
    at_once: list[Notice] = field(default_factory=list)
    of_period: list[Notice] = field(default_factory=list)
    """What comes at its daily or weekly rhythm."""

    @property
    def notices(self) -> list[Notice]:
        return sorted(self.at_once + self.of_period, key=lambda notice: notice.id)

    def keep(self, ids: Collection[int]) -> None:
        self.at_once = [notice for notice in self.at_once if notice.id in ids]
        self.of_period = [notice for notice in self.of_period if notice.id in ids]


def ask_for_due(session: Session, now: datetime) -> None:
    """Sweep: the people who are to be told something by now, some at a time."""
    people = _due(select(Notice.user_id), now).distinct().order_by(Notice.user_id)
    for ids in _by(A_JOB, session.scalars(people).all()):
        enqueue(session, Job.WRITE_DIGESTS, first_id=ids[0], last_id=ids[-1])


def _by(size: int, ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def write_digests(session: Session, first_id: int, last_id: int, now: datetime) -> int:
    """Write the digest of each of these people that has something to be told by now, and the
    mail of what they want at once. How many mails.

    One digest a person and a day: what a repeated run, another process or a clock that goes
    back finds later waits for the next.
    """
    readers = _readers(session, first_id, last_id, now)
    notices = [notice for reader in readers for notice in reader.notices]
    true = still_true(session, notices, now)
    _set_mail(session, {notice.id: NOTHING for notice in notices if notice.id not in true})
    facts = facts_of(session, notices, now)
    for reader in readers:
        reader.keep(true)
    waiting = _post(session, [reader for reader in readers if reader.notices], facts, now)
    for reader in waiting:
        reader.of_period = []  # the day's digest left: what is wanted at once goes without
    still = _post(session, [reader for reader in waiting if reader.at_once], facts, now)
    return sum(bool(reader.notices) for reader in readers) - len(still)


def _post(
    session: Session, readers: Sequence[_Reader], facts: Facts, now: datetime
) -> list[_Reader]:
    """Write these digests; those whose reader already has one by that name are given back."""
    drafts = [_draft(reader, facts, now) for reader in readers]
    written = mail.post_many(session, drafts)
    pairs = list(zip(readers, drafts, strict=True))
    _set_mail(
        session,
        {
            notice.id: written[draft.key]
            for reader, draft in pairs
            if draft.key in written
            for notice in reader.notices
        },
    )
    return [reader for reader, draft in pairs if draft.key not in written]


def _due(notices: Select[*Columns], now: datetime) -> Select[*Columns]:
    """Those that wait to be mailed and whose time has come, by their reader's rhythm."""
    is_paused = select(PausedAddress).where(PausedAddress.address == func.lower(User.email))
    until = MailSetting.paused_until
    return (
        notices.select_from(Notice)
        .join(User, User.id == Notice.user_id)
        .outerjoin(MailSetting, MailSetting.user_id == Notice.user_id)
        .outerjoin(
            TopicRhythm,
            and_(TopicRhythm.user_id == Notice.user_id, TopicRhythm.topic == Notice.topic),
        )
        .where(Notice.mail_id.is_(None), Notice.ready_at < _told_until(now))
        .where(User.is_active, User.email_verified_at.is_not(None), ~is_paused.exists())
        .where(or_(until.is_(None), until <= now.astimezone(PARIS).date()))
    )


def rhythm() -> ColumnElement[str]:
    """The one that the reader of a notice chose, or gets unasked."""
    unasked = case(
        *((Notice.topic == topic, literal(kept.value)) for topic, kept in UNASKED.items())
    )
    return func.coalesce(type_coerce(TopicRhythm.rhythm, String), unasked)


def is_at_once() -> ColumnElement[bool]:
    accepts = func.coalesce(MailSetting.urgent_at_once, True)
    return or_(rhythm() == Rhythm.IMMEDIATE.value, and_(Notice.is_urgent, accepts))


def _told_until(now: datetime) -> ColumnElement[datetime]:
    day = periods.digest_day(now)
    weekday = func.coalesce(MailSetting.weekday, MONDAY)
    daily = periods.opening(day) if day else _LONG_AGO
    weekly = {
        number: periods.weekly_opening(day, number) if day else _LONG_AGO for number in WEEKDAYS
    }
    return case(
        (rhythm() == Rhythm.NEVER.value, _LONG_AGO),
        (is_at_once(), now + _A_MOMENT),
        (rhythm() == Rhythm.DAILY.value, daily),
        *((weekday == number, until) for number, until in weekly.items()),
        else_=_LONG_AGO,
    )


def _readers(session: Session, first_id: int, last_id: int, now: datetime) -> list[_Reader]:
    rows = _due(select(Notice, User.email, User.full_name, is_at_once()), now)
    theirs = (
        rows.where(Notice.user_id.between(first_id, last_id))
        .order_by(Notice.user_id, Notice.id)
        .with_for_update(of=Notice, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    readers: dict[int, _Reader] = {}
    for notice, email, name, at_once in session.execute(theirs):
        reader = readers.setdefault(notice.user_id, _Reader(notice.user_id, email, name))
        (reader.at_once if at_once else reader.of_period).append(notice)
    return list(readers.values())


def _set_mail(session: Session, mails: Mapping[int, int]) -> None:
    """Which mail tells each of these notices, by their ids."""
    if not mails:
        return
    pairs = (
        func.unnest(cast([*mails], ARRAY(Integer)), cast([*mails.values()], ARRAY(Integer)))
        .table_valued("notice", "mail", name="told")
        .render_derived()
    )
    session.execute(
        update(Notice)
        .where(Notice.id == pairs.c.notice)
        .values(mail_id=pairs.c.mail)
        .execution_options(synchronize_session=False)
    )


def _draft(reader: _Reader, facts: Facts, now: datetime) -> Draft:
    if reader.of_period:
        key = f"digest:{reader.user_id}:{now.astimezone(PARIS).date().isoformat()}"
    else:
        # With its time: a notice may tell anew, or wait again after a mail that was lost.
        last = max(reader.notices, key=lambda notice: (notice.ready_at, notice.id))
        at = last.ready_at.astimezone(UTC)
        key = f"notices:{reader.user_id}:{last.id}:{at:%Y%m%dT%H%M%S.%f}"
    return Draft(
        key=key,
        kind=PERSONAL,
        address=reader.email,
        promise=Promise.AT_MOST_ONCE,
        user_id=reader.user_id,
        topic=EVERYTHING,
        context=context_of(reader.name, reader.notices, facts),
    )
