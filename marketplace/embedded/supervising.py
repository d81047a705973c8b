"""`marketplace run`: every part of Tandem in the foreground, started and stopped in order."""

import contextlib
import http.client
import os
import signal
import socket
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from types import FrameType
from typing import NoReturn

from marketplace.config import Config
from marketplace.embedded.children import Child, ChildFailed
from marketplace.embedded.joining import Running, config_for, data_of, shared
from marketplace.embedded.parts import timetable, web, worker
from marketplace.embedded.places import CannotEmbed, Places, places
from marketplace.embedded.servers import servers

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PORTS_TRIED = 100
RESTARTS = 3
RESTARTS_WITHIN_S = 300
"""A part that stops more often than this will not get better by itself."""

Prepare = Callable[[Config], object]


class _Stop(BaseException):
    """Somebody asked us to stop."""


def run(port: int, prepare: Prepare, welcome: Sequence[str]) -> int:
    """Serve until asked to stop; gives the exit code. `welcome` is said after the URL.

    Stopped in this order: web, timetable, worker, Valkey, PostgreSQL.
    """
    for number in STOPPING:
        signal.signal(number, _stop_once)
    try:
        where = places()
        with data_of(where) as running:
            if running is not None:
                say(f"Tandem is already running here: {running.public_base_url}")
                return 1
            _serve(where, port, prepare, welcome)
    except _Stop:
        say("Stopped. The data is kept.")
        return 0
    except (ChildFailed, CannotEmbed) as error:
        print(error, file=sys.stderr)
        return 1


def _serve(where: Places, port: int, prepare: Prepare, welcome: Sequence[str]) -> NoReturn:
    with contextlib.ExitStack() as stack:
        try:
            say("Starting the database and the broker...")
            started = stack.enter_context(servers(where))
            say("Preparing the database...")
            prepare(config_for(started.urls, f"http://127.0.0.1:{port}"))
            free = _free_port(port)
            if free != port:
                say(f"Port {port} is taken: using {free}.")
            config = config_for(started.urls, f"http://127.0.0.1:{free}")
            say("Starting the worker, the timetable and the web...")
            jobs = worker(config, where.logs)
            daily = timetable(config, where.logs, where.run / "timetable")
            pages = web(config, where.logs, free)
            for part in (jobs, daily, pages):
                stack.callback(part.stop)
            jobs.start()
            pages.start()
            _wait_for(jobs, pages, free)
            daily.start()
            stack.enter_context(shared(where, _running(config)))
            say(f"http://127.0.0.1:{free}", *welcome, "Press Ctrl-C to stop.")
            _watch([*started.children, jobs, daily, pages])
        except BaseException as reason:
            _ignore_signals()
            if isinstance(reason, _Stop):
                say("Stopping...")
            raise


def say(*lines: str) -> None:
    # The terminal may be gone when we stop, and that must not keep us from stopping.
    with contextlib.suppress(OSError):
        for line in lines:
            print(line, flush=True)


def _stop_once(_number: int, _frame: FrameType | None) -> NoReturn:
    _ignore_signals()
    raise _Stop


def _ignore_signals() -> None:
    for number in STOPPING:
        signal.signal(number, signal.SIG_IGN)


def _free_port(wanted: int) -> int:
    """The wanted port, else the next one that nobody listens on."""
    for port in range(wanted, min(wanted + PORTS_TRIED, 65536)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return port
    raise CannotEmbed(f"No port is free from {wanted} on: choose another with --port.")


def _running(config: Config) -> Running:
    return Running(os.getpid(), config.public_base_url, config.database_url, config.redis_url)


def _wait_for(jobs: Child, pages: Child, port: int) -> None:
    """Until a page answers and a worker is there to compute. Raises ChildFailed."""
    pages.wait_until(lambda: _status(port, "/healthz") == http.HTTPStatus.OK, within_s=60)
    jobs.wait_until(lambda: _status(port, "/readyz") == http.HTTPStatus.OK, within_s=60)


def _status(port: int, path: str) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def _watch(children: list[Child]) -> NoReturn:
    """Start again what stops by itself, a few times. Raises ChildFailed."""
    restarts: defaultdict[str, list[float]] = defaultdict(list)
    while True:
        for child in children:
            if not child.has_ended:
                continue
            now = time.monotonic()
            recent = [at for at in restarts[child.name] if at > now - RESTARTS_WITHIN_S]
            if len(recent) == RESTARTS:
                raise ChildFailed(f"{child.name} stopped again and again:\n{child.last_words()}")
            restarts[child.name] = [*recent, now]
            say(f"{child.name} stopped (code {child.code}): starting it again.")
            child.start()
        time.sleep(0.3)
