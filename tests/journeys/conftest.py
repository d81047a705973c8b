"""The whole service in processes of its own, and a real browser before it."""

import http.client
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from marketplace.app import create_app
from marketplace.config import Config
from marketplace.embedded.parts import web, worker
from marketplace.embedded.servers import Urls
from marketplace.preparing import prepare
from tests.conftest import own_database

expect.set_options(timeout=30_000)
"""The first ranking of a process builds its index, on a machine that may be busy."""


@pytest.fixture(scope="session")
def site_config(urls: Urls) -> Iterator[Config]:
    """A database and queues apart: the worker of these tests leaves the others' alone."""
    with own_database(urls) as config:
        yield config


@pytest.fixture(scope="session")
def prepared_app(site_config: Config) -> Flask:
    prepare(site_config)
    return create_app(site_config)


@pytest.fixture(scope="session")
def site(
    prepared_app: Flask, site_config: Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The address of a running web server, with a running worker behind it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    logs = tmp_path_factory.mktemp("logs")
    parts = [worker(site_config, logs), web(site_config, logs, port)]
    for part in parts:
        part.start()
    try:
        _wait_until_ready(port, logs)
        yield f"http://127.0.0.1:{port}"
    finally:
        for part in reversed(parts):
            part.stop()


def _wait_until_ready(port: int, logs: Path) -> None:
    for _ in range(300):
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    pytest.fail("\n".join(path.read_text() for path in logs.iterdir()))


@pytest.fixture
def page(browser: Browser, site: str) -> Iterator[Page]:
    """A page of a browser without cookies; what its console complains of fails the test."""
    context = browser.new_context(base_url=site, locale="fr-FR", timezone_id="Europe/Paris")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def plain_page(browser: Browser, site: str) -> Iterator[Page]:
    """A page of a browser that runs no JavaScript."""
    context = browser.new_context(base_url=site, locale="fr-FR", java_script_enabled=False)
    yield context.new_page()
    context.close()
