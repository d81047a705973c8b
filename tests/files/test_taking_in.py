"""A file from the hand of a person to the store and back; the antivirus; the sweep."""

import io
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.db import transaction
from marketplace.files import keeping, scanning
from marketplace.files.contents import MB, Format, Refused
from marketplace.files.tables import Scan, StoredFile
from marketplace.files.taking_in import (
    INFECTED,
    SCANNER_IS_AWAY,
    forget,
    forget_orphans,
    open_stored,
    take_in,
)
from marketplace.needs.attaching import attach
from tests.factories import market, people
from tests.factories.documents import PDF
from tests.factories.market import MONDAY
from tests.files.conftest import VIRUS

INFECTED_PDF = PDF.replace(b"trailer", VIRUS + b"\ntrailer")


@pytest.fixture(autouse=True)
def _empty_store(app: Flask) -> None:
    with app.app_context():
        for key, _ in list(keeping.store().kept()):
            keeping.store().delete(key)


@pytest.fixture
def scanner(app: Flask) -> Iterator[Flask]:
    yield app
    app.config["CLAMD_URL"] = ""


def kept() -> set[str]:
    return {key for key, _ in keeping.store().kept()}


def taken_in(
    session: Session, data: bytes = PDF, name: str = "cahier.pdf", at: datetime = MONDAY
) -> StoredFile:
    return take_in(session, io.BytesIO(data), name, 7, at)


def test_what_is_taken_in_is_given_back_the_same(session: Session) -> None:
    with transaction() as writing:
        file = taken_in(writing, name="C:\\docs\\Cahier des charges.pdf")
    assert (file.name, file.format, file.size) == ("Cahier des charges.pdf", Format.PDF, len(PDF))
    assert (file.user_id, file.stored_at, file.scan) == (7, MONDAY, Scan.NOT_SCANNED)
    assert len(file.key) == 40
    assert kept() == {file.key}
    with open_stored(file) as data:
        assert data.read() == PDF


def test_what_is_refused_leaves_neither_row_nor_bytes(session: Session) -> None:
    with pytest.raises(Refused), transaction() as writing:
        taken_in(writing, b"MZ" + PDF)
    assert session.scalars(select(StoredFile)).all() == []
    assert kept() == set()


def _forget_then_fail(file_id: int) -> None:
    with transaction() as writing:
        forget(writing, file_id)
        raise ZeroDivisionError


def test_the_bytes_leave_once_it_is_sure_that_the_row_does(session: Session) -> None:
    with transaction() as writing:
        file = taken_in(writing)
    with pytest.raises(ZeroDivisionError):
        _forget_then_fail(file.id)
    assert kept() == {file.key}
    with transaction() as writing:
        forget(writing, file.id)
        assert kept() == {file.key}
    assert kept() == set()
    with transaction() as writing:
        forget(writing, 999)


def test_the_sweep_removes_what_nothing_links_to_both_ways(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    now, later = clock.now(), clock.now() + timedelta(days=2)
    with transaction() as writing:
        town = people.organisation(writing)
        need = market.draft(writing, people.buyer(writing, town.id).id, town.id)
        joined, lost, _left = (taken_in(writing, at=now - timedelta(days=2)) for _ in range(3))
        attach(writing, need.id, joined, now)
        attach(writing, need.id, lost, now)
        young = taken_in(writing, at=now)
        keys = {"joined": joined.key, "lost": lost.key, "young": young.key}
    keeping.store().delete(keys["lost"])
    keeping.store().put("new-abc", io.BytesIO(b"half"))

    with transaction() as writing:
        assert forget_orphans(writing, now) == 1
    assert kept() == {keys["joined"], keys["young"], "new-abc"}
    assert set(session.scalars(select(StoredFile.key))) == set(keys.values())
    assert f"the bytes of the stored file {keys['lost']} are lost" in caplog.text

    with transaction() as writing:
        assert forget_orphans(writing, later) == 2
    assert kept() == {keys["joined"]}
    with transaction() as writing:
        assert forget_orphans(writing, later) == 0


def test_a_sound_file_is_marked_so_and_an_infected_one_refused(
    session: Session, scanner: Flask, clamd_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    scanner.config["CLAMD_URL"] = clamd_url
    with transaction() as writing:
        assert taken_in(writing).scan is Scan.CLEAN
    before = kept()
    with pytest.raises(Refused, match=INFECTED), transaction() as writing:
        taken_in(writing, INFECTED_PDF)
    assert kept() == before
    assert "Eicar-Signature" in caplog.text


def test_the_antivirus_is_reached_by_a_socket_of_the_machine_too(clamd_socket_url: str) -> None:
    file = io.BytesIO(PDF)
    scanning.scan(file, clamd_socket_url)
    assert file.tell() == 0
    with pytest.raises(scanning.Infected, match="Eicar-Signature"):
        scanning.scan(io.BytesIO(INFECTED_PDF), clamd_socket_url)


def test_a_file_that_the_antivirus_did_not_look_at_is_refused(
    session: Session, scanner: Flask, clamd_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    heavy = PDF[:9] + b"0" * (2 * MB) + PDF[9:]
    away = "unix:///nulle/part"
    for url, data in ((away, PDF), (clamd_url, heavy), ("tcp://127.0.0.1:1", PDF)):
        scanner.config["CLAMD_URL"] = url
        with pytest.raises(Refused, match=SCANNER_IS_AWAY), transaction() as writing:
            taken_in(writing, data)
    assert "size limit exceeded" in caplog.text
    assert kept() == set()
