"""The processes of ours that `marketplace run` starts: web, worker and timetable."""

import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from signal import Signals

from marketplace.config import Config
from marketplace.embedded.children import Child
from marketplace.jobs import QUEUES


def web(config: Config, logs: Path, port: int) -> Child:
    gunicorn = [
        "gunicorn",
        "marketplace.app:create_app()",
        "--bind",
        f"127.0.0.1:{port}",
    ]
    gunicorn += [
        "--worker-class",
        "marketplace.serving.Worker",
        "--workers",
        "2",
        "--threads",
        "4",
        "--preload",
    ]
    gunicorn += ["--graceful-timeout", "2", "--no-control-socket"]
    gunicorn += ["--limit-request-line", "8190"]  # a search may tick many boxes
    return _part(config, logs / "web.log", gunicorn, signal.SIGQUIT, (signal.SIGTERM, 3))


def worker(config: Config, logs: Path) -> Child:
    celery = [
        "celery",
        "--app",
        "worker.app:app",
        "worker",
        "--queues",
        ",".join(QUEUES),
    ]
    celery += [
        "--concurrency",
        "2",
        "--without-gossip",
        "--without-mingle",
        "--loglevel",
        "INFO",
    ]
    # Killed with us: its pool's processes are too, by Celery's own doing, and the broker
    # still holds what they were at.
    ends = (signal.SIGTERM, 3), (signal.SIGQUIT, 1)
    return _part(config, logs / "worker.log", celery, signal.SIGKILL, *ends)


def timetable(config: Config, logs: Path, memory: Path) -> Child:
    celery = ["celery", "--app", "worker.app:app", "beat", "--schedule", str(memory)]
    celery += ["--pidfile", "", "--loglevel", "INFO"]
    return _part(config, logs / "timetable.log", celery, signal.SIGKILL, (signal.SIGTERM, 1))


def _part(
    config: Config,
    log: Path,
    module: Sequence[str],
    if_we_die: Signals,
    *stopping: tuple[Signals, float],
) -> Child:
    command = [sys.executable, "-m", *module]
    environment = os.environ | environment_of(config)
    return Child(log.stem, command, log, if_we_die, stopping, environment=environment)


def environment_of(config: Config) -> dict[str, str]:
    """The variables from which another process reads the same settings."""
    return {
        name.upper(): value if isinstance(value, str) else json.dumps(value)
        for name, value in config.model_dump(mode="json").items()
    }
