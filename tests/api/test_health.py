"""What a supervisor asks of the process."""

import socket

from flask import Flask
from flask.testing import FlaskClient

from marketplace.app import create_app
from marketplace.config import Config


def test_a_process_that_lives_says_so_without_its_database() -> None:
    nowhere = Config(
        secret_key="a key of 32 letters for this test",
        database_url="postgresql+psycopg://nobody@127.0.0.1:1/nothing",
        redis_url="redis://127.0.0.1:1/0",
    )
    client = create_app(nowhere).test_client()
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"missing": ["database", "broker", "worker"]}


def test_without_a_worker_the_service_is_not_ready(app: Flask, client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"missing": ["worker"]})


def test_a_database_that_takes_the_question_and_never_answers_is_missing(config: Config) -> None:
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        url = f"postgresql+psycopg://nobody@127.0.0.1:{frozen.getsockname()[1]}/nothing"
        client = create_app(config.model_copy(update={"database_url": url})).test_client()
        assert client.get("/readyz").json == {"missing": ["database", "worker"]}
