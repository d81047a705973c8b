"""A relay, workers and the means to kill them."""

import os
import random
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.app import create_app
from marketplace.config import Config
from marketplace.db import transaction
from marketplace.delivering import LEASE
from marketplace.digests import sending
from marketplace.embedded.children import Child
from marketplace.embedded.parts import worker
from marketplace.mail import MailState, OutgoingMail

EVERY_S = 0.25
"""How often a worker process is killed."""


@dataclass
class Relay:
    port: int
    told: Path

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def received(self) -> Counter[str]:
        """How often each mail arrived, by its recipient."""
        lines = self.told.read_text().splitlines() if self.told.exists() else []
        return Counter(line.split()[1] for line in lines)


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    relay = Relay(port, tmp_path / "received")
    command = [sys.executable, "-m", "tests.faults.sink", f"{port}", relay.told]
    sink = Child("relay", command, tmp_path / "relay.log", signal.SIGKILL, ((signal.SIGTERM, 1),))
    sink.start()
    sink.wait_until(lambda: _listens(port), within_s=20)
    yield relay
    sink.stop()


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


@dataclass
class Scene:
    """The tests' own database, with queues that nobody else works on."""

    config: Config
    app: Flask
    relay: Relay
    logs: Path

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction whose messages go to these queues."""
        with self.app.app_context(), transaction() as session:
            yield session

    @contextmanager
    def working(self) -> Iterator[Child]:
        """A worker of two processes."""
        part = worker(self.config, self.logs)
        part.start()
        try:
            yield part
        finally:
            part.stop()

    def sweep(self, later: timedelta = timedelta(0)) -> None:
        """What the timetable asks for each minute."""
        with self.writing() as session:
            sending.ask_for_due(session, clock.now() + later)

    def states(self) -> Counter[MailState]:
        with self.writing() as session:
            counted = select(OutgoingMail.state, func.count()).group_by(OutgoingMail.state)
            return Counter(dict(session.execute(counted).all()))

    def waiting(self) -> int:
        return self.states()[MailState.PENDING]

    def all_left(self) -> bool:
        """As the timetable does, ask again for what waits: a message may be lost."""
        self.sweep()
        return not self.waiting()

    def is_sending(self) -> bool:
        """Whether a process holds a mail that it claimed this very moment."""
        just_now = clock.now() + LEASE - timedelta(seconds=0.2)
        with self.writing() as session:
            fresh = select(OutgoingMail.id).where(
                OutgoingMail.state == MailState.SENDING, OutgoingMail.lease_until > just_now
            )
            return session.scalars(fresh.limit(1)).first() is not None

    def end_leases(self) -> None:
        """As if two minutes had passed, for the mails whose senders were all killed."""
        with self.writing() as session:
            session.execute(
                update(OutgoingMail)
                .where(OutgoingMail.state == MailState.SENDING)
                .values(lease_until=OutgoingMail.lease_until - LEASE)
            )

    def wait_until(self, is_so: Callable[[], bool], within_s: float) -> None:
        deadline = time.monotonic() + within_s
        while not is_so():
            if time.monotonic() > deadline:
                log = (self.logs / "worker.log").read_text()[-3000:]
                pytest.fail(f"not in {within_s} s; the worker said:\n{log}")
            time.sleep(0.5)


def scene_of(config: Config, relay: Relay, logs: Path) -> Scene:
    own = config.model_copy(
        update={
            "smtp_url": relay.url,
            "redis_prefix": f"{config.redis_prefix}faults:{relay.port}:",
            "mail_from": "Tandem <bonjour@tandem.example.fr>",
            "mail_a_minute": 1_000_000,
        }
    )
    return Scene(own, create_app(own), relay, logs)


@pytest.fixture
def scene(session: Session, config: Config, relay: Relay, tmp_path: Path) -> Scene:
    return scene_of(config, relay, tmp_path)


def kill_processes(scene: Scene, part: Child, until: Callable[[], bool], most_s: float) -> int:
    """SIGKILL one of the worker's processes about every quarter of a second, as long as mails
    are under way: on a slow machine, processes have the time to come back. How many."""
    assert part.process is not None
    chance = random.Random(20261124)  # noqa: S311 - which process, nothing secret
    killed, deadline = 0, time.monotonic() + most_s
    while not until() and time.monotonic() < deadline:
        children = _children(part.process.pid)
        if children and scene.is_sending():
            with suppress(ProcessLookupError):
                os.kill(chance.choice(children), signal.SIGKILL)
                killed += 1
            time.sleep(EVERY_S)
    return killed


def _children(pid: int) -> list[int]:
    """Direct ones: the processes of the pool."""
    with suppress(OSError):
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []
