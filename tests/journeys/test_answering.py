"""A need is answered, amended and awarded, and both structures hear of it; another declines and
the buyer sees why. In a real browser, with JavaScript and without."""

import re

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from marketplace.mail import OutgoingMail
from marketplace.needs.lifecycle import Status
from tests.answers.market import Market, close, market_of
from tests.journeys.signing_in import sign_in, sign_out


def open_need(page: Page, market: Market, number: int) -> None:
    sign_in(page, market.members[number].email)
    page.goto(f"/besoins/{market.need.slug}")


def answer(page: Page, market: Market, number: int, price: str) -> None:
    open_need(page, market, number)
    page.get_by_role("link", name="Répondre", exact=True).click()
    page.get_by_label(re.compile("Prix hors taxes")).fill(price)
    page.get_by_label(re.compile("Ce que vous pouvez faire")).fill("Une équipe de six personnes")
    page.get_by_label("Avez-vous un véhicule ?").fill("Oui, deux")
    page.get_by_role("button", name="Envoyer ma réponse").click()
    expect(page.get_by_text("Votre réponse est envoyée").first).to_be_visible()


def decline(page: Page, market: Market, number: int) -> None:
    open_need(page, market, number)
    page.get_by_role("link", name="Décliner", exact=True).click()
    page.get_by_label("Délai trop court").check()
    page.get_by_role("button", name="Décliner").click()
    expect(page.get_by_text("Vous avez décliné ce besoin")).to_be_visible()


def journey(page: Page, session: Session) -> None:
    market = market_of(session, structures=3, questions=("Avez-vous un véhicule ?",))

    answer(page, market, 0, "9 500")
    page.get_by_role("link", name="Modifier ma réponse").click()
    page.get_by_label(re.compile("Prix hors taxes")).fill("8 000 à 8 900")
    page.get_by_role("button", name="Envoyer les changements").click()
    expect(page.get_by_text("Versions envoyées")).to_be_visible()
    sign_out(page)
    answer(page, market, 1, "12 000,50")
    sign_out(page)
    decline(page, market, 2)
    sign_out(page)

    sign_in(page, market.buyer.email)
    page.goto(f"/besoins/{market.need.slug}")
    page.get_by_role("link", name="Voir les réponses").click()
    expect(page.get_by_role("row").filter(has_text=market.structures[0].name)).to_contain_text(
        "version 2"
    )
    refusals = page.locator("section", has_text="1\u00a0refus")
    expect(refusals.first).to_contain_text("Délai trop court")
    expect(refusals.first).to_contain_text("Repoussez la date limite")
    for one in market.structures[:2]:
        page.get_by_label(f"Comparer {one.name}").check()
    page.get_by_role("button", name="Comparer celles qui sont cochées").click()
    expect(page.get_by_role("table")).to_contain_text("Oui, deux")

    close(session, market.need)
    page.goto(f"/besoins/{market.need.slug}/reponses")
    page.get_by_role("link", name="Saisir l'issue").click()
    page.get_by_label("Attribué").check()
    page.get_by_label("Titulaire").select_option(label=market.structures[0].name)
    page.get_by_label(re.compile("Montant hors taxes")).fill("8 500")
    page.get_by_label(re.compile("Motif")).fill("Le prix")
    page.get_by_role("button", name="Continuer").click()
    refused = page.locator("section", has_text="n'est pas retenue")
    expect(refused).to_contain_text("Le prix")
    refused.get_by_label("Un motif pour elle seule").fill("Le délai")
    page.get_by_role("button", name="Enregistrer et prévenir").click()
    expect(page.get_by_text("L'issue est enregistrée")).to_be_visible()
    page.get_by_role("link", name="Tandem vous a-t-il été utile").click()
    page.get_by_label("Oui").check()
    page.get_by_role("button", name="Donner mon avis").click()
    expect(page.get_by_text("Merci de votre avis")).to_be_visible()
    sign_out(page)

    session.rollback()
    assert market.need.status == Status.AWARDED
    told = session.query(OutgoingMail).filter_by(kind="answers/outcome").order_by(OutgoingMail.id)
    assert [(mail.context["outcome"], mail.context["reason"]) for mail in told] == [
        ("Votre structure est retenue.", ""),
        ("Votre structure n'est pas retenue.", "Le délai"),
    ]
    sign_in(page, market.members[1].email)
    page.goto("/mes-reponses")
    page.get_by_role("link", name=market.need.title).click()
    expect(page.get_by_role("row").filter(has_text="Une autre entreprise")).to_contain_text(
        "Le délai"
    )


def test_a_need_is_answered_amended_declined_and_awarded(page: Page, session: Session) -> None:
    journey(page, session)


def test_the_same_without_javascript(plain_page: Page, session: Session) -> None:
    journey(plain_page, session)
