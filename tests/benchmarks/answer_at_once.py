"""Structures that answer one need within a minute, over real servers.

    .venv/bin/python -m tests.benchmarks.answer_at_once --structures 500

Prepares a scratch database, starts the web server and a worker as `marketplace run` does,
then lets each structure open the form and send its answer, spread over the seconds asked;
one in ten sends twice at the same time, as an impatient person does. Prints the figures as
one JSON object, and fails when an answer is lost or doubled.
"""

import argparse
import json
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

from flask import Flask, session
from flask_login import login_user
from flask_wtf.csrf import generate_csrf
from sqlalchemy import func, select

from marketplace import clock
from marketplace.accounts.sessions import open_session
from marketplace.answers.tables import Answer, AnswerVersion
from marketplace.app import create_app
from marketplace.db import db, transaction
from marketplace.embedded.parts import web, worker
from marketplace.embedded.servers import test_servers
from marketplace.guards.roles import viewer_in
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import Match, MatchMove
from marketplace.needs.lifecycle import Status
from marketplace.preparing import prepare
from tests.conftest import own_database
from tests.factories import people
from tests.factories.market import offer, structure, submitted_need

BROWSER = "tandem-benchmark"
AT_ONCE = 16
TWICE_EVERY = 10
FORM = {"Content-Type": "application/x-www-form-urlencoded", "User-Agent": BROWSER}


@dataclass(frozen=True)
class Visit:
    """A signed-in member before the form of its structure."""

    path: str
    cookie: str
    csrf: str


@dataclass(frozen=True)
class Took:
    status: int
    ms: float


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--structures", type=int, default=500)
    asked.add_argument("--seconds", type=float, default=50)
    said = asked.parse_args()
    with (
        test_servers() as urls,
        own_database(urls) as config,
        TemporaryDirectory() as logs,
        socket.socket() as probe,
    ):
        prepare(config)
        app = create_app(config)
        visits = _prepared(app, said.structures)
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        parts = [worker(config, Path(logs)), web(config, Path(logs), port)]
        for part in parts:
            part.start()
        try:
            _wait(port)
            figures = _answered(port, visits, said.seconds)
        finally:
            for part in reversed(parts):
                part.stop()
        figures |= _kept(app)
    print(json.dumps(figures))  # what it is run for
    expected = said.structures
    counts = ("answers", "versions", "interested", "moves")
    if any(figures[name] != expected for name in counts) or figures["failed"]:
        sys.exit("an answer was lost, doubled or refused")


def _prepared(app: Flask, count: int) -> list[Visit]:
    with app.app_context():
        with transaction() as writing:
            town = people.organisation(writing)
            made = [structure(writing, f"Structure {number}") for number in range(count)]
            members = []
            for one in made:
                offer(writing, one)
                members.append(people.structure_member(writing, one).id)
            need = submitted_need(writing, people.buyer(writing, town.id).id, town.id)
            need.status, need.published_at = Status.PUBLISHED, clock.now()
        with transaction() as writing:
            shortlist_need(writing, need.id, clock.now())
        paths = [f"/besoins/{need.slug}/repondre/{one.slug}" for one in made]
        with transaction() as writing:
            tokens = [
                open_session(writing, user_id, clock.now(), "127.0.0.1", BROWSER, "password")
                for user_id in members
            ]
    return [_visit(app, path, token) for path, token in zip(paths, tokens, strict=True)]


def _visit(app: Flask, path: str, token: str) -> Visit:
    from_here = {"REMOTE_ADDR": "127.0.0.1"}
    with app.test_request_context(path, headers={"User-Agent": BROWSER}, environ_base=from_here):
        login_user(viewer_in(db.session(), token, clock.now()))
        csrf = generate_csrf()
        signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]  # Flask's default
        cookie = signer.dumps(dict(session))
    return Visit(path, f"{app.config['SESSION_COOKIE_NAME']}={cookie}", csrf)


def _answered(port: int, visits: list[Visit], seconds: float) -> dict[str, object]:
    start = time.perf_counter()

    def answer(number: int) -> list[Took]:
        time.sleep(max(0.0, start + seconds * number / len(visits) - time.perf_counter()))
        visit = visits[number]
        _ask(port, visit, "GET")
        if number % TWICE_EVERY:
            return [_ask(port, visit, "POST")]
        with ThreadPoolExecutor(2) as both:
            return list(both.map(lambda _: _ask(port, visit, "POST"), range(2)))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        took = [one for each in pool.map(answer, range(len(visits))) for one in each]
    lasted = time.perf_counter() - start
    ms = [one.ms for one in took]
    return {
        "structures": len(visits),
        "seconds": round(lasted, 1),
        "posts": len(took),
        "failed": sum(one.status != 302 for one in took),
        "statuses": sorted({one.status for one in took}),
        "median_ms": round(median(ms), 1),
        "p95_ms": round(quantiles(ms, n=20)[-1], 1),
        "max_ms": round(max(ms), 1),
    }


def _ask(port: int, visit: Visit, method: str) -> Took:
    said = {"csrf_token": visit.csrf, "seen": "0", "whole-price": "9 500", "action": "send"}
    body = urlencode(said | {"message": "Bonjour"}) if method == "POST" else None
    start = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, visit.path, body, FORM | {"Cookie": visit.cookie})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return Took(answer.status, (time.perf_counter() - start) * 1000)


def _kept(app: Flask) -> dict[str, int]:
    with app.app_context():
        counted = {
            "answers": select(func.count(Answer.id)),
            "versions": select(func.count()).select_from(AnswerVersion),
            "interested": select(func.count(Match.id)).filter_by(status=MatchStatus.INTERESTED),
            "moves": select(func.count(MatchMove.id)),
        }
        return {name: db.session.scalar(query) or 0 for name, query in counted.items()}


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=3)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    sys.exit("the servers did not start")


if __name__ == "__main__":
    main()
