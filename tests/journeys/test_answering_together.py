"""A need of two lots that no structure covers alone is answered by a suggested group of three,
each agreeing; with JavaScript and without."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import User
from marketplace.answers.lifecycle import AnswerStatus
from marketplace.answers.tables import Answer
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.shortlisting import shortlist_need
from marketplace.matching.tables import Match
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Lot, LotSector, Need
from marketplace.structures.tables import Structure
from tests.factories import people
from tests.factories.market import CLEANING, GREEN_SPACES, offer, structure, submitted_need
from tests.journeys.signing_in import sign_in, sign_out
from tests.journeys.test_accessibility import violations
from tests.journeys.test_four_steps import PHONE, fits

NAMES = ("Les Haies de la Boucle", "Net et clair", "Les Mains vertes")


@dataclass
class Cast:
    need: Need
    structures: list[Structure]
    members: list[User]


@pytest.fixture
def plain_page(browser: Browser, site: str) -> Iterator[Page]:
    """A page of a browser that runs no JavaScript."""
    context = browser.new_context(base_url=site, locale="fr-FR", java_script_enabled=False)
    yield context.new_page()
    context.close()


def cast(session: Session) -> Cast:
    """Two do gardens and one cleans, each a lot of the two."""
    organisation = people.organisation(session)
    buyer = people.buyer(session, organisation.id)
    people.desk(session, "25056")
    structures = [structure(session, name) for name in NAMES]
    for one, sector in zip(structures, (GREEN_SPACES, CLEANING, GREEN_SPACES), strict=True):
        offer(session, one, sector)
    members = [people.structure_member(session, one) for one in structures]
    need = submitted_need(session, buyer.id, organisation.id, title="Entretien du stade")
    need.lots = [
        Lot(number=1, title="Tonte", sectors=[LotSector(sector_slug=GREEN_SPACES)]),
        Lot(number=2, title="Vestiaires", sectors=[LotSector(sector_slug=CLEANING)]),
    ]
    need.status, need.published_at = Status.PUBLISHED, clock.now()
    session.commit()
    shortlist_need(session, need.id, clock.now())
    session.commit()
    return Cast(need, structures, members)


def looks_right(page: Page, runs_scripts: bool) -> bool:
    """It fits a phone, and axe, which is a script itself, finds nothing."""
    size = page.viewport_size
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    is_right = fits(page) and not (runs_scripts and violations(page))
    if size is not None:
        page.set_viewport_size(size)
    return is_right


def form_the_group(page: Page, slug: str, runs_scripts: bool) -> None:
    page.goto(f"/besoins/{slug}")
    page.get_by_role("link", name="Répondre à plusieurs").click()
    suggested = page.get_by_role("region", name="Groupe de 2 structures").first
    expect(suggested).to_contain_text("Tonte")
    expect(suggested).to_contain_text("Net et clair")
    assert looks_right(page, runs_scripts)
    suggested.get_by_role("link", name="Former ce groupe").click()
    expect(page.get_by_label(re.compile("Net et clair"))).to_be_checked()
    page.get_by_label(re.compile("Les Mains vertes")).check()
    page.get_by_label(re.compile("Conjoint avec mandataire solidaire")).check()
    assert looks_right(page, runs_scripts)
    page.get_by_role("button", name="Inviter ces structures").click()
    expect(page.get_by_text("Le groupement est ouvert")).to_be_visible()


def share(page: Page, runs_scripts: bool) -> None:
    page.get_by_role("link", name="Fixer la forme et les parts").click()
    page.get_by_label("En pourcentage du tout").check()
    for name, percent in zip(NAMES, ("40", "33,33", "26,67"), strict=True):
        page.get_by_label(name, exact=True).fill(percent)
    assert looks_right(page, runs_scripts)
    if not runs_scripts:  # a browser's console complains of the refusal itself
        page.get_by_label(NAMES[2], exact=True).fill("26,66")
        page.get_by_role("button", name="Enregistrer").click()
        expect(page.get_by_text("Les parts font 99,99").first).to_be_visible()
        page.get_by_label(NAMES[2], exact=True).fill("26,67")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("La forme et les parts sont enregistrées")).to_be_visible()


def write(page: Page, runs_scripts: bool) -> None:
    page.get_by_role("link", name="Rédiger la réponse commune").click()
    prices = page.get_by_label(re.compile("Prix hors taxes")).all()
    for field, price in zip(prices, ("9 500", "4 000"), strict=True):
        field.fill(price)
    page.get_by_label(re.compile("Votre message")).fill("Nous nous partageons le stade.")
    assert looks_right(page, runs_scripts)
    page.get_by_role("button", name="Enregistrer et demander l'accord").click()
    expect(page.get_by_text("La réponse commune est enregistrée")).to_be_visible()
    expect(page.get_by_role("button", name="Envoyer la réponse commune")).to_have_count(0)


def agree(page: Page, number: int) -> None:
    page.get_by_label("Votre message").fill(f"D'accord, membre {number}")
    page.get_by_role("button", name="Envoyer le message").click()
    expect(page.get_by_text(f"D'accord, membre {number}")).to_be_visible()
    page.get_by_role("button", name="Donner notre accord").click()
    expect(page.get_by_text("Votre accord est noté")).to_be_visible()


def journey(page: Page, session: Session, runs_scripts: bool) -> None:
    here = cast(session)
    sign_in(page, here.members[0].email)
    form_the_group(page, here.need.slug, runs_scripts)
    address = page.url
    share(page, runs_scripts)
    write(page, runs_scripts)
    sign_out(page)
    for number in (1, 2):
        sign_in(page, here.members[number].email)
        page.goto(address)
        assert looks_right(page, runs_scripts)
        page.get_by_role("button", name="Rejoindre le groupement").click()
        expect(page.get_by_text("Vous faites partie du groupement")).to_be_visible()
        sign_out(page)
    for number in (1, 2):
        sign_in(page, here.members[number].email)
        page.goto(address)
        agree(page, number)
        sign_out(page)
    session.rollback()
    assert session.scalars(select(Answer)).all() == []  # nothing was sent, whatever was looked at

    sign_in(page, here.members[0].email)
    page.goto(address)
    page.get_by_role("button", name="Envoyer la réponse commune").click()
    expect(page.get_by_text("La réponse commune est envoyée").first).to_be_visible()
    assert looks_right(page, runs_scripts)
    session.rollback()
    answer = session.scalars(select(Answer)).one()
    assert (answer.status, answer.structure_id) == (AnswerStatus.SENT, here.structures[0].id)
    assert answer.consortium_id is not None
    matched = session.scalars(select(Match.status).where(Match.need_id == here.need.id))
    assert set(matched) == {MatchStatus.INTERESTED}


def test_a_suggested_group_of_three_answers_a_need_of_two_lots(
    page: Page, session: Session
) -> None:
    journey(page, session, runs_scripts=True)


def test_the_same_without_javascript(plain_page: Page, session: Session) -> None:
    journey(plain_page, session, runs_scripts=False)
