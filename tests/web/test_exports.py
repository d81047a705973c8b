"""Sheets that people take along."""

from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace import clock
from marketplace.accounts.tables import User
from marketplace.answers.answering import PartSaid, Said
from marketplace.answers.choosing import note_down
from marketplace.answers.responding import say_interested
from marketplace.audit import Action, AuditEntry
from marketplace.db import transaction
from marketplace.exports import writing
from marketplace.formats import euros_read
from marketplace.jobs import Job
from marketplace.lists.export_tables import Export
from marketplace.mail import OutgoingMail
from marketplace.sheets import rows, table
from tests.answers.market import market_of
from tests.answers.test_answering import send as send_answer
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


def test_the_answers_to_a_need_are_taken_lot_by_lot_with_what_the_team_noted(
    client: FlaskClient, session: Session
) -> None:
    asked = market_of(session, lots=2, questions=("Un véhicule ?",))
    first, second = (lot.id for lot in asked.need.lots)
    question = asked.need.questions[0].id
    parts = [
        PartSaid(first, *euros_read("9 000"), "Six"),
        PartSaid(second, *euros_read("1 à 2 k€")),
    ]
    send_answer(asked, Said("Bonjour", parts, {question: "Oui"}))
    with transaction() as writing:
        other = asked.structures[1].id
        say_interested(writing, asked.need.id, other, asked.members[1].id, clock.now())
        buyer, who = asked.buyer.id, asked.structures[0].id
        note_down(writing, asked.need.id, who, buyer, "À rappeler", clock.now())
    sign_in(client, asked.buyer.email)
    address = f"/exporter/reponses?besoin={asked.need.slug}"
    assert address in client.get(f"/besoins/{asked.need.slug}/reponses").text
    chosen = ["name", "state", "lot", "price_min", "price_max", "capacity", "replies", "notes"]
    lines = cells(send(client, address, columns=chosen, as_what="csv"))[1:]
    told = ["Un véhicule ?\u00a0: Oui", f"{asked.buyer.full_name}\u00a0: À rappeler"]
    assert lines == [
        [asked.structures[0].name, "Intéressée", "1", "9000.00", "9000.00", "Six", *told],
        [asked.structures[0].name, "Intéressée", "2", "1000.00", "2000.00", "", *told],
        [asked.structures[1].name, "Intéressée", "", "", "", "", "", ""],
    ]
    assert (
        cells(send(client, "/exporter/reponses?besoin=ailleurs", columns=chosen, as_what="csv"))[1:]
        == []
    )


def test_the_offers_that_a_search_finds_are_taken_too(
    client: FlaskClient, session: Session, buyer: User
) -> None:
    market.offer(session, market.structure(session, "Les Haies"), title="Taille de haies")
    session.commit()
    sign_in(client, buyer.email)
    assert "/exporter/offres" in client.get("/offres?q=haies").text
    lines = cells(send(client, "/exporter/offres", columns=["offer", "name"], as_what="csv"))
    assert lines == [["Offre", "Nom"], ["Taille de haies", "Les Haies"]]
