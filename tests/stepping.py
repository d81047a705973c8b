"""A need's steps as the tests of its form walk them: good answers, and what a page said."""

from html import unescape
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace.needs.tables import Need
from tests.factories.market import GREEN_SPACES, in_three_weeks

BY_HTMX = {"HX-Request": "true"}
WHAT: dict[str, Any] = {
    "kind": "quote",
    "title": "Entretien des espaces verts",
    "description": "Tonte et taille",
    "sectors": [GREEN_SPACES],
}
WHERE: dict[str, Any] = {
    "place_type": "point",
    "commune": "besancon",
    "deadline_on": in_three_weeks().strftime("%d/%m/%Y"),
}
HOW: dict[str, Any] = {"reserved_for": "any", "include_country": "y", "here": "y"}


def step(need: Need, name: str) -> str:
    return f"/besoins/{need.slug}/etapes/{name}"


def main_of(page: TestResponse) -> str:
    return " ".join(unescape(page.text.split("<main")[-1]).split())


def refreshed(session: Session, need: Need) -> Need:
    session.expire_all()
    return session.get_one(Need, need.id)
