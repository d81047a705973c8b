"""Finding in the state of things what people are to be told, each thing once.

Nothing sends a message here: answers, queues and deadlines are looked at every few minutes,
so that what a lost message would have told is told all the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.answers.tables import MatchReminder
from marketplace.clock import PARIS
from marketplace.digests import (
    gathering_answers,
    gathering_hours,
    gathering_offers,
    sections,
    telling_plans,
)
from marketplace.digests.rechecking import UNANSWERED
from marketplace.digests.tables import Notice, NoticeKind
from marketplace.digests.topics import Topic
from marketplace.digests.untold import LOOKS_BACK, Row, to_buyers, untold
from marketplace.insights import weeks
from marketplace.insights.weeks import Event
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.tables import Match, Shortlist
from marketplace.moderation.tables import DeskMember, Escalation, QueueEntry
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need
from marketplace.structures.tables import Structure, StructureMember

CLOSES_SOON = timedelta(days=3)
AFTER_PUBLICATION = timedelta(hours=12)
"""Structures found later are news to the buyer, who saw the others at publication."""
WEEK_IS_NEWS = timedelta(days=8)
"""After its Monday: until the Tuesday that follows it."""
WEEK_PAGE = "/guichet/semaine"
FEW = 3
"""A need with fewer matches than this is shown to its facilitators."""
BATCH = 2_000


def gather(session: Session, now: datetime) -> None:
    """Write down what is new for everybody."""
    gathering_offers.forget_answered(session, now)
    telling_plans.ask_for_untold(session, now)
    for rows in (
        gathering_answers.received(session, now),
        gathering_answers.amended(session, now),
        gathering_answers.taken_back(session, now),
        gathering_answers.questions(session, now),
        _new_matches(session, now),
        _own_needs_closing(session, now),
        _reminders(session, now),
        _queue(session, now),
        _few_matches(session, now),
        _weeks_of_desks(session, now),
        gathering_offers.to_ask(session, now),
        telling_plans.published(session, now),
        gathering_hours.waiting(session, now),
        gathering_hours.validated(session, now),
    ):
        _write(session, rows)


def _write(session: Session, rows: Iterable[Row]) -> None:
    batch: list[Row] = []
    for row in rows:
        batch.append(row | {"title": row["title"][:300], "is_urgent": False})
        if len(batch) == BATCH:
            session.execute(insert(Notice).on_conflict_do_nothing(), batch)
            batch = []
    if batch:
        session.execute(insert(Notice).on_conflict_do_nothing(), batch)


def _new_matches(session: Session, now: datetime) -> Iterator[Row]:
    found = to_buyers(
        select(User.id, Match.id, Need.id, Need.slug, Need.title, Structure)
        .select_from(Match)
        .join(Need, Need.id == Match.need_id)
        .join(Structure, Structure.id == Match.structure_id)
    ).where(
        is_open(now),
        func.cardinality(Match.near) == 0,
        Match.first_matched_at > now - LOOKS_BACK,
        Match.first_matched_at > Need.published_at + AFTER_PUBLICATION,
    )
    new = untold(found, NoticeKind.NEW_MATCH, Match.id)
    for user_id, match_id, need_id, slug, title, structure in session.execute(new):
        yield {
            "user_id": user_id,
            "topic": Topic.ANSWERS,
            "kind": NoticeKind.NEW_MATCH,
            "subject_id": match_id,
            "need_id": need_id,
            "title": f"{structure.display_name} peut répondre à «\u00a0{title}\u00a0»",
            "link": f"/besoins/{slug}",
            "ready_at": now,
        }


def _own_needs_closing(session: Session, now: datetime) -> Iterator[Row]:
    found = to_buyers(select(User.id, Need.id, Need.slug, Need.title).select_from(Need))
    closing = found.where(is_open(now), Need.deadline_on <= _soon(now))
    new = untold(closing, NoticeKind.OWN_NEED_CLOSING, Need.id)
    for user_id, need_id, slug, title in session.execute(new):
        yield {
            "user_id": user_id,
            "topic": Topic.ANSWERS,
            "kind": NoticeKind.OWN_NEED_CLOSING,
            "subject_id": need_id,
            "need_id": need_id,
            "title": f"Votre besoin «\u00a0{title}\u00a0» va clore",
            "link": f"/besoins/{slug}",
            "ready_at": now,
        }


def _reminders(session: Session, now: datetime) -> Iterator[Row]:
    """The one reminder of a match: told some time ago, unanswered, and about to close. None
    where its buyer already sent one."""
    told = and_(Notice.kind == NoticeKind.NEED_MATCHED, Notice.subject_id == Match.id)
    found = (
        select(User.id, Match.id, Need.id, Need.slug, Need.title)
        .select_from(Match)
        .join(Need, Need.id == Match.need_id)
        .join(Notice, told)
        .join(User, User.id == Notice.user_id)
        .join(
            StructureMember,
            and_(
                StructureMember.user_id == User.id,
                StructureMember.structure_id == Match.structure_id,
            ),
        )
        .where(is_open(now), Need.deadline_on <= _soon(now))
        .where(Match.status.in_(UNANSWERED), Match.status != MatchStatus.SUGGESTED)
        .where(Notice.mail_id.is_not(None), Notice.created_at < now - CLOSES_SOON)
        .where(~select(MatchReminder).where(MatchReminder.match_id == Match.id).exists())
    )
    later = select(Notice.id).where(
        Notice.user_id == User.id,
        Notice.kind == NoticeKind.NEED_CLOSING,
        Notice.subject_id == Match.id,
    )
    new = found.where(User.is_active, ~later.correlate(User, Match).exists())
    for user_id, match_id, need_id, slug, title in session.execute(new):
        yield {
            "user_id": user_id,
            "topic": Topic.NEEDS,
            "kind": NoticeKind.NEED_CLOSING,
            "subject_id": match_id,
            "need_id": need_id,
            "title": f"Bientôt clos\u00a0: {title}",
            "link": f"/besoins/{slug}",
            "ready_at": now,
        }


def _queue(session: Session, now: datetime) -> Iterator[Row]:
    """What came to a desk, and once more when its time is over, then also to the desks that it
    was escalated to."""
    escalated = select(Escalation.desk_id).where(Escalation.entry_id == QueueEntry.id)
    sees = or_(
        DeskMember.desk_id == QueueEntry.desk_id,
        DeskMember.desk_id.in_(escalated.correlate(QueueEntry)),
    )
    found = (
        select(User.id, QueueEntry, Need.title, Need.slug)
        .distinct()
        .select_from(QueueEntry)
        .join(DeskMember, sees)
        .join(User, User.id == DeskMember.user_id)
        .outerjoin(Need, Need.id == QueueEntry.need_id)
        .where(QueueEntry.decided_at.is_(None))
    )
    come = untold(
        found.where(DeskMember.desk_id == QueueEntry.desk_id), NoticeKind.QUEUED, QueueEntry.id
    )
    overdue = untold(found.where(QueueEntry.due_at < now), NoticeKind.OVERDUE, QueueEntry.id)
    for kind, late, new in (
        (NoticeKind.QUEUED, "", come),
        (NoticeKind.OVERDUE, "En retard\u00a0: ", overdue),
    ):
        for user_id, entry, title, slug in session.execute(new):
            yield {
                "user_id": user_id,
                "topic": Topic.QUEUE,
                "kind": kind,
                "subject_id": entry.id,
                "need_id": entry.need_id,
                "title": f"{late}{_asked(entry, title)}",
                "link": f"/guichet/{_page_of(entry, slug)}",
                "ready_at": now,
            }


def _page_of(entry: QueueEntry, slug: str | None) -> str:
    if slug is not None:
        return f"besoins/{slug}"
    return f"offres/{entry.offer_id}" if entry.offer_id else f"demandes/{entry.claim_id}"


def _asked(entry: QueueEntry, title: str | None) -> str:
    if title is not None:
        return f"Besoin à relire, «\u00a0{title}\u00a0»"
    return "Une offre à relire" if entry.offer_id else "Une demande de rattachement à décider"


def _few_matches(session: Session, now: datetime) -> Iterator[Row]:
    found = (
        select(User.id, Need.id, Need.slug, Need.title, Shortlist.eligible)
        .select_from(Need)
        .join(Shortlist, Shortlist.need_id == Need.id)
        .join(QueueEntry, QueueEntry.need_id == Need.id)
        .join(DeskMember, DeskMember.desk_id == QueueEntry.desk_id)
        .join(User, User.id == DeskMember.user_id)
        .where(is_open(now), Shortlist.eligible < FEW)
    )
    new = untold(found, NoticeKind.FEW_MATCHES, Need.id)
    for user_id, need_id, slug, title, eligible in session.execute(new):
        how_many = {0: "Personne ne peut", 1: "Une seule structure peut"}.get(
            eligible, f"{eligible} structures seulement peuvent"
        )
        yield {
            "user_id": user_id,
            "topic": Topic.QUEUE,
            "kind": NoticeKind.FEW_MATCHES,
            "subject_id": need_id,
            "need_id": need_id,
            "title": f"{how_many} répondre à «\u00a0{title}\u00a0»",
            "link": f"/besoins/{slug}",
            "ready_at": now,
        }


def _weeks_of_desks(session: Session, now: datetime) -> Iterator[Row]:
    """What the territories of each facilitator lived in the week that ended on Sunday; nothing
    if nothing. In the first days only: later it is no news, and quiet weeks are counted anew
    at each run."""
    monday = weeks.last_monday(now)
    if now.astimezone(PARIS).date() - monday > WEEK_IS_NEWS:
        return
    people = select(User.id, DeskMember.desk_id).join(DeskMember)
    new = untold(people, NoticeKind.DESK_WEEK, monday.toordinal())
    desks: dict[int, set[int]] = {}
    for user_id, desk_id in session.execute(new):
        desks.setdefault(user_id, set()).add(desk_id)
    lived: dict[frozenset[int], dict[Event, Decimal]] = {}
    for user_id, desk_ids in desks.items():
        of = frozenset(desk_ids)
        if of not in lived:
            lived[of] = weeks.counts(session, weeks.Week(of, monday, now))
        if lived[of]:
            yield {
                "user_id": user_id,
                "topic": Topic.QUEUE,
                "kind": NoticeKind.DESK_WEEK,
                "subject_id": monday.toordinal(),
                "need_id": None,
                "title": sections.with_news(sections.WEEK, week_links(lived[of], monday)),
                "link": f"{WEEK_PAGE}?du={monday.isoformat()}",
                "ready_at": now,
            }


def week_links(counted: Mapping[Event, Decimal], monday: date) -> list[tuple[str, str]]:
    """What happened in a week, in words, each with where it is told one by one."""
    page = f"{WEEK_PAGE}?du={monday.isoformat()}"
    return [(weeks.said(event, count), f"{page}#{event}") for event, count in counted.items()]


def _soon(now: datetime) -> date:
    return (now.astimezone(PARIS) + CLOSES_SOON).date()
