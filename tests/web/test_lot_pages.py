"""The lots of a need: added, changed, ordered and taken out, also without JavaScript."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from marketplace.needs.drafting import answers_of
from marketplace.needs.lifecycle import Status
from marketplace.needs.posting import LotDraft
from marketplace.needs.tables import Lever, Need, PlaceType
from tests.browsing import fill, hidden_of, sign_in
from tests.factories import people
from tests.factories.market import (
    BESANCON,
    CLEANING,
    DOLE,
    GREEN_SPACES,
    draft,
    in_three_weeks,
    offer,
    structure,
)
from tests.stepping import main_of, refreshed, step

MOWING = {"title": "Tonte des stades", "sectors": [GREEN_SPACES], "place_type": "need"}


@pytest.fixture
def need(session: Session, client: FlaskClient) -> Need:
    organisation = people.organisation(session)
    person = people.buyer(session, organisation.id)
    begun = draft(
        session,
        person.id,
        organisation.id,
        place_type=PlaceType.POINT,
        commune_code=BESANCON,
        deadline_on=in_three_weeks(),
    )
    session.commit()
    sign_in(client, person.email)
    return begun


def lots_of(session: Session, need: Need) -> list[LotDraft]:
    return answers_of(refreshed(session, need))["lots"]


def test_a_lot_is_added_with_all_that_is_its_own(
    session: Session, client: FlaskClient, need: Need
) -> None:
    said = {
        "title": "Nettoyage des vestiaires",
        "description": "Deux fois par semaine",
        "sectors": [CLEANING],
        "amount": "12 000,50 €",
        "place_type": "point",
        "commune": "dole",
        "radius_km": "30",
        "lever": "reserved_handicap",
    }
    page = fill(client, step(need, "lots/ajouter"), **said)
    assert "Le lot 1 est enregistré" in page.text
    assert "12 000,50 €" in main_of(page).replace("\u202f", " ").replace("\xa0", " ")
    [lot] = lots_of(session, need)
    assert (lot.place_type, lot.commune_code, lot.radius_km) == (PlaceType.POINT, DOLE, 30)
    assert (lot.sectors, lot.lever) == ((CLEANING,), Lever.RESERVED_HANDICAP)


def test_the_sectors_of_a_lot_are_proposed_from_its_words_and_confirmed(
    session: Session, client: FlaskClient, need: Need
) -> None:
    page = fill(client, step(need, "lots/ajouter"), **(MOWING | {"sectors": []}))
    assert "Confirmez les secteurs proposés" in page.text
    assert "très probable" in page.text
    page = fill(client, page.request.path, **MOWING)
    assert page.request.path == step(need, "lots")
    assert [lot.sectors for lot in lots_of(session, need)] == [(GREEN_SPACES,)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "Donnez un titre"),
        ({"title": "x" * 100_000}, "de 5 à 200 caractères"),
        ({"title": "\0\u202e \u200b"}, "de 5 à 200 caractères"),
        ({"sectors": ["unknown"]}, "Choisissez une des réponses proposées"),
        ({"amount": "beaucoup"}, "Montant illisible"),
        ({"amount": "0"}, "plus grand que zéro"),
        ({"amount": "9" * 18}, "dix milliards"),
        ({"place_type": "point", "commune": "Qwxz"}, "Commune introuvable"),
        ({"place_type": "zones", "zones": ""}, "au moins un territoire"),
        ({"place_type": "moon"}, "Choisissez une des réponses proposées"),
        ({"lever": "gift"}, "Choisissez une des réponses proposées"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    session: Session, client: FlaskClient, need: Need, changes: dict[str, Any], said: str
) -> None:
    sent = MOWING | {"description": "Trois stades"} | changes
    page = fill(client, step(need, "lots/ajouter"), **sent)
    assert page.status_code == 422
    assert said in main_of(page)
    assert "Trois stades" in page.text
    assert lots_of(session, need) == []


def test_a_double_click_adds_one_lot(session: Session, client: FlaskClient, need: Need) -> None:
    said = hidden_of(client.get(step(need, "lots/ajouter"))) | MOWING
    for _ in range(2):
        client.post(step(need, "lots/ajouter"), data=said)
    assert len(lots_of(session, need)) == 1


def test_a_lot_edited_in_two_tabs_keeps_both_choices(
    session: Session, client: FlaskClient, need: Need
) -> None:
    fill(client, step(need, "lots/ajouter"), **MOWING)
    address = step(need, f"lots/{refreshed(session, need).lots[0].id}")
    mine = hidden_of(client.get(address)) | MOWING | {"title": "Tonte, dans cet onglet"}
    fill(client, address, **(MOWING | {"title": "Tonte, dans l'autre onglet"}))
    page = client.post(address, data=mine)
    assert page.status_code == 409
    assert 'value="Tonte, dans cet onglet"' in page.text
    assert "Tonte, dans l'autre onglet" in main_of(page)
    over = page.text.split('name="over"')[1].split('value="')[1].split('"')[0]
    client.post(address, data=mine | {"over": over})
    assert [lot.title for lot in lots_of(session, need)] == ["Tonte, dans cet onglet"]


def test_lots_are_ordered_and_taken_out_from_their_page(
    session: Session, client: FlaskClient, need: Need
) -> None:
    fill(client, step(need, "lots/ajouter"), **MOWING)
    fill(client, step(need, "lots/ajouter"), **(MOWING | {"title": "Taille des haies"}))
    first, second = (lot.id for lot in refreshed(session, need).lots)
    page = client.get(step(need, "lots"))
    client.post(step(need, f"lots/{second}/deplacer"), data=hidden_of(page) | {"way": "up"})
    assert [lot.title for lot in lots_of(session, need)] == ["Taille des haies", MOWING["title"]]
    page = fill(client, step(need, f"lots/{first}/retirer"))
    assert "Le lot est retiré" in page.text
    assert [lot.title for lot in lots_of(session, need)] == ["Taille des haies"]
    token = hidden_of(client.get(step(need, "lots/ajouter")))
    again = client.post(step(need, f"lots/{first}/retirer"), data=token)
    assert again.status_code == 404


def test_who_cuts_a_need_is_led_to_its_lots_and_back(
    session: Session, client: FlaskClient, need: Need
) -> None:
    what = {"kind": "quote", "title": "Entretien de deux stades", "in_lots": "y"}
    page = fill(client, step(need, "quoi"), **what)
    assert page.request.path == step(need, "lots")
    assert "Aucun lot pour l'instant" in main_of(page)
    fill(client, step(need, "lots/ajouter"), **MOWING)
    page = client.get(step(need, "quoi"))
    assert "Ce besoin compte 1 lot" in page.text
    assert 'name="sectors"' not in page.text
    page = fill(client, step(need, "quoi"), **what)
    assert page.request.path == step(need, "lots")
    where = {"place_type": "point", "commune": "besancon", "deadline_on": in_three_weeks()}
    page = fill(client, step(need, "ou-et-quand"), **where, go="back")
    assert page.request.path == step(need, "lots")


def test_each_lot_shows_who_could_answer_it_and_is_sent_with_the_need(
    session: Session, client: FlaskClient, need: Need
) -> None:
    offer(session, structure(session, "Les Haies de la Boucle"))
    offer(session, structure(session, "Net et clair"), CLEANING)
    offer(session, structure(session, "Reluire"), CLEANING)
    session.commit()
    fill(client, step(need, "lots/ajouter"), **MOWING)
    cleaning = {"title": "Nettoyage des vestiaires", "sectors": [CLEANING], "place_type": "need"}
    fill(client, step(need, "lots/ajouter"), **cleaning)
    for page in (client.get(step(need, "lots")), client.get(step(need, "verifier"))):
        words = main_of(page)
        assert words.index("1 structure") < words.index("2 structures")
    page = fill(client, step(need, "verifier"))
    assert "Votre besoin est envoyé" in page.text
    assert refreshed(session, need).status == Status.SUBMITTED


def test_the_lots_of_others_are_not_there(
    session: Session, client: FlaskClient, need: Need
) -> None:
    fill(client, step(need, "lots/ajouter"), **MOWING)
    lot_id = refreshed(session, need).lots[0].id
    organisation = people.organisation(session, "Une autre ville")
    other = people.buyer(session, organisation.id)
    own = draft(session, other.id, organisation.id)
    session.commit()
    client.delete_cookie("session")
    sign_in(client, other.email)
    assert client.get(step(need, "lots")).status_code == 404
    assert client.get(step(need, f"lots/{lot_id}")).status_code == 404
    assert client.get(step(own, f"lots/{lot_id}")).status_code == 404
