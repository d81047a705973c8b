"""One offer edited: its structure ranked again in the open needs that it could serve.

    .venv/bin/python -m tests.benchmarks.edit_one_offer --offers 25700 --needs 1000

Invents offers and needs in a scratch database, ranks all the needs, twice, then edits offers
one by one. Prints milliseconds as one JSON object: for a need ranked whole, at first and with
nothing to change; then for each edit, from its commit to that of its job, and for the needs
that the job asks to rank whole, each a job of its own.
"""

import argparse
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from time import perf_counter
from typing import Any

from celery.signals import before_task_publish
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import Organisation, OrganisationKind, User
from marketplace.app import create_app
from marketplace.db import db, transaction
from marketplace.embedded.servers import test_servers
from marketplace.jobs import Job
from marketplace.matching import generating, queries, shapes
from marketplace.matching.following import shortlist_for_offer
from marketplace.matching.live_index import live_index
from marketplace.matching.shortlisting import shortlist_need
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need, NeedKind, NeedSector, NeedZone
from marketplace.offers.tables import Offer, OfferSector, OfferStatus, OfferZone
from marketplace.preparing import prepare
from marketplace.sectors.nomenclature import BY_SLUG
from marketplace.structures.tables import Structure
from marketplace.territories.gazetteer import Gazetteer
from tests.conftest import own_database

EDITED = 60
EDITS = ("an amount", "words of no need", "words of its trade")


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
    need_ids = queries.open_needs(session, now)
    found: dict[str, object] = {"offers": offers, "needs": len(need_ids)}
    for turn in ("rank_whole_ms", "rank_whole_again_ms"):
        found[turn] = told([ranked_whole(need_id, now) for need_id in need_ids])
    asked: list[int] = []
    note = partial(note_need, asked)
    before_task_publish.connect(note, sender=Job.SHORTLIST_NEED.value)
    for said in EDITS:
        found[said] = edit_some(session, said, asked, now)
    return found


def note_need(asked: list[int], body: tuple[Any, dict[str, Any], Any], **_: Any) -> None:
    asked.append(body[1]["need_id"])


def edit_some(session: Session, said: str, asked: list[int], now: datetime) -> dict[str, object]:
    ids = session.scalars(select(Offer.id).order_by(Offer.id)).all()
    following, changed, whole, ranking = [], [], [], []
    for offer_id in ids[:: max(1, len(ids) // EDITED)]:
        rewrite(session.get_one(Offer, offer_id), said)
        session.commit()
        start = perf_counter()
        with transaction() as writing:
            lists = shortlist_for_offer(writing, offer_id, now)
        following.append(perf_counter() - start)
        changed.append(len(lists))
        whole.append(len(asked))
        ranking += [ranked_whole(need_id, now) for need_id in asked]
        asked.clear()
    return {
        "edited": len(following),
        "follow_ms": told(following),
        "lists_changed": middle(changed),
        "lists_asked_whole": middle(whole),
        "rank_each_whole_ms": told(ranking or [0.0]),
    }


def ranked_whole(need_id: int, now: datetime) -> float:
    start = perf_counter()
    with transaction() as session:
        shortlist_need(session, need_id, now)
    return perf_counter() - start


def rewrite(offer: Offer, said: str) -> None:
    if said == "an amount":
        offer.amount_max = (offer.amount_max or 50_000) + 1_000
    elif said == "words of no need":
        offer.description += " Équipe encadrée."
    else:
        first = next(iter(offer.sectors), None)
        offer.description += f" {BY_SLUG[first.sector_slug].name if first else offer.title}."


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
