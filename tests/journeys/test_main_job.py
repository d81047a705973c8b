"""A need, from its buyer's words to ranked structures with reasons, in a real browser."""

import re
from datetime import timedelta

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from marketplace import clock
from tests.factories import people
from tests.factories.market import DIJON, DOLE, MARSEILLE, offer, structure
from tests.journeys.signing_in import sign_in, sign_out


def post(page: Page) -> None:
    """A need in four steps, to its own page."""
    page.goto("/besoins/deposer")
    page.get_by_label("Demande de devis").check()
    page.get_by_label("Titre").fill("Entretien des espaces verts")
    page.get_by_label(re.compile("Description")).fill("Tonte et taille de haies des écoles.")
    proposed = page.get_by_role("group", name="D'après vos mots")
    expect(proposed).to_contain_text("très probable")
    expect(page.get_by_role("status").filter(has_text="Brouillon enregistré à")).to_be_visible()
    page.get_by_role("button", name="Continuer").click()

    page.get_by_label(re.compile(r"^Commune")).fill("Besançon (25)")
    page.keyboard.press("Escape")  # the suggestions would cover the next field
    page.get_by_label(re.compile("Réponses jusqu'au")).fill(
        (clock.today() + timedelta(days=21)).strftime("%d/%m/%Y")
    )
    page.get_by_role("heading", level=1).click()  # leave the field: the panel follows
    panel = page.get_by_role("complementary", name="Qui peut répondre")
    expect(panel).to_contain_text("2 structures peuvent répondre, dont 1 à moins de 20")
    page.get_by_text("Leurs noms, par type et par département").click()
    expect(panel).to_contain_text("Jura Vert")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Continuer").click()

    expect(page.locator(".leaflet-container")).to_be_visible()
    page.get_by_role("button", name="Envoyer au facilitateur").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Votre besoin est envoyé")
    expect(page.get_by_text("Guichet de Besançon").first).to_be_visible()
    page.get_by_role("link", name="Voir le besoin").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Entretien des espaces verts")


def test_a_need_is_posted_approved_ranked_and_suggested(page: Page, session: Session) -> None:
    near = structure(session, "Les Haies de la Boucle")
    offer(session, near, title="Tonte, taille de haies et débroussaillage")
    offer(session, structure(session, "Jura Vert", DOLE), radius_km=60)
    offer(session, structure(session, "Côte Propre", DIJON), radius_km=20)
    offer(session, structure(session, "Calanques Insertion", MARSEILLE))
    desk = people.desk(session, "25056", name="Guichet de Besançon")
    buyer, facilitator = people.buyer(session), people.facilitator(session, desk)
    member = people.structure_member(session, near)
    session.commit()

    sign_in(page, buyer.email)
    post(page)
    address = page.url
    sign_out(page)

    sign_in(page, facilitator.email)
    page.goto("/guichet/")
    page.get_by_role("link", name=re.compile("Entretien des espaces verts")).first.click()
    expect(page.get_by_role("article").filter(has_text="Les Haies de la Boucle")).to_be_visible()
    page.get_by_label("Valider et publier").check()
    page.get_by_role("button", name="Enregistrer la décision").click()
    expect(page.get_by_text("Décision enregistrée")).to_be_visible()
    sign_out(page)

    sign_in(page, buyer.email)
    page.goto(address)
    first = page.get_by_role("article").filter(has_text="Les Haies de la Boucle")
    expect(first).to_be_visible()
    expect(first).to_contain_text("création et entretien des espaces verts")
    expect(page.get_by_role("article").filter(has_text="Jura Vert")).to_be_visible()
    expect(page.get_by_text("Calanques Insertion")).to_have_count(0)
    expect(page.locator(".leaflet-container")).to_be_visible()
    sign_out(page)

    sign_in(page, member.email)
    page.goto("/besoins-pour-vous")
    suggested = page.get_by_role("article").filter(has_text="Entretien des espaces verts")
    expect(suggested).to_contain_text("création et entretien des espaces verts")
