"""The hours calculator and the lever advisor, on their pages."""

import re
from decimal import Decimal
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from marketplace.clauses.queries import latest_calculation
from marketplace.needs.tables import Lever, Lot, LotEnding, Nature, Need
from tests.browsing import hidden_of, sign_in
from tests.factories import people
from tests.factories.market import offer, structure, submitted_need
from tests.guards.pages import forms_of

SAID = "lines-0-amount=1+000+000&lines-0-trade=batiment&rate=5&cost=30&cost_kind=wage"


@pytest.fixture
def need(session: Session) -> Need:
    town = people.organisation(session)
    buyer = people.buyer(session, town.id)
    offer(session, structure(session))
    need = submitted_need(session, buyer.id, town.id)
    session.commit()
    return need


def test_the_address_alone_says_the_calculation(client: FlaskClient) -> None:
    page = client.get(f"/clause/calculer?{SAID}").text
    assert "833" in page
    assert "un salaire chargé" in page
    assert "1\u202f167" in page, "and what 7 % would give"


def test_staff_taken_over_and_hours_a_person_are_told_with_the_result(
    client: FlaskClient,
) -> None:
    cleaning = "lines-0-amount=300+000&lines-0-trade=nettoyage&rate=10&cost=30&cost_kind=wage"
    page = client.get(f"/clause/calculer?{cleaning}&lines-0-taken_over=5+000&people=1").text
    assert "5\u202f000 h" in page
    assert "350" in page  # (300,000 × 85 % ÷ 30 − 5,000) × 10 %
    few = client.get(f"/clause/calculer?{cleaning}&people=20").text
    assert "hors de ce qui se pratique" in few
    for wrong in ("lines-0-taken_over=-1", "months=0", "people=beaucoup", "cost_on=31/02/2026"):
        assert client.get(f"/clause/calculer?{cleaning}&{wrong}").status_code == 422, wrong


def test_the_duty_stays_until_a_lever_is_chosen_or_its_absence_explained(
    client: FlaskClient, session: Session, need: Need
) -> None:
    need.nature, need.amount_min, need.amount_max = Nature.SERVICES, None, Decimal(300_000)
    sign_in(client, need.author.email)
    path = f"/besoins/{need.slug}/clause"
    for lever, reason, is_told in (
        (None, "", True),
        (Lever.NONE, "", True),
        (Lever.NONE, "Aucune main-d'œuvre", False),
        (Lever.EXECUTION, "", False),
    ):
        need.lever, need.lever_reason = lever, reason
        session.commit()
        assert (
            "Une obligation s'applique" in client.get(path).text.replace("&#39;", "'")
        ) is is_told


def test_the_lots_that_each_have_a_lever_owe_no_other(
    client: FlaskClient, session: Session, need: Need
) -> None:
    need.nature = Nature.SERVICES
    amounts = Decimal(200_000), Decimal(100_000)
    need.lots = [
        Lot(number=n, title=f"Lot {n}", amount_min=amount, amount_max=amount)
        for n, amount in enumerate(amounts, start=1)
    ]
    sign_in(client, need.author.email)
    for levers, is_told in (
        ((None, None), True),
        ((Lever.EXECUTION, None), True),
        ((Lever.EXECUTION, Lever.RESERVED_HANDICAP), False),
        ((Lever.EXECUTION, Lever.NONE), True),
    ):
        for lot, lever in zip(need.lots, levers, strict=True):
            lot.lever = lever
        session.commit()
        page = client.get(f"/besoins/{need.slug}/clause").text
        assert ("Une obligation s" in page) is is_told, levers
    need.lots[1].ending = LotEnding.WITHDRAWN
    session.commit()
    page = client.get(f"/besoins/{need.slug}/clause").text
    assert "Une obligation s" not in page, "and the rest is under the threshold"


def test_a_need_of_help_at_home_owes_nothing_under_the_threshold_of_social_services(
    client: FlaskClient, session: Session, need: Need
) -> None:
    need.nature, need.amount_min, need.amount_max = Nature.SERVICES, None, Decimal(300_000)
    need.cpv_codes = ["85320000-8"]
    session.commit()
    sign_in(client, need.author.email)
    assert "Une obligation s" not in client.get(f"/besoins/{need.slug}/clause").text
    need.amount_max = Decimal(750_000)
    session.commit()
    page = client.get(f"/besoins/{need.slug}/clause").text
    assert "750\u202f000\u00a0€ HT pour un service social" in page


def values_of(page: TestResponse) -> dict[str, str]:
    """The fields of the calculator that hold something, as they are rendered."""
    [form] = [one for one in forms_of(page.text, "", "get") if "cost" in one.filled()]
    return {
        one.name: one.value
        for one in form.controls
        if one.value and one.kind != "submit" and one.is_chosen
    }


def test_the_calculator_of_a_need_shows_what_is_known_of_it_then_what_was_kept(
    client: FlaskClient, session: Session, need: Need
) -> None:
    need.nature, need.amount_min, need.amount_max = Nature.SERVICES, None, Decimal(50_000)
    session.commit()
    sign_in(client, need.author.email)
    path = f"/besoins/{need.slug}/clause"
    first = values_of(client.get(path))
    shown = ("lines-0-amount", "lines-0-share", "lines-0-trade", "rate", "cost")
    assert {name: first.get(name) for name in shown} == {
        "lines-0-amount": "50\u202f000\u00a0€",
        "lines-0-share": "75",
        "lines-0-trade": "espaces-verts-entretien",
        "rate": "5",
        "cost": "38",
    }
    assert "cost_on" not in first, "nothing says of when this price is"
    page = client.get(f"{path}?{SAID}&lines-0-title=Gros+œuvre&months=18&cost_on=01/06/2026")
    client.post(path, data=hidden_of(page))
    again = values_of(client.get(path))
    assert {name: again.get(name) for name in (*shown, "lines-0-title", "months")} == {
        "lines-0-amount": "1\u202f000\u202f000\u00a0€",
        "lines-0-share": "50",
        "lines-0-trade": "batiment",
        "rate": "5",
        "cost": "30",
        "lines-0-title": "Gros œuvre",
        "months": "18",
    }
    untouched = client.get(path, query_string=again)
    assert untouched.status_code == 200
    assert "833" in untouched.text


def test_the_date_of_a_cost_is_shown_with_the_result_and_is_never_to_come(
    client: FlaskClient,
) -> None:
    dated = client.get(f"/clause/calculer?{SAID}&cost_on=01/06/2026").text
    assert "valeur au 1\u00a0juin\u00a02026" in dated
    assert "sans date de valeur" in client.get(f"/clause/calculer?{SAID}").text
    to_come = client.get(f"/clause/calculer?{SAID}&cost_on=01/01/2099")
    assert to_come.status_code == 422
    assert "Donnez une date passée" in to_come.text


def test_an_hour_told_as_a_wage_is_said_to_count_too_many_hours(client: FlaskClient) -> None:
    page = client.get(f"/clause/calculer?{SAID}").text
    assert "Sans doute trop d" in page
    assert "environ 575 heures" in page  # 833 × 26.83 ÷ 38.90
    sold = client.get(f"/clause/calculer?{SAID.replace('wage', 'price')}").text
    assert "Sans doute trop d" not in sold


def test_the_rates_of_the_programmes_come_with_their_text_and_its_doubt(
    client: FlaskClient,
) -> None:
    page = unescape(client.get("/clause/calculer").text)
    assert "charte 2014-2024" in page
    assert "À vérifier\u00a0: le texte qui suivra la charte" in page
    assert "irev.fr" in page


def test_lots_are_added_without_losing_what_was_typed(client: FlaskClient) -> None:
    page = client.get(f"/clause/calculer?{SAID}&go=add").text
    assert 'name="lines-1-amount"' in page
    assert 'value="1 000 000"' in page
    both = client.get(f"/clause/calculer?{SAID}&lines-1-amount=50000&lines-1-trade=intellectuel")
    assert "jours de travail confiés" in both.text


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("lines-0-amount=&lines-0-trade=batiment&rate=5&cost=30", "Donnez le montant"),
        ("lines-0-amount=-5&lines-0-trade=batiment&rate=5&cost=30", "Montant illisible"),
        ("lines-0-amount=9&lines-0-share=101&rate=5&cost=30", "entre 0 et 100"),
        ("lines-0-amount=9&lines-0-share=50&rate=x&cost=30", "Donnez un nombre"),
        ("lines-0-amount=9&lines-0-share=50&rate=5&cost=0", "plus grand que zéro"),
        ("lines-0-amount=9&rate=5&cost=30", "choisissez un métier"),
        ("lines-0-amount=9&lines-0-share=50&cost=30", "Donnez le taux"),
    ],
)
def test_what_cannot_be_computed_is_told_beside_the_field(
    client: FlaskClient, said: str, told: str
) -> None:
    page = client.get(f"/clause/calculer?{said}")
    assert page.status_code == 422
    assert told in page.text


def test_the_advisor_counts_who_could_answer_and_tells_the_duty(
    client: FlaskClient, need: Need
) -> None:
    asked = "nature=services&buyer=commune&amount=300000&is_social=no"
    page = client.get(f"/clause/leviers?{asked}&what=espaces+verts&where=Doubs").text
    assert "Une obligation" in page
    assert "1 structure admise pourrait répondre" in page.replace("\u00a0", " ")


ASKED = "nature=services&buyer=commune&is_social=no"


def test_the_advisor_counts_nobody_while_nothing_is_looked_for(client: FlaskClient) -> None:
    page = unescape(client.get(f"/clause/leviers?{ASKED}&amount=120000").text)
    assert "Aucune structure trouvée" not in page
    assert "0 structure" not in page
    assert "Dites ce que vous cherchez" in page
    for address in ("/besoins/deposer", "/clause/calculer", "/facilitateurs"):
        assert f'href="{address}"' in page, "and says where to go on"


def test_an_unknown_place_is_refused_and_words_of_no_sector_count_nobody(
    client: FlaskClient, need: Need
) -> None:
    nowhere = client.get(f"/clause/leviers?{ASKED}&what=espaces+verts&where=zzz")
    assert nowhere.status_code == 422
    assert "Lieu inconnu" in nowhere.text
    assert "structure admise" not in nowhere.text
    for words in ("😀", "zzz", "\u202e", "%00"):
        page = client.get(f"/clause/leviers?{ASKED}&what={words}&where=Doubs")
        assert page.status_code == 200
        assert not re.search(r"\d structures? admise", page.text)
    told = client.get(f"/clause/leviers?{ASKED}&what=😀&where=Doubs").text
    assert "n'a été compté" in unescape(told)


def test_a_small_purchase_is_advised_to_be_made_directly(client: FlaskClient, need: Need) -> None:
    asked = f"{ASKED}&amount=5000&what=espaces+verts&where=Doubs"
    page = unescape(client.get(f"/clause/leviers?{asked}").text)
    assert page.index("Acheter directement") < page.index("Clause d'insertion (condition")
    assert "article R2122-8" in page


def test_a_social_service_of_300_000_euros_owes_nothing_yet(client: FlaskClient) -> None:
    asked = "nature=services&buyer=commune&amount=300000"
    assert "Une obligation" in client.get(f"/clause/leviers?{asked}&is_social=no").text
    assert "Une obligation" not in client.get(f"/clause/leviers?{asked}&is_social=yes").text


def test_a_calculation_is_kept_with_its_need_and_shared_by_its_link(
    client: FlaskClient, session: Session, need: Need
) -> None:
    sign_in(client, need.author.email)
    path = f"/besoins/{need.slug}/clause"
    assert client.get(path).status_code == 200
    page = client.get(f"{path}?{SAID}")
    client.post(path, data=hidden_of(page))
    kept = latest_calculation(session, need.id)
    assert kept is not None
    assert kept.hours == pytest.approx(833.33, abs=0.01)
    client.post("/deconnexion")
    shared = client.get(f"/clause/calcul/{kept.token}").text
    assert "833" in shared
    assert need.title in shared
