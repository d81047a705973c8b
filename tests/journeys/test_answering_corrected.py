"""A buyer awarded a need to the wrong structure: it reads who will hear what, corrects with a
reason, and the contract has its right holder. In a real browser, with JavaScript and without."""

import re

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from marketplace.mail import OutgoingMail
from tests.answers.market import Market, close, market_of
from tests.answers.test_answering import price, send
from tests.factories import people
from tests.journeys.signing_in import sign_in, sign_out

WHY = "Erreur de ligne dans le tableau"


def award(page: Page, market: Market, number: int) -> None:
    page.goto(f"/besoins/{market.need.slug}/issue")
    page.get_by_label("Attribué").check()
    page.get_by_label("Titulaire").select_option(label=market.structures[number].name)
    page.get_by_label(re.compile("Montant hors taxes")).fill("8 500")
    page.get_by_label(re.compile("Motif")).fill("Le prix")
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Enregistrer et prévenir").click()
    expect(page.get_by_text("L'issue est enregistrée")).to_be_visible()
    page.get_by_role("button", name="Suivre les heures d'insertion").click()
    expect(page.get_by_text("Vérifiez la durée")).to_be_visible()
    expect(page.get_by_text(market.structures[number].name).first).to_be_visible()


def correct(page: Page, market: Market) -> None:
    wrong, right, other = (one.name for one in market.structures)
    page.goto(f"/besoins/{market.need.slug}/issue")
    page.get_by_role("link", name=re.compile("Corriger")).click()
    expect(page.get_by_text("le contrat suit")).to_be_visible()
    page.get_by_label("Titulaire").select_option(label=right)
    page.get_by_label("Pourquoi corrigez-vous ?").fill(WHY)
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_text(f"Sur le contrat, {right} remplace {wrong}.")).to_be_visible()
    for name, heard, mail in (
        (wrong, "n'est pas retenue", "Courriel à 1 personne"),
        (right, "est retenue", "Courriel à 1 personne"),
        (other, "n'est pas retenue", "elle n'est pas prévenue"),
    ):
        section = page.locator("section", has=page.get_by_role("heading", name=name))
        expect(section).to_contain_text(heard)
        expect(section).to_contain_text(mail)
    page.get_by_role("button", name="Corriger et prévenir").click()
    expect(page.get_by_text("2 structures sont prévenues")).to_be_visible()


def journey(page: Page, session: Session) -> None:
    people.desk(session, "25056")
    market = market_of(session, structures=3)
    for number in range(3):
        send(market, price(8500 + number), number=number)
    close(session, market.need)
    sign_in(page, market.buyer.email)
    award(page, market, 0)
    correct(page, market)
    page.get_by_role("link", name="Suivre les heures").click()
    holder = page.get_by_role("row").filter(has_text="Titulaire")
    expect(holder).to_contain_text(market.structures[1].name)
    expect(page.get_by_text(f"Issue corrigée : {WHY}")).to_be_visible()
    sign_out(page)

    session.rollback()
    mails = session.query(OutgoingMail).filter_by(kind="answers/outcome_corrected")
    told = {mail.user_id: mail.context for mail in mails}
    assert {who: (one["outcome"], one["why"]) for who, one in told.items()} == {
        market.members[0].id: ("Votre structure n'est pas retenue.", WHY),
        market.members[1].id: ("Votre structure est retenue.", WHY),
    }
    for number, outcome in enumerate(("n'est pas retenue", "est retenue", "n'est pas retenue")):
        sign_in(page, market.members[number].email)
        page.goto(f"/besoins/{market.need.slug}/reponse/{market.structures[number].slug}")
        holder = "Votre structure" if outcome == "est retenue" else "Une autre entreprise"
        expect(page.get_by_role("row").filter(has_text=holder).first).to_be_visible()
        sign_out(page)


def test_a_wrong_award_is_put_right_and_its_contract_with_it(page: Page, session: Session) -> None:
    journey(page, session)


def test_the_same_without_javascript(plain_page: Page, session: Session) -> None:
    journey(plain_page, session)
