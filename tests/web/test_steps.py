"""A need in four steps: what is wrong is said beside the field, and nothing typed is lost."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace import clock
from marketplace.moderation import deciding
from marketplace.moderation.tables import QueueEntry
from marketplace.needs.drafting import answers_of
from marketplace.needs.lifecycle import Status
from marketplace.needs.tables import Need, PlaceType
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
from tests.stepping import BY_HTMX, HOW, WHAT, WHERE, main_of, refreshed, step


@pytest.fixture
def buyer(session: Session, client: FlaskClient) -> tuple[int, int]:
    """The ids of the signed-in person and of the organisation that it buys for."""
    organisation = people.organisation(session)
    person = people.buyer(session, organisation.id)
    session.commit()
    sign_in(client, person.email)
    return person.id, organisation.id


@pytest.fixture
def need(session: Session, buyer: tuple[int, int]) -> Need:
    begun = draft(session, *buyer, description="Tonte et taille", sectors=[GREEN_SPACES])
    session.commit()
    return begun


def test_four_steps_lead_to_the_desk_without_javascript(
    session: Session, client: FlaskClient, buyer: tuple[int, int]
) -> None:
    page = fill(client, "/besoins/deposer", **WHAT)
    assert "Étape 2 sur 4" in page.text
    need = session.scalars(select(Need)).one()
    assert need.status == Status.DRAFT
    page = fill(client, step(need, "ou-et-quand"), **WHERE)
    assert "Étape 3 sur 4" in page.text
    page = fill(client, step(need, "comment"), **HOW)
    assert "Étape 4 sur 4" in page.text
    assert "Besançon (25)" in page.text
    page = fill(client, step(need, "verifier"))
    assert "Votre besoin est envoyé" in page.text
    assert "Guichet national" in page.text
    need = refreshed(session, need)
    assert (need.status, need.commune_code) == (Status.SUBMITTED, BESANCON)
    assert answers_of(need)["sectors"] == [GREEN_SPACES]
    assert session.scalars(select(QueueEntry)).one().need_id == need.id


def test_going_back_keeps_what_was_typed(session: Session, client: FlaskClient, need: Need) -> None:
    page = fill(client, step(need, "ou-et-quand"), **WHERE, radius_km="30", go="back")
    assert "Étape 1 sur 4" in page.text
    assert 'value="Entretien des espaces verts"' in page.text
    assert refreshed(session, need).radius_km == 30


def test_what_is_wrong_when_one_goes_back_is_named(
    session: Session, client: FlaskClient, need: Need
) -> None:
    page = fill(client, step(need, "ou-et-quand"), **(WHERE | {"commune": "Qwxz"}), go="back")
    assert "n'est pas enregistré : Commune" in main_of(page)
    assert refreshed(session, need).deadline_on == in_three_weeks()


def test_one_may_finish_later_from_the_dashboard(
    session: Session, client: FlaskClient, need: Need
) -> None:
    page = fill(client, step(need, "ou-et-quand"), **WHERE, go="later")
    assert "Brouillon" in page.text
    assert f'href="/besoins/{need.slug}/modifier"' in page.text
    assert refreshed(session, need).commune_code == BESANCON


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "Donnez un titre"),
        ({"title": "abc"}, "de 5 à 200 caractères"),
        ({"title": "x" * 10_000}, "de 5 à 200 caractères"),
        ({"title": "\0\u202e  \u200b"}, "de 5 à 200 caractères"),
        ({"kind": "gift"}, "Choisissez une des réponses proposées"),
        ({"kind": ""}, "Choisissez ce que vous cherchez"),
    ],
)
def test_a_first_step_without_a_kind_and_a_title_makes_no_row_and_loses_nothing(
    session: Session,
    client: FlaskClient,
    buyer: tuple[int, int],
    changes: dict[str, Any],
    said: str,
) -> None:
    page = fill(client, "/besoins/deposer", **(WHAT | changes))
    assert page.status_code == 422
    assert said in main_of(page)
    assert "Tonte et taille" in page.text
    assert session.scalars(select(Need)).all() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sectors": ["unknown"]}, "Choisissez une des réponses proposées"),
        ({"description": "x" * 20_001}, "dépasse 20 000 caractères"),
    ],
)
def test_a_fault_elsewhere_in_the_first_step_keeps_the_rest(
    session: Session,
    client: FlaskClient,
    buyer: tuple[int, int],
    changes: dict[str, Any],
    said: str,
) -> None:
    page = fill(client, "/besoins/deposer", **(WHAT | changes))
    assert page.status_code == 422
    assert said in main_of(page)
    assert session.scalars(select(Need)).one().title == WHAT["title"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"commune": "Qwxzville"}, "Commune introuvable"),
        ({"commune": ""}, "Donnez la commune"),
        ({"commune": "Doubs (département)"}, "Commune introuvable"),
        ({"place_type": "zones", "zones": "Doubs ; Pays imaginaire"}, "Pays imaginaire"),
        ({"place_type": "zones", "zones": " ; \n"}, "au moins un territoire"),
        ({"place_type": "moon"}, "Choisissez une des réponses proposées"),
        ({"radius_km": "-3"}, "de 1 à 500"),
        ({"radius_km": "9" * 40}, "de 1 à 500"),
        ({"radius_km": "douze"}, "nombre entier"),
        ({"deadline_on": ""}, "Donnez une date"),
        ({"deadline_on": "31/02/2027"}, "date"),
        ({"deadline_on": clock.today().strftime("%d/%m/%Y")}, "au plus tôt demain"),
        ({"deadline_on": (clock.today() + timedelta(days=900)).isoformat()}, "deux ans"),
    ],
)
def test_a_wrong_place_or_date_is_explained_and_the_other_is_kept(
    session: Session, client: FlaskClient, need: Need, changes: dict[str, Any], said: str
) -> None:
    page = fill(client, step(need, "ou-et-quand"), **(WHERE | changes))
    assert page.status_code == 422
    assert said in main_of(page)
    kept = refreshed(session, need)
    if "deadline_on" in changes:
        assert (kept.commune_code, kept.deadline_on) == (BESANCON, None)
    else:
        assert (kept.place_type, kept.deadline_on) == (None, in_three_weeks())


def test_zones_are_understood_as_people_write_them(
    session: Session, client: FlaskClient, need: Need
) -> None:
    zones = "doubs ; Jura\nBourgogne-Franche-Comté;dole"
    fill(client, step(need, "ou-et-quand"), **(WHERE | {"place_type": "zones", "zones": zones}))
    kept = refreshed(session, need)
    assert kept.place_type == PlaceType.ZONES
    assert answers_of(kept)["zones"] == ["25", "39", DOLE, "R27"]


def test_markup_is_shown_as_it_was_typed(session: Session, client: FlaskClient, need: Need) -> None:
    nasty = "<script>alert(1)</script> «\u202e» 😀"
    page = fill(client, step(need, "quoi"), **(WHAT | {"title": nasty, "description": nasty}))
    assert page.status_code == 200
    page = client.get(step(need, "verifier"))
    assert "<script>alert(1)" not in page.text
    assert "<script>alert(1)</script> «» 😀" in main_of(page)


def test_one_cannot_buy_for_an_organisation_of_others(
    session: Session, client: FlaskClient, need: Need
) -> None:
    foreign = people.organisation(session, "Une autre ville").id
    session.commit()
    assert fill(client, "/besoins/deposer", **WHAT, organisation=foreign).status_code == 422
    assert fill(client, step(need, "quoi"), **WHAT, organisation=foreign).status_code == 422
    assert session.scalars(select(Need)).all() == [need]


def test_another_buyer_finds_none_of_the_steps(session: Session, client: FlaskClient) -> None:
    organisation = people.organisation(session)
    need = draft(session, people.buyer(session, organisation.id).id, organisation.id)
    other = people.buyer(session)
    session.commit()
    sign_in(client, other.email)
    for name in ("quoi", "ou-et-quand", "comment", "verifier"):
        assert client.get(step(need, name)).status_code == 404
    assert client.get(f"/besoins/{need.slug}").status_code == 404


def test_a_colleague_goes_on_with_a_draft(session: Session, client: FlaskClient) -> None:
    organisation = people.organisation(session)
    need = draft(session, people.buyer(session, organisation.id).id, organisation.id)
    colleague = people.buyer(session, organisation.id)
    session.commit()
    sign_in(client, colleague.email)
    assert "Étape 3 sur 4" in fill(client, step(need, "ou-et-quand"), **WHERE).text


def test_sectors_are_proposed_before_one_goes_on_without_any(
    session: Session, client: FlaskClient, buyer: tuple[int, int]
) -> None:
    page = fill(client, "/besoins/deposer", **(WHAT | {"sectors": []}))
    assert "Étape 1 sur 4" in page.text
    assert "Confirmez les secteurs proposés" in page.text
    assert "très probable, dans" in main_of(page)
    need = session.scalars(select(Need)).one()
    assert "Étape 2 sur 4" in fill(client, step(need, "quoi"), **(WHAT | {"sectors": []})).text
    assert refreshed(session, need).sectors == []


def test_words_that_no_sector_sells_are_said_to_be_so_and_stop_nobody(
    session: Session, client: FlaskClient, buyer: tuple[int, int]
) -> None:
    said = WHAT | {"sectors": [], "title": "Achat d'un radar", "description": ""}
    page = fill(client, "/besoins/deposer", **said)
    assert "Aucun secteur inclusif évident" in page.text
    need = session.scalars(select(Need)).one()
    assert "Étape 2 sur 4" in fill(client, step(need, "quoi"), **said).text


def test_sectors_are_proposed_as_one_types(
    session: Session, client: FlaskClient, buyer: tuple[int, int]
) -> None:
    page = client.get("/besoins/deposer")
    said = hidden_of(page) | {"title": "Nettoyage des locaux", "sectors": [GREEN_SPACES]}
    answer = client.post("/besoins/deposer", data=said, headers=BY_HTMX)
    assert 'id="secteurs" hx-swap-oob' in answer.text
    assert "très probable" in answer.text
    ticked = [tag for tag in answer.text.split("<input") if "checked" in tag]
    assert [GREEN_SPACES in tag for tag in ticked] == [True]
    assert session.scalars(select(Need)).all() == []


def test_a_draft_begins_by_itself_and_only_once(
    session: Session, client: FlaskClient, buyer: tuple[int, int]
) -> None:
    said = hidden_of(client.get("/besoins/deposer")) | WHAT
    answer = client.post("/besoins/deposer", data=said, headers=BY_HTMX)
    need = session.scalars(select(Need)).one()
    assert "Brouillon enregistré à" in answer.text
    assert answer.headers["HX-Replace-Url"] == step(need, "quoi")
    # The page goes on to send its first form, whose « seen » the answer brought up to date.
    said |= {"title": "Tonte du stade", "seen": seen_in(answer)}
    client.post("/besoins/deposer", data=said, headers=BY_HTMX)
    page = client.post("/besoins/deposer", data=said | {"seen": ""}, follow_redirects=True)
    assert "Étape 2 sur 4" in page.text
    session.expire_all()
    assert [need.title for need in session.scalars(select(Need))] == ["Tonte du stade"]


def seen_in(answer: TestResponse) -> str:
    return answer.text.split('name="seen"')[1].split('value="')[1].split('"')[0]


def test_a_step_saves_itself_and_says_so_only_when_something_changed(
    session: Session, client: FlaskClient, need: Need
) -> None:
    address = step(need, "ou-et-quand")
    said = hidden_of(client.get(address)) | WHERE
    answer = client.post(address, data=said, headers=BY_HTMX)
    assert "Brouillon enregistré à" in answer.text
    assert refreshed(session, need).commune_code == BESANCON
    again = client.post(address, data=said | {"seen": seen_in(answer)}, headers=BY_HTMX)
    assert (again.status_code, again.text) == (204, "")


def test_a_step_that_saves_itself_names_what_it_cannot_keep(
    session: Session, client: FlaskClient, need: Need
) -> None:
    address = step(need, "ou-et-quand")
    said = hidden_of(client.get(address)) | WHERE | {"commune": "Qwxz"}
    answer = client.post(address, data=said, headers=BY_HTMX)
    assert "À corriger pour être enregistré&nbsp;: Commune" in answer.text
    assert refreshed(session, need).deadline_on == in_three_weeks()


def test_the_panel_follows_the_targeting(session: Session, client: FlaskClient, need: Need) -> None:
    offer(session, structure(session, "Les Haies de la Boucle"))
    offer(session, structure(session, "Jura Vert", DOLE), radius_km=60)
    session.commit()
    address = step(need, "ou-et-quand")
    page = client.get(address)
    assert "2 structures</strong> peuvent répondre" in main_of(page)
    said = hidden_of(page) | WHERE | {"radius_km": "30"}
    answer = " ".join(client.post(address, data=said, headers=BY_HTMX).text.split())
    assert "1 structure</strong> peut répondre, dont <strong>1 à moins de 20" in answer
    assert "Jusqu'à 45" in unescape(answer) or "Jura Vert" not in answer
    assert "Les Haies de la Boucle" in answer


def test_who_edited_elsewhere_is_not_written_over_and_both_choices_are_there(
    session: Session, client: FlaskClient, need: Need
) -> None:
    address = step(need, "quoi")
    mine = hidden_of(client.get(address)) | WHAT | {"title": "Tonte, dans cet onglet"}
    fill(client, address, **(WHAT | {"title": "Tonte, dans l'autre onglet"}))

    told = client.post(address, data=mine, headers=BY_HTMX)
    assert told.status_code == 200
    assert "Modifié ailleurs" in told.text
    page = client.post(address, data=mine)
    assert page.status_code == 409
    assert 'value="Tonte, dans cet onglet"' in page.text
    assert "Tonte, dans l'autre onglet" in main_of(page)
    assert "Prendre celles qui sont enregistrées" in page.text
    assert refreshed(session, need).title == "Tonte, dans l'autre onglet"

    over = page.text.split('name="over"')[1].split('value="')[1].split('"')[0]
    client.post(address, data=mine | {"over": over})
    assert refreshed(session, need).title == "Tonte, dans cet onglet"


def test_a_draft_that_lacks_something_leads_to_the_step_that_says_it(
    session: Session, client: FlaskClient, need: Need
) -> None:
    page = fill(client, step(need, "verifier"))
    assert page.status_code == 422
    assert "Dites où a lieu le travail" in page.text
    assert f'href="{step(need, "ou-et-quand")}"' in page.text
    assert refreshed(session, need).status == Status.DRAFT


def test_a_deadline_that_passed_while_the_draft_slept_is_asked_again(
    session: Session, client: FlaskClient, need: Need
) -> None:
    need.place_type = PlaceType.COUNTRY
    need.deadline_on = clock.today() - timedelta(days=3)
    session.commit()
    page = fill(client, step(need, "verifier"))
    assert page.status_code == 422
    assert "La date limite est passée" in main_of(page)


def test_a_double_click_sends_once(session: Session, client: FlaskClient, need: Need) -> None:
    need.place_type = PlaceType.COUNTRY
    need.deadline_on = in_three_weeks()
    session.commit()
    said = hidden_of(client.get(step(need, "verifier")))
    for _ in range(2):
        page = client.post(step(need, "verifier"), data=said, follow_redirects=True)
        assert "Votre besoin est envoyé" in page.text
    assert len(session.scalars(select(QueueEntry)).all()) == 1


def test_what_changed_since_it_was_checked_is_checked_again(
    session: Session, client: FlaskClient, need: Need
) -> None:
    need.place_type = PlaceType.COUNTRY
    need.deadline_on = in_three_weeks()
    session.commit()
    said = hidden_of(client.get(step(need, "verifier")))
    fill(client, step(need, "quoi"), **(WHAT | {"title": "Tonte du stade"}))
    page = client.post(step(need, "verifier"), data=said)
    assert page.status_code == 409
    assert "modifié ailleurs" in page.text
    assert refreshed(session, need).status == Status.DRAFT


def test_advice_stops_nobody(session: Session, client: FlaskClient, need: Need) -> None:
    fill(client, step(need, "quoi"), **(WHAT | {"title": "Prestation diverse"}))
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    fill(client, step(need, "ou-et-quand"), **(WHERE | {"deadline_on": tomorrow}))
    page = client.get(step(need, "verifier"))
    for words in ("ne dit pas ce que vous cherchez", "très courte", "La date limite est demain"):
        assert words in main_of(page)
    fill(client, step(need, "verifier"))
    assert refreshed(session, need).status == Status.SUBMITTED


def test_a_need_sent_back_is_changed_by_the_same_steps_and_waits_again(
    session: Session, client: FlaskClient, buyer: tuple[int, int], need: Need
) -> None:
    need.place_type = PlaceType.COUNTRY
    need.deadline_on = in_three_weeks()
    session.commit()
    fill(client, step(need, "verifier"))
    desk = session.scalars(select(QueueEntry)).one().desk
    facilitator = people.facilitator(session, desk)
    asked = "Quelle surface ?"
    deciding.request_changes(session, need.id, facilitator.id, clock.now(), asked)
    session.commit()
    page = client.get(f"/besoins/{need.slug}/modifier", follow_redirects=True)
    assert asked in page.text
    fill(client, step(need, "quoi"), **(WHAT | {"sectors": [CLEANING]}))
    page = fill(client, step(need, "verifier"))
    assert "Votre besoin est envoyé" in page.text
    kept = refreshed(session, need)
    assert (kept.status, answers_of(kept)["sectors"]) == (Status.SUBMITTED, [CLEANING])
    assert len(session.scalars(select(QueueEntry)).all()) == 2


def test_a_need_on_a_desk_is_no_longer_changed(
    session: Session, client: FlaskClient, buyer: tuple[int, int], need: Need
) -> None:
    need.place_type = PlaceType.COUNTRY
    need.deadline_on = in_three_weeks()
    session.commit()
    said = hidden_of(client.get(step(need, "quoi"))) | WHAT | {"title": "Trop tard pour changer"}
    fill(client, step(need, "verifier"))
    page = client.post(step(need, "quoi"), data=said, follow_redirects=True)
    assert "ne peut plus être modifié ici" in page.text
    by_htmx = client.post(step(need, "quoi"), data=said, headers=BY_HTMX)
    assert by_htmx.headers["HX-Redirect"] == f"/besoins/{need.slug}"
    assert refreshed(session, need).title == WHAT["title"]


def test_who_buys_for_several_organisations_chooses_and_may_change_its_mind(
    session: Session, client: FlaskClient
) -> None:
    first, second = people.organisation(session, "Ville A"), people.organisation(session, "Ville B")
    person = people.buyer(session, first.id)
    people.joins(session, person, second.id)
    session.commit()
    sign_in(client, person.email)
    fill(client, "/besoins/deposer", **WHAT, organisation=second.id)
    need = session.scalars(select(Need)).one()
    assert need.organisation_id == second.id
    fill(client, step(need, "quoi"), **WHAT, organisation=first.id)
    assert refreshed(session, need).organisation_id == first.id
