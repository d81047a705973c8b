"""Ten thousand digests are written, and a thousand sent, none lost or doubled.

How long each took is printed (`pytest -s`): what it should be is in tests/benchmarks/README.md.
"""

import time
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.digests import writing
from marketplace.digests.tables import Notice, NoticeKind
from marketplace.digests.topics import Topic
from marketplace.jobs import Job
from marketplace.mail import MailState
from marketplace.matching.tables import Match
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need, NeedKind, PlaceType
from marketplace.offers.tables import Offer
from marketplace.structures.kinds import Kind
from marketplace.structures.tables import Structure
from tests.factories import people
from tests.factories.market import BESANCON
from tests.factories.people import LONG_AGO
from tests.faults.conftest import Scene
from tests.faults.test_killed_workers import DAY, told_people, write

READERS, NEEDS, EACH = 10_000, 1_000, 3
"""Each reader is told of so many needs."""

SECTOR = {"code": "sector", "names": ["Création et entretien des espaces verts"], "ticked": True}
WITHIN = {"code": "within_radius", "km": 12.0, "limit_km": 50.0}


def _rows(session: Session, table: type[Any], rows: list[dict[str, object]]) -> list[int]:
    """The ids of many rows written at once, in their order."""
    return list(
        session.scalars(insert(table).returning(table.id, sort_by_parameter_order=True), rows)
    )


def crowd(session: Session) -> None:
    """Ten thousand people, each of one structure, told of three of a thousand open needs."""
    buyer = people.buyer(session)
    town = people.organisation(session)
    users = _rows(
        session,
        User,
        [
            {
                "email": f"lecteur{number}@domaine{number % 200}.example.fr",
                "full_name": f"Personne {number}",
                "email_verified_at": LONG_AGO,
            }
            for number in range(READERS)
        ],
    )
    structures = _rows(
        session,
        Structure,
        [
            {
                "slug": f"structure-{number}",
                "siret": f"{number:014}",
                "kind": Kind.ACI,
                "name": f"Structure {number}",
                "sort_key": f"structure {number:05}",
            }
            for number in range(READERS)
        ],
    )
    offers = _rows(
        session,
        Offer,
        [
            {"structure_id": structure, "coverage_type": "country", "title": "Espaces verts"}
            for structure in structures
        ],
    )
    needs = _rows(
        session,
        Need,
        [
            {
                "slug": f"besoin-{number}",
                "organisation_id": town.id,
                "author_id": buyer.id,
                "kind": NeedKind.QUOTE,
                "title": f"Entretien des espaces verts, lot {number}",
                "status": Status.PUBLISHED,
                "place_type": PlaceType.POINT,
                "commune_code": BESANCON,
                "deadline_on": date(2026, 12, 1) + timedelta(days=number % 60),
                "published_at": LONG_AGO,
            }
            for number in range(NEEDS)
        ],
    )
    told = [
        (reader, (reader * 7 + turn * 331) % NEEDS)
        for reader in range(READERS)
        for turn in range(EACH)
    ]
    matches = _rows(
        session,
        Match,
        [
            {
                "need_id": needs[need],
                "structure_id": structures[reader],
                "offer_id": offers[reader],
                "rank": 1,
                "score": 0.8,
                "distance_km": 12.0,
                "parts": {"sector": 1.0},
                "reasons": [SECTOR, WITHIN],
                "near": [],
                "status": "notified",
                "first_matched_at": LONG_AGO,
            }
            for reader, need in told
        ],
    )
    _rows(
        session,
        Notice,
        [
            {
                "user_id": users[reader],
                "topic": Topic.NEEDS,
                "kind": NoticeKind.NEED_MATCHED,
                "subject_id": match,
                "need_id": needs[need],
                "title": f"Entretien des espaces verts, lot {need}",
                "link": f"/besoins/besoin-{need}",
                "is_urgent": False,
                "ready_at": DAY - timedelta(hours=5),
            }
            for (reader, need), match in zip(told, matches, strict=True)
        ],
    )
    session.commit()


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_ten_thousand_digests_over_a_thousand_needs_are_each_written_once(
    session: Session, scene: Scene, asked_jobs: list[tuple[Job, dict[str, int]]]
) -> None:
    crowd(session)
    began = time.monotonic()
    with scene.writing() as asking:
        writing.ask_for_due(asking, DAY)
    batches = [ids for job, ids in asked_jobs if job is Job.WRITE_DIGESTS]
    written = 0
    for ids in batches:
        with scene.writing() as writing_session:
            written += writing.write_digests(writing_session, **ids, now=DAY)
    took = time.monotonic() - began
    print(f"{written} digests in {len(batches)} jobs written and queued in {took:.1f} s")
    assert written == READERS
    assert sum(job is Job.SEND_MAIL for job, _ in asked_jobs) == READERS


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_a_thousand_digests_leave_once_each_by_two_processes(
    session: Session, scene: Scene
) -> None:
    told_people(session, 1_000)
    with scene.working():
        scene.wait_until(lambda: "ready." in (scene.logs / "worker.log").read_text(), 60)
        began = time.monotonic()
        assert write(scene, DAY) == 1_000
        scene.wait_until(lambda: scene.states()[MailState.SENT] == 1_000, 200)
    took = time.monotonic() - began
    print(f"1000 digests sent in {took:.1f} s")
    assert set(scene.relay.received().values()) == {1}
