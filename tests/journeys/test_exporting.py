"""A buyer takes away more rows than anybody waits for."""

from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import insert
from sqlalchemy.orm import Session

from marketplace.exports.writing import AT_ONCE
from marketplace.sheets import table
from marketplace.structures.kinds import Kind
from marketplace.structures.tables import Structure
from tests.browsing import mailed
from tests.factories import people
from tests.journeys.signing_in import sign_in

MANY = AT_ONCE + 400


def test_a_long_sheet_is_prepared_with_progress_told_by_mail_and_downloaded(
    page: Page, session: Session, tmp_path: Path
) -> None:
    buyer = people.buyer(session)
    rows = [
        {
            "slug": f"structure-{number}",
            "siret": f"{number:014}",
            "kind": Kind.EI,
            "name": f"Structure {number:05}",
            "sort_key": f"structure {number:05}",
        }
        for number in range(1, MANY + 1)
    ]
    session.execute(insert(Structure), rows)
    session.commit()
    sign_in(page, buyer.email)
    page.goto("/structures")
    page.get_by_role("link", name="Exporter").click()
    expect(page.get_by_text("C'est un long tableau")).to_be_visible()
    page.get_by_label("CSV, pour les autres logiciels").check()
    page.get_by_role("button", name="Exporter").click()
    # Prepared already, on a machine that has nothing else to do: then there is no bar to see.
    ready = page.get_by_role("heading", name="Votre tableau est prêt")
    bar = page.get_by_role("status").filter(has_text=f"sur {MANY}")
    expect(ready.or_(bar).first).to_be_visible()
    expect(ready).to_be_visible()

    page.goto(mailed(session, "exports/ready", buyer.email))
    with page.expect_download() as downloading:
        page.get_by_role("link", name="structures-").click()
    taken = tmp_path / "structures.csv"
    downloading.value.save_as(taken)
    with taken.open("rb") as file:
        sheet = table(file)
        assert sheet.header[0] == "Nom"
        names = [cells[0] for _, cells in sheet.lines if isinstance(cells, list)]
    assert names == [row["name"] for row in rows]
