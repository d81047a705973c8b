"""An administrator imports a register of structures through the pages, twice."""

from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from marketplace.structures.tables import Structure
from tests.factories import people
from tests.journeys.signing_in import sign_in
from tests.structures.synthetic import long_register

ROWS = 1_200


def test_an_administrator_imports_a_register_and_again_without_changing_anything(
    page: Page, session: Session, tmp_path: Path
) -> None:
    administrator = people.user(session, is_administrator=True)
    session.commit()
    register = tmp_path / "structures.csv"
    register.write_bytes(long_register(ROWS) + b"12345678901234,EI,FAUX,,,,,,,,,,\r\n")
    sign_in(page, administrator.email)

    _hand_in(page, register)
    expect(page.get_by_role("heading", name="Que disent ses colonnes")).to_be_visible()
    page.get_by_role("button", name="Vérifier sans rien changer").click()
    expect(page.get_by_role("heading", name="Prêt à importer")).to_be_visible()
    assert _known(session) == 0
    _told(page, "1 200 à créer")
    expect(page.get_by_role("row").filter(has_text="FAUX")).to_contain_text("SIRET")
    page.get_by_role("button", name="Importer", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="sur 1201")).to_be_visible()
    expect(page.get_by_role("heading", name="Terminé")).to_be_visible()
    _told(page, "1 200 créées")
    assert _known(session) == ROWS
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Compte rendu, ligne par ligne").click()
    assert downloading.value.suggested_filename.endswith(".xlsx")

    _hand_in(page, register)
    page.get_by_role("button", name="Vérifier sans rien changer").click()
    expect(page.get_by_role("heading", name="Prêt à importer")).to_be_visible()
    page.get_by_role("button", name="Importer", exact=True).click()
    expect(page.get_by_role("heading", name="Terminé")).to_be_visible()
    _told(page, "1 200 sans changement")
    assert _known(session) == ROWS


def _hand_in(page: Page, register: Path) -> None:
    page.goto("/admin/imports")
    page.get_by_label("Registre de structures").set_input_files(register)
    page.get_by_role("button", name="Lire ce registre").click()


def _told(page: Page, figure: str) -> None:
    expect(page.get_by_role("listitem").filter(has_text=figure).first).to_be_visible()


def _known(session: Session) -> int:
    session.rollback()
    return session.scalar(select(func.count()).select_from(Structure)) or 0
