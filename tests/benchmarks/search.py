"""How long a page of search takes over 100,000 offers, and a suggestion of names.

    .venv/bin/python -m tests.benchmarks.search

Invents structures and offers in a database of its own, asks 200 addresses of three filters
through the application, template included, and prints milliseconds and queries.
"""

import random
import statistics
import sys
import time
from itertools import count
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import event, text

from marketplace.app import create_app
from marketplace.db import db
from marketplace.embedded.servers import test_servers
from marketplace.preparing import prepare
from marketplace.sectors.nomenclature import SECTORS
from tests.conftest import own_database

STRUCTURES = 40_000
OFFERS = 100_000
ASKED = 200
_callers = count(1)
"""Each request comes from elsewhere: what one address may ask is limited."""
PLACES = ("Besançon", "Lyon", "Doubs", "Lille", "Dijon", "Bretagne", "Nantes", "Gers", "Marseille")

FILL = (
    """CREATE TEMPORARY TABLE seats AS
    SELECT code, department, lat, lon, name,
        row_number() OVER (ORDER BY population DESC, code) AS rank
    FROM territories WHERE kind = 'commune' AND lat IS NOT NULL AND region IS NOT NULL""",
    """INSERT INTO structures (id, slug, siret, kind, name, sort_key, brand, legal_form,
        description, address, postcode, city, commune_code, department_code, lat, lon,
        is_point_approximate, naf, website, email, phone, is_active, is_reachable, labels,
        networks, is_in_qpv)
    SELECT i, 's-' || i, lpad(i::text, 14, '0'),
        (ARRAY['EI','AI','ACI','ETTI','EA','ESAT','GEIQ','EI','ACI','ESAT'])[1 + i % 10],
        t.name || ' ' || i, lower(t.name) || ' ' || i, '', '',
        'Nous accompagnons des salariés vers un emploi durable autour de ' || t.name, '', '',
        t.name, t.code, t.department, t.lat, t.lon, false, '', '', '', '', true, true,
        CASE WHEN i % 7 = 0 THEN ARRAY['esus'] WHEN i % 11 = 0 THEN ARRAY['rge'] ELSE '{}' END,
        CASE WHEN i % 5 = 0 THEN ARRAY['unea'] WHEN i % 3 = 0 THEN ARRAY['coorace'] ELSE '{}' END,
        i % 9 = 0
    FROM generate_series(1, :structures) i
    JOIN seats t ON t.rank = 1 + floor(
        5000 * power((hashint4(i) & 65535) / 65536.0, 2))::int""",
    """INSERT INTO offers (id, structure_id, title, description, status, is_implied,
        service_types, coverage_type, radius_km, environmental_tags)
    SELECT i, 1 + i % :structures, s.name, 'Équipe de ' || (3 + i % 12)
        || ' personnes, intervention régulière ou ponctuelle, matériel fourni',
        'published', false, ARRAY[(ARRAY['PREST','BUILD','DISP','PREST'])[1 + i % 4]],
        CASE i % 25 WHEN 0 THEN 'country' WHEN 1 THEN 'zones' WHEN 2 THEN 'zones'
            ELSE 'radius' END,
        30 + 10 * (i % 5), CASE WHEN i % 6 = 0 THEN ARRAY['reemploi'] ELSE '{}' END
    FROM generate_series(1, :offers) i
    JOIN sectors s ON s.position = (hashint4(i) & 2147483647) % 154""",
    "INSERT INTO offer_sectors SELECT o.id, s.slug FROM offers o JOIN sectors s"
    " ON s.position = (hashint4(o.id) & 2147483647) % 154",
    "INSERT INTO offer_zones SELECT o.id, s.department_code FROM offers o"
    " JOIN structures s ON s.id = o.structure_id WHERE o.coverage_type = 'zones'",
)


def fill() -> float:
    """Seconds that the documents of all structures took."""
    session = db.session()
    session.execute(text("SET statement_timeout = 0"))
    session.execute(text("SET session_replication_role = replica"))
    for statement in FILL:
        sizes = {"structures": STRUCTURES, "offers": OFFERS}
        session.execute(text(statement.replace("::", "\\:\\:")), sizes)
    session.execute(text("SET session_replication_role = origin"))
    session.execute(text("ANALYZE"))
    started = time.perf_counter()
    for first in range(0, STRUCTURES, 1_000):
        ids = list(range(first + 1, first + 1_001))
        session.execute(text("SELECT refresh_search_documents(:ids)"), {"ids": ids})
    took = time.perf_counter() - started
    session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE search_documents"))
        connection.execute(text("ANALYZE searched_words"))
    return took


def addresses() -> list[str]:
    """Three filters each: words or a sector, a place, and one more."""
    drawn = random.Random(7)  # noqa: S311 - the same addresses at every run
    words = [sector.name.split()[0] for sector in SECTORS]
    found = []
    for _ in range(ASKED):
        sector = drawn.choice(SECTORS)
        asked = [drawn.choice([("q", drawn.choice(words)), ("secteur", sector.slug)])]
        asked.append(("lieu", drawn.choice(PLACES)))
        more = [
            ("famille", "insertion"),
            ("type", "ESAT"),
            ("label", "esus"),
            ("prestation", "PREST"),
        ]
        asked.append(drawn.choice(more))
        found.append(f"{drawn.choice(['/structures', '/offres'])}?{urlencode(asked)}")
    return found


def milliseconds(app: Flask, address: str) -> float:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = f"127.{next(_callers) // 250}.0.{next(_callers) % 250}"
    started = time.perf_counter()
    answer = client.get(address)
    took = (time.perf_counter() - started) * 1_000
    assert answer.status_code == 200, address
    return took


def told(name: str, took: list[float]) -> str:
    p95 = statistics.quantiles(took, n=20)[-1]
    return (
        f"{name}: median {statistics.median(took):.0f} ms, p95 {p95:.0f} ms, max {max(took):.0f} ms"
    )


def main() -> None:
    out = sys.stdout.write
    with test_servers() as urls, own_database(urls) as config:
        prepare(config)
        app = create_app(config)
        with app.app_context():
            out(f"documents of {STRUCTURES} structures: {fill():.0f} s\n")
            queries: list[str] = []

            def note(*said: Any) -> None:
                queries.append(said[2])

            event.listen(db.engine, "after_cursor_execute", note)
        asked = addresses()
        for address in asked[:10]:
            milliseconds(app, address)
        most = 0
        took = []
        for address in asked:
            queries.clear()
            took.append(milliseconds(app, address))
            most = max(most, len(queries))
        out(told(f"{ASKED} pages of three filters", took) + f"; {most} queries at most\n")
        wide = [milliseconds(app, one) for one in ("/structures", "/offres") for _ in range(10)]
        out(told("pages without a filter", wide) + "\n")
        typed = ["bes", "Lyo", "dij 1", "marse", "nant", "brest", "lile", "saint den"]
        names = [milliseconds(app, f"/structures/suggerer?q={one}") for one in typed * 5]
        out(told("names suggested", names) + "\n")


if __name__ == "__main__":
    main()
