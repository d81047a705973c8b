"""A person asks to speak for a structure that somebody holds already, and is let in."""

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.db import transaction
from marketplace.matching.shortlisting import shortlist_need
from marketplace.needs.lifecycle import Status
from tests.browsing import mailed
from tests.factories import people
from tests.factories.market import offer, structure, submitted_need
from tests.journeys.signing_in import sign_in, sign_out

SIRET = "73282932000074"
MESSAGE = "Directrice adjointe, chargée des relations commerciales."


def test_a_manager_accepts_who_claims_its_structure_and_its_suggestions_open(
    page: Page, session: Session
) -> None:
    garden = structure(session, "Les Haies de la Boucle")
    garden.siret = SIRET
    offer(session, garden, title="Tonte et taille de haies")
    manager = people.structure_manager(session, garden, name="Marc Gérant")
    newcomer = people.user(session, "Nina Nouvelle")
    town = people.organisation(session, "Ville de Besançon")
    need = submitted_need(session, people.buyer(session, town.id).id, town.id)
    need.status, need.published_at = Status.PUBLISHED, clock.now()
    session.commit()
    with transaction() as writing:
        shortlist_need(writing, need.id, clock.now())

    sign_in(page, newcomer.email)
    page.get_by_role("link", name="Gérer ma structure").click()
    page.get_by_label("SIRET").fill("732 829 320 00074")
    page.get_by_role("button", name="Chercher").click()
    expect(page.get_by_role("heading", name="Les Haies de la Boucle")).to_be_visible()
    page.get_by_role("link", name="C'est ma structure").click()
    page.get_by_label("Qui êtes-vous dans cette structure").fill(MESSAGE)
    page.get_by_role("button", name="Envoyer ma demande").click()
    expect(page.get_by_text("Votre demande est partie à ses responsables")).to_be_visible()
    waiting = page.get_by_role("table", name="Vos demandes en attente")
    expect(waiting).to_contain_text("Les Haies de la Boucle")
    expect(page.get_by_role("link", name="Besoins pour vous")).to_have_count(0)
    sign_out(page)

    page.goto(mailed(session, "structures/claim_to_decide", manager.email))
    page.get_by_label("Adresse électronique").fill(manager.email)
    page.get_by_label("Mot de passe", exact=True).fill(people.PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    asked = page.get_by_role("heading", name="Nina Nouvelle demande à rejoindre")
    expect(asked).to_be_visible()
    expect(page.get_by_text(newcomer.email)).to_be_visible()
    expect(page.get_by_text(MESSAGE)).to_be_visible()
    page.get_by_label("Accepter").check()
    page.get_by_role("button", name="Envoyer la réponse").click()
    expect(page.get_by_text("Votre réponse est enregistrée")).to_be_visible()
    expect(page.get_by_role("table", name="Personnes")).to_contain_text("Nina Nouvelle")
    expect(page.get_by_role("table", name="Demandes à examiner")).to_have_count(0)
    sign_out(page)

    sign_in(page, newcomer.email)
    main = page.get_by_role("main")
    expect(main.get_by_role("link", name="Les Haies de la Boucle", exact=True)).to_be_visible()
    suggested = page.get_by_role("article").filter(has_text="Entretien des espaces verts")
    expect(suggested).to_contain_text("Ville de Besançon")
    page.get_by_role("link", name="Tout voir").click()
    expect(page.get_by_role("heading", name="Besoins pour vous", level=1)).to_be_visible()
    expect(suggested).to_contain_text("création et entretien des espaces verts")

    page.goto(mailed(session, "structures/claim_accepted", newcomer.email))
    own = page.get_by_role("row").filter(has_text="Nina Nouvelle (vous)")
    expect(own).to_contain_text("Membre")
