"""Planned purchases are told early to whom they concern, and at last to who follows them."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.db import transaction
from marketplace.digests import gathering, telling_plans
from marketplace.digests.rechecking import still_true
from marketplace.digests.topics import Topic
from marketplace.moderation.desks import open_national_desk
from marketplace.needs import planning
from marketplace.needs.plan_tables import PlannedPurchase
from marketplace.needs.planning import Said
from marketplace.needs.tables import PlaceType
from tests.digests.readers import Market, market, notices_to, published
from tests.factories import people
from tests.factories.market import (
    BESANCON,
    CLEANING,
    GREEN_SPACES,
    MARSEILLE,
    MONDAY,
    offer,
    structure,
)

LATER = MONDAY + timedelta(days=1)


def _plan(session: Session, place: Market, sector: str) -> PlannedPurchase:
    said = Said(
        organisation_id=place.organisation_id,
        title="Entretien des parcs",
        description="",
        sectors=[sector],
        year=2027,
        quarter=2,
        amount_min=None,
        amount_max=None,
        place_type=PlaceType.POINT,
        commune_code=BESANCON,
        zones=[],
    )
    plan = planning.plan(session, said, place.buyer.id, MONDAY)
    session.commit()
    return plan


def _tell(plan_id: int) -> None:
    with transaction() as session:
        telling_plans.tell_of_plan(session, plan_id, LATER)


def _titles(session: Session, user: User) -> list[str]:
    return [one.title for one in notices_to(session, user, Topic.PLANS)]


def test_a_plan_is_told_once_to_the_structures_that_fit_and_to_the_desk_of_its_place(
    session: Session,
) -> None:
    place = market(session)
    open_national_desk(session)
    far = structure(session, "Les Calanques", MARSEILLE)
    offer(session, far)
    away = people.structure_member(session, far)
    plan = _plan(session, place, GREEN_SPACES)
    for _ in range(2):
        _tell(plan.id)
    told = ["Ville de Vallonne prévoit «\u00a0Entretien des parcs\u00a0», 2e trimestre 2027"]
    assert _titles(session, place.members[0]) == told
    assert _titles(session, place.facilitator) == told
    assert _titles(session, away) == []
    assert _titles(session, place.buyer) == []
    session.refresh(plan)
    assert plan.told_at == LATER


def test_a_plan_of_another_trade_is_told_to_the_desk_and_once_changed_to_the_structure(
    session: Session,
) -> None:
    place = market(session)
    open_national_desk(session)
    plan = _plan(session, place, CLEANING)
    _tell(plan.id)
    assert (len(_titles(session, place.members[0])), len(_titles(session, place.facilitator))) == (
        0,
        1,
    )
    changed = {name: getattr(plan, name) for name in Said.__annotations__}
    with transaction() as writing:
        planning.change_plan(writing, plan.id, Said(**changed | {"sectors": [GREEN_SPACES]}))  # type: ignore[typeddict-item]  # the same names
    _tell(plan.id)
    assert (len(_titles(session, place.members[0])), len(_titles(session, place.facilitator))) == (
        1,
        1,
    )


def test_who_follows_a_plan_is_told_when_it_is_published_and_nobody_hears_of_it_as_planned(
    session: Session,
) -> None:
    place = market(session)
    open_national_desk(session)
    plan = _plan(session, place, GREEN_SPACES)
    _tell(plan.id)
    follower = place.members[0]
    with transaction() as writing:
        planning.follow(writing, plan.id, follower.id, LATER)
        planning.follow(writing, plan.id, follower.id, LATER)
    need = published(session, place, title="Entretien des parcs")
    session.execute(select(PlannedPurchase).filter_by(id=plan.id)).scalar_one().need_id = need.id
    session.commit()
    for _ in range(2):
        with transaction() as writing:
            gathering.gather(writing, LATER)
    notices = notices_to(session, follower, Topic.PLANS)
    assert [(one.title, one.link) for one in notices][1:] == [
        (
            "«\u00a0Entretien des parcs\u00a0», que vous suiviez, est publié",
            f"/besoins/{need.slug}",
        )
    ]
    assert still_true(session, notices, LATER) == {notices[1].id}, "it is planned no more"
