"""Real servers for the tests: PostgreSQL and Valkey, a database and a key prefix of their own."""

import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest
from celery.signals import before_task_publish
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import make_url
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace.app import create_app
from marketplace.config import Config
from marketplace.db import Base, db
from marketplace.embedded.parts import environment_of
from marketplace.embedded.servers import Urls, test_servers
from marketplace.jobs import Job
from marketplace.preparing import prepare

settings.register_profile("anywhere", deadline=None)  # a busy machine is no failure
settings.load_profile("anywhere")

KEPT = {
    "audit_entries",
    "desks",
    "offer_changes",
    "reference_loads",
    "searched_words",
    "sector_groups",
    "sectors",
    "territories",
}
"""Reference tables, loaded once; the trail, which only grows; of the desks, the national one."""


@pytest.fixture(scope="session")
def urls() -> Iterator[Urls]:
    with test_servers() as urls:
        yield urls


@contextmanager
def own_database(urls: Urls) -> Iterator[Config]:
    """Settings with a database and a key prefix that nobody else uses."""
    named = make_url(urls.database_url)
    own = f"{named.database}_test_{secrets.token_hex(4)}"
    with _beside(urls.database_url) as connection:
        connection.execute(f"CREATE DATABASE {own}")
    try:
        with TemporaryDirectory(prefix="tandem-files-") as files:
            yield Config(
                database_url=named.set(database=own).render_as_string(hide_password=False),
                redis_url=urls.redis_url,
                redis_prefix=f"{own}:",
                secret_key=secrets.token_hex(16),
                tiles_url="",
                files_dir=Path(files),
            )
    finally:
        with _beside(urls.database_url) as connection:
            connection.execute(f"DROP DATABASE {own} WITH (FORCE)")


def _beside(database_url: str) -> psycopg.Connection[Any]:
    url = make_url(database_url).set(drivername="postgresql")
    return psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)


@pytest.fixture(scope="session")
def config(urls: Urls) -> Iterator[Config]:
    """The settings of these tests; the worker's module reads them in the environment."""
    before = dict(os.environ)
    with own_database(urls) as config:
        os.environ |= environment_of(config)
        yield config
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="session")
def prepared_app(config: Config) -> Flask:
    prepare(config)
    app = create_app(config)
    app.config["TESTING"] = True
    return app


def emptied(app: Flask) -> None:
    """Leave nothing in the database but reference data and the national desk.

    A worker that is still at work may hold a row that goes, or write one below a row that just
    went: whoever lost starts over.
    """
    for tries_left in reversed(range(50)):
        try:
            _without_rows(app)
            break
        except (IntegrityError, OperationalError):
            if not tries_left:
                raise
            time.sleep(0.2)
    for limiter in app.extensions["limiter"]:
        limiter.reset()


def _without_rows(app: Flask) -> None:
    with app.app_context():
        for table in reversed(Base.metadata.sorted_tables):
            if table.name == "desks":
                db.session.execute(table.delete().where(~table.c.is_national))
            elif table.name not in KEPT:
                db.session.execute(table.delete())
        db.session.commit()


@pytest.fixture
def app(prepared_app: Flask) -> Iterator[Flask]:
    """The application, its database empty but for reference data and the national desk."""
    yield prepared_app
    emptied(prepared_app)


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session to prepare rows and look at them; commit what other sessions must see."""
    with app.app_context():
        yield db.session()


class Visitor(FlaskClient):
    """Each request starts from nothing: a context that a test left open is not the server's."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return Context().run(super().open, *args, **kwargs)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor's browser without JavaScript; forms are posted by tests.browsing."""
    return Visitor(app, TestResponse)


@pytest.fixture
def asked_jobs(app: Flask) -> Iterator[list[tuple[Job, dict[str, Any]]]]:
    """The jobs that were really sent to the broker, in order; nobody works here."""
    asked: list[tuple[Job, dict[str, Any]]] = []

    def note(sender: str, body: tuple[Any, dict[str, Any], Any], **_: Any) -> None:
        asked.append((Job(sender), body[1]))

    before_task_publish.connect(note)
    yield asked
    before_task_publish.disconnect(note)


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no Chromium here: « apt-get install chromium » runs these tests")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()
