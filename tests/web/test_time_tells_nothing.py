"""How long an answer takes does not tell who has an account: 200 pairs of each question."""

import gc
import random
from collections.abc import Callable, Iterator
from statistics import median, quantiles
from time import perf_counter

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy.orm import Session

from marketplace.accounts import signing_in
from tests.browsing import token_of
from tests.factories import people

PAIRS = 200
NOISE = 0.5
"""Of a spread. Two samples of one law differ by as much less than once in a billion times."""


@pytest.fixture
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Argon2 at its lightest: what hides under 150 ms of hashing would show under 3."""
    light = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=1024, parallelism=1),))
    monkeypatch.setattr(signing_in, "_hasher", light)
    signing_in._hash_of_nobody.cache_clear()
    yield
    signing_in._hash_of_nobody.cache_clear()


@pytest.fixture
def uncounted(app: Flask) -> Iterator[None]:
    """Nobody is told to wait: the limits have tests of their own."""
    limiters = app.extensions["limiter"]
    for limiter in limiters:
        limiter.enabled = False
    yield
    for limiter in limiters:
        limiter.enabled = True


def timed(ask: Callable[[], int], expected: int) -> float:
    start = perf_counter()
    status = ask()
    took = perf_counter() - start
    assert status == expected
    return took


@pytest.mark.parametrize(
    ("url", "fields", "status"),
    [
        ("/connexion", {"password": "pas le bon du tout"}, 422),
        ("/connexion/lien", {}, 302),
        ("/mot-de-passe/oublie", {}, 302),
        (
            "/inscription",
            {"profile": "acheteur", "full_name": "Camille", "password": people.PASSWORD},
            302,
        ),
    ],
)
@pytest.mark.usefixtures("quick_hashes", "uncounted")
def test_a_known_and_an_unknown_address_take_the_same_time(
    session: Session, client: FlaskClient, url: str, fields: dict[str, str], status: int
) -> None:
    light_hash = signing_in.hashed(people.PASSWORD)
    known = [people.user(session, password_hash=light_hash).email for _ in range(PAIRS)]
    session.commit()
    fields = fields | {"csrf_token": token_of(client.get(url))}
    took: dict[bool, list[float]] = {True: [], False: []}
    chance = random.Random(4)  # noqa: S311 - an order, not a secret
    gc.disable()
    try:
        for number, address in enumerate(["chauffe@ville.invalid", *known]):
            unknown = f"inconnu{number}@tandem.invalid"
            pair = [(True, address), (False, unknown)]
            chance.shuffle(pair)
            for is_known, email in pair:
                form = fields | {"email": email}
                ask = lambda form=form: client.post(url, data=form).status_code  # noqa: E731
                took[is_known].append(timed(ask, status))
    finally:
        gc.enable()
    known_took, unknown_took = took[True][1:], took[False][1:]
    spread = max(_spread(known_took), _spread(unknown_took))
    difference = abs(median(known_took) - median(unknown_took))
    print(f"{url}: {difference * 1e3:.3f} ms apart, within a spread of {spread * 1e3:.3f} ms")
    assert difference < NOISE * spread


def _spread(times: list[float]) -> float:
    """Between the quarters of the sample, which a busy machine's stalls leave alone."""
    first, _, third = quantiles(times, n=4)
    return third - first
