"""A desk opens posts, a mission locale without an account counts candidates; a buyer sees its
share of inclusive purchases and the potential of its programme."""

from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from marketplace import clock
from tests.browsing import mailed
from tests.factories import people
from tests.factories.market import BESANCON, offer, structure
from tests.journeys.seeing import too_wide, violations
from tests.journeys.signing_in import sign_in

SERVICE = "emploi@mission.example.fr"


def test_posts_go_from_a_desk_to_a_service_and_come_back_as_counts(
    page: Page, browser: Browser, session: Session, site: str
) -> None:
    facilitator = people.facilitator(session, people.desk(session, BESANCON))
    session.commit()
    sign_in(page, facilitator.email)
    page.get_by_role("link", name="Postes à pourvoir").click()
    page.get_by_role("link", name="Prescripteurs", exact=True).click()
    page.get_by_label("Nom du service").fill("Mission locale")
    page.get_by_label("Qui est-ce").select_option("mission_locale")
    page.get_by_label("Adresse du service").fill(SERVICE)
    page.get_by_role("button", name="Ajouter").click()
    expect(page.get_by_text("prescripteur habilité").first).to_be_visible()

    page.goto("/postes/ouvrir")
    page.get_by_label("Métier").fill("Peintre en bâtiment")
    page.get_by_label("Commune").fill("Besançon (25)")
    page.get_by_label("Nombre de postes").fill("4")
    page.get_by_label("Moins de 26 ans").check()
    today = clock.today()
    for label, days in (("Début du travail", 40), ("Réponses jusqu'au", 20)):
        page.get_by_label(label).fill((today + timedelta(days=days)).strftime("%d/%m/%Y"))
    page.get_by_role("button", name="Ouvrir ces postes").click()
    page.get_by_label("Mission locale").check()
    page.get_by_role("button", name="Envoyer").click()
    expect(page.get_by_text("Envoyés à 1 service")).to_be_visible()

    service = browser.new_context(base_url=site, bypass_csp=True).new_page()
    service.goto(mailed(session, "clauses/posts_shared", SERVICE))
    expect(service.get_by_text("jamais de nom")).to_be_visible()
    service.get_by_label("Candidats").fill("3")
    service.get_by_label("Dont femmes").fill("1")
    assert violations(service) == []
    service.get_by_role("button", name="Envoyer ces nombres").click()
    expect(service.get_by_text("C'est noté")).to_be_visible()
    service.context.close()

    page.reload()
    expect(page.get_by_role("row", name="Moins de 26 ans")).to_contain_text("3")
    assert violations(page) == []
    page.set_viewport_size({"width": 320, "height": 800})
    assert not too_wide(page)


def test_a_buyer_sees_its_inclusive_share_and_the_potential_of_a_programme(
    page: Page, session: Session, tmp_path: Path
) -> None:
    garden = structure(session, "Les Jardins")
    garden.siret = "21250056500016"
    for supplier in (garden, structure(session, "Le Potager"), structure(session, "La Haie")):
        offer(session, supplier)
    buyer = people.buyer(session)
    session.commit()
    spent, programme = tmp_path / "depenses.csv", tmp_path / "programme.csv"
    spent.write_text("SIRET;Montant\n21250056500016;250,00\n73282932000074;750,00\n")
    programme.write_text("Objet;Lieu;Budget;Durée\nEntretien des espaces verts;Doubs;90000,00;3\n")

    sign_in(page, buyer.email)
    page.get_by_role("link", name="Part inclusive").click()
    page.get_by_role("link", name="Importer des dépenses").first.click()
    page.get_by_label("Nom de ces dépenses").fill("Dépenses 2025")
    page.get_by_label("Fichier CSV ou XLSX").set_input_files(spent)
    page.get_by_role("button", name="Importer").click()
    expect(page.get_by_text("part inclusive", exact=True)).to_be_visible()
    expect(page.locator("main")).to_contain_text("25 %")
    assert violations(page) == []

    page.goto("/potentiel")
    page.get_by_label("Fichier CSV ou XLSX").set_input_files(programme)
    page.get_by_role("button", name="Voir le potentiel").click()
    expect(page.get_by_role("row", name="Entretien des espaces verts")).to_contain_text("Réserver")
    assert violations(page) == []
    page.get_by_label("Nom de cette étude").fill("Programme 2027")
    page.get_by_role("button", name="Enregistrer cette étude").click()
    expect(page.get_by_text("Votre étude est enregistrée")).to_be_visible()
