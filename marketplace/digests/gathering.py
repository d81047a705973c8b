"""Finding in the state of things what people are to be told, each thing once.

Nothing sends a message here: answers, queues and deadlines are looked at every few minutes,
so that what a lost message would have told is told all the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any, TypeVarTuple

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.accounts.tables import OrganisationMember, User
from marketplace.answers.lifecycle import AnswerStatus
from marketplace.answers.tables import Answer, MatchReminder
from marketplace.clock import PARIS
from marketplace.digests.periods import opening
from marketplace.digests.rechecking import UNANSWERED
from marketplace.digests.tables import Notice, NoticeKind
from marketplace.digests.topics import Topic
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.tables import Match, Shortlist
from marketplace.moderation.tables import Decision, DeskMember, Escalation, QueueEntry
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need
from marketplace.structures.tables import Structure, StructureMember

LOOKS_BACK = timedelta(days=30)
"""What is older and was never told is not news."""
CLOSES_SOON = timedelta(days=3)
AFTER_PUBLICATION = timedelta(hours=12)
"""Structures found later are news to the buyer, who saw the others at publication."""
FEW = 3
"""A need with fewer matches than this is shown to its facilitators."""
BATCH = 2_000

Row = dict[str, Any]
Columns = TypeVarTuple("Columns")


def gather(session: Session, now: datetime) -> None:
    """Write down what is new for everybody."""
    for rows in (
        _answers(session, now),
        _new_matches(session, now),
        _own_needs_closing(session, now),
        _reminders(session, now),
        _queue(session, now),
        _few_matches(session, now),
        _weeks_of_desks(session, now),
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


def _untold(people: Select[*Columns], kind: NoticeKind, subject: Any) -> Select[*Columns]:
    """Of pairs of an active person and a subject, those without a notice."""
    told = select(Notice.id).where(
        Notice.user_id == User.id, Notice.kind == kind, Notice.subject_id == subject
    )
    return people.where(User.is_active, ~told.exists())


def _buyers(of: Select[*Columns]) -> Select[*Columns]:
    """Joined with the people of the organisation and of the platform that posted a need."""
    is_theirs = or_(
        OrganisationMember.organisation_id == Need.organisation_id,
        OrganisationMember.organisation_id == Need.platform_id,
    )
    return of.join(OrganisationMember, is_theirs).join(User, User.id == OrganisationMember.user_id)


def _answers(session: Session, now: datetime) -> Iterator[Row]:
    found = _buyers(
        select(User.id, Answer.id, Need.id, Need.slug, Need.title, Structure)
        .select_from(Answer)
        .join(Need, Need.id == Answer.need_id)
        .join(Structure, Structure.id == Answer.structure_id)
    ).where(Answer.status == AnswerStatus.SENT, Answer.sent_at > now - LOOKS_BACK)
    untold = _untold(found, NoticeKind.ANSWER_RECEIVED, Answer.id)
    for user_id, answer_id, need_id, slug, title, structure in session.execute(untold):
        yield {
            "user_id": user_id,
            "topic": Topic.ANSWERS,
            "kind": NoticeKind.ANSWER_RECEIVED,
            "subject_id": answer_id,
            "need_id": need_id,
            "title": f"{structure.display_name} répond à «\u00a0{title}\u00a0»",
            "link": f"/besoins/{slug}",
            "ready_at": now,
        }


def _new_matches(session: Session, now: datetime) -> Iterator[Row]:
    found = _buyers(
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
    untold = _untold(found, NoticeKind.NEW_MATCH, Match.id)
    for user_id, match_id, need_id, slug, title, structure in session.execute(untold):
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
    found = _buyers(select(User.id, Need.id, Need.slug, Need.title).select_from(Need))
    closing = found.where(is_open(now), Need.deadline_on <= _soon(now))
    untold = _untold(closing, NoticeKind.OWN_NEED_CLOSING, Need.id)
    for user_id, need_id, slug, title in session.execute(untold):
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
    untold = found.where(User.is_active, ~later.correlate(User, Match).exists())
    for user_id, match_id, need_id, slug, title in session.execute(untold):
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
    come = _untold(
        found.where(DeskMember.desk_id == QueueEntry.desk_id), NoticeKind.QUEUED, QueueEntry.id
    )
    overdue = _untold(found.where(QueueEntry.due_at < now), NoticeKind.OVERDUE, QueueEntry.id)
    for kind, late, untold in (
        (NoticeKind.QUEUED, "", come),
        (NoticeKind.OVERDUE, "En retard\u00a0: ", overdue),
    ):
        for user_id, entry, title, slug in session.execute(untold):
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
    untold = _untold(found, NoticeKind.FEW_MATCHES, Need.id)
    for user_id, need_id, slug, title, eligible in session.execute(untold):
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
    """What each facilitator's desks did in the week that ended on Sunday; nothing if nothing."""
    today = now.astimezone(PARIS).date()
    monday = today - timedelta(days=today.weekday())
    weeks = _figures(session, monday - timedelta(days=7), monday)
    people = select(User.id, DeskMember.desk_id).join(DeskMember)
    untold = _untold(people, NoticeKind.DESK_WEEK, monday.toordinal())
    of_person: dict[int, list[int]] = {}
    for user_id, desk_id in session.execute(untold):
        if desk_id in weeks:
            of_person.setdefault(user_id, []).append(weeks[desk_id])
    for user_id, counts in of_person.items():
        decided = sum(counts)
        yield {
            "user_id": user_id,
            "topic": Topic.QUEUE,
            "kind": NoticeKind.DESK_WEEK,
            "subject_id": monday.toordinal(),
            "need_id": None,
            "title": f"La semaine dernière, votre guichet a pris {decided} décision"
            f"{'s' if decided > 1 else ''}",
            "link": "/guichet/",
            "ready_at": now,
        }


def _figures(session: Session, first: date, after: date) -> Mapping[int, int]:
    """How many decisions each desk took between two days."""
    decided = (
        select(Decision.desk_id, func.count())
        .where(Decision.decided_at >= opening(first), Decision.decided_at < opening(after))
        .group_by(Decision.desk_id)
    )
    return dict(session.execute(decided).all())


def _soon(now: datetime) -> date:
    return (now.astimezone(PARIS) + CLOSES_SOON).date()
