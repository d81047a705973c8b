"""In a real browser: a published lot is changed, one is added and one ends; a desk retargets a
lot; a buyer looks for CPV codes. With and without JavaScript."""

import re
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.answers.answering import PartSaid, Said, send_answer
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.moving import match_for_update, move_match
from marketplace.matching.shortlisting import shortlist_need
from marketplace.moderation import desks
from marketplace.needs.lifecycle import Status
from marketplace.needs.posting import LotDraft
from marketplace.needs.tables import Need, NeedKind
from marketplace.structures.tables import Structure
from tests.factories import people
from tests.factories.market import (
    BESANCON,
    CLEANING,
    GREEN_SPACES,
    MARSEILLE,
    offer,
    structure,
    submitted_need,
)
from tests.journeys.signing_in import sign_in, sign_out

LOTS = (
    LotDraft("Tonte des stades", sectors=(GREEN_SPACES,)),
    LotDraft("Nettoyage des vestiaires", sectors=(CLEANING,)),
)
MEMBER = "membre@les-haies.invalid"


@pytest.fixture
def need(session: Session) -> Need:
    """Published in two lots; « Les Haies » was told of it and answered the first."""
    hedges = structure(session, "Les Haies")
    offer(session, hedges)
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    member = people.structure_member(session, hedges)
    member.email = MEMBER
    cut = submitted_need(session, buyer.id, town.id, kind=NeedKind.QUOTE, sectors=(), lots=LOTS)
    cut.status, cut.published_at = Status.PUBLISHED, clock.now()
    session.commit()
    now = clock.now()
    shortlist_need(session, cut.id, now)
    match = match_for_update(session, cut.id, hedges.id)
    assert match is not None
    move_match(session, match, MatchStatus.NOTIFIED, None, now)
    said = Said("Nous venons lundi", [PartSaid(cut.lots[0].id, Decimal(900), Decimal(900))])
    send_answer(session, cut.id, hedges.id, member.id, said, 0, now)
    session.commit()
    return cut


@pytest.fixture
def plain_page(browser: Browser, site: str) -> Page:
    context: BrowserContext = browser.new_context(
        base_url=site, locale="fr-FR", java_script_enabled=False
    )
    return context.new_page()


def test_a_buyer_changes_adds_and_ends_lots_and_who_answered_follows(
    page: Page, session: Session, need: Need
) -> None:
    hedges = session.scalars(select(Structure.slug)).one()
    sign_in(page, need.author.email)
    page.goto(f"/besoins/{need.slug}/amender")
    page.get_by_role("link", name="Modifier le lot 1").click()
    page.get_by_label("Titre").fill("Tonte de trois stades")
    page.get_by_role("button", name="Voir ce qui change").click()
    expect(page.get_by_role("heading", name="Voici ce qui change")).to_be_visible()
    expect(page.get_by_text("Lot 1, titre")).to_be_visible()
    page.get_by_role("button", name="Confirmer et prévenir").click()
    expect(page.get_by_text("Le lot 1 est modifié. La structure")).to_be_visible()
    changed = page.get_by_role("region", name="Ce qui a changé depuis la publication")
    expect(changed).to_contain_text("Tonte de trois stades")

    page.goto(f"/besoins/{need.slug}/amender")
    page.get_by_role("link", name="Ajouter un lot").click()
    page.get_by_label("Titre").fill("Taille des haies de l'école")
    page.get_by_role("button", name="Voir ce qui change").click()
    page.get_by_role("button", name="Confirmer et prévenir").click()
    expect(page.get_by_text("Le lot est ajouté.")).to_be_visible()

    page.goto(f"/besoins/{need.slug}/amender")
    page.get_by_role("link", name="Clore ou retirer le lot 2").click()
    expect(page.get_by_role("heading", name=re.compile("Retirer le lot 2"))).to_be_visible()
    page.get_by_label("Pourquoi").fill("Fait en régie")
    page.get_by_role("button", name="Retirer ce lot").click()
    expect(page.get_by_text("Le lot 2 ne prend plus de réponses.")).to_be_visible()

    sign_out(page)
    sign_in(page, MEMBER)
    page.goto(f"/besoins/{need.slug}/reponse/{hedges}")
    news = page.get_by_role("region", name="Ce besoin a changé depuis votre réponse")
    expect(news).to_contain_text("Lot 2, état")
    news.get_by_role("link", name="Modifier votre réponse").click()
    expect(page.get_by_role("region", name=re.compile("Tonte de trois stades"))).to_be_visible()
    expect(page.get_by_text("Nettoyage des vestiaires")).to_have_count(0)
    page.get_by_role("button", name="Envoyer les changements").click()
    expect(page.get_by_text("Votre réponse est envoyée").first).to_be_visible()


def on_desk(session: Session) -> tuple[Need, str]:
    """A need of two lots that waits; only the south could clean."""
    offer(session, structure(session, "Les Haies"), GREEN_SPACES)
    offer(session, structure(session, "Sud propre", MARSEILLE), CLEANING)
    facilitator = people.facilitator(session, people.desk(session, BESANCON))
    town = people.organisation(session)
    author = people.buyer(session, town.id).id
    waiting = submitted_need(session, author, town.id, sectors=(), lots=LOTS)
    desks.receive_need(session, waiting, clock.now())
    session.commit()
    return waiting, facilitator.email


def open_lot_2(page: Page, waiting: Need, address: str) -> None:
    sign_in(page, address)
    page.goto(f"/guichet/besoins/{waiting.slug}")
    page.get_by_role("link", name="Ajuster le lot 2").click()
    expect(page.locator("#lot-2-compte")).to_contain_text("Personne ne peut répondre")


def test_a_facilitator_sees_the_count_of_a_lot_follow_its_place(
    page: Page, session: Session
) -> None:
    waiting, address = on_desk(session)
    open_lot_2(page, waiting, address)
    form = page.get_by_role("region", name="Ajuster le lot 2")
    page.wait_for_load_state()  # what is typed before the scripts run is not followed
    form.get_by_label("Lieu").fill("Marseille (13)")
    form.get_by_label("Lieu").press("Tab")
    expect(page.locator("#lot-2-compte")).to_contain_text("1 structure peut répondre")
    form.get_by_role("button", name="Appliquer au lot 2").click()
    expect(page.get_by_text("Ciblage ajusté. L'acheteur")).to_be_visible()
    expect(page.get_by_role("region", name="Lots")).to_contain_text("Marseille (13)")


def test_a_facilitator_retargets_a_lot_without_javascript(
    plain_page: Page, session: Session
) -> None:
    waiting, address = on_desk(session)
    open_lot_2(plain_page, waiting, address)
    form = plain_page.get_by_role("region", name="Ajuster le lot 2")
    form.get_by_label("Lieu").fill("Marseille (13)")
    form.get_by_role("button", name="Voir l'effet").click()
    expect(plain_page.get_by_text("Rien n'est encore changé")).to_be_visible()
    expect(plain_page.locator("#lot-2-compte")).to_contain_text("1 structure peut répondre")
    plain_page.get_by_role("button", name="Appliquer au lot 2").click()
    expect(plain_page.get_by_text("Ciblage ajusté. L'acheteur")).to_be_visible()


def begin(page: Page, session: Session) -> None:
    buyer = people.buyer(session, people.organisation(session).id)
    session.commit()
    sign_in(page, buyer.email)
    page.goto("/besoins/deposer")
    page.get_by_label("Demande de devis").check()
    page.get_by_label("Titre").fill("Nettoyage de la mairie")
    page.get_by_text("Préciser le budget et le type d'achat").click()


def test_a_buyer_is_proposed_cpv_codes_while_typing(page: Page, session: Session) -> None:
    begin(page, session)
    sought = page.get_by_label("Chercher un code CPV")
    sought.press_sequentially("vitres", delay=20)
    page.get_by_role("option", name="90911300-9 · Nettoyage de vitres").click()
    expect(page.get_by_role("checkbox", name=re.compile("90911300-9"))).to_be_checked()
    expect(page.get_by_text("Brouillon enregistré")).to_be_visible()
    page.reload()
    expect(page.get_by_label("Codes CPV")).to_have_value("90911300-9")


def test_a_buyer_looks_for_cpv_codes_and_ticks_them_without_javascript(
    plain_page: Page, session: Session
) -> None:
    begin(plain_page, session)
    plain_page.get_by_label("Chercher un code CPV").fill("nettoyage de bureaux")
    plain_page.get_by_role("button", name="Chercher un code").click()
    plain_page.get_by_role("checkbox", name=re.compile("90919200-4")).check()
    plain_page.get_by_role("button", name="Chercher un code").click()
    expect(plain_page.get_by_label("Codes CPV")).to_have_value("90919200-4")


def cut_and_take_out(page: Page, session: Session) -> None:
    """A need sent whole is cut in two by its buyer, who then takes the second lot out."""
    town = people.organisation(session)
    whole = submitted_need(session, people.buyer(session, town.id).id, town.id)
    desks.receive_need(session, whole, clock.now())
    session.commit()
    sign_in(page, whole.author.email)
    page.goto(f"/besoins/{whole.slug}/amender")
    page.get_by_role("link", name="Découper").click()
    page.get_by_label("Titre").fill("Tonte des stades")
    page.get_by_role("button", name="Décrire un autre lot").click()
    expect(page.get_by_role("heading", name="Lot 2")).to_be_visible()
    expect(page.get_by_text("Lot 1 : Tonte des stades")).to_be_visible()
    page.get_by_label("Titre").fill("Taille des haies")
    page.get_by_role("button", name="Voir ce qui change").click()
    expect(page.get_by_text("Lot 2, titre")).to_be_visible()
    page.get_by_role("button", name="Confirmer", exact=True).click()
    expect(page.get_by_text("Votre besoin est découpé en 2 lots.")).to_be_visible()

    page.goto(f"/besoins/{whole.slug}/amender")
    page.get_by_role("link", name="Retirer le lot 2").click()
    page.get_by_role("button", name="Retirer ce lot").click()
    expect(page.get_by_text("Le lot est retiré. Le guichet le relit")).to_be_visible()
    expect(page.get_by_role("region", name="Lots")).not_to_contain_text("Taille des haies")


def test_a_need_sent_whole_is_cut_into_lots(page: Page, session: Session) -> None:
    cut_and_take_out(page, session)


def test_and_without_javascript(plain_page: Page, session: Session) -> None:
    cut_and_take_out(plain_page, session)
