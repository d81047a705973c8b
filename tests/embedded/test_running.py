"""`marketplace run`, with every process that it starts."""

import http.client
import json
import os
import re
import signal
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests.embedded.checkouts import Checkout, Run, ends_of, is_alive, new_checkout


@pytest.fixture(scope="module")
def shared_checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """Its database is prepared once, whichever test comes first."""
    with new_checkout(tmp_path_factory.mktemp("embedded")) as made:
        yield made


@pytest.fixture
def checkout(shared_checkout: Checkout) -> Iterator[Checkout]:
    yield shared_checkout
    while shared_checkout.runs:
        shared_checkout.runs.pop().end()


def test_everything_starts_stays_up_and_stops_in_order(checkout: Checkout) -> None:
    run = checkout.run("--port", str(_free_port()))

    assert _get(run, "/readyz") == {"missing": []}
    urls = re.findall(r"https?://(?:127\.|localhost)\S*", "\n".join(run.lines))
    assert urls == [run.url]

    again = checkout.command("run")
    assert again.returncode == 1
    assert run.url in again.stdout

    drained = checkout.command("jobs", "drain")
    assert drained.returncode == 0, drained.stderr

    os.kill(run.children()["worker"], signal.SIGKILL)
    run.read_until("worker stopped")
    _until_ready(run)

    children = run.children()
    order = [children[n] for n in ("gunicorn", "beat", "worker", "valkey-server", "postgres")]
    family = run.family()
    run.send(signal.SIGINT)
    run.send(signal.SIGINT)
    # Read last to first, so that only a wrong order gives another list at a tie.
    assert ends_of(order[::-1], within_s=15) == order
    assert run.process.wait(5) == 0
    assert not [pid for pid in family if is_alive(pid)]


def test_nothing_outlives_a_killed_run_and_the_next_one_finds_the_data(checkout: Checkout) -> None:
    before = {folder: stat.S_IMODE(folder.stat().st_mode) for folder in checkout.root.parents}
    port = _free_port()
    run = checkout.run("--port", str(port))
    with _database(checkout) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    family = run.family()
    run.send(signal.SIGKILL)
    ends_of(sorted(family), within_s=15)

    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()
        run = checkout.run("--port", str(port))
    assert any(line.startswith(f"Port {port} is taken") for line in run.lines)
    assert run.url != f"http://127.0.0.1:{port}"
    with _database(checkout) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchall() == [(42,)]
    assert {folder: stat.S_IMODE(folder.stat().st_mode) for folder in before} == before

    run.send(signal.SIGTERM)
    assert run.process.wait(15) == 0


def test_a_command_alone_starts_the_servers_and_leaves_none(checkout: Checkout) -> None:
    drained = checkout.command("jobs", "drain")

    assert drained.returncode == 0, drained.stderr
    data = checkout.evaluate("places().data")
    assert (Path(data) / "postgres" / "PG_VERSION").exists()
    assert not [line for line in _command_lines() if data in line or str(checkout.root) in line]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _get(run: Run, path: str) -> object:
    connection = http.client.HTTPConnection(run.url.removeprefix("http://"), timeout=5)
    connection.request("GET", path)
    return json.loads(connection.getresponse().read())


def _until_ready(run: Run) -> None:
    deadline = time.monotonic() + 30
    while _get(run, "/readyz") != {"missing": []}:
        assert time.monotonic() < deadline, "not ready"
        time.sleep(0.2)


def _database(checkout: Checkout) -> psycopg.Connection[tuple[object, ...]]:
    written = json.loads((checkout.root / "var/run/services.json").read_text())
    url = make_url(written["database_url"]).set(drivername="postgresql")
    return psycopg.connect(url.render_as_string(hide_password=False))


def _command_lines() -> list[str]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and is_alive(int(entry.name)):
            found.append((entry / "cmdline").read_text())
    return found
