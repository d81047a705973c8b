"""A desk, from an administrator who opens it to the needs that its facilitator finds there."""

import re
from datetime import timedelta

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from marketplace import clock
from tests.browsing import mailed
from tests.factories import people
from tests.journeys.signing_in import sign_in, sign_out

DESK = "Guichet du Doubs et du Jura"
ADDRESS = "fanny.faci@maison-emploi.invalid"


def test_an_administrator_opens_a_desk_whose_facilitator_is_mailed_joins_and_finds_its_needs(
    page: Page, session: Session
) -> None:
    administrator = people.user(session, "Alix Dupont", is_administrator=True)
    buyer = people.buyer(session, people.organisation(session, "Ville de Besançon").id)
    session.commit()

    sign_in(page, administrator.email)
    open_desk_and_invite(page)
    sign_out(page)

    invitation = mailed(session, "moderation/desk_invitation", ADDRESS)
    page.goto(invitation)
    expect(page.get_by_role("heading", name=f"Rejoindre {DESK}")).to_be_visible()
    expect(page.get_by_role("button", name="Accepter l'invitation")).to_have_count(0)
    page.get_by_role("main").get_by_role("link", name="Créer mon compte").click()
    sign_up(page, session)

    page.goto(invitation)
    page.get_by_role("button", name="Accepter l'invitation").click()
    expect(page.get_by_text(f"C'est fait : {DESK} vous compte parmi ses membres")).to_be_visible()
    expect(page.get_by_role("heading", name="Ce qui attend votre décision")).to_be_visible()
    expect(page.get_by_text("Rien n'attend votre décision")).to_be_visible()
    sign_out(page)

    sign_in(page, buyer.email)
    post_need(page)
    sign_out(page)

    sign_in(page, ADDRESS)
    expect(page.get_by_text("besoin, offre ou demande en attente")).to_be_visible()
    page.get_by_role("link", name="Guichet", exact=True).click()
    to_review = page.get_by_role("row").filter(has_text="Entretien des espaces verts")
    for cell in ("Ville de Besançon", "Besançon (25)", DESK):
        expect(to_review).to_contain_text(cell)
    to_review.get_by_role("link", name="Entretien des espaces verts", exact=True).click()
    expect(page.get_by_label("Valider et publier")).to_be_visible()


def open_desk_and_invite(page: Page) -> None:
    page.get_by_role("link", name="Administration", exact=True).click()
    tabs = page.get_by_role("navigation", name="Administration")
    tabs.get_by_role("link", name="Guichets").click()
    page.get_by_role("link", name="Ouvrir un guichet").click()
    page.get_by_label("Nom du guichet").fill(DESK)
    page.get_by_label("Organisme porteur").fill("Maison de l'emploi du Doubs")
    page.get_by_label("Territoires").fill("Doubs ; Jura")
    page.get_by_role("button", name="Ouvrir le guichet").click()
    expect(page.get_by_text("Le guichet est ouvert")).to_be_visible()

    page.get_by_label("Son adresse électronique").fill(ADDRESS)
    page.get_by_label("Facilitateur").check()
    page.get_by_role("button", name="Envoyer l'invitation").click()
    expect(page.get_by_text(f"L'invitation part à {ADDRESS}")).to_be_visible()
    waiting = page.get_by_role("table", name="Invitations sans réponse")
    expect(waiting).to_contain_text(ADDRESS)

    page.get_by_role("link", name=DESK).click()
    expect(page.get_by_text("Doubs (département), Jura (département)")).to_be_visible()


def sign_up(page: Page, session: Session) -> None:
    page.get_by_label("J'achète pour un organisme public").check()
    page.get_by_label("Prénom et nom").fill("Fanny Facilitatrice")
    page.get_by_label("Adresse électronique").fill(ADDRESS)
    page.get_by_label("Mot de passe", exact=True).fill(people.PASSWORD)
    page.get_by_role("button", name="Créer mon compte").click()
    expect(page.get_by_role("heading", name="Ouvrez votre messagerie")).to_be_visible()
    page.goto(mailed(session, "accounts/verify_email", ADDRESS))
    page.get_by_label("Mot de passe", exact=True).fill(people.PASSWORD)
    page.get_by_role("button", name="Confirmer et me connecter").click()
    expect(page.get_by_text("Votre adresse est confirmée")).to_be_visible()


def post_need(page: Page) -> None:
    page.get_by_role("main").get_by_role("link", name="Déposer un besoin").first.click()
    page.get_by_label("Demande de devis").check()
    page.get_by_label("Titre").fill("Entretien des espaces verts")
    page.get_by_label(re.compile("Description")).fill("Tonte et taille de haies des écoles.")
    expect(page.get_by_role("group", name="D'après vos mots")).to_contain_text("très probable")
    expect(page.get_by_role("status").filter(has_text="Brouillon enregistré à")).to_be_visible()
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_text("Étape 2 sur 4")).to_be_visible()
    page.get_by_label(re.compile(r"^Commune")).fill("Besançon (25)")
    page.keyboard.press("Escape")  # the suggestions would cover the next field
    page.get_by_label(re.compile("Réponses jusqu'au")).fill(
        (clock.today() + timedelta(days=21)).strftime("%d/%m/%Y")
    )
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_text("Étape 3 sur 4")).to_be_visible()
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Envoyer au facilitateur").click()
    expect(page.get_by_text(DESK).first).to_be_visible()
