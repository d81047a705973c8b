"""The provider of outgoing mail tells us by a signed call which addresses refuse it."""

import json
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.digests import bouncing
from marketplace.digests.tables import PausedAddress, PauseReason

URL = "/api/courriels/refuses"
BODY = json.dumps(
    {"events": [{"type": "complaint", "address": "Lecteur@example.fr", "said": "spam"}]}
).encode()


@pytest.fixture
def secret(client: FlaskClient) -> Iterator[str]:
    client.application.config["BOUNCES_SECRET"] = "un secret partagé"
    yield "un secret partagé"
    client.application.config["BOUNCES_SECRET"] = ""


def signed(secret: str, body: bytes) -> dict[str, str]:
    at = f"{int(clock.now().timestamp())}"
    return {
        "X-Tandem-Timestamp": at,
        "X-Tandem-Signature": bouncing.signature(secret, at, body),
    }


def test_a_signed_call_pauses_the_address(
    session: Session, client: FlaskClient, secret: str
) -> None:
    answer = client.post(URL, data=BODY, headers=signed(secret, BODY))
    assert (answer.status_code, answer.json) == (200, {"paused": 1})
    [row] = session.scalars(select(PausedAddress))
    assert (row.address, row.reason) == ("lecteur@example.fr", PauseReason.COMPLAINT)


def test_an_unsigned_or_senseless_call_pauses_nothing(
    session: Session, client: FlaskClient, secret: str
) -> None:
    assert client.post(URL, data=BODY).status_code == 403
    assert client.post(URL, data=BODY, headers=signed("autre", BODY)).status_code == 403
    answer = client.post(URL, data=b"{}", headers=signed(secret, b"{}"))
    assert answer.status_code == 422
    assert session.scalars(select(PausedAddress)).all() == []


def test_without_a_secret_there_is_nothing_to_call(client: FlaskClient) -> None:
    assert client.post(URL, data=BODY, headers=signed("", BODY)).status_code == 404
