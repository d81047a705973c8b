"""Writing digests: what each person is to be told by now, in one mail."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVarTuple

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
from sqlalchemy.orm import Session, joinedload, selectinload

from marketplace import formats, mail
from marketplace.accounts.tables import User
from marketplace.clock import PARIS
from marketplace.digests import periods, sections
from marketplace.digests.opting_out import EVERYTHING
from marketplace.digests.rechecking import (
    NOTHING,
    OF_MATCHES,
    OF_OPEN_NEEDS,
    PERSONAL,
    still_true,
)
from marketplace.digests.sections import Item
from marketplace.digests.tables import (
    MailSetting,
    Notice,
    NoticeKind,
    PausedAddress,
    TopicRhythm,
)
from marketplace.digests.topics import MONDAY, UNASKED, WEEKDAYS, Rhythm
from marketplace.jobs import Job, enqueue
from marketplace.mail import Draft, Promise
from marketplace.matching import explaining
from marketplace.matching.tables import Match
from marketplace.needs import wording
from marketplace.needs.tables import Need
from marketplace.offers.tables import Offer, OfferStatus
from marketplace.structures.tables import Structure
from marketplace.territories.gazetteer import Gazetteer
from marketplace.territories.queries import gazetteer

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
    notices: list[Notice] = field(default_factory=list)
    has_a_period: bool = False
    """Something comes at its daily or weekly rhythm, and not only at once."""


@dataclass(frozen=True)
class Facts:
    """What the notices of many people speak of, each read once."""

    needs: Mapping[int, Need]
    matches: Mapping[int, Match]
    missing: Mapping[int, dict[str, str]]
    places: Gazetteer
    day: date


def ask_for_due(session: Session, now: datetime) -> None:
    """Sweep: the people who are to be told something by now, some at a time."""
    people = _due(select(Notice.user_id), now).distinct().order_by(Notice.user_id)
    for ids in _by(A_JOB, session.scalars(people).all()):
        enqueue(session, Job.WRITE_DIGESTS, first_id=ids[0], last_id=ids[-1])


def _by(size: int, ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def write_digests(
    session: Session, first_id: int, last_id: int, now: datetime, a_minute: int
) -> int:
    """Write the digest of each of these people that has something to be told by now, and the
    mail of what they want at once. How many mails.

    One digest a person and a day: what a repeated run, another process or a clock that goes
    back finds later waits for the next. `a_minute`: as `mail.post_many`.
    """
    readers = _readers(session, first_id, last_id, now)
    notices = [notice for reader in readers for notice in reader.notices]
    true = still_true(session, notices, now)
    _set_mail(session, {notice.id: NOTHING for notice in notices if notice.id not in true})
    facts = facts_of(session, notices, now)
    drafts, told = [], {}
    for reader in readers:
        reader.notices = [notice for notice in reader.notices if notice.id in true]
        if reader.notices:
            draft = _draft(reader, facts, now)
            drafts.append(draft)
            told[draft.key] = [notice.id for notice in reader.notices]
    written = mail.post_many(session, drafts, now, a_minute)
    _set_mail(
        session,
        {notice: mail_id for key, mail_id in written.items() for notice in told[key]},
    )
    return len(written)


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
        reader.notices.append(notice)
        reader.has_a_period |= not at_once
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


def facts_of(session: Session, notices: Collection[Notice], now: datetime) -> Facts:
    need_ids = {notice.need_id for notice in notices if notice.need_id is not None}
    match_ids = {notice.subject_id for notice in notices if notice.kind in OF_MATCHES}
    needs = select(Need).options(joinedload(Need.organisation), selectinload(Need.zones))
    matches = select(Match).options(joinedload(Match.structure))
    return Facts(
        needs={need.id: need for need in session.scalars(needs.where(Need.id.in_(need_ids)))},
        matches={
            match.id: match for match in session.scalars(matches.where(Match.id.in_(match_ids)))
        },
        missing=_missing(session, match_ids),
        places=gazetteer(session),
        day=now.astimezone(PARIS).date(),
    )


def _draft(reader: _Reader, facts: Facts, now: datetime) -> Draft:
    if reader.has_a_period:
        key = f"digest:{reader.user_id}:{now.astimezone(PARIS).date().isoformat()}"
    else:
        key = f"notices:{reader.user_id}:{max(notice.id for notice in reader.notices)}"
    return Draft(
        key=key,
        kind=PERSONAL,
        address=reader.email,
        promise=Promise.AT_MOST_ONCE,
        user_id=reader.user_id,
        topic=EVERYTHING,
        context=context_of(reader.name, reader.notices, facts),
    )


def context_of(name: str, notices: Collection[Notice], facts: Facts) -> dict[str, Any]:
    """What fills the templates of a digest that tells these notices, one at least."""
    told = sections.sections_of(_items(notices, facts))
    missing = [
        facts.missing[notice.subject_id]
        for notice in notices
        if notice.kind in OF_MATCHES and notice.subject_id in facts.missing
    ]
    return {
        "name": name,
        "link": sections.NOTIFICATIONS,
        "subject": sections.subject_of(told),
        "sections": told,
        "missing": missing[0] if missing else None,
    }


def _items(notices: Collection[Notice], facts: Facts) -> Iterator[Item]:
    found: dict[int, list[Notice]] = defaultdict(list)
    for notice in notices:
        if notice.kind is NoticeKind.NEW_MATCH and notice.need_id is not None:
            found[notice.need_id].append(notice)
        else:
            yield _item(notice, facts)
    for need_id, of_need in found.items():
        yield _found(facts.needs[need_id], of_need)


def _item(notice: Notice, facts: Facts) -> Item:
    need = facts.needs.get(notice.need_id) if notice.need_id is not None else None
    lines: list[str] = []
    if need is not None and notice.kind in OF_MATCHES:
        lines = [f"{wording.shown_buyer(need)}, {wording.place(need, facts.places)}"]
        lines += _reasons(facts.matches.get(notice.subject_id))
    if need is not None and need.deadline_on is not None and notice.kind in OF_OPEN_NEEDS:
        left = formats.days_left(need.deadline_on, facts.day)
        lines.insert(0, f"Réponses jusqu'au {formats.long_date(need.deadline_on)}, {left}")
    return Item(
        topic=notice.topic,
        notices=(notice.id,),
        title=notice.title,
        link=notice.link,
        lines=tuple(lines),
        until=need.deadline_on if need is not None and notice.kind in OF_OPEN_NEEDS else None,
        is_reminder=notice.kind in (NoticeKind.NEED_CLOSING, NoticeKind.OVERDUE),
    )


def _reasons(match: Match | None) -> list[str]:
    said = explaining.sentences(match.reasons, "structure") if match else []
    return said[: sections.MOST_REASONS]


def _found(need: Need, notices: Sequence[Notice]) -> Item:
    """The structures found for a need since it was published, in one line."""
    if len(notices) == 1:
        title = notices[0].title
    else:
        title = f"{len(notices)} structures de plus peuvent répondre à «\u00a0{need.title}\u00a0»"
    return Item(
        topic=notices[0].topic,
        notices=tuple(notice.id for notice in notices),
        title=title,
        link=notices[0].link,
        until=need.deadline_on,
    )


def _missing(session: Session, match_ids: Collection[int]) -> dict[int, dict[str, str]]:
    """What keeps structures from more needs, by match: where nobody declared an offer."""
    declared = select(Offer.id).where(
        Offer.structure_id == Structure.id,
        Offer.status == OfferStatus.PUBLISHED,
        ~Offer.is_implied,
    )
    silent = (
        select(Match.id, Structure)
        .join(Structure, Structure.id == Match.structure_id)
        .where(Match.id.in_(match_ids), ~declared.exists())
    )
    return {
        match_id: {
            "words": f"{structure.display_name} n'a pas encore décrit ses prestations\u00a0: "
            "vous ne recevez que les besoins que son nom et son activité laissent deviner.",
            "link": f"/structures/{structure.slug}",
        }
        for match_id, structure in session.execute(silent)
    }
