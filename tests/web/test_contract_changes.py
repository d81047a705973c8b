"""What is added to a contract once it is followed, and where its hours count, in pages."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.accounts.tables import User
from marketplace.clauses.contract_tables import Contract
from tests.browsing import fill, sign_in
from tests.factories import people
from tests.factories.contracts import contract

SAME = {
    "title": "Rénovation de l'école",
    "starts_on": "01/09/2026",
    "ends_on": "31/08/2027",
    "new_programme_kind": "npnru",
    "reason": "Erreur de lieu",
}


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
    assert 'value="Besançon (25)"' in client.get(path).text
    lost = fill(client, path, **SAME, territory="Nulle part")
    assert lost.status_code == 422
    assert "Territoire introuvable" in lost.text
    assert 'value="Nulle part"' in lost.text
    wider = fill(client, path, **SAME, territory="Doubs")
    assert (wider.request.path, "Doubs (département)" in wider.text) == (path[:-9], True)
    moved = fill(client, path, **SAME, territory="Dole")
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
    kept = fill(client, f"/contrats/{row.id}/modifier", **SAME, territory="Dole")
    assert kept.request.path == f"/contrats/{row.id}"
    assert "Dole (39)" in kept.text


def test_what_a_contract_says_is_changed_with_a_reason_that_all_who_follow_it_read(
    session: Session, client: FlaskClient, opened: Contract, facilitator: User
) -> None:
    sign_in(client, facilitator.email)
    page = f"/contrats/{opened.id}"
    assert "Rien n&#39;a changé" in client.get(page).text
    told = SAME | {
        "territory": "Besançon (25)",
        "title": "École Jean-Jaurès",
        "lever": "execution",
        "nature": "works",
        "amount": "1 250 000,50",
        "ends_on": "31/12/2027",
    }
    mute = fill(client, f"{page}/modifier", **told | {"reason": ""})
    assert mute.status_code == 422
    assert "Dites pourquoi" in mute.text
    assert 'value="École Jean-Jaurès"' in mute.text
    for wrong, why in (
        ({"amount": "-5"}, "Montant illisible"),
        ({"amount": "10 à 20"}, "Donnez un montant exact"),
        ({"starts_on": "31/02/2026"}, "date"),
    ):
        refused = fill(client, f"{page}/modifier", **told | wrong)
        assert refused.status_code == 422
        assert why in refused.text
    changed = fill(client, f"{page}/modifier", **told | {"reason": "Avenant n° 1 🎨"}).text
    for said in (
        "Avenant n° 1 🎨",
        facilitator.full_name,
        "Intitulé\u00a0: Rénovation de l&#39;école → École Jean-Jaurès",
        "Levier\u00a0: Non précisé → Clause d&#39;insertion (condition d&#39;exécution)",
        "Montant hors taxes\u00a0: Non précisé → 1\u202f250\u202f000,50",
    ):
        assert said in changed, said

    lot = f"{page}/lots/{opened.lots[0].id}"
    more = {"title": "Lot 1", "planned": "1 200", "committed": "", "targets": ""}
    assert fill(client, lot, **more, reason="").status_code == 422
    planned = fill(client, lot, **more, reason="Tranche ferme").text
    assert "Lot 1, heures prévues\u00a0: 1\u202f000\u00a0h → 1\u202f200\u00a0h" in planned
    only = fill(client, f"{lot}/fin", reason="Sans suite")
    assert only.status_code == 422
    assert "le seul lot du contrat" in only.text

    firm = {"siret": "21210231300013", "name": "Repreneur", "kind": "EI", "is_in_qpv": ""}
    wrong_key = fill(client, f"{page}/titulaire", **firm | {"siret": "123"}, reason="Cession")
    assert wrong_key.status_code == 422
    assert 'value="123"' in wrong_key.text
    held = fill(client, f"{page}/titulaire", **firm, reason="Cession").text
    assert "Ancien titulaire" in held
    assert "Titulaire\u00a0: Maçonnerie de la Boucle → Repreneur" in held
