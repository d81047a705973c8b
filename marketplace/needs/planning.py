"""Purchases told a quarter or more ahead, and the need that one becomes."""

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypedDict

from sqlalchemy import ColumnElement, Select, any_, delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, joinedload

from marketplace.needs.drafting import Answers, new_key, start_draft
from marketplace.needs.plan_tables import PlanFollow, PlannedPurchase
from marketplace.needs.tables import Need, NeedKind, PlaceType
from marketplace.territories.gazetteer import COUNTRY
from marketplace.territories.queries import inside, touches
from marketplace.territories.tables import Territory

AHEAD = 8
"""Quarters that can be chosen: two years."""
WHOM_IT_CONCERNS: tuple[Literal["sectors", "place_type", "commune_code", "zones"], ...] = (
    "sectors",
    "place_type",
    "commune_code",
    "zones",
)


class Said(TypedDict):
    """What a buyer says of a planned purchase."""

    organisation_id: int
    title: str
    description: str
    sectors: list[str]
    year: int
    quarter: int
    amount_min: Decimal | None
    amount_max: Decimal | None
    place_type: PlaceType
    commune_code: str | None
    zones: list[str]


class AlreadyANeed(Exception):
    """The purchase became this need before: there is nothing to plan any more."""

    def __init__(self, need_id: int) -> None:
        super().__init__(f"need {need_id}")
        self.need_id = need_id


def quarters(today: date) -> list[tuple[int, int]]:
    """The running quarter and those that follow, as (year, quarter from 1)."""
    first = today.year * 4 + (today.month - 1) // 3
    return [(q // 4, q % 4 + 1) for q in range(first, first + AHEAD)]


def in_words(year: int, quarter: int) -> str:
    return f"{'1er' if quarter == 1 else f'{quarter}e'} trimestre {year}"


def plan(session: Session, said: Said, author_id: int, now: datetime) -> PlannedPurchase:
    purchase = PlannedPurchase(**said, author_id=author_id, created_at=now)
    session.add(purchase)
    session.flush()
    return purchase


def change_plan(session: Session, purchase_id: int, said: Said) -> None:
    """What it is about or where changed: others are concerned, and are to be told.

    Raises NoResultFound; AlreadyANeed.
    """
    purchase = _still_planned(session, purchase_id)
    if any(getattr(purchase, name) != said[name] for name in WHOM_IT_CONCERNS):
        purchase.told_at = None
    for name, value in said.items():
        setattr(purchase, name, value)


def drop_plan(session: Session, purchase_id: int) -> None:
    """Raises NoResultFound; AlreadyANeed."""
    session.delete(_still_planned(session, purchase_id))


def become_need(session: Session, purchase_id: int, user_id: int, now: datetime) -> Need:
    """A draft with all that was planned, for its buyer to complete.

    Raises NoResultFound; AlreadyANeed, also to the second of two clicks.
    """
    purchase = _still_planned(session, purchase_id)
    answers = Answers(
        organisation_id=purchase.organisation_id,
        platform_id=None,
        kind=NeedKind.QUOTE,
        title=purchase.title,
        description=purchase.description,
        sectors=sorted(purchase.sectors),
        amount_min=purchase.amount_min,
        amount_max=purchase.amount_max,
        place_type=purchase.place_type,
        commune_code=purchase.commune_code,
        zones=sorted(purchase.zones),
    )
    need = start_draft(session, user_id, answers, new_key(), now)
    purchase.need_id = need.id
    return need


def follow(session: Session, purchase_id: int, user_id: int, now: datetime) -> None:
    """Who asks is told when it is published as a need; to ask twice changes nothing."""
    wanted = insert(PlanFollow).values(plan_id=purchase_id, user_id=user_id, followed_at=now)
    session.execute(wanted.on_conflict_do_nothing())


def unfollow(session: Session, purchase_id: int, user_id: int) -> None:
    session.execute(delete(PlanFollow).filter_by(plan_id=purchase_id, user_id=user_id))


def followed_among(session: Session, purchase_ids: Collection[int], user_id: int) -> set[int]:
    """Those of these purchases that a person follows."""
    theirs = select(PlanFollow.plan_id).filter_by(user_id=user_id)
    return set(session.scalars(theirs.where(PlanFollow.plan_id.in_(purchase_ids))))


def planned_by(organisation_ids: Collection[int]) -> Select[PlannedPurchase]:
    """The plans of these organisations, the nearest first, those that became needs last."""
    theirs = select(PlannedPurchase).where(PlannedPurchase.organisation_id.in_(organisation_ids))
    return theirs.options(joinedload(PlannedPurchase.organisation)).order_by(
        PlannedPurchase.need_id.is_not(None),
        PlannedPurchase.year,
        PlannedPurchase.quarter,
        PlannedPurchase.id,
    )


def announced(
    today: date, sectors: Collection[str] | None = None, zone: str | None = None
) -> Select[PlannedPurchase]:
    """What is still planned, the nearest quarter first; of some sectors, of a territory.

    A plan concerns a territory, given by its code, when they have a commune in common.
    """
    year, quarter = quarters(today)[0]
    coming = or_(
        PlannedPurchase.year > year,
        (PlannedPurchase.year == year) & (PlannedPurchase.quarter >= quarter),
    )
    plans = select(PlannedPurchase).where(PlannedPurchase.need_id.is_(None), coming)
    if sectors is not None:
        plans = plans.where(PlannedPurchase.sectors.overlap(list(sectors)))
    if zone is not None and zone != COUNTRY:
        plans = plans.where(_concerns(zone))
    return plans.options(joinedload(PlannedPurchase.organisation)).order_by(
        PlannedPurchase.year, PlannedPurchase.quarter, PlannedPurchase.id
    )


def _concerns(code: str) -> ColumnElement[bool]:
    lies_here = select(Territory.code).where(
        Territory.code == any_(PlannedPurchase.zones), touches(Territory.code, code)
    )
    return or_(
        PlannedPurchase.place_type == PlaceType.COUNTRY,
        PlannedPurchase.commune_code.in_(inside(code)),
        lies_here.exists(),
    )


def _still_planned(session: Session, purchase_id: int) -> PlannedPurchase:
    named = select(PlannedPurchase).filter_by(id=purchase_id).with_for_update()
    purchase = session.scalars(named.execution_options(populate_existing=True)).one()
    if purchase.need_id is not None:
        raise AlreadyANeed(purchase.need_id)
    return purchase
