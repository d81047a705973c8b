"""axe-core finds nothing on any page, on a phone and on a desk (`-k axe`)."""

import pytest
from playwright.sync_api import Browser
from sqlalchemy.orm import Session

from tests.factories import people
from tests.factories.market import draft
from tests.journeys.everything import Site
from tests.journeys.seeing import WIDTHS, violations, wrong_on
from tests.journeys.signing_in import sign_in


@pytest.mark.timeout(400)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Browser, site: str, session: Session
) -> None:
    everything = Site(session)
    wrong = []
    for role, addresses in everything.pages.items():
        context = browser.new_context(base_url=site, locale="fr-FR")
        page = context.new_page()
        if role in everything.emails:
            sign_in(page, everything.emails[role])
        for address in addresses:
            page.goto(address)
            wrong += wrong_on(page)
        context.close()
    assert wrong == []


def test_axe_finds_nothing_on_a_form_full_of_errors(
    browser: Browser, site: str, session: Session
) -> None:
    organisation = people.organisation(session)
    buyer = people.buyer(session, organisation.id)
    begun = draft(session, buyer.id, organisation.id)
    session.commit()
    context = browser.new_context(base_url=site, locale="fr-FR")
    page = context.new_page()
    page.goto("/connexion")
    page.get_by_role("button", name="Se connecter").click()
    wrong = violations(page)
    assert page.title().startswith("Erreur")
    page.get_by_label("Adresse électronique").fill(buyer.email)
    page.get_by_label("Mot de passe", exact=True).fill(people.PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto("/besoins/deposer")
        page.get_by_role("button", name="Continuer").click()
        summary = page.get_by_role("heading", name="erreurs dans le formulaire")
        assert summary.is_visible()
        wrong += violations(page)
        page.goto(f"/besoins/{begun.slug}/etapes/ou-et-quand")
        page.get_by_role("button", name="Continuer").click()
        assert summary.is_visible()
        wrong += violations(page)
        page.goto(f"/besoins/{begun.slug}/etapes/verifier")
        page.get_by_role("button", name="Envoyer au facilitateur").click()
        assert page.get_by_role("heading", name="complétez ceci").is_visible()
        wrong += violations(page)
    context.close()
    assert wrong == []
