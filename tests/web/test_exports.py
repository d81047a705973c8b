"""Sheets that people take along."""

from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace.accounts.tables import User
from marketplace.audit import Action, AuditEntry
from marketplace.db import transaction
from marketplace.exports import writing
from marketplace.jobs import Job
from marketplace.lists.export_tables import Export
from marketplace.mail import OutgoingMail
from marketplace.sheets import rows, table
from tests.browsing import send, sign_in
from tests.factories import market, people
from tests.factories.market import MONDAY

STRUCTURES = "/exporter/structures"


@pytest.fixture
def buyer(session: Session) -> User:
    someone = people.buyer(session)
    for name in ("=HYPERLINK(0)", "La Blanchisserie"):
        one = market.structure(session, name)
        one.email = "contact@exemple.invalid"
    session.commit()
    return someone


def cells(sheet: TestResponse) -> list[list[str]]:
    found = table(BytesIO(sheet.data))
    return [found.header, *(line for _, line in found.lines if isinstance(line, list))]


def test_the_columns_that_were_taken_are_remembered_and_texts_never_run(
    client: FlaskClient, session: Session, buyer: User
) -> None:
    sign_in(client, buyer.email)
    sheet = send(client, STRUCTURES, columns=["name", "email"], as_what="csv")
    assert cells(sheet)[0] == ["Nom", "Courriel"]
    assert sorted(cells(sheet)[1:]) == [
        ["'=HYPERLINK(0)", "contact@exemple.invalid"],
        ["La Blanchisserie", "contact@exemple.invalid"],
    ]
    page = client.get(STRUCTURES).text
    assert page.count(" checked") == 3  # two columns, one format
    told = session.scalars(select(AuditEntry).filter_by(action=Action.EXPORTED))
    assert {"what": "structures", "rows": 2} in [entry.details for entry in told]


def test_a_workbook_holds_the_same_rows_and_what_the_search_asks_narrows_them(
    client: FlaskClient, buyer: User
) -> None:
    sign_in(client, buyer.email)
    sheet = send(client, f"{STRUCTURES}?q=blanchisserie", columns=["name"], as_what="xlsx")
    assert sheet.mimetype.endswith("spreadsheetml.sheet")
    assert [row.cells for row in rows(BytesIO(sheet.data), ["nom"])] == [  # type: ignore[union-attr]  # read above
        {"nom": "La Blanchisserie"}
    ]
    nowhere = send(client, f"{STRUCTURES}?lieu=Nullepart", columns=["name"], as_what="csv")
    assert cells(nowhere) == [["Nom"]]


def test_who_may_not_see_contacts_is_given_none(
    client: FlaskClient, session: Session, buyer: User
) -> None:
    someone = people.user(session)
    session.commit()
    sign_in(client, someone.email)
    sheet = send(client, STRUCTURES, columns=["name", "email"], as_what="csv")
    assert {line[1] for line in cells(sheet)[1:]} == {""}


def test_a_buyer_takes_its_own_needs_and_nobody_elses(
    client: FlaskClient, session: Session, buyer: User
) -> None:
    town, other = people.organisation(session), people.organisation(session, "Autre ville")
    mine, theirs = people.buyer(session, town.id), people.buyer(session, other.id)
    market.submitted_need(session, mine.id, town.id, title="Tonte des stades")
    market.submitted_need(session, theirs.id, other.id, title="Ménage")
    session.commit()
    sign_in(client, mine.email)
    chosen = ["title", "status", "place", "deadline"]
    lines = cells(send(client, "/exporter/besoins", columns=chosen, as_what="xlsx"))
    assert [line[:2] for line in lines[1:]] == [["Tonte des stades", "En relecture"]]
    assert client.get("/exporter/reponses").status_code == 200


def test_a_long_sheet_is_written_in_the_background_and_told_by_mail(
    client: FlaskClient,
    session: Session,
    buyer: User,
    monkeypatch: pytest.MonkeyPatch,
    asked_jobs: list[tuple[Job, Any]],
) -> None:
    monkeypatch.setattr(writing, "AT_ONCE", 1)
    sign_in(client, buyer.email)
    page = send(client, STRUCTURES, columns=["name"], as_what="csv")
    assert "Votre tableau se prépare" in page.text
    export = session.scalars(select(Export)).one()
    assert (Job.WRITE_EXPORT, {"export_id": export.id}) in asked_jobs

    for _ in range(2):  # a job may come twice
        with transaction() as at_work:
            writing.write(at_work, export.id, MONDAY)
    session.expire_all()
    assert export.file is not None
    mails = session.scalars(select(OutgoingMail).filter_by(kind="exports/ready")).all()
    assert [mail.address for mail in mails] == [buyer.email]
    assert "Votre tableau est prêt" in client.get(f"/exports/{export.id}").text
    link = f"/fichiers/{export.file.key}/{export.file.name}"
    assert cells(client.get(link))[0] == ["Nom"]


@pytest.mark.parametrize(
    "said", ["q=%00", "lieu=" + "x" * 5_000, "liste=99999999999", "q=😀&q=%E2%80%AE"]
)
def test_odd_addresses_give_a_page(client: FlaskClient, buyer: User, said: str) -> None:
    sign_in(client, buyer.email)
    for sheet in ("structures", "liste"):
        assert client.get(f"/exporter/{sheet}?{said}").status_code == 200
