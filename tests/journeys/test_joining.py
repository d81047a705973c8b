"""A buyer, from opening its account to its organisation, by the link that it is mailed."""

import re

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.browsing import mailed
from tests.factories.people import PASSWORD

ADDRESS = "camille.martin@ville.invalid"


def test_a_buyer_opens_an_account_confirms_it_and_opens_its_organisation(
    page: Page, session: Session
) -> None:
    page.goto("/")
    page.get_by_role("link", name="Créer un compte").first.click()
    page.get_by_label("J'achète pour un organisme public").check()
    page.get_by_label("Prénom et nom").fill("Camille Martin")
    page.get_by_label("Adresse électronique").fill(ADDRESS)
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Créer mon compte").click()
    expect(page.get_by_role("heading", name="Ouvrez votre messagerie")).to_be_visible()
    expect(page.get_by_text(ADDRESS)).to_be_visible()

    page.goto(mailed(session, "accounts/verify_email", ADDRESS))
    page.get_by_label("Mot de passe", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirmer et me connecter").click()
    expect(page.get_by_text("Votre adresse est confirmée")).to_be_visible()

    page.get_by_label("SIRET").fill("212 500 565 00016")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_label("Nom de l'organisme").fill("Ville de Besançon")
    page.get_by_label("Commune", exact=True).check()
    page.get_by_label(re.compile("Commune de son siège")).fill("Besançon (25)")
    page.get_by_role("option", name="Besançon (25)").click()
    page.get_by_role("button", name="Ouvrir cet organisme").click()
    expect(page.get_by_text("Ville de Besançon est prêt")).to_be_visible()

    page.goto("/besoins/deposer")
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("besoin", re.I))
    page.get_by_role("link", name=re.compile("Camille Martin")).click()
    page.get_by_role("link", name="Mes appareils connectés").click()
    expect(page.get_by_text("Celui-ci")).to_be_visible()
