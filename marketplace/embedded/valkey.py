"""A real Valkey server on a loopback port, behind a password."""

import contextlib
import secrets
import signal
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import redis

from marketplace.embedded.children import Child, ChildFailed
from marketplace.embedded.places import Owner, owned_folder

ATTEMPTS = 3
"""Between the moment a free port is seen and the server's start, another may take it."""


@contextlib.contextmanager
def valkey(
    program: Path, base: Path, log: Path, owner: Owner | None, *, keep: bool
) -> Iterator[tuple[Child, str]]:
    """Gives the server and its URL. Raises ChildFailed."""
    data = owned_folder(base / "valkey", owner)
    server, url = _started(program, data, log, owner, keep=keep)
    try:
        yield server, url
    finally:
        server.stop()


def _started(
    program: Path, data: Path, log: Path, owner: Owner | None, *, keep: bool
) -> tuple[Child, str]:
    password = secrets.token_urlsafe(24)
    for attempt in range(ATTEMPTS):
        port = _free_port()
        settings = [
            "bind 127.0.0.1",
            f"port {port}",
            f"requirepass {password}",
            f'dir "{data}"',
            f"appendonly {'yes' if keep else 'no'}",
            'save ""',
            "maxmemory-policy noeviction",
        ]
        server = Child(
            "Valkey",
            [program, "-"],
            log,
            if_we_die=signal.SIGTERM,
            stopping=((signal.SIGTERM, 2),),
            owner=owner,
            # Thus neither a file nor the list of processes shows the password.
            stdin="\n".join(settings).encode(),
        )
        server.start()
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        try:
            server.wait_until(partial(_answers, url), within_s=30)
        except ChildFailed:
            if attempt == ATTEMPTS - 1:
                raise
        else:
            return server, url
    raise AssertionError("unreachable")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_timeout=2) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
