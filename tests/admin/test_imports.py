"""Registers of structures, imported by administrators through the pages."""

import json
import zipfile
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.db import transaction
from marketplace.jobs import Job
from marketplace.offers import taking_registers
from marketplace.offers.tables import Offer
from marketplace.sheets import table, write_xlsx
from marketplace.structures.import_tables import (
    ImportStatus,
    Outcome,
    StructureImport,
    StructureImportRow,
)
from marketplace.structures.tables import Structure
from tests.browsing import chosen_in, send, sign_in
from tests.factories import people
from tests.factories.market import MONDAY
from tests.structures.registers import GARDENS, WORKSHOP, register
from tests.structures.taking_in import (
    hand_in,
    imported,
    notes,
    outcomes,
    press,
    rehearsed,
    work,
)

ESAT = (
    "Raison sociale|Siret|Type de structure|Métiers proposés|Adresse|Code Postal|Ville|Téléphone"
    "|Adresse e-mail|Nombre de travailleurs (ETP)\n"
    "LES ATELIERS DU DOUBS|732 829 320 00074|ESAT|Espaces verts, Blanchisserie|1 rue du Port"
    "|25000|Besançon|03 81 00 00 00|contact@ateliers.example|42\n"
)
PEER = {
    "count": 1,
    "next": None,
    "results": [
        {
            "id": 7,
            "name": "L'ATELIER",
            "brand": "Chez nous",
            "siret": "55210055400013",
            "kind": "EI",
            "websites": ["https://atelier.example"],
            "address": "2 rue Neuve",
            "post_code": "39100",
            "city": "Dole",
            "department": "39",
            "sectors": [{"slug": "x", "name": "Nettoyage de locaux"}],
        }
    ],
}


@pytest.fixture
def administrator(session: Session) -> User:
    someone = people.user(session, is_administrator=True)
    session.commit()
    return someone


@pytest.fixture
def office(client: FlaskClient, administrator: User) -> FlaskClient:
    sign_in(client, administrator.email)
    return client


def known(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Structure)) or 0


def test_a_rehearsal_tells_what_would_be_done_and_changes_nothing(
    office: FlaskClient, session: Session, asked_jobs: list[tuple[Job, Any]]
) -> None:
    wrong = GARDENS | {"siret": "12345678901234"}
    one = rehearsed(office, hand_in(office, register(GARDENS, wrong, GARDENS, WORKSHOP)))

    assert one.status is ImportStatus.CHECKED
    assert outcomes(session, one) == {
        2: (Outcome.CREATED, None),
        3: (Outcome.REFUSED, None),
        4: (Outcome.REPEATED, Outcome.REPEATED),
        5: (Outcome.CREATED, None),
    }
    assert known(session) == 0
    assert session.scalar(select(func.count()).select_from(Offer)) == 0
    assert {job for job, _ in asked_jobs} == {Job.CHECK_IMPORT}
    page = office.get(f"/admin/imports/{one.id}").text
    assert "déjà lue ligne 2" in page
    assert "SIRET\u00a0:" in page or "SIRET :" in page


def test_an_import_creates_then_changes_then_leaves_alone(
    office: FlaskClient, session: Session, asked_jobs: list[tuple[Job, Any]]
) -> None:
    first = imported(office, register(GARDENS))
    assert (first.status, known(session)) == (ImportStatus.DONE, 1)
    assert (Job.SHORTLIST_OPEN_NEEDS, {}) in asked_jobs

    moved = register(GARDENS | {"address": "9 rue Neuve"})
    one = rehearsed(office, hand_in(office, moved))
    page = office.get(f"/admin/imports/{one.id}?voir=updated").text
    assert "remplace «\u00a01 rue du Port\u00a0»" in page
    press(office, one.id, "lancer")
    work(one.id)
    session.rollback()
    assert session.scalars(select(Structure.address)).one() == "9 rue Neuve"

    asked_jobs.clear()
    again = imported(office, moved)
    assert outcomes(session, again) == {2: (Outcome.UNCHANGED, Outcome.UNCHANGED)}
    assert Job.SHORTLIST_OPEN_NEEDS not in {job for job, _ in asked_jobs}


def test_a_job_killed_midway_begins_its_batch_again_and_doubles_nothing(
    office: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_registers, "BATCH", 1)
    one = rehearsed(office, hand_in(office, register(GARDENS, WORKSHOP)))
    press(office, one.id, "lancer")
    with transaction() as at_work:
        taking_registers.take_batch(at_work, one.id, MONDAY, MONDAY.date())
    with pytest.raises(KeyboardInterrupt):
        _killed(one.id)
    assert known(session) == 1
    work(one.id)
    assert known(session) == 2
    assert {done for _, done in outcomes(session, one).values()} == {Outcome.CREATED}


def _killed(import_id: int) -> None:
    with transaction() as session:
        taking_registers.take_batch(session, import_id, MONDAY, MONDAY.date())
        raise KeyboardInterrupt


def test_what_stands_still_is_asked_for_again(
    office: FlaskClient, session: Session, asked_jobs: list[tuple[Job, Any]]
) -> None:
    page = hand_in(office, register(GARDENS))
    send(office, page.request.path, **chosen_in(page))
    asked_jobs.clear()
    with transaction() as sweeping:
        one = sweeping.scalars(select(StructureImport)).one()
        taking_registers.take_up_stalled(sweeping, one.moved_at)
        assert asked_jobs == []
        taking_registers.take_up_stalled(sweeping, one.moved_at + 2 * taking_registers.STILL_AFTER)
    assert asked_jobs == [(Job.CHECK_IMPORT, {"import_id": one.id})]


def test_structures_that_resemble_one_another_are_told_and_can_be_left_aside(
    office: FlaskClient, session: Session
) -> None:
    imported(office, register(GARDENS))
    near = WORKSHOP | {"name": "JARDIN D'ESSAI"}
    elsewhere = near | {"siret": "35600000000048", "city": "Besançon", "postcode": "25000"}
    elsewhere |= {"department": "25", "lat": "47.24", "lon": "6.02"}
    one = rehearsed(office, hand_in(office, register(near, elsewhere)))
    page = office.get(f"/admin/imports/{one.id}").text
    assert "1 structure à créer ressemble" in page
    assert "presque le même nom que «\u00a0JARDINS D&#39;ESSAI\u00a0»" in page

    press(office, one.id, "lancer", without_lookalikes="y")
    work(one.id)
    assert outcomes(session, one) == {
        2: (Outcome.CREATED, Outcome.SKIPPED),
        3: (Outcome.CREATED, Outcome.CREATED),
    }
    assert known(session) == 2


def test_a_line_that_resembles_an_earlier_one_of_the_register_is_told_however_far_it_stands(
    office: FlaskClient, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_registers, "BATCH", 1)
    near = WORKSHOP | {"name": "JARDIN D'ESSAI"}
    same = GARDENS | {"kind": "EI", "name": "TOUT AUTRE"}
    one = rehearsed(office, hand_in(office, register(GARDENS, near, same)))
    looks = select(StructureImportRow.line, StructureImportRow.lookalike)
    said = dict(session.execute(looks.where(StructureImportRow.import_id == one.id)).all())
    gardens = "«\u00a0JARDINS D'ESSAI\u00a0», ACI, 732 829 320 00074 (ligne 2)"
    assert said == {
        2: "",
        3: f"presque le même nom que {gardens}, dans la même commune",
        4: f"même SIRET que {gardens}",
    }


def test_the_columns_of_the_esat_register_are_guessed(
    office: FlaskClient, session: Session
) -> None:
    imported(office, ESAT.encode())
    esat = session.scalars(select(Structure)).one()
    assert (esat.name, esat.kind, esat.siret) == ("LES ATELIERS DU DOUBS", "ESAT", "73282932000074")
    assert (esat.city, esat.email, esat.phone) == (
        "Besançon",
        "contact@ateliers.example",
        "03 81 00 00 00",
    )
    offer = session.scalars(select(Offer)).one()
    assert [sector.sector_slug for sector in offer.sectors] == ["blanchisserie"]
    assert offer.description == "Espaces verts"


def test_the_answers_of_the_peers_api_are_a_source(office: FlaskClient, session: Session) -> None:
    imported(office, json.dumps(PEER).encode(), "siae.json")
    one = session.scalars(select(Structure)).one()
    assert (one.brand, one.postcode, one.website) == (
        "Chez nous",
        "39100",
        "https://atelier.example",
    )
    offer = session.scalars(select(Offer)).one()
    assert offer.title == "Nettoyage de locaux"


def test_a_workbook_is_a_source_and_its_formulas_are_refused(
    office: FlaskClient, session: Session
) -> None:
    sheet = b"".join(
        write_xlsx(
            ["SIRET", "Type", "Nom", "Ville"],
            [
                [73282932000074, "ACI", "JARDINS", "Dole"],
                ["55210055400013", "EI", "ATELIER", "Dole"],
            ],
        )
    )
    one = imported(office, with_formula(sheet, "ATELIER"), "registre.xlsx")
    assert {line: done for line, (_, done) in outcomes(session, one).items()} == {
        2: Outcome.CREATED,
        3: Outcome.REFUSED,
    }
    page = office.get(f"/admin/imports/{one.id}").text
    assert "Nom légal\u00a0: formule" in page


def test_a_line_with_a_formula_or_merged_cells_is_refused_and_the_rest_of_the_workbook_imported(
    office: FlaskClient, session: Session
) -> None:
    """A link for a name, two cells made one, a link typed as a text, a million rows of nothing."""
    link = '=HYPERLINK("https://piege.example";"JARDINS")'
    lines = [
        ["73282932000074", "ACI", "JARDINS", "Dole"],
        ["55210055400013", "EI", "LE LIEN", "Dole"],
        ["35600000000048", "EI", "CELLULES FUSIONNÉES", "Dole"],
        ["21250056500016", "EI", link, "Dole"],
        ["21390300800018", "EI", "L'ATELIER", link],
    ]
    sheet = b"".join(write_xlsx(["SIRET", "Type", "Nom", "Ville"], lines))
    sheet = changed(
        with_formula(sheet, "LE LIEN"),
        "</sheetData>",
        "<row/>" * 1_000_000
        + '</sheetData><mergeCells count="1"><mergeCell ref="C4:D4"/></mergeCells>',
    )
    one = imported(office, sheet, "registre.xlsx")

    done = {line: done for line, (_, done) in outcomes(session, one).items()}
    refused = [line for line, outcome in done.items() if outcome is Outcome.REFUSED]
    assert [done[line] for line in (2, 6)] == [Outcome.CREATED, Outcome.CREATED]
    told = notes(session, one)
    assert {line: list(told[line]) for line in refused[:3]} == {
        3: ["name"],
        4: ["line"],
        5: ["name"],
    }
    assert "fusionnées" in told[4]["line"]
    assert told[5]["name"] == "c'est une formule, pas un nom"
    assert len(refused) == 4
    assert "vides" in told[refused[3]]["line"]
    page_of = f"/admin/imports/{one.id}"
    page = office.get(page_of).text
    assert "c&#39;est une formule, pas un nom" in page
    assert "c&#39;est une formule, laissée de côté" in office.get(f"{page_of}?voir=created").text
    assert known(session) == 2


def changed(sheet: bytes, before: str, after: str) -> bytes:
    """The same workbook, something else written in its rows."""
    again = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(sheet)) as packed,
        zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in packed.namelist():
            new.writestr(name, packed.read(name).decode().replace(before, after))
    return again.getvalue()


def with_formula(sheet: bytes, in_place_of: str) -> bytes:
    """The same workbook, a text of which is what a formula gives."""
    cell = f'<is><t xml:space="preserve">{in_place_of}</t></is>'
    return changed(sheet, cell, f"<f>A1</f><v>{in_place_of}</v>")


def test_the_report_tells_what_became_of_each_line(office: FlaskClient) -> None:
    one = imported(office, register(GARDENS, GARDENS | {"name": "=HYPERLINK(1)", "siret": "1"}))
    report = table(BytesIO(office.get(f"/admin/imports/{one.id}/compte-rendu.xlsx").data))
    assert report.header[:2] == ["Ligne", "SIRET"]
    lines = [cells for _, cells in report.lines if isinstance(cells, list)]
    assert [cells[5] for cells in lines] == ["créées", "refusées"]
    assert lines[1][3] == "=HYPERLINK(1)"


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "vide.csv", "il est vide"),
        (b"siret;nom\n", "sans-lignes.csv", "aucune ligne"),
        ("siret;nom\nà;b".encode("latin-1"), "vieux.csv", "UTF-8"),
        (b"un texte", "texte.txt", "aucune colonne"),
        (b"{}", "vide.json", "results"),
        (b"[" * 100_000, "profond.json", "JSON"),
        (b"PK\x03\x04 rien de plus", "faux.xlsx", "abîmé"),
        (b"siret;nom\n" + b"1;a\n" * 20_001, "long.csv", "plus de 20"),
    ],
)
def test_a_file_that_is_no_register_is_refused_in_french(
    office: FlaskClient, session: Session, content: bytes, name: str, said: str
) -> None:
    page = hand_in(office, content, name)
    assert page.status_code == 422
    assert said in page.text
    assert session.scalar(select(func.count()).select_from(StructureImport)) == 0


def test_cells_of_any_kind_are_taken_or_refused_line_by_line(
    office: FlaskClient, session: Session
) -> None:
    odd = ["a\0b", "😀" * 300, "\u202egnp.exe", "x" * 100_000, "", "-1"]
    sheet = register(*(GARDENS | {"name": name, "brand": name[:9]} for name in odd))
    one = imported(office, sheet)
    done = [done for _, (_, done) in sorted(outcomes(session, one).items())]
    assert done[0] is Outcome.REFUSED
    assert done[3:5] == [Outcome.REFUSED, Outcome.REFUSED]
    assert office.get(f"/admin/imports/{one.id}").status_code == 200


def test_an_import_is_begun_once_and_can_be_given_up_before(
    office: FlaskClient, session: Session
) -> None:
    page = hand_in(office, register(GARDENS))
    press(office, int(page.request.path.split("/")[3]), "abandonner")
    assert session.scalar(select(func.count()).select_from(StructureImport)) == 0

    one = imported(office, register(GARDENS))
    for step in ("lancer", "abandonner"):
        press(office, one.id, step)
    session.rollback()
    assert session.get_one(StructureImport, one.id).status is ImportStatus.DONE


def test_columns_that_tell_nothing_are_asked_for(office: FlaskClient, app: Flask) -> None:
    page = hand_in(office, b"couleur;taille\nbleu;grand\n")
    refused = send(office, page.request.path, **chosen_in(page))
    assert refused.status_code == 422
    assert "Choisissez la colonne qui le dit" in refused.text
    assert "Choisissez le type des structures" in refused.text
