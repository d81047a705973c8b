"""Every route, every method, every role: what matrix.csv says is what the application answers."""

from collections import Counter
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from marketplace.accounts.tables import User
from marketplace.audit import Action, AuditEntry
from marketplace.db import db, transaction
from marketplace.files.contents import MEDIA_TYPES, Format
from marketplace.guards.roles import PUBLIC
from tests.guards.matrix import AWAY, DONE, SIGN_IN, Row, path_to, rows
from tests.guards.world import ROLES, VISITOR, World

ROWS = rows()
ANYONE_SIGNED_IN = "signed in, confirmed or not"
STRANGER = {
    "buyer": "other buyer",
    "structure member": "other member",
    "facilitator": "other facilitator",
    "facilitator or administrator": "other facilitator",
}
"""Who wears the same guard and has nothing to do with the objects of the world."""

SHEETS = {MEDIA_TYPES[Format.XLSX], "text/csv"}


def test_the_matrix_has_a_row_for_every_route_and_method(prepared_app: Flask) -> None:
    there = {
        (rule.endpoint, method)
        for rule in prepared_app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    told = {(row.endpoint, row.method) for row in ROWS}
    assert there - told == set(), "these routes have no row in matrix.csv"
    assert told - there == set(), "matrix.csv names routes that are not there"


def test_the_matrix_says_each_thing_once() -> None:
    assert [name for name, times in Counter(map(str, ROWS)).items() if times > 1] == []


def test_a_stranger_with_the_right_role_is_told_that_the_object_is_not_there(
    prepared_app: Flask,
) -> None:
    """A check of the table itself: nobody may write a hole in it."""
    for row in ROWS:
        guard = getattr(prepared_app.view_functions[row.endpoint], "guard", None)
        if row.about and guard in STRANGER:
            assert row.answers[STRANGER[guard]] == "404", str(row)


def test_nobody_outside_a_team_is_told_that_it_is_there() -> None:
    outside = {"mon-organisme": "buyer", "ma-structure": "member"}
    for row in ROWS:
        if row.endpoint.startswith("members."):
            insiders = {VISITOR, "colleague", "administrator", outside[row.about["of"]]}
            assert {row.answers[r] for r in ROLES if r not in insiders} == {"404"}, str(row)


def test_the_matrix_lets_a_visitor_in_on_public_routes_only() -> None:
    for row in ROWS:
        if row.endpoint not in PUBLIC:
            assert row.answers[VISITOR] == SIGN_IN, str(row)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_matrix(world: World, row: Row) -> None:
    """Who is refused has changed nothing, and nobody changes anything by looking; who takes a
    sheet away is told of in the trail."""
    acting = [r for r in ROLES if row.method == "POST" and row.answers[r] in (DONE, AWAY)]
    answers = {role: _answer(_ask(world, row, role)) for role in ROLES if role not in acting}
    changed_by_others = world.what_changed()
    for role in acting:
        page = _ask(world, row, role)
        answers[role] = _answer(page, has_changed=bool(world.what_changed()))
    assert {r: said for r, said in answers.items() if said != row.answers[r]} == {}, row.answers
    assert changed_by_others == set()


def _ask(world: World, row: Row, role: str) -> TestResponse:
    browser, path = world.browsers[role], path_to(world, row)
    page = browser.post(path) if row.method == "POST" else browser.open(row.method, path)
    if page.mimetype in SHEETS and row.endpoint not in (*PUBLIC, "files.download"):
        assert _is_told_of(world), f"{row} leaves no line in the trail"
    return page


_told: set[int] = set()
"""The lines of the trail that told of a sheet already."""


def _is_told_of(world: World) -> bool:
    with world.app.app_context():
        last = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)
        entry = db.session.scalars(last).one()
        is_new = entry.id not in _told
        _told.add(entry.id)
        return is_new and entry.action is Action.EXPORTED and entry.actor_id is not None


def _answer(page: TestResponse, has_changed: bool = False) -> str:
    if page.status_code not in (302, 303):
        return str(page.status_code)
    if page.location.split("?")[0] == "/connexion" and not has_changed:
        return SIGN_IN
    return DONE if has_changed else AWAY


@pytest.mark.parametrize("role", ["colleague", "administrator"])
def test_who_has_not_confirmed_its_address_is_asked_to_wherever_it_goes(
    world: World, role: str
) -> None:
    told = _everywhere(world, role, {"email_verified_at": None}, {ANYONE_SIGNED_IN})
    assert told == {(AWAY, "/confirmez-votre-adresse")}


@pytest.mark.parametrize("role", ["colleague", "administrator"])
def test_the_browser_of_a_closed_account_is_a_visitors(world: World, role: str) -> None:
    told = _everywhere(world, role, {"is_active": False}, set())
    assert told == {(SIGN_IN, "/connexion")}


def _everywhere(
    world: World, role: str, changed: dict[str, Any], but: set[str]
) -> set[tuple[str, str]]:
    """What a person is told by every guarded route, after its account is changed so."""
    with world.app.app_context(), transaction() as session:
        session.execute(update(User).where(User.id == int(world.things[role])).values(**changed))
    before, told = world.fingerprints(), set()
    for row in ROWS:
        guard = getattr(world.app.view_functions[row.endpoint], "guard", None)
        if guard is not None and guard not in but:
            page = _ask(world, row, role)
            told.add((_answer(page), (page.location or "").split("?")[0]))
    assert world.fingerprints() == before
    world.put_back()
    return told
