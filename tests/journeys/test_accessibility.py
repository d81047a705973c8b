"""axe-core finds nothing on any page, on a phone and on a desk (`-k axe`)."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts import teams
from marketplace.accounts.organisations import TEAM
from marketplace.accounts.tables import (
    Organisation,
    OrganisationMember,
    OrganisationRequest,
    OrganisationRole,
    User,
)
from marketplace.db import db, transaction
from marketplace.matching.shortlisting import shortlist_need
from marketplace.moderation import claims, desks
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import PlaceType
from marketplace.structures.tables import Structure, StructureClaim
from tests.conftest import emptied
from tests.factories import people
from tests.factories.market import (
    BESANCON,
    DOLE,
    draft,
    in_three_weeks,
    offer,
    structure,
    submitted_need,
)
from tests.guards.matrix import path_to, rows
from tests.guards.world import World, populated

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
WIDTHS = (320, 1280)
EYES = ("buyer", "member", "facilitator", "colleague", "visitor", "administrator")
STEPS = ("quoi", "lots", "lots/ajouter", "ou-et-quand", "comment", "verifier")


def violations(page: Page) -> list[str]:
    if not page.evaluate("Boolean(window.axe)"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(
        f"axe.run({{runOnly: {json.dumps(STANDARDS)}}}).then(found => found.violations)"
    )
    return [
        f"{page.url} {rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))


class Site:
    """One of everything, and a person of each role."""

    def __init__(self, session: Session) -> None:
        here = structure(session, "Les Haies de la Boucle")
        offer(session, here, title="Tonte et taille de haies")
        offer(session, structure(session, "Jura Vert", DOLE), radius_km=60)
        desk = people.desk(session, "25056")
        buyer_of = people.organisation(session)
        buyer = people.buyer(session, buyer_of.id)
        published = submitted_need(session, buyer.id, buyer_of.id)
        published.status = Status.PUBLISHED
        published.published_at = clock.now()
        waiting = submitted_need(session, buyer.id, buyer_of.id, title="Nettoyage de la mairie")
        desks.receive_need(session, waiting, clock.now() - timedelta(days=9))
        sent_back = submitted_need(session, buyer.id, buyer_of.id, title="Déménagement")
        sent_back.status = Status.CHANGES_REQUESTED
        facilitator = people.facilitator(session, desk)
        claim, request, manager = self._team(session, here, buyer_of)
        town, garden = (
            f"/mon-organisme/{buyer_of.siret}/equipe",
            f"/ma-structure/{here.slug}/equipe",
        )
        begun = draft(session, buyer.id, buyer_of.id, title="Prestation")
        whole = draft(
            session,
            buyer.id,
            buyer_of.id,
            place_type=PlaceType.POINT,
            commune_code=BESANCON,
            radius_km=30,
            deadline_on=in_three_weeks(),
        )
        self.emails = {
            "buyer": buyer.email,
            "manager": manager.email,
            "structure": people.structure_member(session, here).email,
            "facilitator": facilitator.email,
            "administrator": people.user(session, is_administrator=True).email,
        }
        self.pages = {
            "anonymous": [
                "/",
                "/connexion",
                "/connexion/lien",
                "/inscription",
                "/mot-de-passe/oublie",
                "/lien/mot-de-passe/eteint",
                "/besoins",
                f"/besoins/{published.slug}",
                "/structures",
                "/structures?q=tonte&lieu=Besançon",
                "/structures?q=tonte&lieu=zzzz",
                f"/structures/{here.slug}",
                "/classement",
                "/mentions-legales",
                "/accessibilite",
                "/donnees-personnelles",
                "/licences",
                "/plan-du-site",
                "/facilitateurs?lieu=Saint-Denis",
                "/nulle-part",
            ],
            "buyer": [
                "/tableau-de-bord",
                "/mon-compte",
                "/mon-compte/nom",
                "/mon-compte/adresse",
                "/mon-compte/mot-de-passe",
                "/mon-compte/appareils",
                "/besoins/deposer",
                *(f"/besoins/{one.slug}/etapes/{step}" for one in (begun, whole) for step in STEPS),
                f"/besoins/{begun.slug}/supprimer",
                f"/besoins/{waiting.slug}/envoye",
                f"/besoins/{published.slug}",
                f"/besoins/{waiting.slug}",
                f"/besoins/{sent_back.slug}/modifier",
                f"/besoins/{published.slug}/retirer",
                "/mes-besoins",
                "/depenses/importer",
                "/potentiel",
                f"/besoins/{published.slug}/amender",
                *(
                    f"/besoins/{published.slug}/amender/{part}"
                    for part in ("quoi", "ou-et-quand", "comment")
                ),
                *(
                    f"/besoins/{published.slug}/{deed}"
                    for deed in ("prolonger", "clore", "dupliquer", "compte-rendu")
                ),
            ],
            "structure": [
                "/tableau-de-bord",
                "/mon-compte/courriels",
                "/notifications",
                "/besoins-pour-vous",
                "/mes-donnees",
                "/mes-donnees/effacer",
            ],
            "manager": [
                "/invitations/eteinte",
                "/mes-organismes",
                "/mes-organismes/rejoindre",
                "/mes-organismes/rejoindre?siret=123",
                "/mes-organismes/21250056500016/creer",
                f"/mes-organismes/{buyer_of.siret}/rejoindre",
                town,
                f"{town}/inviter",
                f"{town}/demandes/{request.id}",
                f"{town}/{buyer.id}/role",
                garden,
                f"{garden}/{manager.id}/retirer",
                "/structures/revendiquer?siret=73282932000074",
                "/structures/proposer/73282932000074",
                f"/structures/{here.slug}/revendiquer",
            ],
            "facilitator": [
                "/tableau-de-bord",
                "/guichet/",
                "/guichet/suivi",
                "/postes/ouvrir",
                "/postes/prescripteurs",
                f"/guichet/besoins/{waiting.slug}",
                f"/guichet/demandes/{claim.id}",
            ],
            "administrator": [
                "/tableau-de-bord",
                f"/besoins/{published.slug}",
                "/admin/",
                "/admin/personnes/?q=a&compte=ouvert",
                "/admin/personnes/inviter",
                f"/admin/personnes/{buyer.id}",
                f"/admin/personnes/{buyer.id}/fermer",
                "/admin/courriels/",
                "/admin/courriels/par-jour",
                "/admin/courriels/prochains",
                "/admin/courriels/refuses",
                "/admin/organismes/",
                f"/admin/organismes/{buyer_of.id}",
                f"/admin/organismes/{buyer_of.id}/modifier",
                "/admin/guichets/",
                "/admin/guichets/nouveau",
                f"/admin/guichets/{desk.id}",
                f"/admin/guichets/{desk.id}/fermer",
                f"/guichet/equipe/{desk.id}",
                f"/guichet/equipe/{desk.id}/{facilitator.id}/retirer",
                "/admin/secteurs/?q=vert",
                "/admin/journal/",
                "/admin/journal/?acteur=personne",
            ],
        }
        session.commit()
        with transaction() as writing:
            shortlist_need(writing, published.id, clock.now())

    def _team(
        self, session: Session, garden: Structure, town: Organisation
    ) -> tuple[StructureClaim, OrganisationRequest, User]:
        """A claim on the desk, a request to join, and who manages both teams."""
        now, ip = clock.now(), "192.0.2.1"
        newcomer = people.user(session, "Nina Nouvelle")
        claims.claim_structure(session, garden.id, newcomer.id, "Directrice", now, ip)
        manager = people.structure_manager(session, garden)
        session.add(
            OrganisationMember(
                organisation_id=town.id, user_id=manager.id, role=OrganisationRole.MANAGER
            )
        )
        session.flush()
        request = teams.ask(session, TEAM, town.id, newcomer.id, "Chargée d'achats", now, ip)
        teams.invite(
            session, TEAM, town.id, "lea@tandem.invalid", teams.Role.MEMBER, manager.id, now, ip
        )
        claim = session.scalars(select(StructureClaim).filter_by(user_id=newcomer.id)).one()
        return claim, request, manager


@pytest.mark.parametrize(
    "role", ["anonymous", "buyer", "manager", "structure", "facilitator", "administrator"]
)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    role: str, browser: Browser, site: str, session: Session
) -> None:
    everything = Site(session)
    context = browser.new_context(base_url=site, locale="fr-FR")
    page = context.new_page()
    if role in everything.emails:
        page.goto("/connexion")
        page.get_by_label("Adresse électronique").fill(everything.emails[role])
        page.get_by_label("Mot de passe", exact=True).fill(people.PASSWORD)
        page.get_by_role("button", name="Se connecter").click()
    wrong = []
    for address in everything.pages[role]:
        page.goto(address)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            wrong += violations(page)
            if too_wide(page):
                wrong.append(f"{address} is wider than {width} px")
    context.close()
    assert wrong == []


@pytest.mark.timeout(400)
def test_axe_finds_nothing_on_any_other_page_of_the_matrix(
    browser: Browser, site: str, app: Flask
) -> None:
    """A page that a later issue adds is in the matrix, and so comes here by itself."""
    with app.app_context():
        seen = endpoints_of(app, Site(db.session()).pages)
    emptied(app)
    world = populated(app)
    wrong = []
    for role, addresses in other_pages(world, seen).items():
        context = browser.new_context(base_url=site, locale="fr-FR")
        name, value = app.config["SESSION_COOKIE_NAME"], world.browsers[role].cookie
        context.add_cookies([{"name": name, "value": value, "url": site}])
        page = context.new_page()
        for address in addresses:
            answer = page.goto(address)
            assert answer is not None
            assert answer.status == 200, address
            for width in reversed(WIDTHS):
                page.set_viewport_size({"width": width, "height": 900})
                if too_wide(page):
                    wrong.append(f"{address} is wider than {width} px for the {role}")
            wrong += [f"{role}: {found}" for found in violations(page)]
        context.close()
    assert wrong == []


def endpoints_of(app: Flask, pages: dict[str, list[str]]) -> set[str]:
    found = app.url_map.bind("tandem.invalid")
    addresses = [address for each in pages.values() for address in each]
    known = [address.split("?")[0] for address in addresses if address != "/nulle-part"]
    return {found.match(address)[0] for address in known}


def other_pages(world: World, seen: set[str]) -> dict[str, list[str]]:
    """For each role, one page of each endpoint that it is the first to see."""
    found: dict[str, list[str]] = {}
    for row in rows():
        role = next((role for role in EYES if row.answers[role] == "200"), None)
        if row.method != "GET" or row.endpoint in seen or role is None:
            continue
        address = path_to(world, row)
        answer = world.browsers[role].open("GET", address)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            seen.add(row.endpoint)
            found.setdefault(role, []).append(address)
    return found


def test_axe_finds_nothing_on_a_form_full_of_errors(
    browser: Browser, site: str, session: Session
) -> None:
    organisation = people.organisation(session)
    buyer = people.buyer(session, organisation.id)
    begun = draft(session, buyer.id, organisation.id)
    session.commit()
    context = browser.new_context(base_url=site, locale="fr-FR")
    page = context.new_page()
    page.goto("/connexion")
    page.get_by_role("button", name="Se connecter").click()
    wrong = violations(page)
    assert page.title().startswith("Erreur")
    page.get_by_label("Adresse électronique").fill(buyer.email)
    page.get_by_label("Mot de passe", exact=True).fill(people.PASSWORD)
    page.get_by_role("button", name="Se connecter").click()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        page.goto("/besoins/deposer")
        page.get_by_role("button", name="Continuer").click()
        summary = page.get_by_role("heading", name="erreurs dans le formulaire")
        assert summary.is_visible()
        wrong += violations(page)
        page.goto(f"/besoins/{begun.slug}/etapes/ou-et-quand")
        page.get_by_role("button", name="Continuer").click()
        assert summary.is_visible()
        wrong += violations(page)
        page.goto(f"/besoins/{begun.slug}/etapes/verifier")
        page.get_by_role("button", name="Envoyer au facilitateur").click()
        assert page.get_by_role("heading", name="complétez ceci").is_visible()
        wrong += violations(page)
    context.close()
    assert wrong == []
