"""What the server refuses before the application is told in French, by a real server."""

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

BARE = (
    "def app(environ, start):\n    start('200 OK', [('Content-Length', '2')])\n    return [b'ok']\n"
)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "bare.py").write_text(BARE)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = int(probe.getsockname()[1])
    worker = ["--worker-class", "marketplace.serving.Worker", "--limit-request-line", "8190"]
    asked = ["bare:app", "--chdir", str(tmp_path), "--bind", f"127.0.0.1:{number}", *worker]
    server = subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-m", "gunicorn", *asked, "--no-control-socket", "--log-level", "error"]
    )
    try:
        yield number
    finally:
        server.terminate()
        server.wait(10)


def answer(port: int, address: str, **headers: str) -> tuple[int, str]:
    for _ in range(100):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", address, headers=headers)
        except ConnectionRefusedError:
            time.sleep(0.1)
            continue
        response = connection.getresponse()
        return response.status, response.read().decode()
    raise TimeoutError("the server does not listen")


def test_what_is_too_long_or_unreadable_is_told_in_french(port: int) -> None:
    assert answer(port, "/") == (200, "ok")
    status, page = answer(port, "/structures?secteur=" + "a" * 9_000)
    assert (status, "Adresse trop longue" in page) == (414, True)
    status, page = answer(port, "/", cookie="a" * 20_000)
    assert (status, "Demande trop longue" in page) == (431, True)
    status, page = answer(port, "/", **{"x y": "z"})
    assert (status, "Demande illisible" in page) == (400, True)
    assert answer(port, "/structures?secteur=" + "a" * 8_000) == (200, "ok")
