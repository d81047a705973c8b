"""A person claims a structure, publishes an offer, its desk approves it, and the needs come."""

import re

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.needs.lifecycle import Status
from tests.browsing import mailed
from tests.factories import people
from tests.factories.market import BESANCON, DOLE, structure, submitted_need
from tests.journeys.seeing import too_wide, violations
from tests.journeys.signing_in import sign_in, sign_out

SIRET = "73282932000074"


def test_a_member_claims_a_structure_publishes_an_offer_and_sees_the_needs_it_matches(
    page: Page, session: Session
) -> None:
    garden = structure(session, "Les Haies de la Boucle")
    garden.siret, garden.website, garden.city = SIRET, "https://www.haies-boucle.fr", "Besançon"
    person = people.user(session, "Nina Nouvelle", email="nina@haies-boucle.fr")
    facilitator = people.facilitator(session, people.desk(session, "25"))
    town = people.organisation(session, "Ville de Besançon")
    buyer = people.buyer(session, town.id)
    for title, commune in (("Tonte des pelouses", BESANCON), ("Taille des haies", DOLE)):
        need = submitted_need(session, buyer.id, town.id, title=title, commune_code=commune)
        need.status, need.published_at = Status.PUBLISHED, clock.now()
    session.commit()

    sign_in(page, person.email)
    _claim(page)
    _write(page)
    page.get_by_role("button", name="Envoyer au facilitateur").click()
    expect(page.get_by_role("heading", name="Votre offre est envoyée")).to_be_visible()
    expect(page.get_by_text("2 besoins ouverts")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("link", name="Voir vos offres").click()
    expect(page.get_by_role("article")).to_contain_text("En relecture")
    assert violations(page) == []
    sign_out(page)

    sign_in(page, facilitator.email)
    _approve(page)
    sign_out(page)

    sign_in(page, person.email)
    page.goto(mailed(session, "moderation/offer_approved", person.email))
    expect(page.get_by_text("Validée par le guichet")).to_be_visible()
    assert violations(page) == []
    for _ in range(30):
        page.goto("/besoins-pour-vous")
        if page.get_by_role("article").count() == 2:
            break
        page.wait_for_timeout(500)
    expect(page.get_by_role("article").filter(has_text="Taille des haies")).to_be_visible()

    page.goto(f"/structures/{garden.slug}/offres")
    page.get_by_role("button", name="Toujours valable").click()
    expect(page.get_by_text("votre offre est confirmée")).to_be_visible()


def _claim(page: Page) -> None:
    page.get_by_role("link", name="Gérer ma structure").click()
    page.get_by_label("SIRET").fill(SIRET)
    page.get_by_role("button", name="Chercher").click()
    page.get_by_role("link", name="C'est ma structure").click()
    page.get_by_role("button", name="Envoyer ma demande").click()
    expect(page.get_by_text("Vous en êtes responsable")).to_be_visible()


def _write(page: Page) -> None:
    page.get_by_role("link", name="Tableau de bord").first.click()
    page.get_by_role("link", name="Offres de Les Haies de la Boucle").click()
    page.get_by_role("link", name="Écrire votre première offre").click()
    expect(page).to_have_title(re.compile("Nouvelle offre"))
    page.wait_for_load_state()  # what is typed before the scripts run is not followed
    page.get_by_label("Titre").fill("Entretien des espaces verts")
    beside = page.locator("#correspond")
    proposed = page.get_by_role("group", name="D'après vos mots")
    proposed.get_by_label("Création et entretien des espaces verts").check()
    page.get_by_label("Prestation de service").check()
    page.get_by_label("Jusqu'à").fill("30")
    expect(beside).to_contain_text("1 besoin ouvert")
    expect(beside).to_contain_text("Tonte des pelouses")
    expect(beside).to_contain_text("Jusqu'à 45\u00a0km\u00a0: un besoin de plus")
    page.get_by_label("Jusqu'à").fill("45")
    expect(beside).to_contain_text("2 besoins ouverts")
    page.get_by_label("Réemploi").check()
    assert not too_wide(page)
    assert violations(page) == []


def _approve(page: Page) -> None:
    page.get_by_role("link", name="Ouvrir la file").click()
    page.get_by_role("link", name="Entretien des espaces verts", exact=True).click()
    expect(page.get_by_text("Première offre de cette structure")).to_be_visible()
    assert violations(page) == []
    page.get_by_label("Valider et publier").check()
    page.get_by_role("button", name="Enregistrer la décision").click()
    decided = page.get_by_role("table", name="Dernières décisions")
    expect(decided).to_contain_text("Offre validée")


def test_a_member_completes_its_profile_and_says_until_when_it_is_full(
    page: Page, session: Session
) -> None:
    garden = structure(session, "Les Haies de la Boucle")
    member = people.structure_member(session, garden)
    session.commit()
    sign_in(page, member.email)
    page.goto(f"/structures/{garden.slug}/profil")
    expect(page.get_by_role("heading", name="1 détail utile sur 10")).to_be_visible()
    assert violations(page) == []
    for path in ("identite", "lieux", "autres-lieux", "equipe-et-chiffres", "reconnaissances"):
        page.goto(f"/structures/{garden.slug}/profil/{path}")
        assert not too_wide(page)
        assert violations(page) == []

    page.goto(f"/structures/{garden.slug}/profil/identite")
    page.get_by_label("Présentation").fill("Nous taillons les haies depuis 1998.")
    page.get_by_label("Site internet").fill("haies-boucle.fr")
    page.get_by_role("button", name="Enregistrer").click()
    changes = page.get_by_role("table", name="Modifications de la fiche")
    expect(changes).to_contain_text("https://haies-boucle.fr")
    expect(page.get_by_role("heading", name="2 détails utiles sur 10")).to_be_visible()

    page.goto(f"/structures/{garden.slug}/profil/absence")
    page.get_by_label("Complet jusqu'au").fill(f"15/01/{clock.today().year + 1}")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("un peu plus bas").first).to_be_visible()
