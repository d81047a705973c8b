"""A network's partner follows its structures, brings its members in, and decides nothing."""

from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.tables import Match
from marketplace.needs.lifecycle import Status
from marketplace.structures import partnering
from marketplace.structures.network_tables import NetworkPartner
from marketplace.structures.tables import Structure
from tests.factories import market, people
from tests.factories.market import MONDAY
from tests.journeys.seeing import wrong_on
from tests.journeys.signing_in import sign_in
from tests.structures.registers import GARDENS, WORKSHOP, register
from tests.structures.synthetic import long_register

HOME = "/reseaux/cocagne"
MEMBERS = 700


def _partner(session: Session) -> User:
    someone = people.user(session, "Noor Perrin")
    network = partnering.network_of(session, "cocagne")
    session.add(NetworkPartner(network_id=network.id, user_id=someone.id))
    session.commit()
    return someone


def _sent(session: Session, name: str, status: MatchStatus) -> None:
    """A published need that a structure of the network was told of."""
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    supplier = market.structure(session, name)
    supplier.networks = ["cocagne"]
    sold = market.offer(session, supplier)
    need = market.submitted_need(session, buyer.id, town.id, title=f"Tonte pour {name}")
    need.status, need.published_at = Status.PUBLISHED, MONDAY
    told = {"rank": 1, "score": 0.5, "parts": {}, "reasons": [], "first_matched_at": MONDAY}
    ids = {"need_id": need.id, "structure_id": supplier.id, "offer_id": sold.id}
    session.add(Match(status=status, **ids, **told))
    session.commit()


def test_a_partner_sees_its_members_what_was_sent_to_them_and_their_answers_and_decides_nothing(
    page: Page, session: Session
) -> None:
    partner = _partner(session)
    _sent(session, "Les Jardins", MatchStatus.INTERESTED)
    _sent(session, "La Serre", MatchStatus.DECLINED)
    sign_in(page, partner.email)
    page.get_by_role("banner").get_by_role("link", name="Réseaux").first.click()
    page.get_by_role("link", name="Voir ce réseau").click()
    row = page.get_by_role("row").filter(has_text="Les Jardins")
    expect(row.get_by_role("cell").last).to_have_text("1")
    _decides_nothing(page)

    page.get_by_role("link", name="Besoins envoyés").click()
    expect(page.get_by_role("row").filter(has_text="Tonte pour Les Jardins")).to_contain_text(
        "Intéressée"
    )
    expect(page.get_by_role("row").filter(has_text="Tonte pour La Serre")).to_be_visible()
    expect(page.get_by_text("marques d'intérêt")).to_be_visible()
    _decides_nothing(page)

    page.get_by_role("link", name="Tonte pour Les Jardins").click()
    expect(page.get_by_role("heading", name="Tonte pour Les Jardins")).to_be_visible()
    for word in ("Répondre", "Décliner", "Retenir", "Modifier"):
        expect(page.get_by_role("button", name=word)).to_have_count(0)


def _decides_nothing(page: Page) -> None:
    """Nothing in the page sends anything."""
    expect(page.get_by_role("main").locator("form[method=post]")).to_have_count(0)


def test_a_partner_brings_its_members_in_and_what_a_structure_holds_is_kept(
    page: Page, session: Session, tmp_path: Path
) -> None:
    partner = _partner(session)
    held = Structure(
        slug="l-atelier",
        siret=WORKSHOP["siret"],
        kind=WORKSHOP["kind"],
        name=WORKSHOP["name"],
        sort_key="l atelier",
        address="1 place Tenue",
    )
    session.add(held)
    session.flush()
    people.structure_manager(session, held)
    session.commit()
    members = tmp_path / "adherents.csv"
    rows = register(GARDENS, WORKSHOP | {"address": "9 rue Neuve"})
    members.write_bytes(long_register(MEMBERS) + rows.split(b"\r\n", 1)[1])
    sign_in(page, partner.email)
    page.goto(HOME)
    page.get_by_role("link", name="Importer vos adhérents").first.click()
    assert wrong_on(page) == []
    page.get_by_label("Registre de structures").set_input_files(members)
    page.get_by_role("button", name="Lire ce registre").click()
    expect(page.get_by_role("heading", name="Que disent ses colonnes")).to_be_visible()
    page.get_by_role("button", name="Vérifier sans rien changer").click()
    expect(page.get_by_role("heading", name="Prêt à importer")).to_be_visible()
    kept = page.get_by_role("row").filter(has_text="L'ATELIER")
    expect(kept).to_contain_text("ses membres tiennent sa fiche")
    page.get_by_role("button", name="Importer", exact=True).click()
    expect(page.get_by_role("status").filter(has_text=f"sur {MEMBERS + 2}")).to_be_visible()
    expect(page.get_by_role("heading", name="Terminé")).to_be_visible()
    done = page.get_by_role("listitem")
    expect(done.filter(has_text=f"{MEMBERS + 1} créées").first).to_be_visible()
    expect(done.filter(has_text="1 gardées telles quelles").first).to_be_visible()

    session.rollback()
    gardens = session.scalars(select(Structure).filter_by(siret=GARDENS["siret"])).one()
    assert gardens.networks == ["cocagne"]
    session.refresh(held)
    assert (held.address, held.networks) == ("1 place Tenue", [])
    page.goto(HOME)
    expect(page.get_by_text(f"{MEMBERS + 1} structures")).to_be_visible()
