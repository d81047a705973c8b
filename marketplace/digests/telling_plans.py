"""Telling of purchases that buyers plan: early, whom they concern; at last, who follows them."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.clock import PARIS
from marketplace.digests.tables import Notice, NoticeKind
from marketplace.digests.topics import Topic
from marketplace.digests.untold import Row, untold
from marketplace.jobs import Job, enqueue
from marketplace.matching.live_index import live_index
from marketplace.matching.ranking import rank
from marketplace.matching.shaping import plan_shape
from marketplace.moderation.desks import desk_covering
from marketplace.moderation.tables import DeskMember
from marketplace.needs import planning
from marketplace.needs.plan_tables import PlanFollow, PlannedPurchase
from marketplace.needs.queries import is_open
from marketplace.needs.tables import Need
from marketplace.structures.tables import Structure, StructureMember

LONGEST_TITLE = 300


def ask_for_untold(session: Session, now: datetime) -> None:
    """Sweep: the plans that nobody was told of as they stand, each in a job of its own."""
    coming = planning.announced(now.astimezone(PARIS).date())
    for plan in session.scalars(coming.where(PlannedPurchase.told_at.is_(None))):
        enqueue(session, Job.TELL_OF_PLAN, plan_id=plan.id)


def tell_of_plan(session: Session, plan_id: int, now: datetime) -> None:
    """Tell the people of the structures that could answer it, and of the desk that looks after
    its place. May run twice: nobody is told of a plan again."""
    named = select(PlannedPurchase).filter_by(id=plan_id, need_id=None).with_for_update()
    plan = session.scalars(named.execution_options(populate_existing=True)).one_or_none()
    if plan is None or plan.told_at is not None:
        return
    rows = [_planned(user_id, plan, now) for user_id in sorted(_concerned(session, plan, now))]
    if rows:
        session.execute(insert(Notice).on_conflict_do_nothing(), rows)
    plan.told_at = now


def _concerned(session: Session, plan: PlannedPurchase, now: datetime) -> set[int]:
    with live_index.reading(session, now) as index:
        found = rank(index, plan_shape(plan, now), max(1, len(index)))
    able = [int(one.structure_id) for one in found.matches if not one.near]
    suppliers = (
        select(User.id)
        .join(StructureMember)
        .join(Structure)
        .where(Structure.id.in_(able), Structure.is_active, User.is_active)
    )
    desk = desk_covering(session, [plan.commune_code] if plan.commune_code else plan.zones)
    facilitators = (
        select(User.id).join(DeskMember).where(DeskMember.desk_id == desk.id, User.is_active)
    )
    return {*session.scalars(suppliers), *session.scalars(facilitators)}


def _planned(user_id: int, plan: PlannedPurchase, now: datetime) -> Row:
    when = planning.in_words(plan.year, plan.quarter)
    title = f"{plan.organisation.name} prévoit «\u00a0{plan.title}\u00a0», {when}"
    return {
        "user_id": user_id,
        "topic": Topic.PLANS,
        "kind": NoticeKind.PURCHASE_PLANNED,
        "subject_id": plan.id,
        "need_id": None,
        "title": title[:LONGEST_TITLE],
        "link": f"/programmation/{plan.id}",
        "is_urgent": False,
        "ready_at": now,
    }


def published(session: Session, now: datetime) -> Iterator[Row]:
    """To who follows a planned purchase, the need that it became, once it is published."""
    found = (
        select(User.id, PlannedPurchase.id, Need.id, Need.title, Need.slug)
        .select_from(PlanFollow)
        .join(User, User.id == PlanFollow.user_id)
        .join(PlannedPurchase, PlannedPurchase.id == PlanFollow.plan_id)
        .join(Need, Need.id == PlannedPurchase.need_id)
        .where(is_open(now))
    )
    new = untold(found, NoticeKind.PLAN_PUBLISHED, PlannedPurchase.id)
    for user_id, plan_id, need_id, title, slug in session.execute(new):
        yield {
            "user_id": user_id,
            "topic": Topic.PLANS,
            "kind": NoticeKind.PLAN_PUBLISHED,
            "subject_id": plan_id,
            "need_id": need_id,
            "title": f"«\u00a0{title}\u00a0», que vous suiviez, est publié",
            "link": f"/besoins/{slug}",
            "ready_at": now,
        }
