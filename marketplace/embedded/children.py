"""Child processes that never outlive us."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from signal import Signals
from typing import IO, cast

from marketplace.embedded.places import Owner

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class ChildFailed(Exception):
    """A child did not start, or stopped by itself; the message ends with its last words."""


@dataclass
class Child:
    """A process in a session of its own, so that a terminal's Ctrl-C reaches us alone.

    The kernel sends it `if_we_die` when the thread that started it ends, even by SIGKILL:
    start it from the main thread. `stopping` is the signals to send in turn, each with
    the seconds to give it; SIGKILL comes after.
    """

    name: str
    command: Sequence[str | Path]
    log: Path
    if_we_die: Signals
    stopping: Sequence[tuple[Signals, float]]
    owner: Owner | None = None
    environment: Mapping[str, str] | None = None
    stdin: bytes = b""
    before: Callable[[], object] = lambda: None
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        if self.log.exists():
            self.log.replace(self.log.with_name(f"{self.log.name}.previous"))
        self.before()
        with open(self.log, "ab") as output:
            self.process = process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/" if self.owner else None,  # which the service user can enter
                env=self.environment,
                start_new_session=True,
                user=self.owner.uid if self.owner else None,
                group=self.owner.gid if self.owner else None,
                extra_groups=[] if self.owner else None,
                # Runs after the change of user, which would undo it.
                preexec_fn=_tied_to(os.getpid(), self.if_we_die),  # noqa: PLW1509 - two system calls
            )
        # It may have ended already: whoever waits for it will see why.
        with (
            contextlib.suppress(BrokenPipeError),
            cast(IO[bytes], process.stdin) as pipe,
        ):
            pipe.write(self.stdin)

    @property
    def code(self) -> int | None:
        """What it ended with; None while it runs or before it starts."""
        return self.process.poll() if self.process else None

    @property
    def has_ended(self) -> bool:
        return self.code is not None

    def stop(self) -> None:
        if self.process is None:
            return
        for number, patience_s in self.stopping:
            if self.has_ended:
                break
            self.process.send_signal(number)
            try:
                self.process.wait(patience_s)
            except subprocess.TimeoutExpired:
                continue
        if not self.has_ended:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def wait_until(self, is_ready: Callable[[], bool], within_s: float) -> None:
        """Raises ChildFailed, having stopped it, when it is not ready in time."""
        deadline = time.monotonic() + within_s
        while not is_ready():
            if self.has_ended:
                raise ChildFailed(f"{self.name} did not start:\n{self.last_words()}")
            if time.monotonic() > deadline:
                self.stop()
                raise ChildFailed(f"{self.name} is not ready:\n{self.last_words()}")
            time.sleep(0.02)

    def last_words(self) -> str:
        try:
            text = self.log.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        return "\n".join([*text.splitlines()[-15:], f"({self.log})"])


def _tied_to(parent: int, number: Signals) -> Callable[[], None]:
    def tie() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return tie if sys.platform == "linux" else lambda: None
