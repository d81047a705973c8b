"""Partners of networks: invited by administrators, they follow structures and decide nothing."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import User
from marketplace.db import transaction
from marketplace.matching.lifecycle import MatchStatus
from marketplace.matching.tables import Match
from marketplace.needs.lifecycle import Status
from marketplace.structures import partnering
from marketplace.structures.network_tables import NetworkPartner
from tests.browsing import mailed, send, sign_in, token_of
from tests.factories import market, people
from tests.factories.market import MONDAY


@pytest.fixture
def partner(session: Session) -> User:
    someone = people.user(session, "Noor Perrin")
    network = partnering.network_of(session, "cocagne")
    session.add(NetworkPartner(network_id=network.id, user_id=someone.id))
    session.commit()
    return someone


def sent(session: Session, name: str, networks: list[str], status: MatchStatus) -> None:
    """A published need that was matched with a structure of these networks."""
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    supplier = market.structure(session, name)
    supplier.networks = networks
    sold = market.offer(session, supplier)
    need = market.submitted_need(session, buyer.id, town.id, title=f"Besoin pour {name}")
    need.status, need.published_at = Status.PUBLISHED, MONDAY
    session.add(
        Match(
            need_id=need.id,
            structure_id=supplier.id,
            offer_id=sold.id,
            rank=1,
            score=0.5,
            parts={},
            reasons=[],
            status=status,
            first_matched_at=MONDAY,
        )
    )
    session.commit()


def test_a_partner_sees_its_structures_and_where_they_stand_with_what_was_sent_to_them(
    client: FlaskClient, session: Session, partner: User
) -> None:
    sent(session, "Les Jardins", ["cocagne"], MatchStatus.INTERESTED)
    sent(session, "La Serre", ["cocagne"], MatchStatus.SUGGESTED)
    sent(session, "L'Atelier", ["unea"], MatchStatus.NOTIFIED)
    sign_in(client, partner.email)

    members = client.get("/reseaux/cocagne").text
    assert "2 structures" in members
    assert "Les Jardins" in members
    assert "L&#39;Atelier" not in members
    needs = client.get("/reseaux/cocagne/besoins").text
    assert "Besoin pour Les Jardins" in needs
    assert "Intéressée" in needs
    assert "Besoin pour La Serre" not in needs
    assert "Besoin pour L&#39;Atelier" not in needs
    assert client.get("/reseaux/unea").status_code == 404


def test_a_network_without_structures_says_what_to_do(client: FlaskClient, partner: User) -> None:
    sign_in(client, partner.email)
    assert "Aucune structure pour le moment" in client.get("/reseaux/cocagne").text
    assert "Aucun besoin envoyé" in client.get("/reseaux/cocagne/besoins").text
    assert "Réseau Cocagne" in client.get("/reseaux").text


def test_an_administrator_invites_a_partner_who_accepts_and_lets_it_go(
    client: FlaskClient, session: Session
) -> None:
    administrator = people.user(session, is_administrator=True)
    invited = people.user(session, "Sacha Morel")
    session.commit()
    sign_in(client, administrator.email)
    page = send(client, "/admin/reseaux/unea", email=invited.email)
    assert invited.email in page.text
    link = mailed(session, "structures/network_invitation", invited.email)

    with transaction() as accepting:
        token = link.rpartition("/")[2]
        invitation = partnering.inviting.open_invitation(accepting, token, clock.now())
        partnering.join(accepting, invitation, invited.id, clock.now(), "")
    page = send(client, "/admin/reseaux/unea", email=invited.email)
    assert (page.status_code, "suit déjà ce réseau" in page.text) == (422, True)

    gone = f"/admin/reseaux/unea/partenaires/{invited.id}/retirer"
    client.post(gone, data={"csrf_token": token_of(client.get("/admin/reseaux/unea"))})
    session.rollback()
    assert session.scalars(select(NetworkPartner)).all() == []


def test_every_network_is_listed_with_its_numbers(
    client: FlaskClient, session: Session, partner: User
) -> None:
    administrator = people.user(session, is_administrator=True)
    market.structure(session, "Les Jardins").networks = ["cocagne"]
    session.commit()
    sign_in(client, administrator.email)
    row = client.get("/admin/reseaux").text.split("Réseau Cocagne")[1].split("</tr>")[0]
    assert [cell.split("</td>")[0] for cell in row.split('numeric">')[1:]] == ["1", "1"]
