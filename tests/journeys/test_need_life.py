"""A published need is amended, put off, closed, opened again and copied, in a real browser."""

import re
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.mail import MailState, OutgoingMail
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.moving import match_for_update, move_match
from marketplace.matching.shortlisting import shortlist_need
from marketplace.moderation.desks import receive_need
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need
from tests.factories import people
from tests.factories.market import BESANCON, offer, structure, submitted_need
from tests.journeys.signing_in import sign_in

SOON = clock.today() + timedelta(days=40)
LATER = clock.today() + timedelta(days=70)


@pytest.fixture
def need(session: Session) -> Need:
    """Published, and known to the one person of « Les Haies »."""
    hedges = structure(session, "Les Haies")
    offer(session, hedges)
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    people.structure_member(session, hedges)
    need = submitted_need(session, buyer.id, town.id)
    need.status, need.published_at = Status.PUBLISHED, clock.now()
    session.commit()
    shortlist_need(session, need.id, clock.now())
    match = match_for_update(session, need.id, hedges.id)
    assert match is not None
    move_match(session, match, MatchStatus.NOTIFIED, None, clock.now())
    session.commit()
    return need


@pytest.fixture
def plain_page(browser: Browser, site: str) -> Page:
    """A page of a browser that runs no script."""
    context: BrowserContext = browser.new_context(
        base_url=site, locale="fr-FR", java_script_enabled=False
    )
    return context.new_page()


def typed(day: date) -> str:
    return day.strftime("%d/%m/%Y")


def live(page: Page, need: Need) -> None:
    """From an amendment to a copy, as the buyer does it."""
    sign_in(page, need.author.email)
    page.goto(f"/besoins/{need.slug}")
    page.get_by_role("link", name="Modifier", exact=True).click()
    page.get_by_role("link", name="Modifier").first.click()
    page.get_by_label("Titre").fill("Tonte et taille de haies")
    page.get_by_role("button", name="Voir ce qui change").click()
    expect(page.get_by_text("Tonte et taille de haies")).to_be_visible()
    page.get_by_role("button", name="Confirmer et prévenir").click()
    expect(page.get_by_text("La structure qui le connaissait est prévenue")).to_be_visible()
    changed = page.get_by_role("region", name="Ce qui a changé depuis la publication")
    expect(changed).to_contain_text("Tonte et taille de haies")

    page.get_by_role("link", name="Prolonger").click()
    page.get_by_label("Nouvelle date limite").fill(typed(SOON))
    page.get_by_role("button", name="Repousser la date limite").click()
    expect(page.get_by_text("La date limite est repoussée")).to_be_visible()

    page.get_by_role("link", name="Clore avant la date").click()
    page.get_by_label("Pourquoi ?").fill("Assez de réponses")
    page.get_by_role("button", name="Clore ce besoin").click()
    expect(page.get_by_text("Votre besoin est clos")).to_be_visible()

    page.get_by_role("link", name="Rouvrir").click()
    page.get_by_label("Nouvelle date limite").fill(typed(LATER))
    page.get_by_role("button", name="Rouvrir ce besoin").click()
    expect(page.get_by_text("Votre besoin est rouvert")).to_be_visible()

    page.get_by_role("link", name="Dupliquer").click()
    page.get_by_role("button", name="Dupliquer ce besoin").click()
    expect(page.get_by_text("Voici une copie en brouillon")).to_be_visible()
    page.goto("/mes-besoins?etat=brouillons")
    expect(page.get_by_role("article")).to_have_count(1)
    expect(page.get_by_role("article")).to_contain_text("Tonte et taille de haies")


def kept(session: Session) -> list[str]:
    """The kinds of the mails about the need that the worker has done with, in order."""
    session.rollback()
    about = OutgoingMail.kind.in_(("needs/amended", "needs/closed", "needs/reopened"))
    done = OutgoingMail.state == MailState.KEPT
    return list(
        session.scalars(select(OutgoingMail.kind).where(about, done).order_by(OutgoingMail.id))
    )


def test_what_a_buyer_changes_reaches_those_who_know_the_need(
    page: Page, session: Session, need: Need
) -> None:
    live(page, need)
    told = ["needs/amended", "needs/amended", "needs/closed", "needs/reopened"]
    for _ in range(100):
        if len(kept(session)) == len(told):
            break
        page.wait_for_timeout(200)
    assert kept(session) == told
    page.goto(f"/besoins/{need.slug}/compte-rendu")
    line = page.get_by_role("row").filter(has_text="Les Haies")
    expect(line).to_contain_text(re.compile("Prévenue d'une modification.*", re.DOTALL))


def test_a_need_lives_as_well_without_javascript(plain_page: Page, need: Need) -> None:
    live(plain_page, need)


def test_a_mistake_seen_once_sent_is_corrected_before_the_desk_decides(
    session: Session, page: Page
) -> None:
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    facilitator = people.facilitator(session, people.desk(session, BESANCON))
    waiting = submitted_need(session, buyer.id, town.id)
    receive_need(session, waiting, clock.now())
    session.commit()
    sign_in(page, buyer.email)
    page.goto(f"/besoins/{waiting.slug}")
    page.get_by_role("link", name="Corriger", exact=True).click()
    page.get_by_role("link", name="Modifier").first.click()
    page.get_by_label("Titre").fill("Tonte du stade")
    page.get_by_role("button", name="Voir ce qui change").click()
    page.get_by_role("button", name="Confirmer", exact=True).click()
    expect(page.get_by_text("Le guichet le relit tel qu'il est maintenant")).to_be_visible()
    page.context.clear_cookies()
    sign_in(page, facilitator.email)
    page.goto(f"/guichet/besoins/{waiting.slug}")
    expect(page.locator("ins", has_text="Tonte du stade")).to_be_visible()
    page.get_by_label("Valider et publier").check()
    page.get_by_role("button", name="Enregistrer la décision").click()
    expect(page.get_by_text("L'acheteur est prévenu")).to_be_visible()
