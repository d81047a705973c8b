"""What is added to a contract once it is followed, and where its hours count, in pages."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.clauses.contract_tables import Contract
from tests.browsing import fill, sign_in
from tests.factories import people
from tests.factories.contracts import contract


@pytest.fixture
def facilitator(session: Session) -> User:
    person = people.facilitator(session, people.desk(session, "25"))
    session.commit()
    return person


@pytest.fixture
def opened(session: Session, facilitator: User) -> Contract:
    row = contract(session, facilitator.id, people.organisation(session).id)
    session.commit()
    return row


def test_a_lot_is_added_and_its_hours_are_told_apart(
    session: Session, client: FlaskClient, opened: Contract, facilitator: User
) -> None:
    sign_in(client, facilitator.email)
    page, path = f"/contrats/{opened.id}", f"/contrats/{opened.id}/lots/nouveau"
    assert path in client.get(page).text
    refused = fill(client, path, title="", planned="beaucoup", committed="", targets="Former")
    assert refused.status_code == 422
    assert "Donnez un intitulé" in refused.text
    assert 'value="beaucoup"' in refused.text
    added = fill(client, path, title="Peinture 🎨", planned="350,5", committed="", targets="")
    assert "Le lot est ajouté" in added.text
    assert "2. Peinture 🎨" in added.text
    session.expire_all()
    assert [(lot.number, lot.planned_hours) for lot in opened.lots] == [(1, 1000), (2, 350.5)]


def test_the_territory_of_a_contract_is_changed_and_another_desk_may_follow_it_from_then_on(
    session: Session, client: FlaskClient, opened: Contract, facilitator: User
) -> None:
    jura = people.desk(session, "39", name="Guichet du Jura")
    people.facilitator(session, jura)
    session.commit()
    sign_in(client, facilitator.email)
    path = f"/contrats/{opened.id}/modifier"
    same = {"starts_on": "01/09/2026", "ends_on": "31/08/2027", "new_programme_kind": "npnru"}
    assert 'value="Besançon (25)"' in client.get(path).text
    lost = fill(client, path, **same, territory="Nulle part")
    assert lost.status_code == 422
    assert "Territoire introuvable" in lost.text
    assert 'value="Nulle part"' in lost.text
    wider = fill(client, path, **same, territory="Doubs")
    assert (wider.request.path, "Doubs (département)" in wider.text) == (path[:-9], True)
    moved = fill(client, path, **same, territory="Dole")
    assert moved.request.path == "/contrats"
    assert f"{jura.name} le suit désormais" in moved.text
    assert client.get(path).status_code == 404
    session.expire_all()
    assert (opened.territory_code, opened.desk_id) == ("39198", jura.id)


def test_a_buyer_who_moves_its_contract_keeps_it_in_sight(
    session: Session, client: FlaskClient, facilitator: User
) -> None:
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    row = contract(session, buyer.id, town.id)
    session.commit()
    sign_in(client, buyer.email)
    same = {"starts_on": "01/09/2026", "ends_on": "31/08/2027", "new_programme_kind": "npnru"}
    kept = fill(client, f"/contrats/{row.id}/modifier", **same, territory="Dole")
    assert kept.request.path == f"/contrats/{row.id}"
    assert "Dole (39)" in kept.text
