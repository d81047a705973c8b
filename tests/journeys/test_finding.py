"""A visitor finds who it needs; a buyer keeps it, its colleague sees it and takes it away."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from marketplace.accounts.tables import OrganisationRole
from tests.factories import people
from tests.factories.market import DOLE, MARSEILLE, offer, structure
from tests.journeys.seeing import WIDTHS, too_wide, violations
from tests.journeys.signing_in import sign_in, sign_out


def _market(session: Session) -> None:
    for name, seat in (("Les Haies de la Boucle", DOLE), ("Calanques Insertion", MARSEILLE)):
        here = structure(session, name, seat)
        here.city = "Dole" if seat == DOLE else "Marseille"
        offer(session, here, title="Taille de haies et débroussaillage", radius_km=60)
    session.commit()


def test_a_visitor_finds_a_structure_by_a_misspelt_word_and_a_commune_on_list_and_map(
    page: Page, session: Session
) -> None:
    _market(session)
    page.goto("/structures")
    page.get_by_role("combobox", name="Quoi").fill("debrousaillage")
    page.get_by_role("combobox", name="Où").fill("Besançon")
    page.get_by_role("button", name="Chercher", exact=True).click()
    expect(page.get_by_text("voici les résultats pour")).to_be_visible()
    expect(page.get_by_role("heading", name="1 structure", exact=True)).to_be_visible()
    card = page.get_by_role("article").filter(has_text="Les Haies de la Boucle")
    expect(card).to_contain_text("débroussaillage")
    expect(card).to_contain_text("À 44 km de Besançon")
    expect(page.get_by_title("Les Haies de la Boucle")).to_be_visible()

    page.get_by_role("checkbox", name="Insertion par l'activité").check()
    expect(page.get_by_role("link", name="Retirer Insertion par l'activité")).to_be_visible()
    expect(page).to_have_url(re.compile("famille=insertion"))
    expect(page.get_by_title("Les Haies de la Boucle")).to_be_visible()
    page.get_by_role("link", name="Retirer Lieu").click()
    expect(page.get_by_role("heading", name="2 structures", exact=True)).to_be_visible()


def test_a_buyer_builds_a_shared_list_that_a_colleague_sees_and_exports(
    page: Page, session: Session, tmp_path: Path
) -> None:
    _market(session)
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    colleague = people.organisation_member(session, town.id, OrganisationRole.MEMBER)
    session.commit()

    sign_in(page, buyer.email)
    page.goto("/mes-listes")
    page.get_by_role("link", name="Nouvelle liste").click()
    page.get_by_label("Nom de la liste").fill("Haies 2027")
    page.get_by_label("Qui la voit").select_option(label=f"Moi et mes collègues\u00a0: {town.name}")
    page.get_by_role("button", name="Créer la liste").click()
    page.goto("/structures?q=haies&lieu=Dole")
    page.get_by_role("link", name="Garder Les Haies de la Boucle").click()
    page.get_by_role("checkbox", name="Haies 2027").check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("est dans\u00a0: Haies 2027")).to_be_visible()
    sign_out(page)

    sign_in(page, colleague.email)
    page.goto("/mes-listes")
    page.get_by_role("link", name="Haies 2027").click()
    page.get_by_role("link", name="Ajouter une note").click()
    page.get_by_label("Note").fill("Vue au salon, rappeler en mars")
    page.get_by_role("button", name="Enregistrer la note").click()
    expect(page.get_by_text("Vue au salon")).to_be_visible()
    page.get_by_role("link", name="Exporter").click()
    page.get_by_label("CSV").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="Exporter").click()
    download.value.save_as(tmp_path / "liste.csv")
    sheet = (tmp_path / "liste.csv").read_text(encoding="utf-8-sig")
    assert "Les Haies de la Boucle" in sheet
    assert "Vue au salon, rappeler en mars" in sheet


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_on_the_pages_of_searches_and_lists(
    page: Page, session: Session, width: int
) -> None:
    _market(session)
    buyer = people.buyer(session)
    session.commit()
    page.set_viewport_size({"width": width, "height": 900})
    sign_in(page, buyer.email)
    page.goto("/structures?q=haies")
    compared = [box.get_attribute("value") for box in page.get_by_label("Comparer").all()]
    page.get_by_role("link", name="Garder").first.click()
    page.get_by_label("première liste").fill("À appeler")
    page.get_by_role("button", name="Enregistrer").click()
    page.goto("/mes-listes")
    page.get_by_role("link", name="À appeler").click()
    kept = page.url
    slugs = [slug for slug in compared if slug]
    for address in (
        "/structures?q=haies&lieu=Besançon&famille=insertion&type=ACI",
        "/structures?q=haies&lieu=Paris&label=rge",
        "/offres",
        "/structures/verifier",
        "/structures/verifier?siret=55208131766522",
        "/structures/comparer?" + "&".join(f"s={slug}" for slug in slugs),
        f"/structures/{slugs[0]}",
        f"/structures/{slugs[0]}/listes",
        "/mes-listes",
        kept,
        f"{kept}/modifier",
        f"{kept}/supprimer",
        "/mes-recherches",
        "/mes-recherches/nouvelle?q=haies",
    ):
        page.goto(address)
        assert violations(page) == [], address
        assert not too_wide(page), address
