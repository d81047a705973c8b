"""Whether the process lives, and whether all that it needs answers."""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread

from flask import Blueprint, current_app, jsonify
from flask.typing import ResponseReturnValue
from redis import Redis
from sqlalchemy import URL, NullPool, create_engine, text

from marketplace.db import db

health = Blueprint("health", __name__)

PATIENCE_S = 1.0


@health.get("/healthz")
def alive() -> ResponseReturnValue:
    return jsonify(status="ok")


@health.get("/readyz")
def ready() -> ResponseReturnValue:
    """Each part is asked in turn; a worker is not asked when the broker is silent."""
    missing = []
    address = db.engine.url
    if not _in_time(lambda: _database_answers(address)):
        missing.append("database")
    if not _answers(lambda: _broker().ping()):
        missing += ["broker", "worker"]
    elif not _answers(_a_worker):
        missing.append("worker")
    return jsonify(missing=missing), 503 if missing else 200


def _in_time(ask: Callable[[], object]) -> bool:
    """A frozen server takes the question and never answers it: it is not waited for."""
    answers: SimpleQueue[bool] = SimpleQueue()
    Thread(target=lambda: answers.put(_answers(ask)), daemon=True).start()
    try:
        return answers.get(timeout=PATIENCE_S)
    except Empty:
        return False


def _database_answers(address: URL) -> bool:
    """By a connection of its own, which gives up: those of the pool wait for their answers."""
    engine = create_engine(address, poolclass=NullPool, connect_args={"connect_timeout": 2})
    with engine.connect() as connection:
        return connection.scalar(text("SELECT 1")) == 1


def _answers(ask: Callable[[], object]) -> bool:
    try:
        return bool(ask())
    except Exception:
        # Whatever the reason, the part does not answer; the log of that part says why.
        return False


def _broker() -> Redis:
    url = current_app.extensions["celery"].conf.broker_url
    return Redis.from_url(url, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S)


def _a_worker() -> object:
    return current_app.extensions["celery"].control.ping(timeout=PATIENCE_S, limit=1)
