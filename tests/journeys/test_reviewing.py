"""A need on the desk: sent back field by field, corrected, adjusted, approved, then ranked."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import User
from marketplace.moderation import desks
from marketplace.needs.posting import LotDraft
from marketplace.needs.tables import Need
from tests.browsing import mailed
from tests.factories import people
from tests.factories.market import (
    BESANCON,
    CLEANING,
    GREEN_SPACES,
    offer,
    structure,
    submitted_need,
)
from tests.journeys.seeing import WIDTHS, too_wide, violations
from tests.journeys.signing_in import sign_in, sign_out

TITLE = "Espaces verts et ménage"


class World:
    """A two-lot need on a desk, its buyer, the two facilitators of the desk and two structures."""

    def __init__(self, session: Session) -> None:
        offer(session, structure(session, "Les Haies de la Boucle"), GREEN_SPACES)
        offer(session, structure(session, "La Brosse comtoise"), CLEANING)
        organisation = people.organisation(session, "Ville de Besançon")
        self.buyer = people.buyer(session, organisation.id)
        desk = people.desk(session, BESANCON)
        self.facilitator = people.facilitator(session, desk)
        self.colleague = people.facilitator(session, desk)
        self.colleague.full_name = "Dominique Bernard"
        lots = (LotDraft("Tonte", sectors=(GREEN_SPACES,)), LotDraft("Ménage", sectors=(CLEANING,)))
        said = {"title": TITLE, "sectors": (), "lots": lots}
        self.need: Need = submitted_need(session, self.buyer.id, organisation.id, **said)
        desks.receive_need(session, self.need, clock.now())
        session.commit()


@pytest.fixture
def world(session: Session) -> World:
    return World(session)


@pytest.fixture
def bare_page(browser: Browser, site: str) -> Iterator[Page]:
    """A browser that runs no script."""
    context = browser.new_context(base_url=site, locale="fr-FR", java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_a_need_goes_back_field_by_field_and_is_published_with_two_ranked_lists(
    page: Page, world: World, session: Session
) -> None:
    review_and_publish(page, world, session)


def test_the_same_without_javascript(bare_page: Page, world: World, session: Session) -> None:
    review_and_publish(bare_page, world, session)


def review_and_publish(page: Page, world: World, session: Session) -> None:
    sign_in(page, world.facilitator.email)
    page.goto("/guichet/")
    line = page.get_by_role("row").filter(has_text=TITLE)
    line.get_by_role("button", name="Prendre").click()
    expect(page.get_by_text(f"Vous vous occupez de « {TITLE} »")).to_be_visible()
    expect(page.get_by_role("heading", name="Pour le lot 1 · Tonte")).to_be_visible()
    expect(page.get_by_role("link", name="Les Haies de la Boucle").first).to_be_visible()
    page.get_by_label("Demander une modification").check()
    page.get_by_text("Champs à modifier").click()
    page.get_by_label("Description", exact=True).check()
    page.get_by_label("Description : ce qui est à changer").fill("Donnez les surfaces.")
    page.get_by_label("Lieu", exact=True).last.check()
    page.get_by_label("Lieu : ce qui est à changer").fill("Toute l'agglomération ?")
    page.get_by_role("button", name="Enregistrer la décision").click()
    expect(page.get_by_text("Décision enregistrée : demander une modification")).to_be_visible()
    sign_out(page)

    sign_in(page, world.buyer.email)
    page.goto(mailed(session, "moderation/need_sent_back", world.buyer.email))
    expect(page.get_by_text("Ce que le facilitateur demande")).to_be_visible()
    expect(page.get_by_text("Donnez les surfaces.")).to_be_visible()
    page.get_by_label(re.compile("^Description")).fill(
        "Quatre hectares de pelouses et 1 200 m² de locaux, chaque semaine, toute l'année scolaire."
    )
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("link", name="Continuer").click()
    expect(page.get_by_text("Toute l'agglomération ?")).to_be_visible()
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Continuer").click()
    page.get_by_role("button", name="Renvoyer au facilitateur").click()
    sign_out(page)

    sign_in(page, world.facilitator.email)
    page.goto(f"/guichet/besoins/{world.need.slug}")
    expect(page.get_by_text("Quatre hectares de pelouses").first).to_be_visible()
    expect(page.get_by_text("Description : Donnez les surfaces.").first).to_be_visible()
    page.get_by_label("Valider et publier").check()
    page.get_by_role("button", name="Enregistrer la décision").click()
    expect(page.get_by_text("Décision enregistrée : valider et publier")).to_be_visible()
    sign_out(page)

    sign_in(page, world.buyer.email)
    page.goto(mailed(session, "moderation/need_published", world.buyer.email))
    see_ranked(page, 1, "Les Haies de la Boucle")
    see_ranked(page, 2, "La Brosse comtoise")


def see_ranked(page: Page, lot: int, name: str) -> None:
    """The ranking takes a moment: without JavaScript, its reader reloads."""
    address = page.url.split("?")[0].split("#")[0]
    for _ in range(60):
        page.goto(f"{address}?lot={lot}")
        if page.get_by_role("heading", name="Structures classées pour vous").count():
            break
        page.wait_for_timeout(500)
    expect(page.get_by_role("article").filter(has_text=name)).to_be_visible()


def test_the_slower_of_two_facilitators_is_told_who_decided_and_when(
    browser: Browser, site: str, page: Page, world: World
) -> None:
    context = browser.new_context(base_url=site, locale="fr-FR")
    other = context.new_page()
    for one, who in ((page, world.facilitator), (other, world.colleague)):
        open_review(one, who, world.need)
    decide(other)
    expect(other.get_by_text("Décision enregistrée")).to_be_visible()
    decide(page)
    expect(page.get_by_text("validé et publié par Dominique Bernard, le")).to_be_visible()
    context.close()


def test_axe_finds_nothing_on_the_review_with_everything_open_and_wrong(
    browser: Browser, site: str, world: World
) -> None:
    context = browser.new_context(base_url=site, locale="fr-FR")
    page = context.new_page()
    open_review(page, world.facilitator, world.need)
    page.get_by_label("Ne pas publier sur Tandem").check()
    page.get_by_role("button", name="Enregistrer la décision").click()
    expect(page.get_by_role("heading", name="erreurs dans le formulaire")).to_be_visible()
    wrong = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        wrong += violations(page)
        if too_wide(page):
            wrong.append(f"wider than {width} px")
    context.close()
    assert wrong == []


def open_review(page: Page, who: User, need: Need) -> None:
    sign_in(page, who.email)
    page.goto(f"/guichet/besoins/{need.slug}")


def decide(page: Page) -> None:
    page.get_by_label("Valider et publier").check()
    page.get_by_role("button", name="Enregistrer la décision").click()


def test_the_effect_of_another_targeting_is_seen_before_it_is_applied(
    page: Page, session: Session
) -> None:
    offer(session, structure(session, "La Brosse comtoise"), CLEANING)
    organisation = people.organisation(session)
    buyer = people.buyer(session, organisation.id)
    need = submitted_need(session, buyer.id, organisation.id)
    facilitator = people.facilitator(session, people.desk(session, BESANCON))
    desks.receive_need(session, need, clock.now())
    session.commit()
    open_review(page, facilitator, need)
    found = page.get_by_role("status").filter(has_text="répondre")
    expect(found).to_contain_text("0 structure")
    page.get_by_text("Ajuster qui peut répondre").click()
    page.get_by_text("Nettoyage et propreté").or_(page.get_by_text("Propreté")).first.click()
    page.get_by_label("Nettoyage de locaux").check()
    expect(found).to_contain_text("1 structure")
    page.get_by_role("button", name="Appliquer au besoin").click()
    expect(page.get_by_text("Ciblage ajusté. L'acheteur l'apprendra")).to_be_visible()
    expect(page.get_by_role("article").filter(has_text="La Brosse comtoise")).to_be_visible()
    expect(page.get_by_text("Ciblage ajusté, lu par l'acheteur")).to_be_visible()
