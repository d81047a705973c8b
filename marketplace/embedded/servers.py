"""PostgreSQL and Valkey: those that the environment names, ours in place of the others."""

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from marketplace.embedded.children import Child
from marketplace.embedded.places import Places, binaries, passing_folder, places
from marketplace.embedded.postgres import postgres
from marketplace.embedded.valkey import valkey


@dataclass(frozen=True)
class Urls:
    database_url: str
    redis_url: str


@dataclass(frozen=True)
class Servers:
    urls: Urls
    children: list[Child]
    """Those that we started, PostgreSQL first."""


def named_urls() -> tuple[str | None, str | None]:
    """The database's and the broker's, as the environment names them."""
    return os.environ.get("DATABASE_URL") or None, os.environ.get("REDIS_URL") or None


@contextlib.contextmanager
def servers(where: Places) -> Iterator[Servers]:
    """The servers of this checkout, with their data. Raises ChildFailed, CannotEmbed."""
    with _started(where, where.data, where.logs, keep=True) as running:
        yield running


@contextlib.contextmanager
def test_servers() -> Iterator[Urls]:
    """Empty servers for one test run, gone with it. Raises ChildFailed, CannotEmbed."""
    database_url, redis_url = named_urls()
    if database_url and redis_url:
        yield Urls(database_url, redis_url)
        return
    where = places()
    with (
        passing_folder(where) as folder,
        _started(where, folder, folder, keep=False) as running,
    ):
        yield running.urls


@contextlib.contextmanager
def _started(where: Places, data: Path, logs: Path, *, keep: bool) -> Iterator[Servers]:
    """PostgreSQL stops last: what Valkey held is only a nudge."""
    database_url, redis_url = named_urls()
    children = []
    with contextlib.ExitStack() as stack:
        if not database_url:
            child, database_url = stack.enter_context(
                postgres(
                    binaries(where).postgres,
                    data,
                    logs / "postgres.log",
                    where.owner,
                    keep=keep,
                )
            )
            children.append(child)
        if not redis_url:
            child, redis_url = stack.enter_context(
                valkey(
                    binaries(where).valkey_server,
                    data,
                    logs / "valkey.log",
                    where.owner,
                    keep=keep,
                )
            )
            children.append(child)
        yield Servers(Urls(database_url, redis_url), children)
