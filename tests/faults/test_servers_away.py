"""The broker loses its data, the database restarts, two timetables beat: mails leave once."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from marketplace.config import Config
from marketplace.embedded.children import Child
from marketplace.embedded.parts import timetable
from marketplace.embedded.places import binaries, passing_folder, places
from marketplace.embedded.postgres import postgres
from marketplace.embedded.valkey import valkey
from marketplace.mail import MailState
from marketplace.preparing import prepare
from tests.faults.conftest import Relay, Scene, scene_of
from tests.faults.test_killed_workers import DAY, PAST_LEASE, told_people, write


def nothing_is_doubled_nor_lost(scene: Scene, addresses: list[str]) -> None:
    """Once the leases are over: each mail arrived once, or is shown as uncertain."""
    scene.sweep(PAST_LEASE)
    received, found = scene.relay.received(), scene.states()
    assert set(received.values()) == {1}
    assert found[MailState.SENT] + found[MailState.UNCERTAIN] == len(addresses)
    assert len(set(addresses) - set(received)) <= found[MailState.UNCERTAIN]


@contextmanager
def own_broker() -> Iterator[tuple[Child, str]]:
    where = places()
    with (
        passing_folder(where) as folder,
        valkey(
            binaries(where).valkey_server, folder, folder / "valkey.log", where.owner, keep=False
        ) as running,
    ):
        yield running


@pytest.mark.parametrize(
    "count", [20, pytest.param(400, marks=[pytest.mark.faults, pytest.mark.timeout(600)])]
)
def test_a_broker_that_restarts_without_its_data_costs_no_mail(
    session: Session, config: Config, relay: Relay, tmp_path: Path, count: int
) -> None:
    with own_broker() as (broker, url):
        scene = scene_of(config.model_copy(update={"redis_url": url}), relay, tmp_path)
        addresses = told_people(session, count)
        assert write(scene, DAY) == count
        broker.stop()
        broker.start()  # on the same port, with nothing in it
        with scene.working():
            scene.wait_until(lambda: _is_ready(scene), 60)
            scene.sweep()
            scene.wait_until(lambda: bool(scene.relay.received()), 60)
            broker.stop()
            broker.start()
            scene.wait_until(scene.all_left, 150)
    nothing_is_doubled_nor_lost(scene, addresses)


def _is_ready(scene: Scene) -> bool:
    """The worker is up: it says so in its log."""
    log = scene.logs / "worker.log"
    return log.exists() and "ready." in log.read_text()


def test_messages_that_come_twice_and_broken_connections_send_no_mail_twice(
    session: Session, scene: Scene
) -> None:
    """What two timetables and a database that restarts do to a worker, in little."""
    addresses = told_people(session, 20)
    assert write(scene, DAY) == 20
    scene.sweep()
    scene.sweep()
    with scene.working():
        scene.wait_until(lambda: bool(scene.relay.received()), 60)
        with scene.writing() as writing:
            writing.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        scene.wait_until(scene.all_left, 90)
    nothing_is_doubled_nor_lost(scene, addresses)


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_two_timetables_at_once_send_no_mail_twice(
    session: Session, scene: Scene, tmp_path: Path
) -> None:
    addresses = told_people(session, 100)
    assert write(scene, DAY) == 100
    scene.app.extensions["celery"].control.purge()  # only the sweeps can send these mails now
    beats = [timetable(scene.config, _folder(tmp_path, n), tmp_path / f"beat-{n}") for n in (1, 2)]
    for beat in beats:
        beat.start()
    try:
        with scene.working():
            scene.wait_until(lambda: scene.states()[MailState.SENT] == 100, 150)
            time.sleep(65)  # another minute, with both sweeps
    finally:
        for beat in beats:
            beat.stop()
    assert scene.relay.received() == dict.fromkeys(addresses, 1)


def _folder(tmp_path: Path, number: int) -> Path:
    folder = tmp_path / f"timetable-{number}"
    folder.mkdir()
    return folder


@pytest.mark.faults
@pytest.mark.timeout(600)
def test_a_database_that_restarts_loses_and_doubles_nothing(
    app: object, config: Config, relay: Relay, tmp_path: Path
) -> None:
    where = places()
    with (
        passing_folder(where) as folder,
        postgres(
            binaries(where).postgres, folder, folder / "postgres.log", where.owner, keep=True
        ) as (server, url),
    ):
        own = config.model_copy(update={"database_url": url})
        prepare(own)
        scene = scene_of(own, relay, tmp_path)
        with scene.app.app_context():
            with scene.writing() as session:
                addresses = told_people(session, 200)
            assert write(scene, DAY) == 200
            with scene.working():
                scene.wait_until(lambda: bool(scene.relay.received()), 60)
                server.stop()
                server.start()
                scene.wait_until(lambda: _answers(scene), 60)
                scene.wait_until(scene.all_left, 150)
            nothing_is_doubled_nor_lost(scene, addresses)


def _answers(scene: Scene) -> bool:
    try:
        scene.states()
    except Exception:
        return False
    return True
