"""Telling structures of a need that they could answer, wave by wave."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.clock import end_of_day
from marketplace.digests import waves
from marketplace.digests.tables import Notice, NoticeKind
from marketplace.digests.topics import Topic
from marketplace.digests.waves import Run
from marketplace.jobs import Job, enqueue
from marketplace.matching.lifecycle import ANSWERED, MatchStatus
from marketplace.matching.moving import move_match
from marketplace.matching.shapes import Ranked
from marketplace.matching.tables import Match
from marketplace.matching.turns import told_lately
from marketplace.needs.posting import need_for_update
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need, NeedKind
from marketplace.structures.tables import Structure, StructureMember

LONGEST_TITLE = 300


def ask_for_open_needs(session: Session, now: datetime) -> None:
    """Sweep: the open needs that somebody is still to be told of, each in a job of its own."""
    waiting = select(Match.need_id).join(Need).where(_is_to_tell(), is_open(now)).distinct()
    for need_id in session.scalars(waiting.order_by(Match.need_id)):
        enqueue(session, Job.TELL_MATCHES, need_id=need_id)


def tell_matches(session: Session, need_id: int, now: datetime) -> int:
    """Tell the structures whose turn has come, in the pages at once and by mail at each
    person's rhythm. How many. May run twice: who was told stays told, and counts.

    Structures where nobody can read it are not told; see writing_to_contacts.py.
    """
    need = need_for_update(session, need_id)
    if session.scalar(select(Need.id).where(Need.id == need_id, is_open(now))) is None:
        return 0
    assert need.deadline_on is not None, "an open need has a deadline"  # noqa: S101
    closes_at = end_of_day(need.deadline_on)
    run = Run(need.published_at or now, closes_at)
    to_tell = session.scalars(
        select(Match)
        .where(Match.need_id == need_id, _is_to_tell())
        .order_by(Match.rank, Match.id)
        .with_for_update(of=Match)
        .execution_options(populate_existing=True)
    ).all()
    told, interested = session.execute(
        select(func.count(), func.count().filter(Match.status.in_(ANSWERED))).where(
            Match.need_id == need_id, Match.status != MatchStatus.SUGGESTED
        )
    ).one()
    by_now = waves.told_by(
        now,
        told + len(to_tell),
        run,
        all_at_once=need.kind == NeedKind.TENDER,
        interested=interested,
        enough=need.enough_interested,
    )
    chosen = _first(session, to_tell, max(0, by_now - told), now)
    for match in chosen:
        move_match(session, match, MatchStatus.NOTIFIED, None, now)
    _notify(session, need, chosen, waves.is_urgent(run, now), now)
    return len(chosen)


def _is_to_tell() -> ColumnElement[bool]:
    """Nothing is missed, nobody was told, and there is somebody to tell."""
    reader = (
        select(StructureMember)
        .join(User)
        .join(Structure)
        .where(StructureMember.structure_id == Match.structure_id, User.is_active)
        .where(Structure.is_active, Structure.is_reachable)
    )
    return (
        (Match.status == MatchStatus.SUGGESTED)
        & (func.cardinality(Match.near) == 0)
        & reader.exists()
    )


def _first(session: Session, to_tell: Sequence[Match], count: int, now: datetime) -> list[Match]:
    if count >= len(to_tell) or not count:
        return list(to_tell[:count])
    by_structure = {f"{match.structure_id}": match for match in to_tell}
    ranked = [
        Ranked(structure_id, f"{match.offer_id}", match.score, match.parts, match.reasons)
        for structure_id, match in by_structure.items()
    ]
    exposure = told_lately(session, [match.structure_id for match in to_tell], now)
    return [by_structure[one.structure_id] for one in waves.in_turn(ranked, exposure)[:count]]


def _notify(
    session: Session, need: Need, matches: Sequence[Match], is_urgent: bool, now: datetime
) -> None:
    by_structure = {match.structure_id: match.id for match in matches}
    readers = (
        select(StructureMember.structure_id, User.id, Structure)
        .join(User, User.id == StructureMember.user_id)
        .join(Structure, Structure.id == StructureMember.structure_id)
        .where(StructureMember.structure_id.in_(by_structure), User.is_active)
        .order_by(StructureMember.structure_id, User.id)
    )
    rows = [
        {
            "user_id": user_id,
            "topic": Topic.NEEDS,
            "kind": NoticeKind.NEED_MATCHED,
            "subject_id": by_structure[structure_id],
            "need_id": need.id,
            "title": f"{need.title}\u00a0: un besoin pour {structure.display_name}"[:LONGEST_TITLE],
            "link": f"/besoins/{need.slug}",
            "is_urgent": is_urgent,
            "ready_at": now,
        }
        for structure_id, user_id, structure in session.execute(readers)
    ]
    if rows:
        session.execute(insert(Notice).on_conflict_do_nothing(), rows)
