"""A register of structures taken in, with an offer for each."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.db import transaction
from marketplace.jobs import Job
from marketplace.offers.drafting import OfferDraft, start_draft
from marketplace.offers.importing import import_structures
from marketplace.offers.tables import CoverageType, Offer, OfferReading
from marketplace.sheets import Unreadable, rows
from marketplace.structures.importing import BATCH, Report
from marketplace.structures.register import OPTIONAL, REQUIRED
from marketplace.structures.tables import Structure
from tests.factories.market import MONDAY
from tests.structures.registers import GARDENS, WORKSHOP, register

CLEANING = "nettoyage-de-locaux"
GREEN_SPACES = "creation-et-entretien-des-espaces-verts"


def take_in(session: Session, content: bytes) -> Report:
    with transaction():
        return import_structures(session, rows(io.BytesIO(content), REQUIRED, OPTIONAL))


def take_in_rows(session: Session, *lines: Mapping[str, str], more: Sequence[str] = ()) -> Report:
    return take_in(session, register(*lines, more=more))


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.created, report.updated, report.unchanged, len(report.refused)


def test_a_register_is_taken_in_once_however_often_it_is_read(session: Session) -> None:
    assert counts(take_in_rows(session, GARDENS, WORKSHOP)) == (2, 0, 0, 0)
    before = [(s.id, s.updated_at) for s in session.scalars(select(Structure))]
    assert counts(take_in_rows(session, GARDENS, WORKSHOP)) == (0, 0, 2, 0)
    assert [(s.id, s.updated_at) for s in session.scalars(select(Structure))] == before
    assert session.scalars(select(Offer.is_implied)).all() == [True, True]


def test_a_structure_stands_where_its_row_says(session: Session) -> None:
    take_in_rows(session, GARDENS)
    (structure,) = session.scalars(select(Structure))
    assert (structure.commune_code, structure.department_code) == ("39198", "39")
    assert (structure.lat, structure.lon, structure.is_point_approximate) == (47.09, 5.49, False)
    assert structure.naf == "8130Z"
    assert structure.sort_key == "jardins d essai"


def test_wrong_rows_are_refused_by_line_and_the_others_taken(session: Session) -> None:
    wrong = GARDENS | {"siret": "73282932000075"}
    report = take_in_rows(session, wrong, WORKSHOP, WORKSHOP | {"lat": "91"})
    assert counts(report) == (1, 0, 0, 2)
    assert report.read == 3
    assert [(notice.line, notice.field) for notice in report.refused] == [(2, "siret"), (4, "lat")]
    assert session.scalars(select(Structure.name)).all() == ["L'ATELIER"]


def test_one_siret_carries_several_structures(session: Session) -> None:
    lines = [GARDENS, GARDENS | {"kind": "EI"}, GARDENS | {"name": "AUTRE"}]
    assert counts(take_in_rows(session, *lines)) == (3, 0, 0, 0)


def test_a_row_that_comes_twice_is_noted_and_its_last_word_kept(session: Session) -> None:
    report = take_in_rows(session, GARDENS, GARDENS, GARDENS | {"brand": "Le Potager"})
    assert counts(report) == (1, 1, 1, 0)
    assert [notice.line for notice in report.warnings] == [3, 4]
    (structure,) = session.scalars(select(Structure))
    assert (structure.brand, structure.sort_key) == ("Le Potager", "le potager")


def test_a_row_that_comes_again_a_batch_later_is_noted_too(session: Session) -> None:
    others = [WORKSHOP | {"name": f"ATELIER {number}"} for number in range(BATCH)]
    report = take_in_rows(session, GARDENS, *others, GARDENS)
    assert counts(report) == (BATCH + 1, 0, 1, 0)
    assert [notice.line for notice in report.warnings] == [BATCH + 3]


def test_what_changed_is_updated_and_what_is_left_empty_stays(session: Session) -> None:
    take_in_rows(session, GARDENS | {"website": "https://potager.example"})
    moved = GARDENS | {"city": "Besançon", "postcode": "25000", "department": "25"}
    report = take_in_rows(session, moved | {"lat": "", "lon": ""})
    assert counts(report) == (0, 1, 0, 0)
    (structure,) = session.scalars(select(Structure))
    assert (structure.commune_code, structure.is_point_approximate) == ("25056", True)
    assert structure.website == "https://potager.example"
    assert structure.updated_at > structure.created_at


def test_an_email_and_a_phone_are_taken_when_they_are_right(session: Session) -> None:
    contacts = {"email": "accueil@potager.example", "phone": "03 84 00 00 00"}
    wrong = {"email": "accueil", "phone": "03 84 00 00 00"}
    report = take_in_rows(session, GARDENS | contacts, WORKSHOP | wrong, more=["email", "phone"])
    assert [(notice.line, notice.field) for notice in report.warnings] == [(3, "email")]
    found = session.execute(select(Structure.email, Structure.phone).order_by(Structure.id)).all()
    assert found == [("accueil@potager.example", "03 84 00 00 00"), ("", "03 84 00 00 00")]


def test_sectors_make_a_declared_offer_instead_of_an_implied_one(session: Session) -> None:
    line = GARDENS | {"sectors": f"{CLEANING}|{GREEN_SPACES}"}
    assert counts(take_in_rows(session, line, more=["sectors"])) == (1, 0, 0, 0)
    (offer,) = session.scalars(select(Offer))
    assert not offer.is_implied
    assert {sector.sector_slug for sector in offer.sectors} == {CLEANING, GREEN_SPACES}
    assert counts(take_in_rows(session, line, more=["sectors"])) == (0, 0, 1, 0)


def test_sectors_that_come_later_turn_the_implied_offer_into_a_declared_one(
    session: Session,
) -> None:
    take_in_rows(session, GARDENS)
    report = take_in_rows(session, GARDENS | {"sectors": CLEANING}, more=["sectors"])
    assert counts(report) == (0, 1, 0, 0)
    (offer,) = session.scalars(select(Offer))
    assert (offer.is_implied, [one.sector_slug for one in offer.sectors]) == (False, [CLEANING])


def test_activities_that_are_no_sector_are_kept_in_their_own_words_and_read(
    session: Session,
) -> None:
    line = GARDENS | {
        "naf": "",
        "name": "TREMPLIN",
        "sectors": "Tonte de pelouses, Ménage de bureaux",
    }
    report = take_in_rows(session, line, more=["sectors"])
    assert [notice.field for notice in report.warnings] == ["sectors", "sectors"]
    (offer,) = session.scalars(select(Offer))
    assert (offer.is_implied, offer.description) == (True, "Tonte de pelouses; Ménage de bureaux")
    read = session.scalars(select(OfferReading.sector_slugs)).one()
    assert set(read) == {CLEANING, GREEN_SPACES}
    assert counts(take_in_rows(session, line, more=["sectors"])) == (0, 0, 1, 0)
    changed = line | {"sectors": "Tonte de pelouses"}
    assert counts(take_in_rows(session, changed, more=["sectors"])) == (0, 1, 0, 0)
    assert session.scalars(select(OfferReading.sector_slugs)).one() == [GREEN_SPACES]


def test_a_structure_keeps_the_sectors_that_it_declared_itself(session: Session) -> None:
    take_in_rows(session, GARDENS)
    structure_id = session.scalars(select(Structure.id)).one()
    own = OfferDraft("Tonte", "", (GREEN_SPACES,), (), CoverageType.COUNTRY)
    start_draft(session, structure_id, own, MONDAY)
    report = take_in_rows(session, GARDENS | {"sectors": CLEANING}, more=["sectors"])
    assert counts(report) == (0, 0, 1, 0)
    assert [notice.field for notice in report.warnings] == ["sectors"]


def test_open_needs_are_ranked_again_once_and_only_when_something_changed(
    session: Session, asked_jobs: list[tuple[Job, dict[str, Any]]]
) -> None:
    take_in_rows(session, GARDENS, WORKSHOP)
    assert asked_jobs == [(Job.SHORTLIST_OPEN_NEEDS, {})]
    take_in_rows(session, GARDENS, WORKSHOP)
    assert len(asked_jobs) == 1


def test_a_file_that_breaks_on_the_way_changes_nothing(session: Session) -> None:
    lines = [WORKSHOP | {"name": f"ATELIER {number}"} for number in range(BATCH)]
    with pytest.raises(Unreadable):
        take_in(session, register(*lines) + b"\xff\n")
    assert session.scalars(select(Structure)).all() == []
    assert session.scalars(select(Offer)).all() == []


def test_strange_names_are_taken_as_they_are(session: Session) -> None:
    names = ["🌱 Les Pousses", "㎯" * 255, "ﷺ", "'; DROP TABLE structures; --", "@venir"]
    lines = [GARDENS | {"name": name} for name in names]
    assert counts(take_in_rows(session, *lines)) == (5, 0, 0, 0)
    assert set(session.scalars(select(Structure.name))) == set(names)
    assert counts(take_in_rows(session, *lines)) == (0, 0, 5, 0)
