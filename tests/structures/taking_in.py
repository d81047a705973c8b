"""A register taken in through the pages, by an administrator or for a network."""

from io import BytesIO
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace.db import transaction
from marketplace.offers import taking_registers
from marketplace.structures.import_tables import (
    ImportStatus,
    StructureImport,
    StructureImportRow,
)
from tests.browsing import chosen_in, send, token_of
from tests.factories.market import MONDAY

OFFICE = "/admin/imports"


def hand_in(
    client: FlaskClient, content: bytes, name: str = "registre.csv", home: str = OFFICE
) -> TestResponse:
    sent = {"csrf_token": token_of(client.get(home)), "file": (BytesIO(content), name)}
    return client.post(home, data=sent, follow_redirects=True)


def rehearsed(client: FlaskClient, page: TestResponse, **more: str) -> StructureImport:
    send(client, page.request.path, **{**chosen_in(page), **more})
    return work(int(page.request.path.split("/")[-2]))


def work(import_id: int) -> StructureImport:
    """What the worker would do, until the import waits for somebody."""
    while True:
        with transaction() as session:
            one = session.get_one(StructureImport, import_id, populate_existing=True)
            if one.status is ImportStatus.CHECKING:
                taking_registers.rehearse_batch(session, import_id, MONDAY)
            elif one.status is ImportStatus.RUNNING:
                taking_registers.take_batch(session, import_id, MONDAY, MONDAY.date())
            else:
                return one


def press(
    client: FlaskClient, import_id: int, step: str, home: str = OFFICE, **said: str
) -> TestResponse:
    token = token_of(client.get(home))
    return client.post(f"{home}/{import_id}/{step}", data={"csrf_token": token, **said})


def imported(
    client: FlaskClient, content: bytes, name: str = "registre.csv", home: str = OFFICE
) -> StructureImport:
    one = rehearsed(client, hand_in(client, content, name, home))
    press(client, one.id, "lancer", home)
    return work(one.id)


def outcomes(session: Session, one: StructureImport) -> dict[int, tuple[Any, Any]]:
    rows = select(StructureImportRow.line, StructureImportRow.foreseen, StructureImportRow.outcome)
    found = session.execute(rows.where(StructureImportRow.import_id == one.id))
    return {line: (foreseen, outcome) for line, foreseen, outcome in found}


def notes(session: Session, one: StructureImport) -> dict[int, dict[str, str]]:
    """What there is to say of each line, by column."""
    rows = select(StructureImportRow.line, StructureImportRow.notes)
    found = session.execute(rows.where(StructureImportRow.import_id == one.id))
    return {line: dict(said) for line, said in found}
