"""A need in four steps on a phone, with and without JavaScript, and in two tabs."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need
from tests.factories import people
from tests.factories.market import DOLE, in_three_weeks, offer, structure
from tests.journeys.signing_in import sign_in

PHONE = {"width": 390, "height": 844}


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without"])
def phone(browser: Browser, site: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(
        base_url=site,
        locale="fr-FR",
        viewport=PHONE,
        has_touch=True,
        java_script_enabled=request.param,
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def tab(browser: Browser, site: str) -> Iterator[Page]:
    """A page whose console may complain: what it tests is what goes wrong."""
    context = browser.new_context(base_url=site, locale="fr-FR")
    yield context.new_page()
    context.close()


def cast(session: Session) -> tuple[str, str]:
    """The addresses of a buyer who never posted anything, and of its facilitator."""
    offer(session, structure(session, "Les Haies de la Boucle"), title="Tonte, taille de haies")
    offer(session, structure(session, "Jura Vert", DOLE), radius_km=60)
    desk = people.desk(session, "25056", name="Guichet de Besançon")
    buyer, facilitator = people.buyer(session), people.facilitator(session, desk)
    session.commit()
    return buyer.email, facilitator.email


def fits(page: Page) -> bool:
    return bool(page.locator("body").bounding_box()["width"] <= PHONE["width"])  # type: ignore[index]  # a body has a box


def approve(page: Page, email: str) -> None:
    """What a facilitator does, on the same device."""
    page.context.clear_cookies()
    sign_in(page, email)
    page.goto("/guichet/")
    page.get_by_role("link", name=re.compile("Entretien des espaces verts")).first.click()
    page.get_by_label("Valider et publier").check()
    page.get_by_role("button", name="Enregistrer la décision").click()
    expect(page.get_by_text("Décision enregistrée")).to_be_visible()


def test_from_an_empty_account_to_approval_on_a_phone(phone: Page, session: Session) -> None:
    buyer, facilitator = cast(session)
    page = phone
    sign_in(page, buyer)
    expect(page.get_by_text("Vous n'avez pas encore déposé de besoin")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Déposer un besoin").first.click()

    expect(page.get_by_text("Étape 1 sur 4")).to_be_visible()
    page.get_by_label("Demande de devis").check()
    page.get_by_label("Titre").fill("Entretien des espaces verts")
    page.get_by_label(re.compile("Description")).fill("Tonte et taille de haies des écoles.")
    page.get_by_role("button", name="Continuer").click()
    # Without JavaScript, or when one is quicker than it, the proposals come before the next step.
    proposed = page.get_by_role("group", name="D'après vos mots")
    expect(page.get_by_text(re.compile("Étape 2 sur 4|Confirmez les secteurs"))).to_be_visible()
    if proposed.count():
        proposed.get_by_role("checkbox").first.check()
        page.get_by_role("button", name="Continuer").click()

    expect(page.get_by_text("Étape 2 sur 4")).to_be_visible()
    assert fits(page)
    page.get_by_label(re.compile(r"^Commune")).fill("Besançon (25)")
    page.get_by_role("button", name="Enregistrer et finir plus tard").click()
    page.get_by_role("link", name="Reprendre").click()
    # The deadline was missing: only the place was kept.
    expect(page.get_by_label(re.compile(r"^Commune"))).to_have_value("Besançon (25)")
    page.get_by_label(re.compile("Réponses jusqu'au")).fill(in_three_weeks().strftime("%d/%m/%Y"))
    page.get_by_role("button", name="Continuer").click()

    expect(page.get_by_text("Étape 3 sur 4")).to_be_visible()
    expect(page.get_by_text("2 structures peuvent répondre")).to_be_visible()
    page.get_by_role("button", name="Retour").click()
    expect(page.get_by_text("Étape 2 sur 4")).to_be_visible()
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Continuer").click()

    expect(page.get_by_text("Étape 4 sur 4")).to_be_visible()
    assert fits(page)
    expect(page.get_by_role("link", name="Les Haies de la Boucle")).to_be_visible()
    page.get_by_role("button", name="Envoyer au facilitateur").click()
    expect(page.get_by_role("heading", name="Votre besoin est envoyé")).to_be_visible()
    expect(page.get_by_text("Guichet de Besançon le relit")).to_be_visible()

    approve(page, facilitator)
    need = session.scalars(select(Need)).one()
    assert need.status == Status.PUBLISHED

    page.context.clear_cookies()
    sign_in(page, buyer)
    page.goto(f"/besoins/{need.slug}")
    ranked = page.get_by_role("article").filter(has_text="Les Haies de la Boucle")
    for _ in range(60):
        if ranked.count():
            break
        page.wait_for_timeout(250)
        page.goto(f"/besoins/{need.slug}")  # without JavaScript, one loads the page again
    expect(ranked).to_be_visible()


def test_a_draft_saves_itself_and_warns_who_edits_it_twice(tab: Page, session: Session) -> None:
    page = tab
    buyer, _ = cast(session)
    sign_in(page, buyer)
    page.goto("/besoins/deposer")
    page.get_by_label("Demande de devis").check()
    page.get_by_label("Titre").fill("Entretien des espaces verts")
    saved = page.get_by_role("status").filter(has_text="Brouillon enregistré à")
    expect(saved).to_be_visible()
    expect(page).to_have_url(re.compile("/etapes/quoi$"))

    other = page.context.new_page()
    other.goto(page.url)
    with other.expect_response(lambda answer: answer.request.method == "POST"):
        other.get_by_label("Titre").fill("Tonte, dans l'autre onglet")
    other.close()

    page.get_by_label("Titre").fill("Tonte, dans cet onglet")
    expect(page.get_by_role("status").filter(has_text="Modifié ailleurs")).to_be_visible()
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_text("Tonte, dans l'autre onglet")).to_be_visible()
    page.get_by_role("button", name="Garder mes réponses").click()
    expect(page.get_by_text("Étape 2 sur 4")).to_be_visible()
    session.expire_all()
    assert session.scalars(select(Need)).one().title == "Tonte, dans cet onglet"


def test_sectors_ticked_stay_ticked_while_the_proposals_change(
    page: Page, session: Session
) -> None:
    buyer, _ = cast(session)
    sign_in(page, buyer)
    page.goto("/besoins/deposer")
    page.get_by_label("Titre").fill("Entretien des espaces verts")
    proposed = page.get_by_role("group", name="D'après vos mots")
    proposed.get_by_role("checkbox").first.check()
    page.get_by_text("Restauration (11)").click()
    page.get_by_label("Titre").fill("Nettoyage des locaux de la mairie")
    expect(proposed).to_contain_text("Nettoyage de locaux")
    expect(page.get_by_label("Création et entretien des espaces verts")).to_be_checked()
    expect(page.get_by_label("Traiteur").first).to_be_visible()  # its group is still open
    assert page.evaluate("document.activeElement.id") == "title"


def test_a_lost_connection_and_a_closed_session_are_said(tab: Page, session: Session) -> None:
    page, context = tab, tab.context
    buyer, _ = cast(session)
    sign_in(page, buyer)
    page.goto("/besoins/deposer")
    page.get_by_label("Demande de devis").check()
    page.get_by_label("Titre").fill("Entretien des espaces verts")
    line = page.locator("#enregistrement")
    expect(line).to_contain_text("Brouillon enregistré à")
    context.set_offline(True)
    page.get_by_label("Titre").fill("Entretien des parcs")
    expect(line).to_contain_text("ne répond pas")
    context.set_offline(False)
    page.get_by_label("Titre").fill("Entretien des parcs et jardins")
    expect(line).to_contain_text("Brouillon enregistré à")
    context.clear_cookies()
    page.get_by_label("Titre").fill("Entretien des parcs et des jardins")
    expect(line).to_contain_text("plus connecté")
