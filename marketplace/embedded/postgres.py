"""A real PostgreSQL server, for this checkout alone: no port, a private socket."""

import contextlib
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg

from marketplace.embedded.children import Child, ChildFailed
from marketplace.embedded.places import Owner, owned_folder, socket_folder

DATABASE = ROLE = "tandem"
PORT = 5432
"""Only a part of the socket's name; said everywhere so that PGPORT changes nothing."""

NO_DURABILITY = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@contextlib.contextmanager
def postgres(
    programs: Path, base: Path, log: Path, owner: Owner | None, *, keep: bool
) -> Iterator[tuple[Child, str]]:
    """Gives the server and the URL of a database. `keep` false: nothing is flushed, for tests.

    Raises ChildFailed.
    """
    data = base / "postgres"
    if not (data / "PG_VERSION").exists():
        _create(programs, data, owner, keep=keep)
    with socket_folder(base, owner) as folder:
        settings = [
            "listen_addresses=",
            f"port={PORT}",
            f"unix_socket_directories={folder}",
            "timezone=UTC",
            "log_timezone=UTC",
            "jit=off",
            *(() if keep else NO_DURABILITY),
        ]
        options = [word for setting in settings for word in ("-c", setting)]
        server = Child(
            "PostgreSQL",
            [programs / "postgres", "-D", data, *options],
            log,
            if_we_die=signal.SIGINT,
            # Fast shutdown, then immediate: the next start replays what was committed.
            stopping=((signal.SIGINT, 3), (signal.SIGQUIT, 1)),
            owner=owner,
            before=lambda: forget_a_crash(data),
        )
        server.start()
        try:
            server.wait_until(lambda: _answers(folder), within_s=60)
            _ensure_database(folder)
            where = f"host={quote(str(folder), safe='')}&port={PORT}"
            yield server, f"postgresql+psycopg://{ROLE}@/{DATABASE}?{where}"
        finally:
            server.stop()


def _create(programs: Path, data: Path, owner: Owner | None, *, keep: bool) -> None:
    shutil.rmtree(data, ignore_errors=True)  # what an interrupted initdb left
    owned_folder(data, owner)
    command: list[str | Path] = [programs / "initdb", "-D", data, "-U", ROLE, "--auth=trust"]
    command += ["--encoding=UTF8", "--locale=C.UTF-8"]
    done = subprocess.run(
        command if keep else [*command, "--no-sync"],
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        user=owner.uid if owner else None,
        group=owner.gid if owner else None,
        extra_groups=[] if owner else None,
    )
    if done.returncode:
        raise ChildFailed(f"PostgreSQL's folder {data} cannot be made:\n{done.stderr}")


def forget_a_crash(data: Path) -> None:
    """Remove the lock of a server that is no more: its number may be another process's now.

    A server whose supervisor was killed may still be closing: it is waited for.
    """
    lock = data / "postmaster.pid"
    deadline = time.monotonic() + 15
    while lock.exists():
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
            is_alive = Path(f"/proc/{pid}/cwd").resolve() == data.resolve()
        except (OSError, ValueError):
            is_alive = False
        if not is_alive:
            lock.unlink(missing_ok=True)
            return
        if time.monotonic() > deadline:
            raise ChildFailed(f"Another PostgreSQL (process {pid}) uses {data}: stop it first.")
        time.sleep(0.1)


def _connect(folder: Path, database: str) -> psycopg.Connection:
    return psycopg.connect(
        host=str(folder),
        port=PORT,
        user=ROLE,
        dbname=database,
        connect_timeout=5,
        autocommit=True,
    )


def _answers(folder: Path) -> bool:
    try:
        _connect(folder, "postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def _ensure_database(folder: Path) -> None:
    with _connect(folder, "postgres") as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
        if known.fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")
