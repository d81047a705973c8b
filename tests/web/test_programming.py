"""Planned purchases: announced early, found by place and sector, made needs in one click."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from marketplace import clock
from marketplace.accounts.tables import Organisation, User
from marketplace.needs import planning
from marketplace.needs.lifecycle import Status
from marketplace.needs.plan_tables import PlannedPurchase
from marketplace.needs.tables import Need
from tests.browsing import fill, hidden_of, sign_in
from tests.factories import people
from tests.factories.market import CLEANING


@pytest.fixture
def buyer(session: Session, client: FlaskClient) -> User:
    person = people.buyer(session)
    session.commit()
    sign_in(client, person.email)
    return person


def _said(session: Session, **changes: object) -> dict[str, object]:
    year, quarter = planning.quarters(clock.today())[2]
    said: dict[str, object] = {
        "organisation": str(session.scalar(select(Organisation.id))),
        "title": "Nettoyage du groupe scolaire",
        "quarter": f"{year}-{quarter}",
        "amount": "40 000 à 60 000",
        "place_type": "point",
        "commune": "Besançon (25)",
        "sectors": CLEANING,
    }
    return said | changes


def test_a_plan_is_found_by_its_territory_and_sector_and_by_no_other(
    client: FlaskClient, session: Session, buyer: User
) -> None:
    page = fill(client, "/programmation/ajouter", **_said(session))
    assert "Votre achat prévu est annoncé" in page.text
    client.post("/deconnexion", data=hidden_of(page))
    for asked in ("", "?lieu=Doubs", "?lieu=Bourgogne-Franche-Comté", "?secteur=" + CLEANING):
        assert "Nettoyage du groupe scolaire" in client.get(f"/programmation{asked}").text, asked
    for asked in ("?lieu=Jura", "?lieu=Lyon", "?secteur=traiteur", "?lieu=Nulle-part-du-tout"):
        assert "Nettoyage du groupe" not in client.get(f"/programmation{asked}").text, asked


def test_a_plan_becomes_one_draft_however_often_the_button_is_pressed(
    client: FlaskClient, session: Session, buyer: User
) -> None:
    fill(client, "/programmation/ajouter", **_said(session))
    plan = session.scalars(select(PlannedPurchase)).one()
    token = hidden_of(client.get("/mes-achats-prevus"))
    for _ in range(2):
        assert (
            client.post(f"/programmation/{plan.id}/devenir-besoin", data=token).status_code == 302
        )
    session.expire_all()
    need = session.scalars(select(Need)).one()
    assert (need.status, need.title, need.commune_code) == (Status.DRAFT, plan.title, "25056")
    assert [row.sector_slug for row in need.sectors] == [CLEANING]
    assert (need.amount_min, need.amount_max) == (40_000, 60_000)
    assert "Nettoyage" not in client.get("/programmation").text, "it is planned no more"
    again = client.post(f"/programmation/{plan.id}/retirer", data=token, follow_redirects=True)
    assert "déjà devenu un besoin" in again.text


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"title": ""}, "Donnez un titre"),
        ({"quarter": "1999-1"}, "Choisissez une des"),
        ({"quarter": "x"}, "Choisissez une des"),
        ({"commune": "Nulle-part"}, "Commune introuvable"),
        ({"sectors": []}, "au moins un secteur"),
        ({"amount": "beaucoup"}, "Montant illisible"),
    ],
)
def test_what_cannot_be_planned_is_told_and_loses_nothing(
    client: FlaskClient, session: Session, buyer: User, wrong: dict[str, object], told: str
) -> None:
    page = fill(client, "/programmation/ajouter", **_said(session, **wrong))
    assert page.status_code == 422
    assert told in page.text
    assert session.scalars(select(PlannedPurchase)).all() == []
    if "title" not in wrong:
        assert "Nettoyage du groupe scolaire" in page.text
