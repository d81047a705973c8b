"""A network's partner brings its members in, and changes nothing that others hold."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace.accounts.tables import User
from marketplace.mail import OutgoingMail
from marketplace.offers.tables import Offer
from marketplace.structures import partnering
from marketplace.structures.import_tables import ImportStatus, Outcome, StructureImport
from marketplace.structures.network_tables import NetworkPartner
from marketplace.structures.profile import change_profile
from marketplace.structures.tables import Structure
from tests.browsing import sign_in
from tests.conftest import Visitor
from tests.factories import people
from tests.factories.market import CLEANING, MONDAY
from tests.structures.registers import GARDENS, WORKSHOP, register
from tests.structures.taking_in import hand_in, imported, notes, outcomes, press, rehearsed, work

COCAGNE = "/reseaux/cocagne/imports"
MOVED = GARDENS | {"address": "9 rue Neuve", "website": "https://ailleurs.example"}


@pytest.fixture
def partner(client: FlaskClient, session: Session) -> FlaskClient:
    """Somebody who speaks for the réseau Cocagne, before its browser."""
    someone = speaks_for(session, "cocagne")
    sign_in(client, someone.email)
    return client


def speaks_for(session: Session, code: str) -> User:
    someone = people.user(session, "Noor Perrin")
    network = partnering.network_of(session, code)
    session.add(NetworkPartner(network_id=network.id, user_id=someone.id))
    session.commit()
    return someone


def take_in(partner: FlaskClient, content: bytes) -> StructureImport:
    return imported(partner, content, home=COCAGNE)


def the_structure(session: Session, siret: str = GARDENS["siret"]) -> Structure:
    session.rollback()
    return session.scalars(select(Structure).filter_by(siret=siret)).one()


def known(session: Session, **held: object) -> Structure:
    """The gardens, known before the network brings them in."""
    said = {"address": "1 rue du Port", "website": "https://jardins.example"}
    row = Structure(
        slug="jardins",
        siret=GARDENS["siret"],
        kind=GARDENS["kind"],
        name=GARDENS["name"],
        sort_key="jardins d essai",
        **(said | held),
    )
    session.add(row)
    session.commit()
    return row


def test_its_members_are_created_in_its_network_and_a_second_run_changes_nothing(
    partner: FlaskClient, session: Session
) -> None:
    sheet = register(GARDENS, WORKSHOP | {"siret": "1"})
    one = rehearsed(partner, hand_in(partner, sheet, home=COCAGNE))
    assert session.scalars(select(Structure)).all() == []
    page = partner.get(f"{COCAGNE}/{one.id}").text
    assert "gardées telles quelles" in page
    press(partner, one.id, "lancer", COCAGNE)
    one = work(one.id)

    assert {line: done for line, (_, done) in outcomes(session, one).items()} == {
        2: Outcome.CREATED,
        3: Outcome.REFUSED,
    }
    assert the_structure(session).networks == ["cocagne"]
    assert "JARDINS D&#39;ESSAI" in partner.get("/reseaux/cocagne").text
    assert outcomes(session, take_in(partner, sheet))[2][1] is Outcome.UNCHANGED


def test_a_structure_that_nobody_holds_joins_and_takes_what_the_network_says_but_its_addresses(
    partner: FlaskClient, session: Session
) -> None:
    known(session)
    one = take_in(partner, register(MOVED | {"email": "a@jardins.example"}, more=["email"]))
    gardens = the_structure(session)
    assert (gardens.networks, gardens.address) == (["cocagne"], "9 rue Neuve")
    assert (gardens.website, gardens.email) == ("https://jardins.example", "a@jardins.example")
    said = notes(session, one)[2]
    assert said["networks"] == "rejoint le réseau"
    assert said["kept"] == (
        "site internet «\u00a0https://jardins.example\u00a0», car seules la structure et "
        "l'administration le changent"
    )


def test_a_structure_that_has_people_keeps_all_that_it_says_and_is_asked_once_to_join(
    partner: FlaskClient, session: Session
) -> None:
    held = known(session)
    manager = people.structure_manager(session, held)
    people.structure_member(session, held)
    session.commit()
    for _ in range(2):
        one = take_in(partner, register(MOVED | {"sectors": "Blanchisserie"}, more=["sectors"]))
        assert outcomes(session, one) == {2: (Outcome.KEPT, Outcome.KEPT)}
        said = notes(session, one)[2]["kept"]
        assert "adresse «\u00a01 rue du Port\u00a0»" in said
        assert "réseaux" in said
        assert said.endswith("secteurs d'activité, car ses membres tiennent sa fiche")
    gardens = the_structure(session)
    assert (gardens.networks, gardens.address) == ([], "1 rue du Port")
    asked = session.scalars(select(OutgoingMail).filter_by(kind="structures/network_counts_you"))
    assert [mail.address for mail in asked] == [manager.email]
    assert "JARDINS" not in partner.get("/reseaux/cocagne").text
    page = partner.get(f"{COCAGNE}/{one.id}").text
    assert "ses membres tiennent sa fiche" in page


def test_a_structure_of_another_network_joins_and_keeps_the_rest(
    partner: FlaskClient, session: Session
) -> None:
    known(session, networks=["unea"])
    one = take_in(
        partner,
        register(MOVED | {"sectors": "Nettoyage de locaux"}, more=["sectors"]),
    )
    gardens = the_structure(session)
    assert gardens.networks == ["cocagne", "unea"]
    assert gardens.address == "1 rue du Port"
    assert outcomes(session, one)[2][1] is Outcome.UPDATED
    said = notes(session, one)[2]
    assert "adresse «\u00a01 rue du Port\u00a0»" in said["kept"]
    assert said["kept"].endswith("secteurs d'activité, car un autre réseau la compte aussi")
    assert session.scalars(select(Offer.is_implied)).all() == [True]


def test_what_a_structure_said_of_itself_stays_even_when_its_people_have_left(
    partner: FlaskClient, session: Session
) -> None:
    held = known(session)
    once = people.user(session)
    change_profile(session, held.id, {"address": "3 place Verte"}, once.id, MONDAY)
    session.commit()
    one = take_in(partner, register(MOVED))
    assert the_structure(session).address == "3 place Verte"
    said = notes(session, one)[2]["kept"]
    assert "adresse «\u00a03 place Verte\u00a0»" in said
    assert "car la structure l'a dit elle-même" in said


def test_a_network_declares_the_sectors_of_its_own_members(
    partner: FlaskClient, session: Session
) -> None:
    row = GARDENS | {"sectors": "Nettoyage de locaux"}
    take_in(partner, register(row, more=["sectors"]))
    offer = session.scalars(select(Offer)).one()
    assert [sector.sector_slug for sector in offer.sectors] == [CLEANING]


def test_a_network_sees_its_own_imports_alone_and_an_administrator_sees_them_all(
    partner: FlaskClient, session: Session, app: Flask
) -> None:
    mine = take_in(partner, register(GARDENS))
    administrator = people.user(session, is_administrator=True)
    session.commit()
    elsewhere = speaks_for(session, "unea")
    other, office = Visitor(app, TestResponse), Visitor(app, TestResponse)
    sign_in(other, elsewhere.email)
    for step in ("", "/colonnes", "/compte-rendu.xlsx"):
        assert other.get(f"/reseaux/unea/imports/{mine.id}{step}").status_code == 404
        assert other.get(f"{COCAGNE}/{mine.id}{step}").status_code == 404
    assert "registre.csv" not in other.get("/reseaux/unea/imports").text
    sign_in(office, administrator.email)
    listed = office.get("/admin/imports").text
    assert "registre.csv" in listed
    assert "Réseau Cocagne" in listed


def test_a_file_that_is_no_register_is_refused_on_the_page_of_the_network(
    partner: FlaskClient, session: Session
) -> None:
    page = hand_in(partner, b"", "vide.csv", COCAGNE)
    assert (page.status_code, "il est vide" in page.text) == (422, True)
    page = hand_in(partner, register(GARDENS), home=COCAGNE)
    press(partner, int(page.request.path.split("/")[-2]), "abandonner", COCAGNE)
    assert session.scalars(select(StructureImport)).all() == []
    one = take_in(partner, register(GARDENS))
    press(partner, one.id, "lancer", COCAGNE)
    assert one.status is ImportStatus.DONE
