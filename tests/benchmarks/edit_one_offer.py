"""One offer edited: which open needs to rank again, and ranking them.

    .venv/bin/python -m tests.benchmarks.edit_one_offer --offers 25700 --needs 1000

Invents offers and needs in a scratch database, edits offers one by one, and prints
milliseconds as one JSON object: to bring the index up to date and find the needs concerned,
then to rank each of these again, which is a job of its own.
"""

import argparse
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import perf_counter

from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import Organisation, OrganisationKind, User
from marketplace.app import create_app
from marketplace.db import db
from marketplace.embedded.servers import test_servers
from marketplace.matching import generating, shapes
from marketplace.matching.live_index import live_index
from marketplace.matching.shortlisting import needs_concerned, shortlist_need
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need, NeedKind, NeedSector, NeedZone
from marketplace.offers.tables import Offer, OfferSector, OfferStatus, OfferZone
from marketplace.preparing import prepare
from marketplace.structures.tables import Structure
from marketplace.territories.gazetteer import Gazetteer
from tests.conftest import own_database

EDITED = 60
RANKED_AGAIN = 5
"""Of the needs that each edit concerns, at most."""


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--offers", type=int, default=25_700)
    asked.add_argument("--needs", type=int, default=1_000)
    counts = asked.parse_args()
    with test_servers() as urls, own_database(urls) as config:
        prepare(config)
        with create_app(config).app_context():
            now = clock.now()
            fill(db.session(), counts.offers, counts.needs, now)
            print(json.dumps(edit(db.session(), now)))  # what it is run for


def edit(session: Session, now: datetime) -> dict[str, object]:
    with live_index.reading(session, now) as index:
        offers = len(index)
    ids = session.scalars(select(Offer.id).order_by(Offer.id)).all()
    finding, ranking, concerned = [], [], []
    for offer_id in ids[:: max(1, len(ids) // EDITED)]:
        offer = session.get_one(Offer, offer_id)
        offer.description += " Devis gratuit."
        session.commit()
        start = perf_counter()
        with live_index.reading(session, now):
            needs = needs_concerned(session, offer.structure_id, now)
        finding.append(perf_counter() - start)
        concerned.append(len(needs))
        for need_id in needs[:RANKED_AGAIN]:
            start = perf_counter()
            shortlist_need(session, need_id, now)
            ranking.append(perf_counter() - start)
        session.commit()
    return {
        "offers": offers,
        "edited": len(finding),
        "needs_concerned": middle(concerned),
        "find_ms": told(finding),
        "rank_and_keep_ms": told(ranking),
    }


def told(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(1000 * one for one in seconds)
    return {"p50": round(middle(ordered), 1), "p95": round(ordered[int(0.95 * len(ordered))], 1)}


def middle(values: Sequence[float]) -> float:
    return sorted(values)[len(values) // 2]


def fill(session: Session, offers: int, needs: int, now: datetime) -> None:
    places = Gazetteer.shipped()
    structures: dict[str, Structure] = {}
    for offer in generating.offers(offers, places):
        if offer.structure_id not in structures:
            structures[offer.structure_id] = structure_row(offer, len(structures))
        session.add(offer_row(offer, structures[offer.structure_id]))
    city = Organisation(siret="1" * 14, name="Ville", kind=OrganisationKind.COMMUNE)
    author = User(email="a@tandem.invalid", full_name="A")
    session.add_all([city, author])
    session.flush()
    session.add_all(
        need_row(need, now, organisation_id=city.id, author_id=author.id)
        for need in generating.needs(needs, places)
    )
    session.commit()
    session.expunge_all()


def structure_row(offer: shapes.Offer, number: int) -> Structure:
    return Structure(
        slug=f"s-{number}",
        siret=f"{number:014}",
        kind=offer.kind,
        name=offer.name,
        sort_key=offer.name,
        commune_code=offer.commune,
        lat=offer.lat,
        lon=offer.lon,
    )


def offer_row(offer: shapes.Offer, structure: Structure) -> Offer:
    coverage = offer.coverage
    return Offer(
        structure=structure,
        title=offer.title,
        description=offer.description,
        status=OfferStatus.PUBLISHED,
        service_types=list(offer.service_types),
        coverage_type=coverage.type,
        radius_km=None if coverage.km is None else int(coverage.km),
        sectors=[OfferSector(sector_slug=slug) for slug in offer.sectors],
        zones=[OfferZone(territory_code=code) for code in coverage.codes],
    )


def need_row(need: shapes.Need, now: datetime, **whose: int) -> Need:
    place = need.place
    return Need(
        slug=need.id,
        kind=NeedKind.QUOTE,
        title=need.title[:200],
        description=need.description,
        status=Status.PUBLISHED,
        service_types=list(need.service_types),
        kinds=[],
        place_type=place.type,
        commune_code=place.commune,
        radius_km=None if place.radius_km is None else int(place.radius_km),
        include_country=need.include_country,
        deadline_on=(now + timedelta(days=30)).date(),
        sectors=[NeedSector(sector_slug=slug) for slug in need.sectors],
        zones=[NeedZone(territory_code=code) for code in place.codes],
        **whose,
    )


if __name__ == "__main__":
    main()
