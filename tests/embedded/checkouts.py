"""A checkout of its own, so that no test meets the data or the run of this one."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from marketplace.config import CHECKOUT

SETTINGS = {"DATABASE_URL", "REDIS_URL", "REDIS_PREFIX", "SECRET_KEY", "PUBLIC_BASE_URL"}
COMMAND = "import sys; from marketplace.cli import main; main(sys.argv[1:])"


@dataclass(frozen=True)
class Checkout:
    """Links to the files of this one, under a folder that only its owner may enter."""

    root: Path
    runs: list["Run"] = field(default_factory=list)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", COMMAND, *words],
            cwd=self.root,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )

    def run(self, *options: str) -> "Run":
        """`marketplace run`, once it says that it is ready."""
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, "run", *options],
            cwd=self.root,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        run = Run(process)
        self.runs.append(run)
        run.read_until("Press Ctrl-C")
        return run

    def evaluate(self, expression: str) -> str:
        code = f"from marketplace.embedded.places import *; print({expression})"
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=self.root,
            env=self._environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    @property
    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
        return kept | {"PYTHONPATH": str(self.root)}


@contextlib.contextmanager
def new_checkout(parent: Path) -> Iterator[Checkout]:
    root = parent / "checkout"
    root.mkdir()
    for name in ("marketplace", "worker", "templates", "migrations", "pyproject.toml"):
        (root / name).symlink_to(CHECKOUT / name)
    checkout = Checkout(root)
    try:
        yield checkout
    finally:
        shutil.rmtree(checkout.evaluate("places().data"))


@dataclass(frozen=True)
class Run:
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def read_until(self, start: str) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))
            if line.startswith(start):
                return
        raise AssertionError("\n".join(["It ended early:", *self.lines]))

    @property
    def url(self) -> str:
        return next(line for line in self.lines if line.startswith("http://"))

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> None:
        """However the test went, nothing is left of it."""
        family = sorted(self.family())
        self.process.kill()
        self.process.communicate()
        ends_of(family, within_s=15)

    def children(self) -> dict[str, int]:
        """By the name of the program, or of the Python module."""
        return {_program(pid): pid for pid in _children_of(self.process.pid)}

    def family(self) -> set[int]:
        """Every process that descends from it."""
        found: set[int] = set()
        waiting = [self.process.pid]
        while waiting:
            pid = waiting.pop()
            found.add(pid)
            waiting += _children_of(pid)
        return found


def _program(pid: int) -> str:
    # Valkey writes its own line, of one string.
    words = Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").split()
    names = ("postgres", "valkey-server", "gunicorn", "worker", "beat")
    return next(name for name in names for word in words if word.rsplit("/", 1)[-1] == name)


def _children_of(pid: int) -> list[int]:
    return [other for other, parent in _parents().items() if parent == pid]


def _parents() -> dict[int, int]:
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                found[int(entry.name)] = int(_after_name(entry)[1])
    return found


def is_alive(pid: int) -> bool:
    try:
        return _after_name(Path(f"/proc/{pid}"))[0] != "Z"
    except OSError:
        return False


def _after_name(process: Path) -> Sequence[str]:
    """State, parent and what follows the name, which may hold anything."""
    return (process / "stat").read_text().rpartition(")")[2].split()


def ends_of(pids: Sequence[int], within_s: float) -> list[int]:
    """The processes in the order in which they end, read in the order given at a tie."""
    ended: list[int] = []
    deadline = time.monotonic() + within_s
    while len(ended) < len(pids):
        assert time.monotonic() < deadline, f"still there: {set(pids) - set(ended)}"
        ended += [pid for pid in pids if pid not in ended and not is_alive(pid)]
        time.sleep(0.01)
    return ended
