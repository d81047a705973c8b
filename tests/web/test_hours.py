"""Hours handed in as a workbook: read like the CSV, and refused line by line."""

import re
from datetime import date, timedelta
from decimal import Decimal
from html import unescape
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import User
from marketplace.clauses.contract_tables import Contract, HourLine, HourReport
from marketplace.clauses.reading_hours import HEADINGS, REQUIRED
from marketplace.clauses.reporting import send_report, validate
from marketplace.db import transaction
from marketplace.mail import OutgoingMail
from marketplace.sheets import table, write_xlsx
from tests.browsing import sign_in
from tests.factories import people
from tests.factories.contracts import contract
from tests.guards.pages import forms_of
from tests.web.test_contracts import FIRM

SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture
def facilitator(session: Session) -> User:
    person = people.facilitator(session, people.desk(session, "25"))
    session.commit()
    return person


@pytest.fixture
def opened(session: Session, facilitator: User) -> Contract:
    row = contract(
        session,
        facilitator.id,
        people.organisation(session).id,
        siret=FIRM,
        starts_on=date(clock.today().year - 1, 1, 1),
        ends_on=date(clock.today().year + 1, 12, 31),
    )
    session.commit()
    return row


def line(of: Contract, hours: object) -> list[object]:
    """The month as a day, as spreadsheets make of it; figures as figures."""
    codes = ["lent", "temp", "rsa", "woman", "26_49", 2024]
    return [of.starts_on, int(FIRM), *codes, hours, 1, 1]


def workbook(*lines: list[object], change: tuple[str, str] = ("", "")) -> bytes:
    """With something of its sheet written otherwise."""
    packed = BytesIO(b"".join(write_xlsx(REQUIRED, lines)))
    made = BytesIO()
    with ZipFile(packed) as read, ZipFile(made, "w", ZIP_DEFLATED) as again:
        for name in read.namelist():
            part = read.read(name).decode()
            again.writestr(name, part.replace(*change, 1) if name == SHEET else part)
    return made.getvalue()


def checked(client: FlaskClient, of: Contract, content: bytes) -> str:
    path = f"/contrats/{of.id}/heures/importer"
    said = forms_of(client.get(path).text, path)[-1].filled()
    said |= {"go": ["check"], "sheet": (BytesIO(content), "heures.xlsx")}  # type: ignore[dict-item]  # a file
    return client.post(path, data=said, content_type="multipart/form-data").text


def test_a_workbook_is_checked_then_imported_from_the_page(
    session: Session, client: FlaskClient, opened: Contract, facilitator: User
) -> None:
    sign_in(client, facilitator.email)
    path = f"/contrats/{opened.id}/heures/importer"
    assert ".csv,.xlsx" in client.get(path).text
    page = checked(client, opened, workbook(line(opened, 70.5), line(opened, 12)))
    assert session.query(HourReport).count() == 0
    [form, _] = [form for form in forms_of(page, path) if form.action == path]
    forged = client.post(path, data=form.filled() | {"content": "é\0=nothing"})
    assert forged.status_code == 422
    assert "Choisissez un fichier CSV ou XLSX." in forged.text
    done = client.post(path, data=form.filled(), follow_redirects=True)
    assert "2\u00a0lignes importées" in done.text
    assert session.scalars(select(HourLine.hours)).one() == 82.5  # lines of one sort add up


def test_formulas_and_merged_cells_of_a_workbook_are_refused_by_line(
    client: FlaskClient, opened: Contract, facilitator: User
) -> None:
    sign_in(client, facilitator.email)
    good = line(opened, 70)
    page = checked(
        client,
        opened,
        workbook(good, line(opened, 41), change=("<v>41</v>", "<f>40+1</f><v>41</v>")),
    )
    assert "formule\u00a0: collez-la comme une valeur" in page
    assert re.search(r">3</th>\s*<td[^>]*>Heures<", page)
    assert "Importer ces heures" not in page
    merged = '</sheetData><mergeCells><mergeCell ref="A3:B3"/></mergeCells>'
    page = checked(client, opened, workbook(good, good, change=("</sheetData>", merged)))
    assert "cellules fusionnées\u00a0: défusionnez-les" in page
    assert "Importer ces heures" not in page
    broken = workbook(good)[:-40]
    assert "un CSV ou un classeur XLSX" in checked(client, opened, broken)


def test_a_sheet_as_long_as_may_be_is_carried_to_the_page_that_imports_it(
    session: Session, client: FlaskClient, opened: Contract, facilitator: User
) -> None:
    sign_in(client, facilitator.email)
    words = "Mise à disposition;Intérim;Réfugié;Femme;26 à 49 ans;QPV, liste de 2024;0,1;1;0"
    line = f"{opened.starts_on:%Y-%m};{FIRM};{words}"
    sheet = "\n".join([";".join(REQUIRED), *[line] * 40]).encode()
    padded = sheet + b"\n" * (1_000_000 - len(sheet))
    page = checked(client, opened, padded)
    path = f"/contrats/{opened.id}/heures/importer"
    [form, _] = [form for form in forms_of(page, path) if form.action == path]
    assert (
        "40\u00a0lignes importées"
        in client.post(path, data=form.filled(), follow_redirects=True).text
    )
    assert session.scalars(select(HourLine.hours)).one() == 4


def test_a_sheet_that_words_young_people_as_before_is_still_read(
    client: FlaskClient, opened: Contract, facilitator: User
) -> None:
    sign_in(client, facilitator.email)
    line = f"{opened.starts_on:%Y-%m};{FIRM};Mise à disposition;Intérim"
    young = "Moins de 26 ans, sans emploi depuis 6 mois;Femme"
    rest = "Hors quartier prioritaire;35;1;0"

    def read(age: str) -> str:
        lines = [";".join(REQUIRED), f"{line};{young};{age};{rest}"]
        return unescape(checked(client, opened, "\n".join(lines).encode()))

    assert "Importer ces heures" in read("Moins de 26 ans")
    refused = read("50 ans et plus")
    assert "Importer ces heures" not in refused
    assert "le public choisi a moins de 26 ans" in refused


def test_a_sheet_says_which_columns_it_lacks_and_which_nobody_knows(
    client: FlaskClient, opened: Contract, facilitator: User
) -> None:
    sign_in(client, facilitator.email)
    header = list(HEADINGS.values())
    header[header.index("Heures")] = "Heure faites"
    page = unescape(checked(client, opened, f"{';'.join(header)}\n".encode()))
    assert "Colonnes manquantes\u00a0: Heures. Colonnes inconnues\u00a0: Heure faites." in page
    twice = ";".join([*HEADINGS.values(), "Genre"])
    page = unescape(checked(client, opened, f"{twice}\n".encode()))
    assert "Colonnes données deux fois\u00a0: Sexe." in page


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_in_french_is_filled_in_and_imported(
    session: Session, client: FlaskClient, opened: Contract, facilitator: User, kind: str
) -> None:
    sign_in(client, facilitator.email)
    assert f"modele.{kind}" in client.get(f"/contrats/{opened.id}/heures/importer").text
    sent = client.get(f"/contrats/{opened.id}/heures/modele.{kind}")
    assert "attachment" in sent.headers["Content-Disposition"]
    told = table(BytesIO(sent.data))
    [(_, cells)] = told.lines
    last = (clock.today().replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    assert told.header == list(HEADINGS.values())
    assert isinstance(cells, list)
    assert cells[:3] == [last, FIRM, "1"]
    assert "donnez un nombre d'heures" in unescape(checked(client, opened, sent.data))
    words = ["Mise à disposition", "Intérim", "Bénéficiaire du RSA", "Femme", "26 à 49 ans"]
    filled = [*cells[:3], *words, "QPV, liste de 2024", "70,5", "1", "1"]
    page = checked(client, opened, b"".join(write_xlsx(told.header, [filled])))
    path = f"/contrats/{opened.id}/heures/importer"
    [form, _] = [form for form in forms_of(page, path) if form.action == path]
    assert (
        "1\u00a0ligne importée" in client.post(path, data=form.filled(), follow_redirects=True).text
    )
    assert session.scalars(select(HourLine.hours)).one() == Decimal("70.5")


def test_a_sheet_says_what_it_replaces_and_replaces_nothing_else(
    session: Session, client: FlaskClient, opened: Contract, facilitator: User
) -> None:
    def asked(page: str) -> dict[str, list[str]]:
        return next(form for form in forms_of(page, path) if form.action == path).filled()

    sign_in(client, facilitator.email)
    path = f"/contrats/{opened.id}/heures/importer"
    client.post(path, data=asked(checked(client, opened, workbook(line(opened, 120)))))
    sent = session.scalars(select(HourReport)).one()
    validate(session, sent.id, 1, facilitator.id, clock.now())
    session.commit()

    page = checked(client, opened, workbook(line(opened, 80)))
    told = " ".join(unescape(page).split())
    assert "Ce que ce fichier remplace" in told
    assert all(words in told for words in ("120 h", "80 h", "ne compteront plus"))

    with transaction() as meanwhile:  # a colleague corrects it
        send_report(meanwhile, sent.lot_id, sent.employer_id, sent.month, [], None, clock.now())
    refused = client.post(path, data=asked(page))
    assert "a changé pendant que vous le lisiez" in unescape(refused.text)
    session.rollback()
    assert session.scalars(select(HourLine)).all() == []
    news = session.scalars(select(OutgoingMail).filter_by(kind="clauses/contract_news")).one()
    assert (news.address, news.context["link"]) == (
        facilitator.email,
        f"/guichet/heures/{sent.id}",
    )


def test_impossible_hours_are_told_at_the_top_and_in_the_title_and_stay_as_typed(
    client: FlaskClient, opened: Contract, facilitator: User
) -> None:
    sign_in(client, facilitator.email)
    month = f"{opened.starts_on:%Y-%m}"
    path = f"/contrats/{opened.id}/heures/{opened.lots[0].id}/{opened.holder.id}/{month}"
    said = next(form for form in forms_of(client.get(path).text, path) if form.action == path)
    typed = said.filled() | {"lines-0-hours": "9000", "lines-0-people": "1", "go": "send"}
    refused = client.post(path, data=typed)
    page = unescape(refused.text)
    assert refused.status_code == 422
    assert "<title>Erreur\u00a0:" in page
    assert 'href="#lines-0-hours"' in page
    assert "Plus que ce qu'un mois contient" in page
    assert 'value="9000"' in page
