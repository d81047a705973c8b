"""A first-time buyer posts a need of two lots, with and without JavaScript."""

import re

from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.needs.drafting import answers_of
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need
from tests.factories import people
from tests.factories.market import CLEANING, DOLE, GREEN_SPACES, in_three_weeks, offer, structure
from tests.journeys.seeing import violations
from tests.journeys.signing_in import sign_in
from tests.journeys.test_four_steps import PHONE, fits


def cast(session: Session) -> str:
    """The address of a buyer who never posted anything, in a country of three structures."""
    offer(session, structure(session, "Les Haies de la Boucle"), title="Tonte, taille de haies")
    offer(session, structure(session, "Net et clair"), CLEANING, title="Nettoyage de locaux")
    offer(session, structure(session, "Jura Propre", DOLE), CLEANING, radius_km=60)
    people.desk(session, "25056", name="Guichet de Besançon")
    buyer = people.buyer(session)
    session.commit()
    return buyer.email


def add_lot(page: Page, title: str, amount: str) -> None:
    page.get_by_role("link", name="Ajouter un lot").click()
    page.get_by_label("Titre").fill(title)
    page.get_by_text("Préciser le montant, le lieu et le levier").click()
    page.get_by_label(re.compile("Montant estimé de ce lot")).fill(amount)
    page.get_by_role("button", name="Enregistrer ce lot").click()
    expect(page.get_by_text("Confirmez les secteurs proposés")).to_be_visible()
    page.get_by_role("group", name="D'après vos mots").get_by_role("checkbox").first.check()
    page.get_by_role("button", name="Enregistrer ce lot").click()


def looks_right(page: Page, runs_scripts: bool) -> bool:
    """It fits a phone, and axe, which is a script itself, finds nothing."""
    return fits(page) and not (runs_scripts and violations(page))


def post(page: Page, runs_scripts: bool) -> None:
    """From the dashboard to the desk."""
    page.get_by_role("main").get_by_role("link", name="Déposer un besoin").first.click()
    page.get_by_label("Demande de devis").check()
    page.get_by_label("Titre").fill("Entretien du stade municipal")
    page.get_by_label(re.compile("Description")).fill(
        "Le stade et ses vestiaires, toute l'année, avec un passage de plus après chaque match."
    )
    page.get_by_label("Découper ce besoin en lots").check()
    page.get_by_text("Préciser le budget et le type d'achat").click()
    page.get_by_label(re.compile("Type d'achat")).select_option("Services")
    page.get_by_label(re.compile("Montant estimé")).fill("30 à 45 k€")
    page.get_by_role("button", name="Continuer").click()

    expect(page.get_by_role("heading", name="Les lots de votre besoin")).to_be_visible()
    assert looks_right(page, runs_scripts)
    add_lot(page, "Tonte des pelouses et taille des haies", "20 000 €")
    add_lot(page, "Nettoyage des vestiaires", "12 000,50")
    expect(page.get_by_role("heading", name=re.compile("Lot 2"))).to_be_visible()
    page.get_by_role("button", name="Monter le lot 2").click()
    first = page.get_by_role("region", name=re.compile("Lot 1"))
    expect(first).to_contain_text("Nettoyage des vestiaires")
    assert looks_right(page, runs_scripts)
    page.get_by_role("link", name="Continuer").click()

    page.get_by_label(re.compile(r"^Commune")).fill("Besançon (25)")
    page.get_by_label(re.compile("Réponses jusqu'au")).fill(in_three_weeks().strftime("%d/%m/%Y"))
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_text("Étape 3 sur 4")).to_be_visible()
    page.get_by_text("Poser des questions aux structures").click()
    page.get_by_label("Utilisez-vous des produits écolabellisés").check()
    page.get_by_role("button", name="Continuer").click()

    expect(page.get_by_text("Étape 4 sur 4")).to_be_visible()
    expect(page.get_by_text("Sous le seuil de publicité")).to_be_visible()
    lots = page.get_by_role("region", name="Lots")
    expect(lots).to_contain_text("2 structures")
    expect(lots).to_contain_text("1 structure")
    assert looks_right(page, runs_scripts)
    page.get_by_role("button", name="Envoyer au facilitateur").click()
    expect(page.get_by_role("heading", name="Votre besoin est envoyé")).to_be_visible()


def check_what_was_sent(session: Session) -> None:
    need = session.scalars(select(Need)).one()
    said = answers_of(need)
    assert need.status == Status.SUBMITTED
    assert [(lot.title, lot.sectors) for lot in said["lots"]] == [
        ("Nettoyage des vestiaires", (CLEANING,)),
        ("Tonte des pelouses et taille des haies", (GREEN_SPACES,)),
    ]
    assert said["questions"] == ["Utilisez-vous des produits écolabellisés ?"]


def test_a_first_time_buyer_posts_a_need_of_two_lots(
    browser: Browser, site: str, session: Session
) -> None:
    email = cast(session)
    context = browser.new_context(
        base_url=site, locale="fr-FR", viewport=PHONE, has_touch=True, reduced_motion="reduce"
    )
    page = context.new_page()
    sign_in(page, email)
    post(page, runs_scripts=True)
    context.close()
    check_what_was_sent(session)


def test_and_does_so_without_javascript(browser: Browser, site: str, session: Session) -> None:
    email = cast(session)
    context = browser.new_context(
        base_url=site, locale="fr-FR", viewport=PHONE, java_script_enabled=False
    )
    page = context.new_page()
    sign_in(page, email)
    post(page, runs_scripts=False)
    context.close()
    check_what_was_sent(session)
