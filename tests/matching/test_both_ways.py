"""Whatever changes, the jobs that changes ask for lead to the matches of a ranking from scratch."""

from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.jobs import Job, enqueue
from marketplace.matching import queries
from marketplace.matching.shortlisting import shortlist_for_offer, shortlist_need
from marketplace.matching.tables import LotMatch, Match
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Lot, LotSector, PlaceType
from marketplace.offers.tables import CoverageType, Offer, OfferSector, OfferStatus, OfferZone
from tests.factories import people
from tests.factories.market import (
    BESANCON,
    CLEANING,
    DIJON,
    DOLE,
    GREEN_SPACES,
    MARSEILLE,
    MONDAY,
    offer,
    structure,
    submitted_need,
)

SEATS = [BESANCON, DOLE, DIJON, MARSEILLE]
SECTORS = [GREEN_SPACES, CLEANING, "nettoyage-urbain"]
Asked = list[tuple[Job, dict[str, Any]]]


def a_lot(chance: Random, number: int) -> Lot:
    """Of a sector and a place of its own, or of its need's."""
    sector, seat = chance.choice([None, *SECTORS]), chance.choice([None, *SEATS])
    return Lot(
        number=number,
        title=chance.choice(["Tonte des pelouses", "Vitrerie", "Quartier nord"]),
        sectors=[LotSector(sector_slug=sector)] if sector else [],
        place_type=PlaceType.POINT if seat else None,
        commune_code=seat,
    )


def found(session: Session) -> dict[tuple[str, int, int], tuple[Any, ...]]:
    """Every match of needs and of lots as the pages show it, by its need or lot and structure."""
    session.rollback()
    matches: list[tuple[str, int, Match | LotMatch]] = [
        *(("need", one.need_id, one) for one in session.scalars(select(Match))),
        *(("lot", one.lot_id, one) for one in session.scalars(select(LotMatch))),
    ]
    return {
        (what, whose, match.structure_id): (
            match.offer_id,
            match.rank,
            match.score,
            tuple(match.near),
            str(match.reasons),
        )
        for what, whose, match in matches
    }


def work_off(asked: Asked) -> None:
    """What a worker does with the jobs asked for, until none is left."""
    while asked:
        job, ids = asked.pop(0)
        with transaction() as session:
            if job is Job.SHORTLIST_FOR_OFFER:
                shortlist_for_offer(session, ids["offer_id"], MONDAY)
            elif job is Job.SHORTLIST_NEED:
                shortlist_need(session, ids["need_id"], MONDAY)


def change_one(session: Session, chance: Random) -> int:
    """Edit, pause, publish, add or move one offer; its id."""
    changed = chance.choice(session.scalars(select(Offer).order_by(Offer.id)).all())
    deed = chance.randrange(6)
    if deed == 0:
        changed = offer(session, changed.structure, chance.choice(SECTORS), radius_km=40)
    elif deed == 1:
        changed.status = chance.choice([OfferStatus.PUBLISHED, OfferStatus.PAUSED])
    elif deed == 2:
        changed.coverage_type, changed.radius_km = CoverageType.RADIUS, chance.choice([5, 45, 90])
    elif deed == 3:
        changed.coverage_type = CoverageType.ZONES
        changed.zones = [OfferZone(territory_code=chance.choice(["25", "R27", "13"]))]
    elif deed == 4:
        changed.sectors = [OfferSector(sector_slug=chance.choice(SECTORS))]
    else:
        changed.title = chance.choice(["Tonte et taille de haies", "Vitres", ""])
    return changed.id


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_changes_followed_one_by_one_end_where_a_ranking_from_scratch_does(
    session: Session, asked_jobs: Asked, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - a scenario, replayed from its seed
    buyer_of = people.organisation(session)
    buyer = people.buyer(session, buyer_of.id)
    for number in range(9):
        need = submitted_need(
            session,
            buyer.id,
            buyer_of.id,
            title=chance.choice(["Entretien des espaces verts", "Nettoyage des bureaux"]),
            sectors=(chance.choice(SECTORS),) if number % 3 else (),
            commune_code=chance.choice(SEATS),
        )
        need.status = Status.PUBLISHED
        if number > 5:
            need.lots = [a_lot(chance, which) for which in (1, 2)]
    for number in range(8):
        seat = chance.choice(SEATS)
        offer(session, structure(session, f"Structure {number}", seat), chance.choice(SECTORS))
    with transaction() as writing:
        for need_id in queries.open_needs(writing, MONDAY):
            enqueue(writing, Job.SHORTLIST_NEED, need_id=need_id)
    work_off(asked_jobs)

    for _ in range(12):
        with transaction() as writing:
            enqueue(writing, Job.SHORTLIST_FOR_OFFER, offer_id=change_one(writing, chance))
        work_off(asked_jobs)

    followed = found(session)
    session.execute(delete(Match))
    session.execute(delete(LotMatch))
    session.commit()
    with transaction() as writing:
        for need_id in queries.open_needs(writing, MONDAY):
            shortlist_need(writing, need_id, MONDAY)
    assert found(session) == followed
    assert {what for what, *_ in followed} == {"need", "lot"}, "a scenario that proves nothing"
