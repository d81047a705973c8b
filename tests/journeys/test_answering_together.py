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
from marketplace.needs.tables import Lot, LotSector, LotZone, Need, PlaceType
from marketplace.offers.tables import CoverageType, OfferZone
from marketplace.structures.tables import Structure
from tests.factories import people
from tests.factories.documents import PDF
from tests.factories.market import (
    BESANCON,
    CLEANING,
    DOLE,
    GREEN_SPACES,
    offer,
    structure,
    submitted_need,
)
from tests.journeys.seeing import violations
from tests.journeys.signing_in import sign_in, sign_out
from tests.journeys.test_four_steps import PHONE, fits

NAMES = ("Jardins du Doubs", "Jardins du Jura", "Net et clair")


@dataclass
class Cast:
    need: Need
    buyer: User
    structures: list[Structure]
    members: list[User]


@pytest.fixture
def plain_page(browser: Browser, site: str) -> Iterator[Page]:
    """A page of a browser that runs no JavaScript."""
    context = browser.new_context(base_url=site, locale="fr-FR", java_script_enabled=False)
    yield context.new_page()
    context.close()


def cast(session: Session) -> Cast:
    """The green spaces lie in two departments, where two structures work; a third one cleans."""
    organisation = people.organisation(session)
    buyer = people.buyer(session, organisation.id)
    people.desk(session, "25056")
    seats, sectors = (BESANCON, DOLE, BESANCON), (GREEN_SPACES, GREEN_SPACES, CLEANING)
    structures = [structure(session, *one) for one in zip(NAMES, seats, strict=True)]
    for one, sector in zip(structures, sectors, strict=True):
        sold = offer(session, one, sector)
        sold.coverage_type, sold.radius_km = CoverageType.ZONES, None
        sold.zones = [OfferZone(territory_code=one.department_code)]
    members = [people.structure_member(session, one) for one in structures]
    need = submitted_need(session, buyer.id, organisation.id, title="Entretien des stades")
    need.lots = [
        Lot(
            number=1,
            title="Tonte",
            sectors=[LotSector(sector_slug=GREEN_SPACES)],
            place_type=PlaceType.ZONES,
            zones=[LotZone(territory_code="25"), LotZone(territory_code="39")],
        ),
        Lot(number=2, title="Vestiaires", sectors=[LotSector(sector_slug=CLEANING)]),
    ]
    need.status, need.published_at = Status.PUBLISHED, clock.now()
    session.commit()
    shortlist_need(session, need.id, clock.now())
    session.commit()
    return Cast(need, buyer, structures, members)


def looks_right(page: Page, runs_scripts: bool) -> bool:
    """It fits a phone, and axe, which is a script itself, finds nothing."""
    size = page.viewport_size
    page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
    is_right = fits(page) and not (runs_scripts and violations(page))
    if size is not None:
        page.set_viewport_size(size)
    return is_right


def form_the_group(page: Page, slug: str, runs_scripts: bool) -> None:
    """In one click, from what is suggested."""
    page.goto(f"/besoins/{slug}")
    page.get_by_role("link", name="Répondre à plusieurs").click()
    suggested = page.get_by_role("region", name="Groupe de 3 structures")
    for name, takes in zip(NAMES, ("Doubs", "Jura", "Vestiaires"), strict=True):
        row = suggested.get_by_role("row").filter(has_text=name)
        expect(row).to_contain_text(takes)
    assert looks_right(page, runs_scripts)
    suggested.get_by_role("link", name="Choisir autrement").click()
    for name in NAMES[1:]:
        expect(page.get_by_label(re.compile(name))).to_be_checked()
    assert looks_right(page, runs_scripts)
    page.go_back()
    suggested.get_by_role("button", name="Former ce groupe").click()
    expect(page.get_by_text("Le groupement est ouvert")).to_be_visible()


def share(page: Page, runs_scripts: bool) -> None:
    """The lot of two departments, shared otherwise than was proposed."""
    page.get_by_role("link", name="Fixer la forme et les parts").click()
    expect(page.get_by_label("Lot 1")).to_have_value("shared")
    mine, theirs = (page.get_by_label(f"Part de {name} dans ce lot").first for name in NAMES[:2])
    expect(mine).to_have_value("50")
    mine.fill("60")
    assert looks_right(page, runs_scripts)
    if not runs_scripts:  # a browser's console complains of the refusal itself
        theirs.fill("39,99")
        page.get_by_role("button", name="Enregistrer").click()
        expect(page.get_by_text("Ses parts font 99,99").first).to_be_visible()
    theirs.fill("40")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("La forme et les parts sont enregistrées")).to_be_visible()


def write(page: Page, runs_scripts: bool) -> None:
    page.get_by_role("link", name="Rédiger la réponse commune").click()
    prices = page.get_by_label(re.compile("Prix hors taxes")).all()
    for field, price in zip(prices, ("9 500", "4 000"), strict=True):
        field.fill(price)
    page.get_by_label(re.compile("Votre message")).fill("Nous nous partageons les stades.")
    assert looks_right(page, runs_scripts)
    page.get_by_role("button", name="Enregistrer et demander l'accord").click()
    expect(page.get_by_text("La réponse commune est enregistrée")).to_be_visible()
    expect(page.get_by_role("button", name="Envoyer la réponse commune")).to_have_count(0)


def join_a_file(page: Page, number: int) -> None:
    page.get_by_role("link", name="Nos fichiers").click()
    name = f"references-{number}.pdf"
    page.locator("input[type=file]").set_input_files(
        {"name": name, "mimeType": "application/pdf", "buffer": PDF}
    )
    page.get_by_role("button", name="Joindre", exact=True).click()
    expect(page.get_by_text("Votre fichier est joint")).to_be_visible()
    page.get_by_role("link", name="Revenir au groupement").first.click()
    expect(page.get_by_role("link", name=name)).to_be_visible()


def agree(page: Page, number: int) -> None:
    page.get_by_label("Votre message").fill(f"D'accord, membre {number}")
    page.get_by_role("button", name="Envoyer le message").click()
    expect(page.get_by_text(f"D'accord, membre {number}")).to_be_visible()
    page.get_by_role("button", name="Donner notre accord").click()
    expect(page.get_by_text("Votre accord est noté")).to_be_visible()


def read_by_the_buyer(page: Page, here: Cast, runs_scripts: bool) -> None:
    page.goto(f"/besoins/{here.need.slug}/reponses")
    page.get_by_role("link", name=NAMES[0], exact=True).click()
    expect(page.get_by_text("Mandataire d'un groupement")).to_be_visible()
    expect(page.get_by_text("Nous nous partageons les stades.")).to_be_visible()
    for number in (1, 2):
        expect(page.get_by_role("heading", name=f"Fichiers de {NAMES[number]}")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name=f"references-{number}.pdf").click()
        assert download.value.path().read_bytes() == PDF
    assert looks_right(page, runs_scripts)


def journey(page: Page, session: Session, runs_scripts: bool) -> None:
    here = cast(session)
    sign_in(page, here.members[0].email)
    form_the_group(page, here.need.slug, runs_scripts)
    address = page.url
    share(page, runs_scripts)
    write(page, runs_scripts)
    sign_out(page)
    sign_in(page, here.buyer.email)
    page.goto(f"/besoins/{here.need.slug}/groupements")
    expect(page.get_by_text("Un groupement de 3 structures")).to_be_visible()
    expect(page.get_by_text("En formation")).to_be_visible()
    assert looks_right(page, runs_scripts)
    sign_out(page)
    for number in (1, 2):
        sign_in(page, here.members[number].email)
        page.goto("/tableau-de-bord")
        invitations = page.get_by_role("heading", name="Invitations à répondre à plusieurs")
        expect(invitations).to_be_visible()
        assert looks_right(page, runs_scripts)
        page.get_by_role("link", name=f"Groupement de {NAMES[0]}").click()
        assert page.url == address
        assert looks_right(page, runs_scripts)
        page.get_by_role("button", name="Rejoindre le groupement").click()
        expect(page.get_by_text("Vous faites partie du groupement")).to_be_visible()
        join_a_file(page, number)
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
    sign_out(page)
    sign_in(page, here.buyer.email)
    read_by_the_buyer(page, here, runs_scripts)


def test_a_suggested_group_of_three_answers_a_need_of_two_lots(
    page: Page, session: Session
) -> None:
    journey(page, session, runs_scripts=True)


def test_the_same_without_javascript(plain_page: Page, session: Session) -> None:
    journey(plain_page, session, runs_scripts=False)
