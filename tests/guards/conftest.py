"""The world of the matrix, made once for each file that looks at it."""

from collections.abc import Iterator

import pytest
from flask import Flask

from marketplace.app import create_app
from marketplace.config import Config
from tests.guards.world import World, world_in

NO_PROVIDER_LISTENS = {
    "oidc_issuer": "http://127.0.0.1:9",
    "oidc_client_id": "tandem",
    "oidc_client_secret": "un secret de trente-deux lettres.",
}


@pytest.fixture(autouse=True)
def put_back_after_a_failure(request: pytest.FixtureRequest) -> Iterator[None]:
    """A test that failed midway leaves nothing changed to the next ones."""
    failed = request.session.testsfailed
    yield
    if request.session.testsfailed > failed and "world" in request.fixturenames:
        request.getfixturevalue("world").put_back()


@pytest.fixture(scope="module")
def world(prepared_app: Flask, config: Config) -> Iterator[World]:
    """With the pages of an identity provider, which does not answer."""
    app = create_app(config.model_copy(update=NO_PROVIDER_LISTENS))
    app.config["TESTING"] = prepared_app.config["TESTING"]
    with world_in(app) as world:
        yield world
