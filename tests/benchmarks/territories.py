"""The pages of territories and figures on 10,000 structures, 1,000 needs, 10,000 contracts and a
million lines of hours: queries and medians.

    .venv/bin/python -m tests.benchmarks.territories

Starts the tests' own servers, fills a database that it drops at the end, and asks each page
twelve times; the first answer, which warms caches, is left out.
"""

import os
import statistics
import sys
import time
from datetime import timedelta

from flask import Flask
from sqlalchemy import event, insert, text
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.app import create_app
from marketplace.clauses.publishing import publish_due
from marketplace.db import db
from marketplace.embedded.parts import environment_of
from marketplace.embedded.servers import test_servers
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need, NeedKind, PlaceType
from marketplace.offers.tables import CoverageType, Offer, OfferStatus
from marketplace.preparing import prepare
from marketplace.structures.kinds import Kind
from marketplace.structures.tables import Structure
from marketplace.territories.queries import gazetteer
from tests.benchmarks.territory_hours import CONTRACTS, FILL, LINES_EACH, REPORTS_EACH
from tests.conftest import own_database
from tests.factories import people

STRUCTURES = 10_000
NEEDS = 1_000
ASKED = 12
MOST_QUERIES = 12
MOST_MS = 150
PAGES = (
    "/territoires",
    "/territoires/bourgogne-franche-comte-r27",
    "/territoires/ile-de-france-r11",
    "/territoires/doubs-25",
    "/territoires/cu-grand-besancon-metropole-242500361",
    "/chiffres",
    "/chiffres/bourgogne-franche-comte-r27",
    "/chiffres/manques",
    "/chiffres/france-fr/donnees.csv",
)
SECTORS_OF = (
    """INSERT INTO offer_sectors (offer_id, sector_slug)
    SELECT o.id, s.slug FROM offers o
    JOIN (SELECT slug, row_number() OVER (ORDER BY slug) AS rank FROM sectors) s
        ON s.rank IN (1 + o.id % 150, 1 + (o.id * 31) % 150)""",
    """INSERT INTO need_sectors (need_id, sector_slug)
    SELECT n.id, s.slug FROM needs n
    JOIN (SELECT slug, row_number() OVER (ORDER BY slug) AS rank FROM sectors) s
        ON s.rank = 1 + n.id % 150""",
    """INSERT INTO outcomes (need_id, result, structure_id, holder_name, holder_siret, amount,
        reason, correction, decided_at, decided_by_id)
    SELECT id, 'awarded', 1 + id % 9000, '', '', 1000 * id, '', '', published_at, :user
    FROM needs WHERE status = 'awarded'""",
)


def main() -> int:
    with test_servers() as urls, own_database(urls) as config:
        os.environ |= environment_of(config)
        prepare(config)
        app = create_app(config)
        for limiter in app.extensions["limiter"]:
            limiter.enabled = False
        with app.app_context():
            _fill(db.session())
        is_slow = _measure(app)
        with app.app_context():
            db.engine.dispose()
    return 1 if is_slow else 0


def _fill(session: Session) -> None:
    desk = people.desk(session, "25")
    said = {
        "organisation": people.organisation(session).id,
        "desk": desk.id,
        "user": people.facilitator(session, desk).id,
        "contracts": CONTRACTS,
        "reports": REPORTS_EACH,
        "lines": LINES_EACH,
        "structures": STRUCTURES,
        "needs": NEEDS,
    }
    session.execute(text("SET statement_timeout = 0"))
    # No search documents: no page here reads them, and their trigger takes minutes.
    session.execute(text("SET session_replication_role = replica"))
    _add_market(session, said["organisation"], said["user"])
    for statement in SECTORS_OF:
        session.execute(text(statement), said)
    session.execute(text("SET session_replication_role = origin"))
    for statement in FILL:
        session.execute(text(statement), said)
    session.execute(text("ANALYZE"))
    publish_due(session, gazetteer(session), clock.now())
    session.execute(text("ANALYZE"))
    session.commit()


def _add_market(session: Session, organisation_id: int, user_id: int) -> None:
    now = clock.now()
    towns = sorted(gazetteer(session).communes, key=lambda one: -one.population)[:3000]
    kinds = [Kind.EI, Kind.ACI, Kind.AI, Kind.ESAT, Kind.EA]
    structures = [
        {
            "id": number,
            "slug": f"s{number}",
            "siret": f"{number:014}",
            "kind": kinds[number % 5],
            "name": f"Structure {number}",
            "sort_key": f"structure {number}",
            "commune_code": towns[number * 7919 % 3000].code,
            "department_code": towns[number * 7919 % 3000].department,
            "is_in_qpv": number % 7 == 0,
            "team_insertion": number % 40,
        }
        for number in range(1, STRUCTURES + 1)
    ]
    offers = [
        {
            "structure_id": 1 + number % STRUCTURES,
            "status": OfferStatus.PUBLISHED,
            "coverage_type": CoverageType.RADIUS,
            "radius_km": 50,
            "published_at": now - timedelta(days=number % 700),
        }
        for number in range(2 * STRUCTURES)
    ]
    needs = [
        {
            "slug": f"n{number}",
            "organisation_id": organisation_id,
            "author_id": user_id,
            "kind": NeedKind.QUOTE,
            "title": f"Besoin {number}",
            "status": Status.PUBLISHED if number % 3 else Status.AWARDED,
            "place_type": PlaceType.POINT,
            "commune_code": towns[number * 104729 % 3000].code,
            "deadline_on": clock.today() + timedelta(days=number % 40),
            "published_at": now - timedelta(days=number % 500),
        }
        for number in range(NEEDS)
    ]
    session.execute(insert(Structure), structures)
    session.execute(insert(Offer), offers)
    session.execute(insert(Need), needs)


def _measure(app: Flask) -> bool:
    client, asked = app.test_client(), [0]

    def count(*_: object) -> None:
        asked[0] += 1

    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", count)
    is_slow = False
    for page in PAGES:
        times = []
        for _ in range(ASKED):
            asked[0], begun = 0, time.perf_counter()
            answer = client.get(page)
            times.append((time.perf_counter() - begun) * 1000)
            assert answer.status_code == 200, page
        median = statistics.median(times[1:])
        is_slow |= median > MOST_MS or asked[0] > MOST_QUERIES
        print(f"{page:55} {asked[0]:3} queries, median {median:5.0f} ms, best {min(times):5.0f} ms")
    return is_slow


if __name__ == "__main__":
    sys.exit(main())
