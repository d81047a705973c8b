"""What a need may say beyond the few answers that it must: amount, dates, ways, questions."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace import clock
from marketplace.accounts.tables import PurchasingMandate
from marketplace.needs.drafting import answers_of
from marketplace.needs.lifecycle import Status
from marketplace.needs.posting import LotDraft
from marketplace.needs.tables import Lever, Nature, Need, NeedKind, PlaceType, ResponseMode
from tests.browsing import fill, hidden_of, sign_in
from tests.factories import people
from tests.factories.market import BESANCON, CLEANING, GREEN_SPACES, draft, in_three_weeks
from tests.stepping import BY_HTMX, HOW, WHAT, WHERE, main_of, refreshed, step

WEEDS = "Travaillez-vous sans produit phytosanitaire ?"
MOST_QUERIES = 12


@pytest.fixture
def buyer(session: Session, client: FlaskClient) -> tuple[int, int]:
    organisation = people.organisation(session)
    person = people.buyer(session, organisation.id)
    session.commit()
    sign_in(client, person.email)
    return person.id, organisation.id


@pytest.fixture
def need(session: Session, buyer: tuple[int, int]) -> Need:
    begun = draft(
        session,
        *buyer,
        sectors=[GREEN_SPACES],
        place_type=PlaceType.POINT,
        commune_code=BESANCON,
        deadline_on=in_three_weeks(),
    )
    session.commit()
    return begun


def becomes(session: Session, need: Need, kind: NeedKind) -> None:
    need.kind = kind
    session.commit()


def in_days(days: int) -> str:
    return (clock.today() + timedelta(days=days)).strftime("%d/%m/%Y")


def test_the_amount_is_read_and_its_threshold_told(
    session: Session, client: FlaskClient, need: Need
) -> None:
    budget = {"nature": "services", "amount": "40 à 65 k€", "is_amount_shared": "y"}
    fill(client, step(need, "quoi"), **WHAT, **budget, cpv="77310000-6, 90910000", go="later")
    kept = refreshed(session, need)
    assert (kept.nature, kept.is_amount_shared) == (Nature.SERVICES, True)
    assert (kept.amount_min, kept.amount_max) == (Decimal(40_000), Decimal(65_000))
    assert kept.cpv_codes == ["77310000-6", "90910000-9"]
    for page in (client.get(step(need, "quoi")), client.get(step(need, "verifier"))):
        assert "Procédure adaptée" in main_of(page)


def test_the_threshold_follows_the_amount_while_one_types(
    session: Session, client: FlaskClient, need: Need
) -> None:
    said = hidden_of(client.get(step(need, "quoi"))) | WHAT
    said |= {"nature": "works", "amount": "99 999"}
    answer = client.post(step(need, "quoi"), data=said, headers=BY_HTMX)
    assert "Sous le seuil de publicité" in answer.text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"amount": "beaucoup"}, "Montant illisible"),
        ({"amount": "-5"}, "Montant illisible"),
        ({"amount": "0,00"}, "plus grand que zéro"),
        ({"amount": "9" * 20}, "dix milliards"),
        ({"amount": "\0" + "1" * 100_000}, "Montant illisible"),
        ({"nature": "gift"}, "Choisissez une des réponses proposées"),
        ({"cpv": "12"}, "n'est pas un code CPV"),
        ({"cpv": "99999999"}, "n'est pas un code CPV"),
        ({"cpv": "90100000"}, "n'est pas un code CPV"),
        ({"cpv": "90911200-5"}, "la clé de ce code est 8"),
        ({"cpv": "90910000 " * 21}, "vingt codes au plus"),
    ],
)
def test_a_wrong_detail_of_what_is_said_and_the_rest_is_kept(
    session: Session, client: FlaskClient, need: Need, changes: dict[str, Any], said: str
) -> None:
    page = fill(client, step(need, "quoi"), **(WHAT | {"title": "Tonte du stade"} | changes))
    assert page.status_code == 422
    assert said in main_of(page)
    kept = refreshed(session, need)
    assert (kept.title, kept.amount_max, kept.cpv_codes) == ("Tonte du stade", None, [])


def test_the_calendar_is_kept(session: Session, client: FlaskClient, need: Need) -> None:
    calendar = {"starts_on": in_days(60), "duration_months": "24", "asking_until": in_days(10)}
    fill(client, step(need, "ou-et-quand"), **WHERE, **calendar)
    kept = refreshed(session, need)
    assert kept.starts_on == clock.today() + timedelta(days=60)
    assert (kept.duration_months, kept.asking_until) == (24, clock.today() + timedelta(days=10))
    assert "2 ans" in main_of(client.get(step(need, "verifier")))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"starts_on": in_days(21)}, "après la date limite des réponses"),
        ({"starts_on": "31/02/2027"}, "date"),
        ({"starts_on": in_days(4000)}, "dix ans au plus"),
        ({"duration_months": "0"}, "de 1 à 240"),
        ({"duration_months": "9" * 40}, "de 1 à 240"),
        ({"asking_until": in_days(-1)}, "Cette date est passée"),
        ({"asking_until": in_days(22)}, "s'arrêtent avant la date limite"),
    ],
)
def test_dates_out_of_order_are_said_beside_the_field(
    session: Session, client: FlaskClient, need: Need, changes: dict[str, Any], said: str
) -> None:
    page = fill(client, step(need, "ou-et-quand"), **WHERE, **changes)
    assert page.status_code == 422
    assert said in main_of(page)
    assert (refreshed(session, need).starts_on, need.asking_until) == (None, None)


def test_a_start_that_a_later_deadline_overtakes_keeps_the_need_from_being_sent(
    session: Session, client: FlaskClient, need: Need
) -> None:
    need.starts_on = in_three_weeks() - timedelta(days=1)
    session.commit()
    page = fill(client, step(need, "verifier"))
    assert page.status_code == 422
    assert "Le travail commence avant la date limite" in main_of(page)


def test_each_way_of_answering_that_is_filled_is_one(
    session: Session, client: FlaskClient, need: Need
) -> None:
    ways = {"response_email": "achats@ville.example", "response_phone": "03 81 00 00 00"}
    fill(client, step(need, "comment"), **HOW, **ways)
    kept = refreshed(session, need)
    assert answers_of(kept)["response_modes"] == ["email", "here", "phone"]
    page = main_of(client.get(step(need, "verifier")))
    assert "Par courriel : achats@ville.example" in page


def test_a_tender_leads_to_its_consultation(
    session: Session, client: FlaskClient, need: Need
) -> None:
    becomes(session, need, NeedKind.TENDER)
    page = fill(client, step(need, "comment"), **HOW)
    assert page.status_code == 422
    assert "Donnez l'adresse de la consultation" in main_of(page)
    page = fill(client, step(need, "verifier"))
    assert page.status_code == 422
    address = "https://marches.example/consultation?id=12"
    page = fill(client, step(need, "comment"), **HOW, response_url=address)
    assert "Étape 4 sur 4" in page.text
    kept = refreshed(session, need)
    assert (kept.response_url, ResponseMode.LINK in kept.response_modes) == (address, True)
    fill(client, step(need, "verifier"))
    assert refreshed(session, need).status == Status.SUBMITTED


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"here": ""}, "Dites comment répondre"),
        ({"response_email": "achats"}, "adresse complète"),
        ({"response_phone": "appelez-moi"}, "numéro de téléphone"),
        ({"response_url": "javascript:alert(1)"}, "commence par https://"),
        ({"response_url": "https://"}, "commence par https://"),
        ({"response_url": "https://[::1"}, "commence par https://"),
        ({"response_url": "https://a.example/" + "x" * 500}, "dépasse 500 caractères"),
        ({"lever": "gift"}, "Choisissez une des réponses proposées"),
        ({"environmental_tags": ["gift"]}, "Choisissez une des réponses proposées"),
        ({"valued": ["gift"]}, "Choisissez une des réponses proposées"),
        ({"questions": "\n".join(f"Question {n}" for n in range(11))}, "dix questions"),
        ({"questions": "x" * 301}, "300 caractères"),
        ({"lever_reason": "x" * 1001}, "1 000 caractères"),
    ],
)
def test_a_wrong_way_of_answering_is_said_and_the_rest_is_kept(
    session: Session, client: FlaskClient, need: Need, changes: dict[str, Any], said: str
) -> None:
    page = fill(client, step(need, "comment"), **(HOW | {"service_types": ["PREST"]} | changes))
    assert page.status_code == 422
    assert said in main_of(page)
    kept = refreshed(session, need)
    assert kept.service_types == ["PREST"]
    assert answers_of(kept)["response_modes"] == ["here"]


def test_questions_are_typed_or_ticked_among_those_proposed(
    session: Session, client: FlaskClient, need: Need
) -> None:
    page = client.get(step(need, "comment"))
    assert WEEDS in main_of(page)
    typed = "Quand pouvez-vous venir\u202e ?\n\n  Quand pouvez-vous venir ?\nÀ quel prix ?"
    said = hidden_of(page) | HOW | {"questions": typed, "suggested": [WEEDS]}
    client.post(step(need, "comment"), data=said, headers=BY_HTMX)
    asked = ["Quand pouvez-vous venir ?", "À quel prix ?", WEEDS]
    assert answers_of(refreshed(session, need))["questions"] == asked
    page = client.get(step(need, "comment"))
    assert f'value="{WEEDS}"' not in page.text  # it stands among the buyer's own now
    assert main_of(client.get(step(need, "verifier"))).count(WEEDS) == 1


def test_what_counts_and_the_lever_are_kept(
    session: Session, client: FlaskClient, need: Need
) -> None:
    said = {
        "lever": "none",
        "lever_reason": "Rien ne s'y prête",
        "environmental_tags": ["biodiversite"],
        "valued": ["qpv", "tags"],
    }
    fill(client, step(need, "comment"), **HOW, **said)
    kept = refreshed(session, need)
    assert (kept.lever, kept.lever_reason) == (Lever.NONE, "Rien ne s'y prête")
    assert (kept.environmental_tags, kept.valued) == (["biodiversite"], ["qpv", "tags"])
    page = main_of(client.get(step(need, "verifier")))
    assert "Biodiversité" in page
    assert "quartier prioritaire" in page


def test_only_a_sourcing_may_hide_who_asks(
    session: Session, client: FlaskClient, need: Need
) -> None:
    fill(client, step(need, "comment"), **HOW, is_anonymous="y")
    assert not refreshed(session, need).is_anonymous
    becomes(session, need, NeedKind.SOURCING)
    fill(client, step(need, "comment"), **HOW, is_anonymous="y")
    assert refreshed(session, need).is_anonymous
    fill(client, step(need, "quoi"), **WHAT)
    assert (refreshed(session, need).kind, need.is_anonymous) == (NeedKind.QUOTE, False)


def test_a_required_answer_that_was_emptied_is_not_lost_in_silence(
    session: Session, client: FlaskClient, need: Need
) -> None:
    page = fill(client, step(need, "quoi"), **(WHAT | {"title": ""}))
    assert page.status_code == 422
    page = fill(client, step(need, "quoi"), **(WHAT | {"title": ""}), go="later")
    assert "n'est pas enregistré : Titre" in main_of(page)
    page = fill(client, step(need, "ou-et-quand"), **(WHERE | {"deadline_on": ""}), go="back")
    assert "n'est pas enregistré : Réponses jusqu'au" in main_of(page)
    assert refreshed(session, need).title == "Entretien des espaces verts"


def test_details_changed_in_another_tab_are_a_conflict_too(
    session: Session, client: FlaskClient, need: Need
) -> None:
    mine = hidden_of(client.get(step(need, "comment"))) | HOW | {"questions": "La mienne ?"}
    fill(client, step(need, "comment"), **HOW, questions="L'autre ?")
    page = client.post(step(need, "comment"), data=mine)
    assert page.status_code == 409
    assert "L'autre ?" in main_of(page)
    assert "La mienne ?" in main_of(page)


def test_a_mandate_taken_back_since_keeps_the_need_from_being_sent(
    session: Session, client: FlaskClient
) -> None:
    platform, town = people.organisation(session, "Plateforme"), people.organisation(session)
    mandate = PurchasingMandate(platform_id=platform.id, organisation_id=town.id)
    person = people.buyer(session, platform.id)
    session.add(mandate)
    session.commit()
    sign_in(client, person.email)
    fill(client, "/besoins/deposer", **WHAT, organisation=town.id)
    need = session.scalars(select(Need)).one()
    fill(client, step(need, "ou-et-quand"), **WHERE)
    said = hidden_of(client.get(step(need, "verifier")))
    session.delete(session.merge(mandate))
    session.commit()
    page = client.post(step(need, "verifier"), data=said)
    assert page.status_code == 422
    assert "ne vous donne plus mandat" in main_of(page)
    assert refreshed(session, need).status == Status.DRAFT


def test_who_signed_in_again_meanwhile_finds_what_was_typed(
    session: Session, client: FlaskClient, need: Need
) -> None:
    stale = hidden_of(client.get(step(need, "quoi"))) | WHAT | {"title": "Tonte du stade"}
    client.delete_cookie("session")
    page = client.post(step(need, "quoi"), data=stale, follow_redirects=True)
    assert page.request.path == "/connexion"
    sign_in(client, need.author.email)
    page = client.post(step(need, "quoi"), data=stale)
    assert page.status_code == 400
    assert "Vos réponses sont toujours là" in main_of(page)
    assert 'value="Tonte du stade"' in page.text
    assert refreshed(session, need).title == "Entretien des espaces verts"
    again = hidden_of(page) | WHAT | {"title": "Tonte du stade"}
    client.post(step(need, "quoi"), data=again)
    assert refreshed(session, need).title == "Tonte du stade"


@pytest.mark.parametrize("name", ["quoi", "lots", "ou-et-quand", "comment", "verifier"])
def test_no_step_asks_the_database_too_much(
    session: Session, client: FlaskClient, need: Need, name: str
) -> None:
    lots = [LotDraft("Tonte", sectors=(GREEN_SPACES,)), LotDraft("Vitres", sectors=(CLEANING,))]
    organisation_id = need.organisation_id
    cut = draft(
        session,
        need.author_id,
        organisation_id,
        place_type=PlaceType.ZONES,
        zones=["25", "39"],
        deadline_on=date(2027, 6, 1),
        lots=lots,
        questions=["Quand ?", "Comment ?"],
    )
    session.commit()
    client.get(step(cut, name))  # the index of this process is built once
    asked: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        assert client.get(step(cut, name)).status_code == 200
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(asked) <= MOST_QUERIES, "\n".join(asked)


def test_codes_are_looked_for_then_ticked_without_losing_what_was_typed(
    session: Session, client: FlaskClient, need: Need
) -> None:
    asked = WHAT | {"cpv": "77310000", "cpv_sought": "nettoyage de vitres", "go": "cpv"}
    page = fill(client, step(need, "quoi"), **asked)
    assert "90911300-9 · Nettoyage de vitres" in main_of(page)
    assert "77310000-6 · Espaces verts" in main_of(page)
    ticked = asked | {"cpv_sought": "9061", "cpv_ticked": ["90911300-9", "<script>"]}
    page = fill(client, step(need, "quoi"), **ticked)
    assert "90611000-3 · Rues" in main_of(page)
    assert 'value="77310000-6, 90911300-9"' in page.text
    assert refreshed(session, need).cpv_codes == ["77310000-6", "90911300-9"]


def test_the_codes_that_are_found_follow_what_is_typed(
    session: Session, client: FlaskClient, need: Need
) -> None:
    def sought(words: str) -> TestResponse:
        said = hidden_of(client.get(step(need, "quoi"))) | WHAT | {"cpv_sought": words}
        return client.post(step(need, "quoi"), data=said, headers=BY_HTMX)

    assert "77342000-9 · Haies" in main_of(sought("haies"))
    assert "Aucun code trouvé" in main_of(sought("zzz"))
    suggested = client.get("/codes-cpv?q=taille de haies").json
    assert suggested
    assert "checked" in sought(suggested[0]).text
    assert refreshed(session, need).cpv_codes == ["77342000-9"]
