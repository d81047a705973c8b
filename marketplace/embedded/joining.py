"""One use of a checkout's data at a time: join who serves it, or start the servers."""

import contextlib
import fcntl
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from marketplace.config import Config
from marketplace.embedded.places import CannotEmbed, Places, places, var_folder
from marketplace.embedded.servers import Urls, named_urls, servers

PATIENCE_S = 120
"""How long a command waits for another one that uses the servers of its own."""


@dataclass(frozen=True)
class Running:
    """What `marketplace run` serves, written down for the other commands of the checkout."""

    pid: int
    public_base_url: str
    database_url: str
    redis_url: str


@contextlib.contextmanager
def services(prepare: Callable[[Config], object]) -> Iterator[Config]:
    """The servers that the environment names; else those of a running `marketplace run`;
    else our own, prepared, for as long as the block lasts.

    Raises ChildFailed, CannotEmbed.
    """
    database_url, redis_url = named_urls()
    if database_url and redis_url:
        yield config_for(Urls(database_url, redis_url))
        return
    where = places()
    with data_of(where) as running:
        if running is not None:
            urls = Urls(database_url or running.database_url, redis_url or running.redis_url)
            yield config_for(urls, running.public_base_url)
            return
        with servers(where) as started:
            config = config_for(started.urls)
            prepare(config)
            yield config


@contextlib.contextmanager
def data_of(where: Places) -> Iterator[Running | None]:
    """None: the checkout's data is ours alone; else who serves it. Raises CannotEmbed."""
    with open(where.run / "lock", "w") as lock:
        deadline = time.monotonic() + PATIENCE_S
        is_patient = False
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                running = _read(_file(where))
                if running is not None:
                    yield running
                    return
            else:
                _file(where).unlink(missing_ok=True)
                yield None
                return
            if time.monotonic() > deadline:
                raise CannotEmbed("Another command of this checkout still uses its servers.")
            if not is_patient:
                print("Waiting for another command of this checkout...", file=sys.stderr)
                is_patient = True
            time.sleep(0.2)


@contextlib.contextmanager
def shared(where: Places, running: Running) -> Iterator[None]:
    """Let the other commands of the checkout join."""
    file = _file(where)
    partial = file.with_suffix(".part")
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        json.dump(asdict(running), out)
    partial.replace(file)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def config_for(urls: Urls, public_base_url: str | None = None) -> Config:
    """What the environment does not say is this checkout's. Raises CannotEmbed."""
    fields: dict[str, Any] = asdict(urls)
    if not os.environ.get("SECRET_KEY"):
        fields["secret_key"] = _secret_key()
    if public_base_url and not os.environ.get("PUBLIC_BASE_URL"):
        fields["public_base_url"] = public_base_url
    return Config(**fields)


def _secret_key() -> str:
    """Made once: sessions and links outlive a restart."""
    file = var_folder() / "secret_key"
    with contextlib.suppress(FileExistsError):
        new = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(new, "w") as out:
            out.write(secrets.token_urlsafe(48))
    return file.read_text()


def _file(where: Places) -> Path:
    return where.run / "services.json"


def _read(file: Path) -> Running | None:
    try:
        return Running(**json.loads(file.read_text()))
    except FileNotFoundError:
        return None
