"""Whatever changes, the jobs that changes ask for lead to the matches of a ranking from scratch."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.jobs import Job, enqueue
from marketplace.matching import queries
from marketplace.matching.following import shortlist_for_offer
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import LotMatch, Match, Shortlist
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Lot, LotSector, PlaceType
from marketplace.offers.tables import (
    CoverageType,
    Offer,
    OfferSector,
    OfferStatus,
    OfferZone,
    ServiceType,
)
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
            match.distance_km,
            tuple(match.near),
            str(match.parts),
            str(match.reasons),
        )
        for what, whose, match in matches
    }


def counts(session: Session) -> dict[int, tuple[int, int]]:
    """How many are eligible for each need, and how many listed."""
    return {one.need_id: (one.eligible, one.listed) for one in session.scalars(select(Shortlist))}


def work_off(asked: Asked) -> Counter[str]:
    """What a worker does with the jobs asked for, until none is left; how many lists it followed
    and how many it made whole."""
    done: Counter[str] = Counter()
    while asked:
        job, ids = asked.pop(0)
        with transaction() as session:
            if job is Job.SHORTLIST_FOR_OFFER:
                done["followed"] += len(shortlist_for_offer(session, ids["offer_id"], MONDAY))
            elif job is Job.SHORTLIST_NEED:
                shortlist_need(session, ids["need_id"], MONDAY)
                done["whole"] += 1
    return done


def change_one(session: Session, chance: Random) -> int:
    """Edit, pause, publish, add or move one offer; its id."""
    changed = chance.choice(session.scalars(select(Offer).order_by(Offer.id)).all())
    deed = chance.randrange(8)
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
    elif deed == 5:
        changed.amount_max = chance.choice([5_000, 50_000])
    elif deed == 6:
        changed.service_types = chance.choice([[ServiceType.PREST], [ServiceType.DISP], []])
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
    done = followed(session, asked_jobs, [partial(change_one, session, chance)] * 15)
    assert done["followed"] > 3 < done["whole"], "a scenario that proves nothing"
    kept, sizes = found(session), counts(session)
    from_scratch(session)
    assert found(session) == kept
    assert counts(session) == sizes
    assert {what for what, *_ in kept} == {"need", "lot"}, "a scenario that proves nothing"


@pytest.mark.parametrize("seed", [1, 2])
def test_words_that_become_rarer_count_more_for_all_as_from_scratch(
    session: Session, asked_jobs: Asked, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - a scenario, replayed from its seed
    buyer_of = people.organisation(session)
    buyer = people.buyer(session, buyer_of.id)
    for title in ("Tonte", "Taille de haies", "Broyage et tonte"):
        need = submitted_need(session, buyer.id, buyer_of.id, title=title)
        need.status = Status.PUBLISHED
    offers = [
        offer(session, structure(session, f"Structure {n}", chance.choice([BESANCON, DOLE])))
        for n in range(6)
    ]

    def reword() -> int:
        changed = chance.choice(offers)
        if chance.random() < 0.4:
            changed.amount_max = chance.choice([5_000, 50_000])
        else:
            changed.title = chance.choice(["Tonte", "Haies", "Broyage", "Tonte, broyage", ""])
        return changed.id

    done = followed(session, asked_jobs, [reword] * 15)
    assert done["whole"] > 3, "a scenario that proves nothing"
    kept = found(session)
    from_scratch(session)
    assert found(session) == kept


def followed(session: Session, asked_jobs: Asked, deeds: list[Callable[[], int]]) -> Counter[str]:
    """Rank all the needs, then do deeds that each change an offer, and all that they ask for."""
    session.commit()
    with transaction() as writing:
        for need_id in queries.open_needs(writing, MONDAY):
            enqueue(writing, Job.SHORTLIST_NEED, need_id=need_id)
    work_off(asked_jobs)
    done: Counter[str] = Counter()
    for deed in deeds:
        with transaction() as writing:
            enqueue(writing, Job.SHORTLIST_FOR_OFFER, offer_id=deed())
        done += work_off(asked_jobs)
    return done


def from_scratch(session: Session) -> None:
    session.execute(delete(Match))
    session.execute(delete(LotMatch))
    session.commit()
    with transaction() as writing:
        for need_id in queries.open_needs(writing, MONDAY):
            shortlist_need(writing, need_id, MONDAY)
