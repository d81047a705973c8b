"""The application without its servers: these tests render templates and ask for no row."""

import pytest
from flask import Flask, render_template_string

from marketplace.app import create_app
from marketplace.config import Config
from tests.looks.styleguide import add_styleguide


@pytest.fixture(scope="session")
def bare_app() -> Flask:
    nowhere = "127.0.0.1:1"
    app = create_app(
        Config(
            secret_key="not a secret at all, of 32 letters",
            database_url=f"postgresql+psycopg://{nowhere}/none",
            redis_url=f"redis://{nowhere}/0",
            tiles_url="",
        )
    )
    app.config["TESTING"] = True
    add_styleguide(app)
    return app


class Parts:
    """Renders one macro call, as a template that imports the macro would."""

    def __init__(self, app: Flask) -> None:
        self.app = app

    def __call__(self, file: str, call: str, url: str = "/", **values: object) -> str:
        name = call.split("(", maxsplit=1)[0]
        source = f'{{% from "parts/{file}.html" import {name} %}}{{{{ {call} }}}}'
        with self.app.test_request_context(url):
            return render_template_string(source, **values)


@pytest.fixture
def part(bare_app: Flask) -> Parts:
    return Parts(bare_app)
