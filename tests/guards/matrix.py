"""The table of who is answered what, as rows."""

import csv
from dataclasses import dataclass
from pathlib import Path

from tests.guards.world import ROLES, VISITOR, World

FILE = Path(__file__).with_name("matrix.csv")
SIGN_IN = "sign in"
"""Sent to the page where one signs in."""

DONE = "done"
"""Something was changed, and the browser sent on."""

AWAY = "away"
"""Sent to another page, and nothing changed."""


@dataclass(frozen=True)
class Row:
    """One method of one endpoint, about one object, and the answer to each role."""

    endpoint: str
    method: str
    about: dict[str, str]
    """The variable parts of the address, each with the name of a thing of the world, or with
    what stands there for itself."""

    answers: dict[str, str]
    """A status, or one of the words above."""

    def __str__(self) -> str:
        return " ".join([self.method, self.endpoint, *self.about.values()])


def rows() -> list[Row]:
    with FILE.open(encoding="utf-8", newline="") as file:
        lines = [[cell.strip() for cell in line] for line in csv.reader(file)]
    head, *body = lines
    assert head == ["endpoint", "method", "about", *ROLES]
    return [
        Row(
            endpoint=endpoint,
            method=method,
            about=dict(part.split("=", 1) for part in about.split()),
            answers=dict(zip(ROLES, answers, strict=True)),
        )
        for endpoint, method, about, *answers in body
    ]


def path_to(world: World, row: Row) -> str:
    parts = {name: world.things.get(thing, thing) for name, thing in row.about.items()}
    with world.app.test_request_context():
        return world.app.url_for(row.endpoint, **parts)


def someone_allowed(row: Row) -> str:
    """A role that the row lets in, else one that its guard does, else a visitor."""
    inside = [role for role in ROLES if row.answers[role] not in (SIGN_IN, "403", "404")]
    past_the_guard = [role for role in ROLES if row.answers[role] == "404"]
    return (inside or past_the_guard or [VISITOR])[-1]
