"""How long a register of 10,000 structures takes through the pages: rehearsed, then imported.

    .venv/bin/python -m tests.benchmarks.import_structures [--rows 10000]

Invents structures in towns that exist, hands them in as an administrator in a database of its
own, with a worker as `marketplace run` starts it, and follows the page of the import as a
browser does. The same file a second time must find nothing to change. Prints one JSON object.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.app import create_app
from marketplace.db import db, transaction
from marketplace.embedded.parts import worker
from marketplace.embedded.servers import test_servers
from marketplace.offers.tables import SearchDocument
from marketplace.preparing import prepare
from marketplace.structures.import_tables import (
    ImportStatus,
    Outcome,
    StructureImport,
    StructureImportRow,
)
from marketplace.structures.kinds import Kind
from marketplace.structures.tables import Structure
from marketplace.territories.gazetteer import Gazetteer
from tests.browsing import chosen_in, send, sign_in, token_of
from tests.conftest import own_database
from tests.factories import people
from tests.structures.registers import register
from tests.structures.synthetic import siret

WITHIN_S = 60
TRADES = (
    ("JARDINS", "8130Z", "Création et entretien des espaces verts"),
    ("BLANCHISSERIE", "9601A", "Blanchisserie"),
    ("MENUISERIE", "4332A", ""),
    ("TRAITEUR", "5621Z", "Traiteur"),
    ("RECYCLERIE", "3832Z", ""),
    ("IMPRIMERIE", "1812Z", ""),
    ("PROPRETE", "8121Z", "Nettoyage de locaux"),
    ("CONDITIONNEMENT", "8292Z", ""),
)
WORDS = "PONT MOULIN SOLEIL AVENIR LIEN CAP ESSOR TREMPLIN ENVOL RELAIS SOURCE PHARE".split()


def rows(count: int) -> Iterator[dict[str, str]]:
    """The larger a town, the more structures it has; one in three tells its sectors."""
    drawn = Random(17)  # noqa: S311 - the same register at every run
    towns = [c for c in Gazetteer.shipped().communes if c.postcodes and c.lat is not None]
    weights = list(accumulate(c.population for c in towns))
    kinds = list(Kind)
    for number, town in enumerate(drawn.choices(towns, cum_weights=weights, k=count)):
        trade, naf, sector = TRADES[number % len(TRADES)]
        words = drawn.sample(WORDS, 2)
        yield {
            "siret": siret(number),
            "kind": drawn.choice(kinds),
            "name": f"{trade} {words[0]} {words[1]} {town.name.upper()}"[:120],
            "brand": f"{trade.title()} {words[0].title()}" if number % 4 == 0 else "",
            "legal_form": "Association déclarée",
            "address": f"{number % 90 + 1} rue du Port",
            "postcode": town.postcodes[0],
            "city": town.name,
            "department": town.department,
            "lat": str(town.lat) if number % 2 else "",
            "lon": str(town.lon) if number % 2 else "",
            "naf": naf,
            "website": f"https://structure-{number}.example",
            "email": f"contact@structure-{number}.example",
            "phone": "03 81 00 00 00",
            "sectors": sector if number % 3 == 0 else "",
        }


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--rows", type=int, default=10_000)
    count = asked.parse_args().rows
    sheet = register(*rows(count), more=["email", "phone", "sectors"])
    with test_servers() as urls, own_database(urls) as config, TemporaryDirectory() as logs:
        prepare(config)
        app = create_app(config)
        with app.app_context(), transaction() as session:
            email = people.user(session, is_administrator=True).email
        at_work = worker(config, Path(logs))
        at_work.start()
        try:
            client = app.test_client()
            sign_in(client, email)
            with app.app_context():
                first = _imported(client, sheet)
                documents = db.session.scalar(select(func.count()).select_from(SearchDocument))
                second = _imported(client, sheet)
                structures = db.session.scalar(select(func.count()).select_from(Structure))
        finally:
            at_work.stop()
            with app.app_context():
                db.engine.dispose()
    told = {"rows": count, "structures": structures, "documents": documents}
    print(json.dumps(told | {"first": first, "second": second}))  # what it is run for
    if second["outcomes"] != {Outcome.UNCHANGED: count}:
        sys.exit("the second run changed something")
    if max(float(str(one["seconds"])) for one in (first, second)) > WITHIN_S:
        sys.exit(f"more than {WITHIN_S} s")


def _imported(client: FlaskClient, sheet: bytes) -> dict[str, object]:
    """Seconds of each step, and how often its page told another figure."""
    start = time.perf_counter()
    sent = {"csrf_token": token_of(client.get("/admin/imports"))}
    page = client.post(
        "/admin/imports", data=sent | {"file": (BytesIO(sheet), "a.csv")}, follow_redirects=True
    )
    handed_in = time.perf_counter()
    import_id = int(page.request.path.split("/")[3])
    send(client, page.request.path, **chosen_in(page))
    seen = _followed(client, import_id, ImportStatus.CHECKED)
    checked = time.perf_counter()
    token = token_of(client.get("/admin/imports"))
    client.post(f"/admin/imports/{import_id}/lancer", data={"csrf_token": token})
    seen += _followed(client, import_id, ImportStatus.DONE)
    done = time.perf_counter()
    db.session.rollback()
    counted = (
        select(StructureImportRow.outcome, func.count())
        .where(StructureImportRow.import_id == import_id)
        .group_by(StructureImportRow.outcome)
    )
    return {
        "hand_in_s": round(handed_in - start, 1),
        "rehearsal_s": round(checked - handed_in, 1),
        "import_s": round(done - checked, 1),
        "seconds": round(done - start, 1),
        "figures_seen": seen,
        "outcomes": dict(db.session.execute(counted).all()),
    }


def _followed(client: FlaskClient, import_id: int, until: ImportStatus) -> int:
    """Look at the page every second, as it asks itself to, and count the bars it shows."""
    shown: set[str] = set()
    deadline = time.monotonic() + 600
    while time.monotonic() < deadline:
        db.session.rollback()
        if db.session.get_one(StructureImport, import_id, populate_existing=True).status is until:
            return len(shown)
        page = client.get(f"/admin/imports/{import_id}").text
        shown.add(page.split('id="avancement"')[-1].split("</div>")[0])
        time.sleep(1)
    sys.exit(f"still not {until} after ten minutes")


if __name__ == "__main__":
    main()
