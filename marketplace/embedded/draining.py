"""Waiting until the background jobs are done."""

import contextlib
import sys
import time
from collections.abc import Iterator

from celery import Celery
from redis import Redis

from marketplace.config import Config
from marketplace.embedded.children import Child, ChildFailed
from marketplace.embedded.parts import worker
from marketplace.embedded.places import var_folder
from marketplace.jobs import QUEUES, broker_for


def drain(config: Config) -> None:
    """Return when every queue is empty and no worker is at work or about to be.

    On a worker that answers, else on one of its own. Raises ChildFailed,
    CannotEmbed.
    """
    broker = broker_for(config)
    with (
        _some_worker(broker, config) as ours,
        Redis.from_url(config.redis_url) as client,
    ):
        while not _is_quiet(broker, client, config.redis_prefix):
            if ours is not None and ours.has_ended:
                raise ChildFailed(f"The worker stopped:\n{ours.last_words()}")
            time.sleep(0.2)
    if sys.stderr.isatty():
        print(file=sys.stderr)


@contextlib.contextmanager
def _some_worker(broker: Celery, config: Config) -> Iterator[Child | None]:
    if broker.control.ping(timeout=1, limit=1):
        yield None
        return
    child = worker(config, var_folder() / "log")
    child.start()
    try:
        child.wait_until(lambda: bool(broker.control.ping(timeout=1, limit=1)), within_s=60)
        yield child
    finally:
        child.stop()


def _is_quiet(broker: Celery, client: Redis, prefix: str) -> bool:
    waiting = sum(client.llen(prefix + queue) for queue in QUEUES)
    # A message lies here while it is worked on: it is acknowledged when the work is done,
    # after the jobs that it asks for in turn are queued.
    taken = client.hlen(f"{prefix}unacked")
    if sys.stderr.isatty():
        print(f"\r{waiting + taken} jobs left   ", end="", file=sys.stderr, flush=True)
    if waiting:
        return False
    # A killed worker's messages stay there until Celery gives them to another one, an hour
    # later: ask who is at work. It also gives the time of a message just popped to appear.
    asked = broker.control.inspect(timeout=0.5)
    is_busy = any(
        any(jobs.values()) for jobs in (asked.active(), asked.reserved(), asked.scheduled()) if jobs
    )
    return not is_busy and not sum(client.llen(prefix + queue) for queue in QUEUES)
