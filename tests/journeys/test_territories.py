"""A facilitator says who does what; a visitor finds the territory, its figures, what is missing."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from marketplace.db import transaction
from tests.factories import people
from tests.journeys.seeing import WIDTHS, too_wide, violations
from tests.journeys.signing_in import sign_in
from tests.web.test_territories import market

PAGES = (
    "/territoires",
    "/territoires?lieu=zzzz",
    "/territoires/doubs-25",
    "/chiffres",
    "/chiffres/bourgogne-franche-comte-r27",
    "/chiffres/manques",
)


def test_a_partner_named_by_the_desk_is_read_by_who_looks_for_the_territory(
    page: Page, app: Flask
) -> None:
    with app.app_context(), transaction() as session:
        market(session)
        desk = people.desk(session, "39", name="Guichet du Jura")
        address = people.facilitator(session, desk).email
    sign_in(page, address)
    page.get_by_role("link", name="Guichet", exact=True).click()
    page.get_by_role("link", name="Annuaire").click()
    page.get_by_label("Nom de l'organisme").fill("France Travail, agence de Dole")
    page.get_by_label("Son rôle").select_option("Oriente les publics")
    page.get_by_label("Ce qu'il fait ici").fill("Propose des candidats")
    page.get_by_role("button", name="Ajouter à l'annuaire").click()
    expect(page.get_by_role("table")).to_contain_text("France Travail, agence de Dole")
    page.get_by_role("button", name="Se déconnecter").click()

    page.goto("/territoires")
    page.get_by_label("Votre territoire").fill("Jura")
    page.get_by_role("button", name="Voir ce territoire").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Jura")
    expect(page.get_by_role("complementary")).to_contain_text("Propose des candidats")
    page.get_by_role("link", name="Bourgogne-Franche-Comté").click()
    expect(page.get_by_role("complementary")).to_contain_text("France Travail, agence de Dole")
    expect(page.get_by_role("heading", name="PNRU, programme terminé", exact=True)).to_be_visible()
    with page.expect_download() as told:
        page.get_by_role("link", name="Tous ces chiffres").click()
    assert told.value.suggested_filename.endswith(".csv")


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_on_pages_of_figures(page: Page, app: Flask, width: int) -> None:
    with app.app_context(), transaction() as session:
        market(session)
    page.set_viewport_size({"width": width, "height": 900})
    found = []
    for address in PAGES:
        page.goto(address)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        found += violations(page)
        assert not too_wide(page), address
    assert found == []
