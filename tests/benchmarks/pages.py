"""The pages of each kind of person on 10,000 structures and 1,000 needs: queries and medians.

    .venv/bin/python -m tests.benchmarks.pages

Starts the tests' own servers, fills a database that it drops at the end, and asks each page
sixteen times; the first answer, which warms caches, is left out.
"""

import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, insert, select, text
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.app import create_app
from marketplace.db import db
from marketplace.embedded.parts import environment_of
from marketplace.embedded.servers import test_servers
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import Match, MatchMove
from marketplace.moderation.adjusting import write_note
from marketplace.moderation.tables import QueueEntry
from marketplace.needs.lifecycle import Status
from marketplace.needs.posting import LotDraft
from marketplace.needs.tables import Need
from marketplace.offers.tables import CoverageType, Offer, OfferSector, OfferStatus
from marketplace.preparing import prepare
from marketplace.sectors.nomenclature import SECTORS
from marketplace.structures.kinds import Kind
from marketplace.structures.tables import Structure
from marketplace.territories.queries import gazetteer
from tests.browsing import sign_in
from tests.conftest import own_database
from tests.factories import people
from tests.factories.market import submitted_need

STRUCTURES = 10_000
NEEDS = 1_000
ASKED = 16
MOST_QUERIES = 12
MOST_MS = 150


def main() -> None:
    with test_servers() as urls, own_database(urls) as config:
        os.environ |= environment_of(config)
        prepare(config)
        app = create_app(config)
        app.config.update(TESTING=True)
        for limiter in app.extensions["limiter"]:
            limiter.enabled = False
        with app.app_context():
            pages = _fill(db.session())
        _measure(app, pages)
        with app.app_context():
            db.engine.dispose()


def _fill(session: Session) -> dict[str, dict[str, str]]:
    """The pages to ask for, by who asks: an address, or nobody."""
    drawn = Random(12)  # noqa: S311 - the same market at every run
    communes = [one for one in gazetteer(session).communes if one.lat is not None]
    rows = [
        {
            "slug": f"structure-{number}",
            "siret": f"{number:014}",
            "kind": drawn.choice([Kind.EI, Kind.ACI, Kind.ESAT, Kind.EA]),
            "name": f"Structure numéro {number}",
            "sort_key": f"structure numero {number:06}",
            "commune_code": (seat := drawn.choice(communes)).code,
            "city": seat.name,
            "department_code": seat.department,
            "lat": seat.lat,
            "lon": seat.lon,
        }
        for number in range(1, STRUCTURES + 1)
    ]
    # No page measured here searches structures: their documents need not be written.
    session.execute(text("SET LOCAL session_replication_role = replica"))
    session.execute(insert(Structure), rows)
    structure_ids = session.scalars(select(Structure.id).order_by(Structure.id)).all()
    offers = [
        {
            "structure_id": id_,
            "title": "Entretien et nettoyage",
            "status": OfferStatus.PUBLISHED,
            "coverage_type": CoverageType.COUNTRY if n % 4 == 0 else CoverageType.RADIUS,
            "radius_km": None if n % 4 == 0 else 80,
        }
        for n, id_ in enumerate(structure_ids)
    ]
    session.execute(insert(Offer), offers)
    offer_ids = session.scalars(select(Offer.id).order_by(Offer.id)).all()
    slugs = [sector.slug for sector in SECTORS[:12]]
    session.execute(
        insert(OfferSector),
        [{"offer_id": id_, "sector_slug": drawn.choice(slugs)} for id_ in offer_ids],
    )
    session.commit()
    town, other = people.organisation(session), people.organisation(session, "Une autre ville")
    buyer, stranger = people.buyer(session, town.id), people.buyer(session, other.id)
    now = clock.now()
    for number in range(NEEDS):
        mine = number % 3 == 0
        need = submitted_need(
            session,
            buyer.id if mine else stranger.id,
            town.id if mine else other.id,
            title=f"Besoin numéro {number} d'entretien",
            commune_code=drawn.choice(communes).code,
            sectors=(slugs[number % len(slugs)],),
            deadline_on=clock.today() + timedelta(days=5 + number % 60),
        )
        need.status, need.published_at = Status.PUBLISHED, now
    big = submitted_need(
        session,
        buyer.id,
        town.id,
        title="Le besoin que tout le monde peut servir",
        sectors=(),
        questions=("Quels délais ?", "Quel matériel ?"),
        lots=tuple(LotDraft(f"Lot {n}", sectors=(slugs[n],)) for n in range(3)),
    )
    big.status, big.published_at = Status.PUBLISHED, now
    session.commit()
    for need_id in [big.id, *session.scalars(select(Need.id).order_by(Need.id).limit(25))]:
        shortlist_need(session, need_id, now)
        session.commit()
    _told(session, big.id)
    found = session.scalar(select(func.count()).where(Match.need_id == big.id))
    print(f"{STRUCTURES} structures, {NEEDS} needs, {found} matches of the largest need")
    member = people.structure_member(session, session.get_one(Structure, structure_ids[0]))
    session.commit()
    page = f"/besoins/{big.slug}"
    facilitator, reviewed = _on_desk(session, buyer.id, town.id, slugs)
    return {
        facilitator: {
            "queue": "/guichet/",
            "queue sifted": "/guichet/?sujet=need&lieu=Bourgogne-Franche-Comt%C3%A9&qui=personne",
            "review": f"/guichet/besoins/{reviewed[0]}",
            "review, lots": f"/guichet/besoins/{reviewed[1]}",
            "watch": "/guichet/suivi",
        },
        "": {
            "list": "/besoins",
            "list filtered": "/besoins?q=entretien&lieu=Doubs&avant=30",
            "list by region": "/besoins?lieu=Bourgogne-Franche-Comt%C3%A9&nouveaux=1",
            "feed": "/besoins.atom",
            "calendar": f"{page}.ics",
            "need, visitor": page,
        },
        member.email: {"need, member": page},
        buyer.email: {
            "dashboard": "/tableau-de-bord",
            "my needs": "/mes-besoins",
            "need": page,
            "need, lot 2": f"{page}?lot=2",
            "need, page 9": f"{page}?page=9",
            "report": f"{page}/compte-rendu",
            "export": f"{page}/classement.csv",
            "amend, what": f"{page}/amender/quoi",
            "amend, where": f"{page}/amender/ou-et-quand",
            "amend, how": f"{page}/amender/comment",
            "put off": f"{page}/prolonger",
            "close": f"{page}/clore",
            "copy": f"{page}/dupliquer",
        },
    }


def _on_desk(
    session: Session, author_id: int, town_id: int, slugs: list[str]
) -> tuple[str, list[str]]:
    """A desk that saw all the needs, where thirty more wait: its facilitator, and two of them."""
    desk = people.desk(session, "R27")
    facilitator = people.facilitator(session, desk)
    now = clock.now()
    past = {"desk_id": desk.id, "received_at": now, "due_at": now, "decided_at": now}
    need_ids = session.scalars(select(Need.id)).all()
    session.execute(insert(QueueEntry), [{"need_id": id_} | past for id_ in need_ids])
    lots = tuple(LotDraft(f"Entretien {n}", sectors=(slugs[n],)) for n in range(3))
    for number in range(30):
        need = submitted_need(
            session,
            author_id,
            town_id,
            title=f"Besoin numéro {number} d'entretien",
            sectors=(slugs[0],) if number else (),
            lots=() if number else lots,
            questions=("Quels délais ?",),
        )
        came = {"desk_id": desk.id, "received_at": now, "due_at": now}
        session.add(QueueEntry(need_id=need.id, **came))
        for words in ("À rappeler", "Vu avec la mairie"):
            write_note(session, need.id, desk.id, facilitator.id, words, now)
    session.commit()
    latest = select(Need.slug).where(Need.status == Status.SUBMITTED).order_by(Need.id)
    lots_slug, slug, *_ = session.scalars(latest)
    return facilitator.email, [slug, lots_slug]


def _told(session: Session, need_id: int) -> None:
    matches = session.scalars(select(Match).filter_by(need_id=need_id).limit(400)).all()
    for match in matches:
        match.status = MatchStatus.NOTIFIED
    moved = {"status": MatchStatus.NOTIFIED, "user_id": None, "moved_at": clock.now()}
    session.execute(
        insert(MatchMove),
        [{"match_id": match.id, **moved, "reason": "", "reason_code": ""} for match in matches],
    )
    session.commit()


def _measure(app: Flask, pages: dict[str, dict[str, str]]) -> None:
    for email, of_person in pages.items():
        client = app.test_client()
        if email:
            sign_in(client, email)
        for name, path in of_person.items():
            queries, times = _asked(app, client, path)
            flag = " <--" if queries > MOST_QUERIES or times > MOST_MS else ""
            print(f"{name:20} {queries:3} queries {times:7.1f} ms{flag}")


def _asked(app: Flask, client: FlaskClient, path: str) -> tuple[int, float]:
    counts, times = [], []
    for _ in range(ASKED):
        with _counted(app) as said:
            start = time.perf_counter()
            answer = client.get(path)
            times.append((time.perf_counter() - start) * 1000)
        assert answer.status_code == 200, (path, answer.status_code)
        counts.append(len(said))
    return max(counts[1:]), statistics.median(times[1:])


@contextmanager
def _counted(app: Flask) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


if __name__ == "__main__":
    main()
